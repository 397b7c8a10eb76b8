/* The links tcp and tls in the server role: peers made here connect to them. Real ones
 * are in end-to-end/test_server.py. */
#include "links.h"

/* A link that listens at a port that was free a moment ago. */
static void bench_listen(struct bench *bench)
{
    need(bench, "{kind: tcp, role: server, address: '127.0.0.1:1'}");
    listen_at(bench, SOCK_STREAM);
    listen_no_more(bench);
    if (link_listen(bench->link, bench->address, true, &bench->error) < 0)
        fail_msg("%s", bench->error.text);
}

static int connect_to(const struct bench *bench)
{
    int peer = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(peer >= 0);
    assert_int_equal(
        connect(peer, (const struct sockaddr *)&bench->here, sizeof bench->here), 0);
    return peer;
}

static void test_device_speaks_first(void **state)
{
    struct link_ends ends;
    struct bench bench;
    char got[4];

    (void)state;
    bench_listen(&bench);
    assert_false(bench.link->is_open);
    for (int i = 0; i < 3; i++) { /* one connection after another */
        int peer = connect_to(&bench);

        assert_int_equal(send(peer, "hello", 5, 0), 5);
        open_at(&bench, bench.address);
        expect_said(&bench, "hello");
        say(&bench, "well");
        assert_int_equal(recv(peer, got, 4, MSG_WAITALL), 4);
        assert_memory_equal(got, "well", 4);
        bench.link->ops->ends(bench.link, &ends);
        assert_int_equal(ends.local_port, ntohs(bench.here.sin_port));
        assert_int_not_equal(ends.remote_port, ends.local_port);
        link_close(bench.link);
        assert_int_equal(recv(peer, got, 4, 0), -1); /* reset */
        close(peer);
    }
    bench_close(&bench);
}

static void test_nobody_connects(void **state)
{
    int64_t deadline_ns = clock_now_ns() + 30 * CLOCK_MS;
    struct bench bench;

    (void)state;
    bench_listen(&bench);
    assert_int_equal(link_open(bench.link, bench.address, deadline_ns, &bench.error),
                     LINK_FAILED);
    assert_true(clock_now_ns() >= deadline_ns);
    assert_non_null(strstr(bench.error.text, "nothing connected"));
    assert_non_null(strstr(bench.error.text, bench.address));
    bench_close(&bench);
}

/* Who has connected before the device was told to is not the one that was told. */
static void test_anew_turns_earlier_ones_away(void **state)
{
    struct bench bench;
    int early, late;

    (void)state;
    bench_listen(&bench);
    early = connect_to(&bench);
    assert_int_equal(link_listen(bench.link, bench.address, false, &bench.error), 0);
    assert_int_equal(send(early, "early", 5, 0), 5);
    open_at(&bench, bench.address);
    expect_said(&bench, "early");
    close(early);
    link_close(bench.link);

    early = connect_to(&bench);
    assert_int_equal(link_listen(bench.link, bench.address, true, &bench.error), 0);
    late = connect_to(&bench);
    assert_int_equal(send(late, "late", 4, 0), 4);
    open_at(&bench, bench.address);
    expect_said(&bench, "late");
    close(early);
    close(late);
    bench_close(&bench);
}

static void test_end_and_reset_are_told_apart(void **state)
{
    struct bench bench;
    int peer;

    (void)state;
    bench_listen(&bench);
    for (int reset = 0; reset < 2; reset++) {
        peer = connect_to(&bench);
        open_at(&bench, bench.address);
        setsockopt(peer, SOL_SOCKET, SO_LINGER, &(struct linger){reset, 0},
                   sizeof(struct linger));
        close(peer);
        assert_int_equal(receive(&bench, 1), LINK_CLOSED);
        assert_int_equal(bench.link->was_reset, reset);
        link_close(bench.link);
    }
    bench_close(&bench);
}

static void test_port_in_use(void **state)
{
    struct bench bench, other;

    (void)state;
    bench_listen(&bench);
    need(&other, "{kind: tcp, role: server, address: '127.0.0.1:1'}");
    assert_int_equal(link_listen(other.link, bench.address, true, &other.error),
                     LINK_FAILED);
    assert_non_null(strstr(other.error.text, "cannot listen: Address already in use"));
    assert_int_equal(link_open(other.link, bench.address, soon(), &other.error),
                     LINK_FAILED);
    bench_close(&other);
    bench_close(&bench);
}

static void test_settings(void **state)
{
    static const struct refused wrong[] = {
        {"{kind: tcp, role: servant, address: 'h:1'}", "role"},
        {"{kind: tcp, role: server, address: device:port}", "of this machine"},
        {"{kind: tls, role: server, address: 'h:1'}", "certificate and private-key"},
        {"{kind: dtls, role: server, address: 'h:1'}", "role"},
        {"{kind: unix, role: server, address: /tmp/port}", "role"},
    };
    struct bench bench;

    (void)state;
    expect_refused(wrong, sizeof wrong / sizeof wrong[0]);
    assert_non_null(make(&bench, "{kind: tcp, address: 'h:1'}"));
    assert_int_equal(link_listen(bench.link, "h:1", true, &bench.error), -1);
    bench_close(&bench);
}

/* What connects and is no TLS is the device's doing. */
static void test_no_handshake(void **state)
{
    static const char settings[] =
        "{kind: tls, role: server, address: '127.0.0.1:1', psk: {identity: a, key: 0102}}";
    struct bench tls;
    int peer;

    (void)state;
    need(&tls, settings);
    listen_at(&tls, SOCK_STREAM); /* for its address */
    listen_no_more(&tls);
    assert_int_equal(link_listen(tls.link, tls.address, true, &tls.error), 0);
    peer = connect_to(&tls);
    assert_int_equal(send(peer, "MSH|^~\\&|", 9, 0), 9);
    assert_int_equal(link_open(tls.link, tls.address, soon(), &tls.error), LINK_CLOSED);
    assert_non_null(strstr(tls.error.text, "handshake"));
    close(peer);
    bench_close(&tls);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_device_speaks_first),
        cmocka_unit_test(test_nobody_connects),
        cmocka_unit_test(test_anew_turns_earlier_ones_away),
        cmocka_unit_test(test_end_and_reset_are_told_apart),
        cmocka_unit_test(test_port_in_use),
        cmocka_unit_test(test_settings),
        cmocka_unit_test(test_no_handshake),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
