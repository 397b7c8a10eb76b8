/* The serial link on a pseudo-terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/clock.h"
#include "link/link.h"
#include "soon.h"

#include <asm/termbits.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct bench {
    struct yaml_document *document;
    struct link *link;
    struct error error;
    struct buffer in;
    int master;
    char path[64];
};

static struct link *make(struct bench *bench)
{
    char settings[200];

    snprintf(settings, sizeof settings,
             "{kind: serial, address: %s, baud: 12345, bits: 8, parity: even, stop: 1, "
             "flow: none}",
             bench->path);
    bench->document = yaml_parse("link.yaml", view_text(settings), &bench->error);
    assert_non_null(bench->document);
    return link_create(yaml_root(bench->document), &bench->error);
}

static int set_up(void **state)
{
    static struct bench bench;

    bench = (struct bench){.in = buffer_make(4096)};
    bench.master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(bench.master >= 0);
    assert_int_equal(grantpt(bench.master), 0);
    assert_int_equal(unlockpt(bench.master), 0);
    assert_int_equal(ptsname_r(bench.master, bench.path, sizeof bench.path), 0);
    bench.link = make(&bench);
    if (!bench.link)
        fail_msg("%s", bench.error.text);
    *state = &bench;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *bench = *state;

    link_free(bench->link);
    yaml_close(bench->document);
    buffer_free(&bench->in);
    if (bench->master >= 0)
        close(bench->master);
    return 0;
}

static int open_it(struct bench *bench)
{
    return link_open(bench->link, bench->path, soon(), &bench->error);
}

/* Every byte value, unchanged in both directions: the line is raw. */
static void test_raw_both_ways(void **state)
{
    struct bench *bench = *state;
    uint8_t every[256], got[256];
    size_t count = 0;

    for (int i = 0; i < 256; i++)
        every[i] = (uint8_t)i;
    assert_int_equal(open_it(bench), 0);
    assert_int_equal(
        link_send(bench->link, (struct view){every, 256}, soon(), &bench->error), 0);
    while (count < 256) {
        ssize_t part = read(bench->master, got + count, 256 - count);

        assert_true(part > 0);
        count += (size_t)part;
    }
    assert_memory_equal(got, every, 256);
    assert_int_equal(write(bench->master, every, 256), 256);
    while (bench->in.length < 256)
        assert_true(link_receive(bench->link, &bench->in, soon(), &bench->error) > 0);
    assert_memory_equal(bench->in.data, every, 256);
}

/* A pty has no line behind it: it does not say that it carries what it would only
 * swallow. */
static void test_a_pty_carries_no_line(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(bench->link->carries, LINK_STREAM | LINK_GAPS);
    assert_int_equal(open_it(bench), 0);
    assert_int_equal(bench->link->carries, LINK_STREAM | LINK_GAPS);
    assert_int_equal(link_disturb(bench->link, LINK_BREAK, 1000, (struct view){NULL, 0},
                                  soon(), &bench->error),
                     LINK_FAILED);
    assert_non_null(strstr(bench->error.text, "break"));
}

static void test_deadline(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(open_it(bench), 0);
    assert_int_equal(link_receive(bench->link, &bench->in, clock_now_ns() + 5 * CLOCK_MS,
                                  &bench->error),
                     LINK_TIMEOUT);
    assert_int_equal(link_receive(bench->link, &bench->in, 0, &bench->error),
                     LINK_TIMEOUT);
}

