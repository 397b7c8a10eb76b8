/* The links tls and dtls against peers that are no such thing: garbage, silence, a closed
 * port. Real peers are in end-to-end/test_secure.py. */
#include "links.h"

#include <pthread.h>

/* What answers the first flight: one peer, in a thread. */
struct answer {
    int listener;
    struct view bytes;
};

static void *answer_once(void *context)
{
    const struct answer *answer = context;
    int peer = accept(answer->listener, NULL, NULL);
    char scrap[4096];

    if (recv(peer, scrap, sizeof scrap, 0) > 0)
        send(peer, answer->bytes.data, answer->bytes.length, MSG_NOSIGNAL);
    shutdown(peer, SHUT_WR);
    while (recv(peer, scrap, sizeof scrap, 0) > 0)
        ;
    close(peer);
    return NULL;
}

/* A handshake with a peer that answers the bytes and closes. */
static int open_against(struct bench *bench, struct view bytes)
{
    struct answer answer = {bench->listener, bytes};
    pthread_t thread;
    int status;

    assert_int_equal(pthread_create(&thread, NULL, answer_once, &answer), 0);
    status = link_open(bench->link, bench->address, soon(), &bench->error);
    link_close(bench->link);
    pthread_join(thread, NULL);
    return status;
}

static void test_what_is_no_tls_is_the_peers_doing(void **state)
{
    static const uint8_t alert[] = {21, 3, 3, 0, 2, 2, 40}; /* handshake_failure */
    static const uint8_t record[] = {22, 3, 3, 0xff, 0xff, 2, 0};
    const struct {
        struct view bytes;
        const char *said;
    } answers[] = {
        {view_text("HTTP/1.0 400 Bad Request\r\n\r\n"), "wrong version number"},
        {{alert, sizeof alert}, "handshake failure"},
        {{record, sizeof record}, ""},
        {{NULL, 0}, "the peer closed the connection"},
    };
    struct bench bench;

    (void)state;
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        assert_non_null(make(&bench, "{kind: tls, address: device:port}"));
        listen_at(&bench, SOCK_STREAM);
        assert_int_equal(open_against(&bench, answers[i].bytes), LINK_CLOSED);
        assert_false(bench.link->is_open);
        if (!strstr(bench.error.text, answers[i].said) ||
            !strstr(bench.error.text, bench.address))
            fail_msg("%s", bench.error.text);
        bench_close(&bench);
    }
}

static void test_silence_ends_at_the_deadline(void **state)
{
    struct bench bench;

    (void)state;
    for (int datagrams = 0; datagrams < 2; datagrams++) {
        int64_t deadline_ns;

        assert_non_null(make(&bench, datagrams ? "{kind: dtls, address: device:port}"
                                               : "{kind: tls, address: device:port}"));
        listen_at(&bench, datagrams ? SOCK_DGRAM : SOCK_STREAM);
        deadline_ns = clock_now_ns() + 50 * CLOCK_MS;
        assert_int_equal(link_open(bench.link, bench.address, deadline_ns, &bench.error),
                         LINK_FAILED);
        assert_true(clock_now_ns() >= deadline_ns);
        assert_non_null(strstr(bench.error.text, "no answer before the deadline"));
        bench_close(&bench);
    }
}

static void test_closed_port(void **state)
{
    struct bench bench;

    (void)state;
    for (int datagrams = 0; datagrams < 2; datagrams++) {
        assert_non_null(make(&bench, datagrams ? "{kind: dtls, address: device:port}"
                                               : "{kind: tls, address: device:port}"));
        listen_at(&bench, datagrams ? SOCK_DGRAM : SOCK_STREAM);
        listen_no_more(&bench);
        assert_int_equal(link_open(bench.link, bench.address, soon(), &bench.error),
                         LINK_CLOSED);
        bench_close(&bench);
    }
}

static void test_settings(void **state)
{
    static const struct refused wrong[] = {
        {"{kind: tls, address: host}",
         "link.yaml:1:22: key 'address': expected host:port"},
        {"{kind: tls, address: 'h:1', ca: /nonexistent/ca.pem}", "/nonexistent/ca.pem"},
        {"{kind: tls, address: 'h:1', certificate: /dev/null}", "one needs the other"},
        {"{kind: dtls, address: 'h:1', psk: {identity: a}}", "key"},
        {"{kind: dtls, address: 'h:1', psk: {key: xyz}}", "hexadecimal"},
        {"{kind: tls, address: 'h:1', baud: 9600}", "baud"},
    };

    (void)state;
    expect_refused(wrong, sizeof wrong / sizeof wrong[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_no_tls_is_the_peers_doing),
        cmocka_unit_test(test_silence_ends_at_the_deadline),
        cmocka_unit_test(test_closed_port),
        cmocka_unit_test(test_settings),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
