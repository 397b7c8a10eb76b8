/* The links tcp and tls in the server role: peers made here connect to them. Real ones
 * are in end-to-end/test_server.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/clock.h"
#include "link/link.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct bench {
    struct yaml_document *document;
    struct link *link;
    struct error error;
    struct buffer in;
    struct sockaddr_in here;
    char address[64];
};

static int64_t soon(void)
{
    return clock_now_ns() + 20 * CLOCK_S;
}

static struct link *make(struct bench *bench, const char *settings)
{
    *bench = (struct bench){.in = buffer_make(1 << 16)};
    bench->document = yaml_parse("link.yaml", view_text(settings), &bench->error);
    assert_non_null(bench->document);
    return bench->link = link_create(yaml_root(bench->document), &bench->error);
}

/* A link that listens at a port that was free a moment ago. */
static void bench_listen(struct bench *bench)
{
    socklen_t length = sizeof bench->here;
    int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (!make(bench, "{kind: tcp, role: server, address: '127.0.0.1:1'}"))
        fail_msg("%s", bench->error.text);
    bench->here = (struct sockaddr_in){.sin_family = AF_INET};
    bench->here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(probe, (struct sockaddr *)&bench->here, length), 0);
    getsockname(probe, (struct sockaddr *)&bench->here, &length);
    close(probe);
    snprintf(bench->address, sizeof bench->address, "127.0.0.1:%d",
             ntohs(bench->here.sin_port));
    if (link_listen(bench->link, bench->address, true, &bench->error) < 0)
        fail_msg("%s", bench->error.text);
}

static void bench_close(struct bench *bench)
{
    link_free(bench->link);
    yaml_close(bench->document);
    buffer_free(&bench->in);
}

static int connect_to(const struct bench *bench)
{
    int peer = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(peer >= 0);
    assert_int_equal(
        connect(peer, (const struct sockaddr *)&bench->here, sizeof bench->here), 0);
    return peer;
}

static void take(struct bench *bench)
{
    if (link_open(bench->link, bench->address, soon(), &bench->error) != 0)
        fail_msg("%s", bench->error.text);
}

static int receive(struct bench *bench)
{
    buffer_clear(&bench->in);
    return link_receive(bench->link, &bench->in, soon(), &bench->error);
}

static void expect_said(struct bench *bench, const char *words)
{
    assert_int_equal(receive(bench), strlen(words));
    assert_memory_equal(bench->in.data, words, strlen(words));
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
        take(&bench);
        expect_said(&bench, "hello");
        assert_int_equal(link_send(bench.link, view_text("well"), soon(), &bench.error),
                         0);
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
    take(&bench);
    expect_said(&bench, "early");
    close(early);
    link_close(bench.link);

    early = connect_to(&bench);
    assert_int_equal(link_listen(bench.link, bench.address, true, &bench.error), 0);
    late = connect_to(&bench);
    assert_int_equal(send(late, "late", 4, 0), 4);
    take(&bench);
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
        take(&bench);
        setsockopt(peer, SOL_SOCKET, SO_LINGER, &(struct linger){reset, 0},
                   sizeof(struct linger));
        close(peer);
        assert_int_equal(receive(&bench), LINK_CLOSED);
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
    assert_non_null(make(&other, "{kind: tcp, role: server, address: '127.0.0.1:1'}"));
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
    static const struct {
        const char *settings, *error;
    } wrong[] = {
        {"{kind: tcp, role: servant, address: 'h:1'}", "role"},
        {"{kind: tcp, role: server, address: device:port}", "of this machine"},
        {"{kind: tls, role: server, address: 'h:1'}", "certificate and private-key"},
        {"{kind: dtls, role: server, address: 'h:1'}", "role"},
        {"{kind: unix, role: server, address: /tmp/port}", "role"},
    };
    struct bench bench;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_null(make(&bench, wrong[i].settings));
        if (!strstr(bench.error.text, wrong[i].error))
            fail_msg("%s", bench.error.text);
        bench_close(&bench);
    }
    assert_non_null(make(&bench, "{kind: tcp, address: 'h:1'}"));
    assert_int_equal(link_listen(bench.link, "h:1", true, &bench.error), -1);
    bench_close(&bench);
}

/* What connects and is no TLS is the device's doing. */
static void test_no_handshake(void **state)
{
    static const char settings[] =
        "{kind: tls, role: server, address: '127.0.0.1:1', psk: {identity: a, key: 0102}}";
    struct bench tcp, tls;
    int peer;

    (void)state;
    bench_listen(&tcp); /* for its address */
    assert_non_null(make(&tls, settings));
    tls.here = tcp.here;
    memcpy(tls.address, tcp.address, sizeof tls.address);
    bench_close(&tcp);
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
