/* The link ethernet against a socket made here, and on a tap in a namespace of its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "privilege.h"
#include "scratch.h"

#include "core/clock.h"
#include "device/tap.h"
#include "link/link.h"

#include <poll.h>
#include <stdlib.h>
#include <sys/un.h>
#include <sys/wait.h>

enum { SMALLEST = 60, LARGEST = 1514 };

struct bench {
    struct yaml_document *document;
    struct link *link;
    struct error error;
    struct buffer in;
    char folder[SCRATCH_PATH], path[SCRATCH_PATH];
    int peer; /* the device's end of the wire */
    struct tap tap;
    bool has_tap;
};

static int64_t soon(void)
{
    return clock_now_ns() + 20 * CLOCK_S;
}

static struct link *make_link(struct bench *bench, const char *settings)
{
    bench->document = yaml_parse("link.yaml", view_text(settings), &bench->error);
    return link_create(yaml_root(bench->document), &bench->error);
}

static void start(struct bench *bench, const char *settings)
{
    *bench = (struct bench){.in = buffer_make(1 << 17), .peer = -1};
    bench->link = make_link(bench, settings);
    if (!bench->link)
        fail_msg("%s", bench->error.text);
}

static void open_link(struct bench *bench, const char *address)
{
    if (link_open(bench->link, address, soon(), &bench->error) != 0)
        fail_msg("%s", bench->error.text);
}

/* A socket at PATH as an emulator has it. */
static void start_socket(struct bench *bench, const char *settings)
{
    struct sockaddr_un here = {.sun_family = AF_UNIX}, there = {.sun_family = AF_UNIX};

    start(bench, settings);
    scratch_make(bench->folder);
    assert_true(snprintf(bench->path, sizeof bench->path, "%s/wire", bench->folder) <
                100);
    snprintf(here.sun_path, sizeof here.sun_path, "%.100s", bench->path);
    snprintf(there.sun_path, sizeof there.sun_path, "%.100s.peer", bench->path);
    bench->peer = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(bench->peer, (struct sockaddr *)&here, sizeof here), 0);
    open_link(bench, bench->path);
    assert_int_equal(connect(bench->peer, (struct sockaddr *)&there, sizeof there), 0);
}

static void start_tap(struct bench *bench, const char *settings)
{
    char address[64];

    start(bench, settings);
    if (tap_open(&bench->tap, 0x0a000202, 0xffffff00, &bench->error) < 0)
        fail_msg("%s", bench->error.text);
    bench->has_tap = true;
    bench->peer = bench->tap.fd;
    snprintf(address, sizeof address, TAP_NAME "@/proc/self/fd/%d", bench->tap.space);
    open_link(bench, address);
}

static void stop(struct bench *bench)
{
    link_free(bench->link);
    yaml_close(bench->document);
    buffer_free(&bench->in);
    if (bench->has_tap)
        tap_close(&bench->tap);
    else if (bench->peer >= 0)
        close(bench->peer);
    if (bench->folder[0])
        scratch_remove(bench->folder);
}

/* A frame of that length to the peer, of the EtherType for experiments (IEEE 802, 9.2.4).
 */
static struct view make_frame(uint8_t *frame, size_t length, uint8_t type)
{
    for (size_t i = 0; i < length; i++)
        frame[i] = (uint8_t)i;
    frame[0] = frame[6] = 2; /* nobody's addresses */
    frame[12] = 0x88;
    frame[13] = type;
    return (struct view){frame, length};
}

/* The next frame at the device's end that percuss sent: the kernel may speak there, too.
 */
static size_t next_at_peer(struct bench *bench, uint8_t *frame, size_t size)
{
    struct pollfd polled = {bench->peer, POLLIN, 0};
    ssize_t length;

    do {
        assert_int_equal(poll(&polled, 1, 20000), 1);
        length = read(bench->peer, frame, size);
        assert_true(length > 0);
    } while (length > 13 && frame[12] != 0x88);
    return (size_t)length;
}

