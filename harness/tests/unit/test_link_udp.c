/* The link udp against sockets made here. */
#include "links.h"

static uint16_t bind_peer(struct bench *bench, int family, uint16_t port)
{
    struct sockaddr_in6 here = {.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};
    struct sockaddr_in *v4 = (struct sockaddr_in *)&here;
    socklen_t length = family == AF_INET ? sizeof *v4 : sizeof here;

    if (family == AF_INET)
        *v4 = (struct sockaddr_in){.sin_family = AF_INET,
                                   .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    here.sin6_port = htons(port); /* at the same place in both */
    bench->peer = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(bench->peer, (struct sockaddr *)&here, length), 0);
    getsockname(bench->peer, (struct sockaddr *)&here, &length);
    return ntohs(here.sin6_port);
}

/* `host` without its port, as in an address. */
static void bench_open(struct bench *bench, int family, const char *host)
{
    need(bench, "{kind: udp, address: device:port}");
    snprintf(bench->address, sizeof bench->address, "%s:%u", host,
             bind_peer(bench, family, 0));
    open_at(bench, bench->address);
}

/* The device takes one datagram and learns where from. */
static struct sockaddr_storage expect_datagram(struct bench *bench, const char *text)
{
    struct sockaddr_storage from = {0};
    socklen_t length = sizeof from;
    char got[100] = {0};

    assert_int_equal(
        recvfrom(bench->peer, got, sizeof got - 1, 0, (struct sockaddr *)&from, &length),
        strlen(text));
    assert_string_equal(got, text);
    return from;
}

static void answer(struct bench *bench, const struct sockaddr_storage *to,
                   const char *text)
{
    socklen_t length = to->ss_family == AF_INET ? sizeof(struct sockaddr_in)
                                                : sizeof(struct sockaddr_in6);

    assert_int_equal(
        sendto(bench->peer, text, strlen(text), 0, (const struct sockaddr *)to, length),
        strlen(text));
}

static void expect_received(struct bench *bench, const char *text)
{
    buffer_clear(&bench->in);
    assert_int_equal(link_receive(bench->link, &bench->in, soon(), &bench->error),
                     strlen(text));
    assert_true(view_equal(buffer_view(&bench->in), view_text(text)));
}

static void test_one_send_is_one_datagram(void **state)
{
    static const struct {
        int family;
        const char *host;
    } hosts[] = {{AF_INET, "127.0.0.1"}, {AF_INET6, "[::1]"}};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct sockaddr_storage from;
        struct bench bench;

        bench_open(&bench, hosts[i].family, hosts[i].host);
        link_send(bench.link, view_text("one"), soon(), &bench.error);
        link_send(bench.link, view_text("two"), soon(), &bench.error);
        expect_datagram(&bench, "one");
        from = expect_datagram(&bench, "two");
        answer(&bench, &from, "eins");
        answer(&bench, &from, ""); /* carries nothing */
        answer(&bench, &from, "zwei");
        expect_received(&bench, "eins");
        expect_received(&bench, "zwei");
        answer(&bench, &from, "drei");
        link_receive(bench.link, &bench.in, soon(), &bench.error); /* appends */
        assert_true(view_equal(buffer_view(&bench.in), view_text("zweidrei")));
        bench_close(&bench);
    }
}

static void test_deadlines_end_waits(void **state)
{
    static const int waits_ms[] = {-5, 0, 1, 30};
    struct sockaddr_storage from;
    struct bench bench;

    (void)state;
    bench_open(&bench, AF_INET, "127.0.0.1");
    for (size_t i = 0; i < sizeof waits_ms / sizeof waits_ms[0]; i++) {
        int64_t deadline_ns = clock_now_ns() + waits_ms[i] * CLOCK_MS;

        assert_int_equal(link_receive(bench.link, &bench.in, deadline_ns, &bench.error),
                         LINK_TIMEOUT);
        assert_true(clock_now_ns() >= deadline_ns);
    }
    link_send(bench.link, view_text("ping"), soon(), &bench.error);
    from = expect_datagram(&bench, "ping");
    answer(&bench, &from, "pong");
    /* What is there is received even when the deadline has passed. */
    while (link_receive(bench.link, &bench.in, 0, &bench.error) == LINK_TIMEOUT)
        ;
    assert_int_equal(bench.in.length, 4);
    bench_close(&bench);
}

static void test_a_closed_port_is_a_peer_that_closed(void **state)
{
    struct bench bench;
    uint16_t port;

    (void)state;
    bench_open(&bench, AF_INET, "127.0.0.1");
    port = (uint16_t)strtol(strrchr(bench.address, ':') + 1, NULL, 10);
    close(bench.peer);
    assert_int_equal(link_send(bench.link, view_text("x"), soon(), &bench.error), 0);
    assert_int_equal(link_receive(bench.link, &bench.in, soon(), &bench.error),
                     LINK_CLOSED);
    assert_non_null(strstr(bench.error.text, "port is closed"));
    /* The device is back: the next open works. */
    bind_peer(&bench, AF_INET, port);
    open_at(&bench, bench.address);
    link_send(bench.link, view_text("again"), soon(), &bench.error);
    expect_datagram(&bench, "again");
    bench_close(&bench);
}

