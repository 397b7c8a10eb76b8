/* The links tcp and unix against servers made here. */
#include "links.h"

#include <sys/un.h>

static void listen_unix(struct bench *bench)
{
    struct sockaddr_un here = {.sun_family = AF_UNIX};

    scratch_make(bench->folder);
    scratch_path(bench->folder, "port", bench->address);
    memcpy(here.sun_path, bench->address, strlen(bench->address));
    bench->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(bench->listener, (struct sockaddr *)&here, sizeof here), 0);
    assert_int_equal(listen(bench->listener, 4), 0);
}

static void join(struct bench *bench)
{
    open_at(bench, bench->address);
    if (bench->peer >= 0)
        close(bench->peer);
    bench->peer = accept(bench->listener, NULL, NULL);
    assert_true(bench->peer >= 0);
}

static void connect_both(struct bench *bench, bool is_tcp)
{
    need(bench, is_tcp ? "{kind: tcp, address: device:port}"
                       : "{kind: unix, address: device:uart0}");
    if (is_tcp)
        listen_at(bench, SOCK_STREAM);
    else
        listen_unix(bench);
    join(bench);
}

static void expect_exchange(struct bench *bench)
{
    char got[8] = {0};

    say(bench, "ping");
    assert_int_equal(recv(bench->peer, got, 4, MSG_WAITALL), 4);
    assert_string_equal(got, "ping");
    assert_int_equal(send(bench->peer, "pong!", 5, 0), 5);
    expect_said(bench, "pong!");
}

static void test_exchange(void **state)
{
    (void)state;
    for (int is_tcp = 0; is_tcp < 2; is_tcp++) {
        struct bench bench;

        connect_both(&bench, is_tcp);
        expect_exchange(&bench);
        expect_exchange(&bench);
        join(&bench); /* anew, over the open one */
        expect_exchange(&bench);
        bench_close(&bench);
    }
}

static void test_deadlines_end_waits(void **state)
{
    static const int waits_ms[] = {-5, 0, 1, 30, 60};
    struct bench bench;

    (void)state;
    for (int is_tcp = 0; is_tcp < 2; is_tcp++) {
        connect_both(&bench, is_tcp);
        for (size_t i = 0; i < sizeof waits_ms / sizeof waits_ms[0]; i++) {
            int64_t deadline_ns = clock_now_ns() + waits_ms[i] * CLOCK_MS;

            assert_int_equal(
                link_receive(bench.link, &bench.in, deadline_ns, &bench.error),
                LINK_TIMEOUT);
            assert_true(clock_now_ns() >= deadline_ns);
        }
        assert_int_equal(send(bench.peer, "x", 1, 0), 1);
        /* What is there is received even when the deadline has passed. */
        while (link_receive(bench.link, &bench.in, 0, &bench.error) == LINK_TIMEOUT)
            ;
        assert_int_equal(bench.in.length, 1);
        bench_close(&bench);
    }
}

static void test_refused_is_the_peers_answer(void **state)
{
    struct bench bench;

    (void)state;
    need(&bench, "{kind: tcp, address: '127.0.0.1:1'}");
    listen_at(&bench, SOCK_STREAM);
    listen_no_more(&bench);
    assert_int_equal(link_open(bench.link, bench.address, soon(), &bench.error),
                     LINK_CLOSED);
    assert_non_null(strstr(bench.error.text, bench.address));
    assert_false(bench.link->is_open);
    assert_int_equal(link_send(bench.link, view_text("x"), soon(), &bench.error),
                     LINK_CLOSED);
    assert_int_equal(link_receive(bench.link, &bench.in, soon(), &bench.error),
                     LINK_CLOSED);
    bench_close(&bench);

    need(&bench, "{kind: unix, address: device:uart0}");
    assert_int_equal(
        link_open(bench.link, "/nonexistent/percuss/port", soon(), &bench.error),
        LINK_CLOSED);
    bench_close(&bench);
}

static void test_full_backlog_ends_at_the_deadline(void **state)
{
    struct bench bench;
    struct sockaddr_un there = {.sun_family = AF_UNIX};
    int fillers[8], count = 0;

    (void)state;
    need(&bench, "{kind: unix, address: device:uart0}");
    listen_unix(&bench);
    memcpy(there.sun_path, bench.address, strlen(bench.address));
    for (; count < 8; count++) {
        fillers[count] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (connect(fillers[count], (struct sockaddr *)&there, sizeof there) < 0)
            break;
    }
    assert_in_range(count, 1, 7);
    assert_int_equal(link_open(bench.link, bench.address, clock_now_ns() + 30 * CLOCK_MS,
                               &bench.error),
                     LINK_FAILED);
    assert_non_null(strstr(bench.error.text, "no answer"));
    for (int i = 0; i <= count; i++)
        close(fillers[i]);
    bench_close(&bench);
}

static void test_peer_closes(void **state)
{
    (void)state;
    for (int is_tcp = 0; is_tcp < 2; is_tcp++) {
        struct bench bench;
        int status = 0;

        connect_both(&bench, is_tcp);
        assert_int_equal(send(bench.peer, "last", 4, 0), 4);
        close(bench.peer);
        bench.peer = -1;
        while ((status = link_receive(bench.link, &bench.in, soon(), &bench.error)) > 0)
            ;
        assert_int_equal(status, LINK_CLOSED);
        assert_int_equal(bench.in.length, 4);
        for (int i = 0; i < 100 && status == LINK_CLOSED; i++) {
            status = link_send(bench.link, view_text("x"), soon(), &bench.error);
            if (status == 0) /* the first one draws the reset */
                status = LINK_CLOSED;
            else
                break;
        }
        assert_int_equal(link_send(bench.link, view_text("x"), soon(), &bench.error),
                         LINK_CLOSED);
        bench_close(&bench);
    }
}