static void test_frames_both_ways(struct bench *bench)
{
    static const size_t lengths[] = {14, 59, 60, 61, LARGEST};
    uint8_t frame[LARGEST], got[4096];

    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct view sent = make_frame(frame, lengths[i], 0xb5);
        size_t wire = lengths[i] < SMALLEST ? SMALLEST : lengths[i], length;

        if (link_send(bench->link, sent, soon(), &bench->error) != 0)
            fail_msg("%s", bench->error.text);
        length = next_at_peer(bench, got, sizeof got);
        assert_int_equal(length, wire);
        assert_memory_equal(got, frame, lengths[i]);
        for (size_t j = lengths[i]; j < wire; j++)
            assert_int_equal(got[j], 0);

        assert_int_equal(write(bench->peer, frame, lengths[i]), (ssize_t)lengths[i]);
        buffer_clear(&bench->in);
        assert_int_equal(link_receive(bench->link, &bench->in, soon(), &bench->error),
                         (int)lengths[i]);
        assert_memory_equal(bench->in.data, frame, lengths[i]);
    }
    /* Nothing is there, and what is sent is not received. */
    assert_int_equal(link_receive(bench->link, &bench->in, 0, &bench->error),
                     LINK_TIMEOUT);
}

static void test_too_long_is_refused(struct bench *bench)
{
    uint8_t frame[LARGEST + 1];

    assert_int_equal(link_send(bench->link, make_frame(frame, sizeof frame, 0xb5), soon(),
                               &bench->error),
                     LINK_FAILED);
    assert_non_null(strstr(bench->error.text, "1514"));
}

static void test_what_arrived_is_dropped(struct bench *bench)
{
    uint8_t frame[SMALLEST];
    struct view sent = make_frame(frame, sizeof frame, 0xb5);

    for (int i = 0; i < 3; i++)
        assert_int_equal(write(bench->peer, sent.data, sent.length), SMALLEST);
    link_discard(bench->link);
    frame[20] = 77;
    assert_int_equal(write(bench->peer, sent.data, sent.length), SMALLEST);
    buffer_clear(&bench->in);
    assert_int_equal(link_receive(bench->link, &bench->in, soon(), &bench->error),
                     SMALLEST);
    assert_int_equal(bench->in.data[20], 77);
}

static void test_filter_holds_back(struct bench *bench)
{
    uint8_t frame[SMALLEST];

    for (int i = 0; i < 5; i++) {
        make_frame(frame, sizeof frame, i == 3 ? 0xb6 : 0xb5);
        assert_int_equal(write(bench->peer, frame, sizeof frame), SMALLEST);
    }
    buffer_clear(&bench->in);
    assert_int_equal(link_receive(bench->link, &bench->in, soon(), &bench->error),
                     SMALLEST);
    assert_int_equal(bench->in.data[13], 0xb6);
    assert_int_equal(link_receive(bench->link, &bench->in, 0, &bench->error),
                     LINK_TIMEOUT);
}

static const char plain[] = "{kind: ethernet, address: device:wire}";
static const char filtered[] =
    "{kind: ethernet, address: device:wire, filter: ether proto 0x88b6}";

static void test_on_a_socket(void **state)
{
    struct bench bench;

    (void)state;
    start_socket(&bench, plain);
    test_frames_both_ways(&bench);
    test_too_long_is_refused(&bench);
    test_what_arrived_is_dropped(&bench);
    stop(&bench);
    start_socket(&bench, filtered);
    test_filter_holds_back(&bench);
    stop(&bench);
}

static void test_on_an_interface(void **state)
{
    struct bench bench;

    (void)state;
    if (!privilege_to_capture() || access("/dev/net/tun", R_OK | W_OK) != 0) {
        struct tap tap;

        assert_int_equal(tap_open(&tap, 0x0a000202, 0xffffff00, &bench.error), -1);
        assert_true(bench.error.text[0]);
        return;
    }
    /* The kernel's ARP and IGMP are not for the test. */
    start_tap(&bench, "{kind: ethernet, address: eth0, filter: ether proto 0x88b5}");
    test_frames_both_ways(&bench);
    test_too_long_is_refused(&bench);
    test_what_arrived_is_dropped(&bench);
    stop(&bench);
    start_tap(&bench, filtered);
    test_filter_holds_back(&bench);
    /* An interface that goes away in mid-run. */
    bench.has_tap = false;
    tap_close(&bench.tap);
    bench.peer = -1;
    assert_true(link_receive(bench.link, &bench.in, soon(), &bench.error) < 0);
    assert_true(bench.error.text[0]);
    stop(&bench);
}

