/* The relay between a board's socket and a tap, for which a pair of sockets stands here:
 * what one of them writes at once the other reads at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "scratch.h"

#include "device/relay.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct bench {
    struct relay *relay;
    int tap[2]; /* the relay's end, and ours */
    int board;
    char folder[SCRATCH_PATH], path[SCRATCH_PATH + 8];
};

static struct sockaddr_un named(const char *path, const char *more)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    snprintf(address.sun_path, sizeof address.sun_path, "%.90s%s", path, more);
    return address;
}

static void start(struct bench *bench, bool stream)
{
    struct error error;

    scratch_make(bench->folder);
    snprintf(bench->path, sizeof bench->path, "%s/wire", bench->folder);
    bench->board = -1;
    assert_int_equal(
        socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, bench->tap), 0);
    bench->relay = relay_start(bench->tap[0], bench->path, stream, &error);
    if (!bench->relay)
        fail_msg("%s", error.text);
}

static void stop(struct bench *bench)
{
    relay_stop(bench->relay);
    assert_int_equal(access(bench->path, F_OK), -1); /* nothing of it is left */
    close(bench->tap[0]);
    close(bench->tap[1]);
    if (bench->board >= 0)
        close(bench->board);
    scratch_remove(bench->folder);
}

static void plug_in(struct bench *bench)
{
    struct sockaddr_un there = named(bench->path, "");

    if (bench->board >= 0)
        close(bench->board);
    bench->board = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(bench->board, (struct sockaddr *)&there, sizeof there), 0);
}

static void write_board(struct bench *bench, const void *bytes, size_t length)
{
    assert_int_equal(send(bench->board, bytes, length, MSG_NOSIGNAL), (ssize_t)length);
}

/* What comes to `fd` next. */
static void expect(int fd, const void *bytes, size_t length)
{
    struct pollfd polled = {fd, POLLIN, 0};
    uint8_t got[2000];

    for (size_t at = 0; at < length || at == 0;) {
        ssize_t count;

        assert_int_equal(poll(&polled, 1, 20000), 1);
        count = read(fd, got + at, sizeof got - at);
        assert_int_not_equal(count, -1);
        at += (size_t)count;
        if (!count)
            break;
    }
    assert_memory_equal(got, bytes, length);
}

static void frames_pass_a_stream_both_ways(void **state)
{
    static const uint8_t out[] = {0,   0, 0, 5, 'h', 'e', 'l', 'l',
                                  'o', 0, 0, 0, 2,   'h', 'o'};
    struct bench bench;

    (void)state;
    start(&bench, true);
    plug_in(&bench);
    for (size_t i = 0; i < sizeof out; i++)
        write_board(&bench, out + i, 1);
    expect(bench.tap[1], "hello", 5);
    expect(bench.tap[1], "ho", 2);
    assert_int_equal(write(bench.tap[1], "one", 3), 3);
    assert_int_equal(write(bench.tap[1], "four", 4), 4);
    expect(bench.board, "\0\0\0\3one\0\0\0\4four", 15);
    stop(&bench);
}

/* Who says a length that no frame has is hung up on, and may call again; so may who is
 * started again in the middle of a frame. */
static void a_stream_that_went_wrong_begins_anew(void **state)
{
    static const char *const wrong[] = {"\377\377\377\377", "\0\1\0\1", "\0\0\1\0begun"};
    static const size_t lengths[] = {4, 4, 9};
    struct bench bench;

    (void)state;
    start(&bench, true);
    for (size_t i = 0; i < 3; i++) {
        plug_in(&bench);
        write_board(&bench, wrong[i], lengths[i]);
        if (i < 2)
            expect(bench.board, "", 0);
    }
    plug_in(&bench);
    write_board(&bench, "\0\0\0\2ok", 6);
    expect(bench.tap[1], "ok", 2);
    assert_int_equal(write(bench.tap[1], "so", 2), 2);
    expect(bench.board, "\0\0\0\2so", 6);
    stop(&bench);
}

/* A board that is stopped: what it takes later is whole. */
static void a_board_that_does_not_read_gets_whole_frames_later(void **state)
{
    uint8_t frame[1500] = {0}, head[] = {0, 0, 1500 >> 8, 1500 & 0xff};
    struct bench bench;
    int sent = 0;

    (void)state;
    start(&bench, true);
    plug_in(&bench);
    write_board(&bench, "\0\0\0\2ok", 6);
    expect(bench.tap[1], "ok", 2);
    for (struct pollfd polled = {bench.tap[1], POLLOUT, 0};
         poll(&polled, 1, 300) == 1 && polled.revents & POLLOUT; sent++)
        assert_int_equal(write(bench.tap[1], frame, sizeof frame), sizeof frame);
    assert_true(sent > 20);
    for (int i = 0; i < sent; i++) {
        uint8_t got[sizeof head + sizeof frame];

        assert_int_equal(recv(bench.board, got, sizeof got, MSG_WAITALL), sizeof got);
        assert_memory_equal(got, head, sizeof head);
        assert_memory_equal(got + sizeof head, frame, sizeof frame);
    }
    stop(&bench);
}

static void frames_pass_datagrams_both_ways(void **state)
{
    struct bench bench;
    struct sockaddr_un here, there;

    (void)state;
    start(&bench, false);
    here = named(bench.path, "");
    there = named(bench.path, ".peer");
    bench.board = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(bench.board, (struct sockaddr *)&here, sizeof here), 0);
    assert_int_equal(connect(bench.board, (struct sockaddr *)&there, sizeof there), 0);
    write_board(&bench, "hello", 5);
    expect(bench.tap[1], "hello", 5);
    assert_int_equal(write(bench.tap[1], "ho", 2), 2);
    expect(bench.board, "ho", 2);
    close(bench.board);
    bench.board = -1;
    unlink(bench.path);
    stop(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_pass_a_stream_both_ways),
        cmocka_unit_test(a_stream_that_went_wrong_begins_anew),
        cmocka_unit_test(a_board_that_does_not_read_gets_whole_frames_later),
        cmocka_unit_test(frames_pass_datagrams_both_ways),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