static void test_peer_resets(void **state)
{
    struct bench bench;

    (void)state;
    connect_both(&bench, true);
    setsockopt(bench.peer, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0},
               sizeof(struct linger));
    close(bench.peer);
    bench.peer = -1;
    assert_int_equal(link_receive(bench.link, &bench.in, soon(), &bench.error),
                     LINK_CLOSED);
    assert_non_null(strstr(bench.error.text, "reset"));
    bench_close(&bench);
}

static void test_closes_as_told(void **state)
{
    static const char *const ways[] = {"reset", "graceful"};

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct bench bench;
        char settings[80], byte;

        snprintf(settings, sizeof settings,
                 "{kind: tcp, address: device:port, close: %s, quick-ack: false}",
                 ways[i]);
        need(&bench, settings);
        listen_at(&bench, SOCK_STREAM);
        join(&bench);
        link_close(bench.link);
        assert_int_equal(recv(bench.peer, &byte, 1, 0), i == 0 ? -1 : 0);
        link_close(bench.link);
        bench_close(&bench);
    }
}

static void test_half_close(void **state)
{
    struct bench bench;
    char byte;

    (void)state;
    connect_both(&bench, true);
    link_half_close(bench.link);
    assert_int_equal(recv(bench.peer, &byte, 1, 0), 0);
    assert_int_equal(send(bench.peer, "rest", 4, 0), 4);
    expect_said(&bench, "rest");
    bench_close(&bench);
}

static void test_flood_stays_under_the_ceiling(void **state)
{
    static const char block[65536];
    struct bench bench;
    int status;

    (void)state;
    connect_both(&bench, true);
    bench.in.maximum = 10000;
    assert_true(send(bench.peer, block, sizeof block, MSG_DONTWAIT) > 10000);
    do {
        status = link_receive(bench.link, &bench.in, soon(), &bench.error);
    } while (status > 0);
    assert_int_equal(status, LINK_FAILED);
    assert_non_null(strstr(bench.error.text, "full"));
    assert_int_equal(bench.in.length, 10000);
    assert_in_range(bench.in.capacity, 10000, 10000);
    bench_close(&bench);
}

static void test_peer_that_does_not_read(void **state)
{
    static uint8_t block[4 << 20];

    (void)state;
    for (int is_tcp = 0; is_tcp < 2; is_tcp++) {
        struct bench bench;
        int status = 0;

        connect_both(&bench, is_tcp);
        for (int i = 0; i < 16 && status == 0; i++)
            status = link_send(bench.link, (struct view){block, sizeof block},
                               clock_now_ns() + 40 * CLOCK_MS, &bench.error);
        assert_int_equal(status, LINK_FAILED);
        assert_non_null(strstr(bench.error.text, "took only"));
        bench_close(&bench);
    }
}

static void test_discard(void **state)
{
    (void)state;
    for (int is_tcp = 0; is_tcp < 2; is_tcp++) {
        struct bench bench;
        char byte;

        connect_both(&bench, is_tcp);
        assert_int_equal(send(bench.peer, "stale", 5, 0), 5);
        while (recv(bench.peer, &byte, 1, MSG_DONTWAIT) >= 0)
            ;
        link_discard(bench.link);
        expect_exchange(&bench);
        link_discard(bench.link); /* nothing there */
        bench_close(&bench);
    }
}

static void test_ends(void **state)
{
    struct bench bench;
    struct link_ends ends;
    struct sockaddr_in here;
    socklen_t length = sizeof here;

    (void)state;
    connect_both(&bench, true);
    bench.link->ops->ends(bench.link, &ends);
    getpeername(bench.peer, (struct sockaddr *)&here, &length);
    assert_int_equal(ends.family, AF_INET);
    assert_int_equal(ends.local_port, ntohs(here.sin_port));
    assert_int_equal(ends.remote_port, atoi(strchr(bench.address, ':') + 1));
    assert_memory_equal(ends.remote, "\x7f\0\0\1", 4);
    assert_memory_equal(ends.local, "\x7f\0\0\1", 4);
    bench_close(&bench);
}

static void test_names_are_resolved(void **state)
{
    struct bench bench;
    char named[64];

    (void)state;
    need(&bench, "{kind: tcp, address: device:port}");
    listen_at(&bench, SOCK_STREAM);
    snprintf(named, sizeof named, "localhost%s", strchr(bench.address, ':'));
    snprintf(bench.address, sizeof bench.address, "%s", named);
    join(&bench);
    expect_exchange(&bench);
    assert_int_equal(link_open(bench.link, "nonsense", soon(), &bench.error),
                     LINK_FAILED);
    bench_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exchange),
        cmocka_unit_test(test_deadlines_end_waits),
        cmocka_unit_test(test_refused_is_the_peers_answer),
        cmocka_unit_test(test_full_backlog_ends_at_the_deadline),
        cmocka_unit_test(test_peer_closes),
        cmocka_unit_test(test_peer_resets),
        cmocka_unit_test(test_closes_as_told),
        cmocka_unit_test(test_half_close),
        cmocka_unit_test(test_flood_stays_under_the_ceiling),
        cmocka_unit_test(test_peer_that_does_not_read),
        cmocka_unit_test(test_discard),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_names_are_resolved),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