static void test_nobody_at_the_other_end(void **state)
{
    uint8_t frame[SMALLEST];
    struct bench bench;

    (void)state;
    start_socket(&bench, plain);
    close(bench.peer);
    bench.peer = -1;
    assert_int_equal(link_send(bench.link, make_frame(frame, sizeof frame, 0xb5), soon(),
                               &bench.error),
                     LINK_CLOSED);
    assert_int_equal(link_open(bench.link, bench.path, soon(), &bench.error),
                     LINK_CLOSED);
    assert_non_null(strstr(bench.error.text, "nobody"));
    stop(&bench);
}

/* As when the emulator is stopped: the queue is full. */
static void test_a_full_wire_is_waited_for_no_longer_than_the_deadline(void **state)
{
    uint8_t frame[SMALLEST];
    struct bench bench;
    int status = 0;

    (void)state;
    start_socket(&bench, plain);
    make_frame(frame, sizeof frame, 0xb5);
    for (int i = 0; i < 100000 && status == 0; i++)
        status =
            link_send(bench.link, (struct view){frame, sizeof frame}, 0, &bench.error);
    assert_int_equal(status, LINK_FAILED);
    assert_non_null(strstr(bench.error.text, "deadline"));
    stop(&bench);
}

static void test_interfaces_that_cannot_be(void **state)
{
    struct bench bench;

    (void)state;
    start(&bench, plain);
    assert_int_equal(link_open(bench.link, "none-such", soon(), &bench.error),
                     LINK_FAILED);
    assert_non_null(strstr(bench.error.text, "none-such"));
    assert_int_equal(
        link_open(bench.link, "eth0@/no/such/namespace", soon(), &bench.error),
        LINK_FAILED);
    assert_non_null(strstr(bench.error.text, "/no/such/namespace"));
    stop(&bench);
}

static void test_wrong_settings(void **state)
{
    struct bench bench = {.in = buffer_make(16)};

    (void)state;
    bench.link = make_link(&bench, "{kind: ethernet, address: a, filter: no filter}");
    assert_null(bench.link);
    assert_non_null(strstr(bench.error.text, "pcap-filter"));
    stop(&bench);
}

static void test_what_is_local(void **state)
{
    const struct link_ops *ops = link_kind("ethernet");

    (void)state;
    assert_true(ops->is_local("/tmp/wire"));
    assert_true(ops->is_local("lo"));
    assert_false(ops->is_local("eth0"));
    assert_false(ops->is_local("eth0@/run/netns/bench"));
}

/* In a process of its own: without rights there is no way back. */
static void test_without_rights_says_so(void **state)
{
    struct bench bench;
    int status;
    pid_t child = fork();

    (void)state;
    if (child == 0) {
        struct tap tap;
        struct error error = {""};
        bool told;

        bench = (struct bench){.in = buffer_make(16), .peer = -1};
        bench.link = make_link(&bench, plain);
        if (!bench.link || !privilege_drop())
            _exit(2);
        told = link_open(bench.link, "lo", soon(), &error) == LINK_FAILED &&
               strstr(error.text, "cap_net_raw");
        told = tap_open(&tap, 0x0a000202, 0xffffff00, &error) < 0 &&
               strstr(error.text, "cap_sys_admin") && told;
        _exit(told ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_rights_says_so),
        cmocka_unit_test(test_on_a_socket),
        cmocka_unit_test(test_nobody_at_the_other_end),
        cmocka_unit_test(test_a_full_wire_is_waited_for_no_longer_than_the_deadline),
        cmocka_unit_test(test_interfaces_that_cannot_be),
        cmocka_unit_test(test_wrong_settings),
        cmocka_unit_test(test_what_is_local),
        cmocka_unit_test(test_on_an_interface),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