/* The refusal of an earlier datagram does not keep the next one back. */
static void test_what_is_sent_goes_out_behind_a_refusal(void **state)
{
    struct bench bench;
    uint16_t port;

    (void)state;
    bench_open(&bench, AF_INET, "127.0.0.1");
    port = (uint16_t)strtol(strrchr(bench.address, ':') + 1, NULL, 10);
    close(bench.peer);
    link_send(bench.link, view_text("lost"), soon(), &bench.error);
    bind_peer(&bench, AF_INET, port);
    assert_int_equal(link_send(bench.link, view_text("here"), soon(), &bench.error), 0);
    expect_datagram(&bench, "here");
    bench_close(&bench);
}

static void test_other_peers_are_not_heard(void **state)
{
    struct sockaddr_storage from;
    struct bench bench, stranger;

    (void)state;
    bench_open(&bench, AF_INET, "127.0.0.1");
    bench_open(&stranger, AF_INET, "127.0.0.1");
    link_send(bench.link, view_text("ping"), soon(), &bench.error);
    from = expect_datagram(&bench, "ping");
    answer(&stranger, &from, "not yours");
    answer(&bench, &from, "pong");
    expect_received(&bench, "pong");
    assert_int_equal(link_receive(bench.link, &bench.in, 0, &bench.error), LINK_TIMEOUT);
    bench_close(&stranger);
    bench_close(&bench);
}

static void test_sizes(void **state)
{
    static uint8_t block[70000], got[70000];
    struct sockaddr_storage from;
    struct bench bench;

    (void)state;
    bench_open(&bench, AF_INET, "127.0.0.1");
    assert_int_equal(bench.link->ops->largest, 65507);
    assert_int_equal(
        link_send(bench.link, (struct view){block, 65507}, soon(), &bench.error), 0);
    assert_int_equal(recv(bench.peer, got, sizeof got, 0), 65507);
    assert_int_equal(
        link_send(bench.link, (struct view){block, 65508}, soon(), &bench.error),
        LINK_FAILED);
    link_send(bench.link, view_text("ping"), soon(), &bench.error);
    from = expect_datagram(&bench, "ping");
    answer(&bench, &from, "more than fits");
    bench.in.maximum = 10;
    assert_int_equal(link_receive(bench.link, &bench.in, soon(), &bench.error),
                     LINK_FAILED);
    assert_non_null(strstr(bench.error.text, "14 bytes"));
    assert_int_equal(bench.in.length, 0);
    bench_close(&bench);
}

static void test_discard_and_ends(void **state)
{
    struct sockaddr_storage from;
    struct link_ends ends;
    struct bench bench;

    (void)state;
    bench_open(&bench, AF_INET, "127.0.0.1");
    link_send(bench.link, view_text("ping"), soon(), &bench.error);
    from = expect_datagram(&bench, "ping");
    answer(&bench, &from, "stale");
    answer(&bench, &from, "staler");
    link_discard(bench.link);
    answer(&bench, &from, "fresh");
    expect_received(&bench, "fresh");
    bench.link->ops->ends(bench.link, &ends);
    assert_int_equal(ends.family, AF_INET);
    assert_int_equal(ends.local_port, ntohs(((struct sockaddr_in *)&from)->sin_port));
    assert_int_equal(ends.remote_port, strtol(strrchr(bench.address, ':') + 1, NULL, 10));
    assert_memory_equal(ends.remote, "\x7f\0\0\1", 4);
    bench_close(&bench);
}

/* A name may stand for several addresses: the one that answers is found. */
static void test_names_are_resolved(void **state)
{
    struct bench bench;
    int status = LINK_CLOSED;

    (void)state;
    bench_open(&bench, AF_INET, "localhost");
    for (int i = 0; i < 4 && status == LINK_CLOSED; i++) {
        open_at(&bench, bench.address);
        link_send(bench.link, view_text("ping"), soon(), &bench.error);
        status = link_receive(bench.link, &bench.in, clock_now_ns() + 50 * CLOCK_MS,
                              &bench.error);
    }
    assert_int_equal(status, LINK_TIMEOUT);
    expect_datagram(&bench, "ping");
    assert_int_equal(link_open(bench.link, "nonsense", soon(), &bench.error),
                     LINK_FAILED);
    bench_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_send_is_one_datagram),
        cmocka_unit_test(test_deadlines_end_waits),
        cmocka_unit_test(test_a_closed_port_is_a_peer_that_closed),
        cmocka_unit_test(test_what_is_sent_goes_out_behind_a_refusal),
        cmocka_unit_test(test_other_peers_are_not_heard),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_discard_and_ends),
        cmocka_unit_test(test_names_are_resolved),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