static void test_busy_port(void **state)
{
    struct bench *bench = *state;
    int other = open(bench->path, O_RDWR | O_NOCTTY | O_CLOEXEC);

    assert_int_equal(flock(other, LOCK_EX | LOCK_NB), 0);
    assert_int_equal(open_it(bench), LINK_FAILED);
    assert_non_null(strstr(bench->error.text, "busy"));
    assert_non_null(strstr(bench->error.text, bench->path));
    close(other);
    assert_int_equal(open_it(bench), 0);
    /* Now it is ours, until we close it. */
    other = open(bench->path, O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_int_equal(flock(other, LOCK_EX | LOCK_NB), -1);
    link_close(bench->link);
    assert_int_equal(flock(other, LOCK_EX | LOCK_NB), 0);
    close(other);
    assert_int_equal(open_it(bench), 0);
}

static void test_hang_up(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(open_it(bench), 0);
    close(bench->master);
    bench->master = -1;
    assert_int_equal(link_receive(bench->link, &bench->in, soon(), &bench->error),
                     LINK_CLOSED);
    assert_int_equal(link_send(bench->link, view_text("x"), soon(), &bench->error),
                     LINK_CLOSED);
}

static void test_opening_and_discarding_drop_what_came_before(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(open_it(bench), 0);
    assert_int_equal(write(bench->master, "old", 3), 3);
    assert_int_equal(open_it(bench), 0);
    assert_int_equal(link_receive(bench->link, &bench->in, 0, &bench->error),
                     LINK_TIMEOUT);
    assert_int_equal(write(bench->master, "stale", 5), 5);
    link_discard(bench->link);
    assert_int_equal(write(bench->master, "new", 3), 3);
    while (bench->in.length < 3)
        assert_true(link_receive(bench->link, &bench->in, soon(), &bench->error) > 0);
    assert_memory_equal(bench->in.data, "new", 3);
}

static void test_peer_that_does_not_read(void **state)
{
    static uint8_t block[1 << 16];
    struct bench *bench = *state;
    int status = 0;

    assert_int_equal(open_it(bench), 0);
    for (int i = 0; i < 64 && status == 0; i++)
        status = link_send(bench->link, (struct view){block, sizeof block},
                           clock_now_ns() + 20 * CLOCK_MS, &bench->error);
    assert_int_equal(status, LINK_FAILED);
    assert_non_null(strstr(bench->error.text, "took only"));
}

static void test_not_a_port(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(link_open(bench->link, "/dev/null", soon(), &bench->error),
                     LINK_FAILED);
    assert_non_null(strstr(bench->error.text, "not a serial port"));
    assert_int_equal(link_open(bench->link, "/dev/no-such-port", soon(), &bench->error),
                     LINK_FAILED);
    assert_non_null(strstr(bench->error.text, "/dev/no-such-port"));
}

static void test_only_a_pty_is_local(void **state)
{
    struct bench *bench = *state;

    assert_true(bench->link->ops->is_local(bench->path));
    assert_false(bench->link->ops->is_local("/dev/null"));
    assert_false(bench->link->ops->is_local("/dev/no-such-port"));
}

/* A pty has no bits and no parity, but it keeps the speed: none that termios names. */
static void test_any_speed(void **state)
{
    struct bench *bench = *state;
    struct termios2 line;

    assert_int_equal(open_it(bench), 0);
    assert_int_equal(ioctl(bench->master, TCGETS2, &line), 0);
    assert_int_equal(line.c_cflag & CBAUD, BOTHER);
    assert_int_equal(line.c_ospeed, 12345);
    assert_int_equal(line.c_ispeed, 12345);
}

/* What is wrong with `settings` of a serial link, when it is made or opened. */
static const char *refused(struct bench *bench, const char *settings)
{
    const char *hole = strstr(settings, "%s");
    char text[300];

    link_free(bench->link);
    yaml_close(bench->document);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(hole ? hole - settings : 0), settings,
             hole ? bench->path : "", hole ? hole + 2 : settings);
    bench->document = yaml_parse("link.yaml", view_text(text), &bench->error);
    assert_non_null(bench->document);
    bench->link = link_create(yaml_root(bench->document), &bench->error);
    if (bench->link) {
        assert_int_equal(
            link_open(bench->link, bench->link->address, soon(), &bench->error),
            LINK_FAILED);
    }
    return bench->error.text;
}

static void test_settings_that_cannot_be(void **state)
{
    static const char *const wrong[][2] = {
        {"{kind: serial, address: %s, rs485: rts}", "no RTS to hold"},
        {"{kind: serial, address: %s, rs485: kernel}", "rs485: rts holds RTS"},
        {"{kind: serial, address: %s, rs485: rts, flow: rtscts}", "link.yaml:1:"},
        {"{kind: serial, address: %s, rts-before: 1ms}", "needs rs485"},
        {"{kind: serial, address: %s, rs485: kernel, rts-after: 100us}", "milliseconds"},
        {"{kind: serial, address: %s, rs485: rts, rts-after: 2s}", "at most 1s"},
        {"{kind: serial, address: %s, latency-timer: 1}", "no FTDI adapter"},
        {"{kind: serial, address: %s, latency-timer: 256}", "link.yaml:1:"},
        {"{kind: serial, address: 'usb:%s'}", "link.yaml:1:"},
        {"{kind: serial, address: 'usb:ffff:ffff'}", "usb:ffff:ffff: "},
    };
    struct bench *bench = *state;

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        const char *said = refused(bench, wrong[i][0]);

        if (!strstr(said, wrong[i][1]))
            fail_msg("%s: %s", wrong[i][0], said);
    }
}

int main(void)
{
#define BENCH(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        BENCH(test_raw_both_ways),
        BENCH(test_a_pty_carries_no_line),
        BENCH(test_deadline),
        BENCH(test_busy_port),
        BENCH(test_hang_up),
        BENCH(test_opening_and_discarding_drop_what_came_before),
        BENCH(test_peer_that_does_not_read),
        BENCH(test_not_a_port),
        BENCH(test_any_speed),
        BENCH(test_settings_that_cannot_be),
        BENCH(test_only_a_pty_is_local),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
