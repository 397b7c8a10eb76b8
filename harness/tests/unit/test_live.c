#include "privilege.h"
#include "scratch.h"

#include "core/clock.h"
#include "record/capture.h"
#include "record/live.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* An echo server on loopback, of connections or of datagrams, a send log and an
 * independent capture of what a client does. */
struct scene {
    char folder[SCRATCH_PATH];
    int listener;
    uint16_t port;
    pthread_t server;
    bool serving;
    struct capture *capture;
    struct live *live;
    int family;
    bool is_udp;
};

/* Answers each message with itself; "!" with a reset, "=" with nothing more to come. */
static void *serve(void *argument)
{
    const struct linger at_once = {1, 0};
    struct scene *scene = argument;
    uint8_t bytes[65536];
    int client;

    while ((client = accept(scene->listener, NULL, NULL)) >= 0) {
        ssize_t got;

        while ((got = read(client, bytes, sizeof bytes)) > 0) {
            if (bytes[0] == '!')
                setsockopt(client, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
            if (bytes[0] == '!' || bytes[0] == '=')
                break;
            if (write(client, bytes, (size_t)got) != got)
                break;
        }
        close(client);
    }
    return NULL;
}

/* Sends each datagram back; "=" ends it. */
static void *serve_datagrams(void *argument)
{
    struct scene *scene = argument;
    struct sockaddr_storage from;
    uint8_t bytes[65536];

    for (;;) {
        socklen_t length = sizeof from;
        ssize_t got = recvfrom(scene->listener, bytes, sizeof bytes, 0,
                               (struct sockaddr *)&from, &length);

        if (got < 0 || (got == 1 && bytes[0] == '='))
            return NULL;
        sendto(scene->listener, bytes, (size_t)got, 0, (struct sockaddr *)&from, length);
    }
}

static socklen_t address_of(const struct scene *scene, struct sockaddr_storage *address)
{
    struct sockaddr_in *v4 = (void *)address;
    struct sockaddr_in6 *v6 = (void *)address;

    memset(address, 0, sizeof *address);
    address->ss_family = (sa_family_t)scene->family;
    if (scene->family == AF_INET6) {
        v6->sin6_addr = in6addr_loopback;
        v6->sin6_port = htons(scene->port);
        return sizeof *v6;
    }
    v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    v4->sin_port = htons(scene->port);
    return sizeof *v4;
}

static const char *remote_of(const struct scene *scene)
{
    return scene->family == AF_INET6 ? "::1" : "127.0.0.1";
}

static void start_captures(struct scene *scene)
{
    struct capture_options options = {.kind = scene->is_udp ? CAPTURE_UDP : CAPTURE_TCP,
                                      .segment_bytes = 64 << 10,
                                      .application = "percuss",
                                      .interface = "tcp"};
    struct error error = {""};

    scene->capture = capture_open(scene->folder, &options, &error);
    if (!scene->capture)
        fail_msg("%s", error.text);
    scene->live = live_start(scene->folder, scene->is_udp ? "udp" : "tcp",
                             remote_of(scene), scene->port, &error);
    if (!scene->live)
        fail_msg("%s", error.text);
}

static void stop_captures(struct scene *scene)
{
    struct live_totals totals;
    struct error error = {""};

    if (live_stop(scene->live, &totals, &error))
        fail_msg("%s", error.text);
    scene->live = NULL;
    assert_true(totals.packets > 0);
    assert_int_equal(totals.dropped, 0);
    assert_int_equal(capture_close(scene->capture, &error), 0);
    scene->capture = NULL;
}

static int make_scene_of(void **state, int family, bool is_udp)
{
    struct scene *scene = calloc(1, sizeof *scene);
    struct sockaddr_storage address;
    socklen_t length;

    *state = scene;
    scene->family = family;
    scene->is_udp = is_udp;
    scratch_make(scene->folder);
    scene->listener =
        socket(family, (is_udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);
    length = address_of(scene, &address);
    if (bind(scene->listener, (struct sockaddr *)&address, length) ||
        (!is_udp && listen(scene->listener, 100)) ||
        getsockname(scene->listener, (struct sockaddr *)&address, &length))
        return -1;
    scene->port =
        ntohs(family == AF_INET6 ? ((struct sockaddr_in6 *)(void *)&address)->sin6_port
                                 : ((struct sockaddr_in *)(void *)&address)->sin_port);
    scene->serving = pthread_create(&scene->server, NULL,
                                    is_udp ? serve_datagrams : serve, scene) == 0;
    return 0;
}

static int make_scene(void **state)
{
    return make_scene_of(state, AF_INET, false);
}

static int make_scene_udp(void **state)
{
    return make_scene_of(state, AF_INET, true);
}

static int make_scene_udp6(void **state)
{
    return make_scene_of(state, AF_INET6, true);
}

static int make_scene6(void **state)
{
    return make_scene_of(state, AF_INET6, false);
}

static int remove_scene(void **state)
{
    struct scene *scene = *state;

    live_stop(scene->live, NULL, NULL);
    capture_close(scene->capture, NULL);
    if (scene->is_udp) {
        struct sockaddr_storage address;
        socklen_t address_length = address_of(scene, &address);

        sendto(scene->listener, "=", 1, 0, (struct sockaddr *)&address, address_length);
    } else {
        shutdown(scene->listener, SHUT_RDWR);
    }
    if (scene->serving)
        pthread_join(scene->server, NULL);
    close(scene->listener);
    scratch_remove(scene->folder);
    free(scene);
    return 0;
}

static void fill_ends(struct capture_ends *ends, int family,
                      const struct sockaddr_storage *local,
                      const struct sockaddr_storage *remote)
{
    *ends = (struct capture_ends){.family = family};
    if (family == AF_INET6) {
        const struct sockaddr_in6 *l = (const void *)local, *r = (const void *)remote;

        memcpy(ends->local, &l->sin6_addr, 16);
        memcpy(ends->remote, &r->sin6_addr, 16);
        ends->local_port = ntohs(l->sin6_port);
        ends->remote_port = ntohs(r->sin6_port);
    } else {
        const struct sockaddr_in *l = (const void *)local, *r = (const void *)remote;

        memcpy(ends->local, &l->sin_addr, 4);
        memcpy(ends->remote, &r->sin_addr, 4);
        ends->local_port = ntohs(l->sin_port);
        ends->remote_port = ntohs(r->sin_port);
    }
}

/* Connects, from a port of our own choice unless it is 0, and logs it. */
static int connect_logged(struct scene *scene, uint16_t local_port)
{
    struct sockaddr_storage local, remote;
    struct capture_ends ends;
    socklen_t length = address_of(scene, &remote), local_length = sizeof local;
    int type = scene->is_udp ? SOCK_DGRAM : SOCK_STREAM, one = 1;
    int link = socket(scene->family, type | SOCK_CLOEXEC, 0);

    if (local_port) {
        setsockopt(link, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
        address_of(scene, &local);
        ((struct sockaddr_in *)(void *)&local)->sin_port = htons(local_port);
        assert_int_equal(bind(link, (struct sockaddr *)&local, length), 0);
    }
    assert_int_equal(connect(link, (struct sockaddr *)&remote, length), 0);
    getsockname(link, (struct sockaddr *)&local, &local_length);
    fill_ends(&ends, scene->family, &local, &remote);
    assert_int_equal(
        capture_connected(scene->capture, &ends, clock_wall_ns(), "opens", NULL), 0);
    return link;
}

static void send_logged(struct scene *scene, int link, struct view bytes)
{
    assert_int_equal(capture_packet(scene->capture, CAPTURE_SENT, bytes, clock_wall_ns(),
                                    "case", NULL),
                     0);
    assert_int_equal(send(link, bytes.data, bytes.length, MSG_NOSIGNAL), bytes.length);
}

static void receive_logged(struct scene *scene, int link, size_t length)
{
    uint8_t bytes[65536];

    while (length) {
        ssize_t got = recv(link, bytes, length < sizeof bytes ? length : sizeof bytes, 0);

        assert_true(got > 0);
        length -= (size_t)got;
        assert_int_equal(capture_packet(scene->capture, CAPTURE_RECEIVED,
                                        (struct view){bytes, (size_t)got},
                                        clock_wall_ns(), "case", NULL),
                         0);
    }
}

static void close_logged(struct scene *scene, int link, enum capture_end how)
{
    const struct linger at_once = {1, 0};

    if (how == CAPTURE_LOCAL_RESET)
        setsockopt(link, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(link);
    capture_disconnected(scene->capture, how, clock_wall_ns(), "closes", NULL);
}

struct tally {
    int connections, sent_equal, received_equal, whole;
    char notes[2000], last[96];
};

static void count(void *context, const struct capture_comparison *comparison)
{
    struct tally *tally = context;
    size_t length = strlen(tally->notes);

    tally->connections++;
    tally->sent_equal += comparison->sent_equal;
    tally->received_equal += comparison->received_equal;
    tally->whole += comparison->whole;
    snprintf(tally->last, sizeof tally->last, "%s", comparison->connection);
    if (comparison->note[0])
        snprintf(tally->notes + length, sizeof tally->notes - length, "%s\n",
                 comparison->note);
}

static struct tally compare(const struct scene *scene)
{
    struct tally tally = {0};
    struct error error = {""};

    if (capture_compare(scene->folder, false, count, &tally, &error))
        fail_msg("%s", error.text);
    return tally;
}

static void expect(const struct scene *scene, int connections, int sent, int received,
                   int whole)
{
    struct tally tally = compare(scene);

    if (tally.connections != connections || tally.sent_equal != sent ||
        tally.received_equal != received || tally.whole != whole)
        fail_msg("%d connections, %d sent, %d received equal, %d whole: %s",
                 tally.connections, tally.sent_equal, tally.received_equal, tally.whole,
                 tally.notes);
}

static void one_connection(struct scene *scene)
{
    uint8_t large[70000];
    int link = connect_logged(scene, 0);

    for (size_t i = 0; i < sizeof large; i++)
        large[i] = (uint8_t)(i * 11);
    send_logged(scene, link, view_text("hello"));
    receive_logged(scene, link, 5);
    send_logged(scene, link, (struct view){large, sizeof large});
    receive_logged(scene, link, sizeof large);
    close_logged(scene, link, CAPTURE_LOCAL_CLOSE);
}

static void test_equal(void **state)
{
    struct scene *scene = *state;
    char expected[96];
    struct tally tally;

    start_captures(scene);
    assert_string_equal(live_interface(scene->live), "lo");
    assert_string_equal(live_file(scene->live), "independent-001.pcap");
    one_connection(scene);
    stop_captures(scene);
    expect(scene, 1, 1, 1, 1);
    tally = compare(scene);
    assert_string_equal(tally.notes, "");
    snprintf(expected, sizeof expected,
             scene->family == AF_INET6 ? "[::1]:%u #1" : "127.0.0.1:%u #1", scene->port);
    assert_non_null(strstr(tally.last, expected));
}

static void test_many_and_resumed(void **state)
{
    struct scene *scene = *state;

    for (int sitting = 0; sitting < 2; sitting++) {
        start_captures(scene);
        for (int i = 0; i < 500; i++) {
            char text[32];
            int link = connect_logged(scene, 0);

            snprintf(text, sizeof text, "case %d", i);
            send_logged(scene, link, view_text(text));
            receive_logged(scene, link, strlen(text));
            close_logged(scene, link, CAPTURE_LOCAL_RESET);
        }
        stop_captures(scene);
    }
    expect(scene, 1000, 1000, 1000, 1000);
}

static void test_reused_port(void **state)
{
    struct scene *scene = *state;

    start_captures(scene);
    for (int i = 0; i < 20; i++) {
        /* Below the range of ephemeral ports: nobody else takes it. */
        int link = connect_logged(scene, 23457);

        send_logged(scene, link, view_text(i % 2 ? "odd" : "even"));
        receive_logged(scene, link, i % 2 ? 3 : 4);
        close_logged(scene, link, CAPTURE_LOCAL_RESET);
    }
    stop_captures(scene);
    expect(scene, 20, 20, 20, 20);
    assert_non_null(strstr(compare(scene).last, "#20"));
}

/* Bytes that arrived and that we never read; bytes that the peer's reset overtook. */
static void test_reset(void **state)
{
    struct scene *scene = *state;
    struct tally tally;
    uint8_t byte;
    int link;

    start_captures(scene);
    link = connect_logged(scene, 0);
    send_logged(scene, link, view_text("unread"));
    assert_int_equal(recv(link, &byte, 1, MSG_PEEK), 1);
    close_logged(scene, link, CAPTURE_LOCAL_RESET);
    link = connect_logged(scene, 0);
    send_logged(scene, link, view_text("!"));
    assert_int_equal(recv(link, &byte, 1, 0), -1);
    capture_packet(scene->capture, CAPTURE_SENT, view_text("lost"), clock_wall_ns(), "",
                   NULL);
    send(link, "lost", 4, MSG_NOSIGNAL);
    close_logged(scene, link, CAPTURE_REMOTE_RESET);
    stop_captures(scene);
    expect(scene, 2, 2, 2, 2);
    tally = compare(scene);
    assert_string_equal(tally.notes,
                        "6 bytes came and were not read\n"
                        "4 bytes were not on the wire when the connection was reset\n");
}

/* --- datagrams ---------------------------------------------------------------------- */

static void test_datagrams(void **state)
{
    struct scene *scene = *state;
    uint8_t large[60000];
    int link;

    memset(large, 7, sizeof large);
    start_captures(scene);
    for (int i = 0; i < 20; i++) {
        link = connect_logged(scene, 0);
        send_logged(scene, link, view_text("same"));
        receive_logged(scene, link, 4);
        send_logged(scene, link, view_text("same"));
        receive_logged(scene, link, 4);
        send_logged(scene, link, (struct view){large, sizeof large});
        receive_logged(scene, link, sizeof large);
        close_logged(scene, link, CAPTURE_LOCAL_CLOSE);
    }
    stop_captures(scene);
    assert_string_equal(compare(scene).notes, "");
    expect(scene, 20, 20, 20, 20);
}

/* What the socket held when it was closed, and a packet that carries nothing. */
static void test_datagrams_that_were_not_read(void **state)
{
    struct scene *scene = *state;
    uint8_t byte;
    int link;

    start_captures(scene);
    link = connect_logged(scene, 0);
    send_logged(scene, link, view_text("read"));
    receive_logged(scene, link, 4);
    assert_int_equal(send(link, "", 0, 0), 0);
    assert_int_equal(recv(link, &byte, 1, 0), 0);
    send_logged(scene, link, view_text("passed over"));
    assert_int_equal(recv(link, &byte, 1, 0), 1);
    send_logged(scene, link, view_text("read again"));
    receive_logged(scene, link, 10);
    close_logged(scene, link, CAPTURE_LOCAL_CLOSE);
    stop_captures(scene);
    expect(scene, 1, 1, 1, 1);
    assert_string_equal(compare(scene).notes, "1 datagrams came and were not read\n");
}

static void test_datagrams_that_differ(void **state)
{
    struct scene *scene = *state;
    struct tally tally;
    int link;

    start_captures(scene);
    link = connect_logged(scene, 0);
    send_logged(scene, link, view_text("one"));
    receive_logged(scene, link, 3);
    /* Logged as two: the bytes are the same, the datagrams are not. */
    capture_packet(scene->capture, CAPTURE_SENT, view_text("tw"), clock_wall_ns(), "",
                   NULL);
    send_logged(scene, link, view_text("two"));
    receive_logged(scene, link, 3);
    close_logged(scene, link, CAPTURE_LOCAL_CLOSE);
    link = connect_logged(scene, 0);
    assert_int_equal(send(link, "unlogged", 8, 0), 8);
    receive_logged(scene, link, 8);
    close_logged(scene, link, CAPTURE_LOCAL_CLOSE);
    stop_captures(scene);
    tally = compare(scene);
    assert_int_equal(tally.connections, 2);
    assert_int_equal(tally.whole, 2);
    assert_int_equal(tally.sent_equal, 0);
    assert_int_equal(tally.received_equal, 2);
    assert_string_equal(tally.notes, "sent datagram 2 of the log is not on the wire\n"
                                     "sent: log 0 datagrams, wire 1\n");
}

/* Overwrites one byte of the first place where a text is in a file. */
static void falsify(const struct scene *scene, const char *name, const char *text,
                    size_t offset, char byte)
{
    char path[200], *bytes;
    struct stat facts;
    int file;
    char *at;

    snprintf(path, sizeof path, "%s/%s", scene->folder, name);
    file = open(path, O_RDWR);
    assert_true(file >= 0);
    fstat(file, &facts);
    bytes = malloc((size_t)facts.st_size);
    assert_int_equal(pread(file, bytes, (size_t)facts.st_size, 0), facts.st_size);
    at = memmem(bytes, (size_t)facts.st_size, text, strlen(text));
    assert_non_null(at);
    assert_int_equal(pwrite(file, &byte, 1, at - bytes + (off_t)offset), 1);
    free(bytes);
    close(file);
}

static void test_falsified_byte(void **state)
{
    struct scene *scene = *state;
    int link;

    start_captures(scene);
    link = connect_logged(scene, 0);
    send_logged(scene, link, view_text("first"));
    receive_logged(scene, link, 5);
    send_logged(scene, link, view_text("rate=50"));
    receive_logged(scene, link, 7);
    close_logged(scene, link, CAPTURE_LOCAL_CLOSE);
    link = connect_logged(scene, 0);
    send_logged(scene, link, view_text("untouched"));
    receive_logged(scene, link, 9);
    close_logged(scene, link, CAPTURE_LOCAL_CLOSE);
    stop_captures(scene);
    falsify(scene, "capture.pcapng", "rate=50", 5, '9'); /* the first is what was sent */
    expect(scene, 2, 1, 2, 2);
    assert_string_equal(compare(scene).notes, "sent byte 11: log 39, wire 35\n");
}

static void test_missing_on_either_side(void **state)
{
    struct scene *scene = *state;
    struct capture *real;
    struct tally tally;
    int link;

    start_captures(scene);
    link = connect_logged(scene, 0);
    send_logged(scene, link, view_text("both"));
    receive_logged(scene, link, 4);
    close_logged(scene, link, CAPTURE_LOCAL_CLOSE);
    /* Traffic that the send log does not have. */
    real = scene->capture;
    scene->capture = NULL;
    {
        struct sockaddr_storage remote;
        socklen_t length = address_of(scene, &remote);

        link = socket(scene->family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_int_equal(connect(link, (struct sockaddr *)&remote, length), 0);
        assert_int_equal(send(link, "=", 1, 0), 1);
        assert_int_equal(recv(link, &length, 1, 0), 0);
        close(link);
    }
    scene->capture = real;
    /* A connection that only the send log has. */
    capture_connected(
        scene->capture,
        &(struct capture_ends){AF_INET, {127, 0, 0, 1}, {127, 0, 0, 1}, 1, 2, false},
        clock_wall_ns(), "", NULL);
    capture_packet(scene->capture, CAPTURE_SENT, view_text("?"), clock_wall_ns(), "",
                   NULL);
    stop_captures(scene);
    tally = compare(scene);
    assert_int_equal(tally.connections, 3);
    assert_int_equal(tally.sent_equal, 1);
    assert_int_equal(tally.received_equal, 1);
    assert_string_equal(tally.notes, "not in the independent capture\n"
                                     "not in the send log: 1 and 0 bytes\n");
    /* Were it the device that connects, it would have spoken to nobody. */
    tally = (struct tally){0};
    assert_int_equal(capture_compare(scene->folder, true, count, &tally, NULL), 0);
    assert_int_equal(tally.connections, 3);
    assert_int_equal(tally.sent_equal, 2);
    assert_int_equal(tally.received_equal, 2);
    assert_string_equal(tally.notes,
                        "not in the independent capture\n"
                        "the device connected when nothing waited for it: 1 bytes came "
                        "and were not read\n");
}

/* The writer of the independent capture was killed: no claim about what it lacks. */
static void test_cut_capture(void **state)
{
    struct scene *scene = *state;
    char path[200];
    struct stat facts;

    start_captures(scene);
    one_connection(scene);
    stop_captures(scene);
    snprintf(path, sizeof path, "%s/independent-001.pcap", scene->folder);
    assert_int_equal(stat(path, &facts), 0);
    assert_int_equal(truncate(path, facts.st_size - 75000), 0);
    expect(scene, 1, 0, 0, 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(capture_compare(scene->folder, false, count, NULL, NULL), -1);
}

/* Every packet twice is the same wire. */
static void test_retransmissions(void **state)
{
    struct scene *scene = *state;
    struct tally tally;
    char command[400];

    start_captures(scene);
    one_connection(scene);
    stop_captures(scene);
    snprintf(command, sizeof command,
             "cd '%s' && mergecap -a -F nsecpcap -w twice independent-001.pcap "
             "independent-001.pcap 2>/dev/null && mv twice independent-001.pcap",
             scene->folder);
    assert_int_equal(system(command), 0);
    tally = compare(scene);
    assert_string_equal(tally.notes, "");
    expect(scene, 1, 1, 1, 1);
}

/* What the keep rule dropped is not held against the send log. */
static void test_dropped_segment(void **state)
{
    struct scene *scene = *state;
    char path[200];
    FILE *file;

    start_captures(scene);
    one_connection(scene); /* more than two segments */
    stop_captures(scene);
    snprintf(path, sizeof path, "%s/capture-00001.pcapng.zst", scene->folder);
    assert_int_equal(unlink(path), 0);
    snprintf(path, sizeof path, "%s/capture-00001.dropped", scene->folder);
    file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
    expect(scene, 1, 0, 0, 0);
}

static void test_without_the_right(void **state)
{
    struct scene *scene = *state;
    struct error error = {""};
    pid_t child = fork();
    int status = 0;

    if (child == 0) {
        if (!privilege_drop())
            _exit(3);
        if (live_start(scene->folder, "tcp", remote_of(scene), scene->port, &error))
            _exit(1);
        _exit(strstr(error.text, "may not capture on lo") &&
                      strstr(error.text, "setcap cap_net_raw+ep")
                  ? 0
                  : 2);
    }
    waitpid(child, &status, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_no_such_address(void **state)
{
    struct scene *scene = *state;
    struct error error = {""};

    assert_null(live_start(scene->folder, "tcp", "not an address", 502, &error));
    assert_non_null(strstr(error.text, "not an address"));
    assert_int_equal(live_stop(NULL, NULL, NULL), 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, make_scene, remove_scene)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_equal),
        cmocka_unit_test_setup_teardown(test_equal, make_scene6, remove_scene),
#define UDP_TEST(function) \
    cmocka_unit_test_setup_teardown(function, make_scene_udp, remove_scene)
        UDP_TEST(test_datagrams),
        cmocka_unit_test_setup_teardown(test_datagrams, make_scene_udp6, remove_scene),
        UDP_TEST(test_datagrams_that_were_not_read),
        UDP_TEST(test_datagrams_that_differ),
        TEST(test_many_and_resumed),
        TEST(test_reused_port),
        TEST(test_reset),
        TEST(test_falsified_byte),
        TEST(test_missing_on_either_side),
        TEST(test_cut_capture),
        TEST(test_retransmissions),
        TEST(test_dropped_segment),
        TEST(test_without_the_right),
        TEST(test_no_such_address),
    };

    /* CMakeLists.txt leaves this program out where it cannot be. */
    if (!privilege_to_capture()) {
        fputs("this user may neither capture nor have a network of its own\n", stderr);
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
