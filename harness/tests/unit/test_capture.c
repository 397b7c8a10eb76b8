#include "privilege.h"
#include "scratch.h"

#include "record/capture.h"
#include "record/compress.h"

#include <fcntl.h>
#include <pcap/pcap.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define NOON INT64_C(1700000000123456789)
enum { IP_TCP = 40 };

static const struct capture_options pipe_options = {
    .application = "percuss 0.1.0", .interface = "serial pty", .segment_bytes = 1 << 20};
static const struct capture_options tcp_options = {.kind = CAPTURE_TCP,
                                                   .application = "percuss 0.1.0",
                                                   .interface = "tcp 127.0.0.1:1502",
                                                   .segment_bytes = 1 << 20};
static const struct capture_ends ends4 = {AF_INET, {127, 0, 0, 1}, {127, 0, 0, 1},
                                          40000,   1502,           false};

static const char *in(const char *folder, const char *name)
{
    static char path[SCRATCH_PATH];

    scratch_path(folder, name, path);
    return path;
}

static bool exists(const char *folder, const char *name)
{
    return access(in(folder, name), F_OK) == 0;
}

static struct capture *open_capture(const char *folder,
                                    const struct capture_options *options)
{
    struct error error = {""};
    struct capture *capture = capture_open(folder, options, &error);

    if (!capture)
        fail_msg("%s", error.text);
    return capture;
}

static void packet(struct capture *capture, enum capture_direction direction,
                   const char *text, const char *comment)
{
    struct error error = {""};

    if (capture_packet(capture, direction, view_text(text), NOON, comment, &error))
        fail_msg("%s", error.text);
}

/* All packets of a plain or compressed file through libpcap. */
static int read_back(const char *path, int link,
                     void (*seen)(void *context, const struct pcap_pkthdr *header,
                                  const u_char *data),
                     void *context)
{
    char text[PCAP_ERRBUF_SIZE];
    FILE *file = strstr(path, ".zst") ? compress_open(path, NULL) : fopen(path, "rb");
    pcap_t *handle;
    struct pcap_pkthdr *header;
    const u_char *data;
    int count = 0, status;

    assert_non_null(file);
    handle =
        pcap_fopen_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO, text);
    if (!handle)
        fail_msg("%s: %s", path, text);
    assert_int_equal(pcap_datalink(handle), link);
    for (; (status = pcap_next_ex(handle, &header, &data)) == 1; count++) {
        if (seen)
            seen(context, header, data);
    }
    if (status != PCAP_ERROR_BREAK)
        fail_msg("%s: %s", path, pcap_geterr(handle));
    pcap_close(handle);
    return count;
}

/* What tshark prints, whatever the user's own preferences for it say. */
static void tshark(char *out, size_t size, const char *path, const char *options)
{
    char command[1024];
    size_t length;
    FILE *pipe;

    snprintf(command, sizeof command,
             "HOME=/nonexistent XDG_CONFIG_HOME=/nonexistent tshark -r %s %s 2>/dev/null",
             path, options);
    pipe = popen(command, "r");
    assert_non_null(pipe);
    length = fread(out, 1, size - 1, pipe);
    out[length] = 0;
    assert_int_equal(pclose(pipe), 0);
}

struct join {
    uint8_t bytes[200000];
    size_t length;
    uint16_t from; /* the port whose bytes are put together */
    bool stamp_right;
};

static void join_payload(void *context, const struct pcap_pkthdr *header,
                         const u_char *data)
{
    struct join *join = context;
    size_t length = header->caplen - IP_TCP;

    join->stamp_right =
        header->ts.tv_sec == NOON / 1000000000 && header->ts.tv_usec == NOON % 1000000000;
    if (bytes_read_be(data + 20, 2) != join->from)
        return;
    assert_true(join->length + length <= sizeof join->bytes);
    memcpy(join->bytes + join->length, data + IP_TCP, length);
    join->length += length;
}

static void test_tcp_read_back(void **state)
{
    struct capture *capture = open_capture(*state, &tcp_options);
    struct join *join = calloc(1, sizeof *join);
    struct capture_totals totals;
    struct error error = {""};
    uint8_t *large = malloc(150000);

    for (size_t i = 0; i < 150000; i++)
        large[i] = (uint8_t)(i * 7);
    assert_int_equal(
        capture_packet(capture, CAPTURE_SENT, view_text("x"), NOON, "", &error),
        -1); /* not connected */
    assert_int_equal(capture_connected(capture, &ends4, NOON, "case 1", &error), 0);
    packet(capture, CAPTURE_SENT, "abc", "case 1");
    assert_int_equal(capture_packet(capture, CAPTURE_SENT, (struct view){large, 150000},
                                    NOON, "case 2", &error),
                     0);
    packet(capture, CAPTURE_RECEIVED, "xyz", NULL);
    assert_int_equal(
        capture_disconnected(capture, CAPTURE_REMOTE_CLOSE, NOON, "closed", &error), 0);
    assert_int_equal(
        capture_disconnected(capture, CAPTURE_LOCAL_CLOSE, NOON, NULL, &error), 0);
    assert_int_equal(
        capture_disconnected(capture, CAPTURE_LOCAL_CLOSE, NOON, NULL, &error), 0);
    capture_totals(capture, &totals);
    assert_int_equal(totals.packets, 3 + 1 + 3 + 1 + 2);
    assert_int_equal(totals.bytes, 150006);
    assert_int_equal(capture_close(capture, &error), 0);

    join->from = 40000;
    assert_int_equal(read_back(in(*state, "capture.pcapng"), DLT_RAW, join_payload, join),
                     10);
    assert_int_equal(join->length, 150003);
    assert_memory_equal(join->bytes, "abc", 3);
    assert_memory_equal(join->bytes + 3, large, 150000);
    assert_true(join->stamp_right);
    free(join);
    free(large);
}

static void one_exchange(struct capture *capture, const struct capture_ends *ends,
                         enum capture_end how)
{
    static const uint8_t request[] = {0, 1, 0, 0, 0, 6, 1, 3, 0, 0, 0, 2};
    static const uint8_t reply[] = {0, 1, 0, 0, 0, 7, 1, 3, 4, 0, 5, 0, 6};
    struct error error = {""};

    assert_int_equal(capture_connected(capture, ends, NOON, "case 7 opens", &error), 0);
    assert_int_equal(capture_packet(capture, CAPTURE_SENT, (struct view){request, 9},
                                    NOON, "case 7 request", &error),
                     0);
    assert_int_equal(capture_packet(capture, CAPTURE_SENT, (struct view){request + 9, 3},
                                    NOON, "case 7 request", &error),
                     0);
    assert_int_equal(capture_packet(capture, CAPTURE_RECEIVED,
                                    (struct view){reply, sizeof reply}, NOON,
                                    "case 7 reply", &error),
                     0);
    assert_int_equal(capture_disconnected(capture, how, NOON, "case 7 ends", &error), 0);
}

static void test_tcp_tshark(void **state)
{
    static const struct capture_ends ends6 = {.family = AF_INET6,
                                              .local = {[15] = 1},
                                              .remote = {[15] = 1},
                                              .local_port = 40001,
                                              .remote_port = 1502};
    static const char checks[] = "-o tcp.check_checksum:TRUE -o ip.check_checksum:TRUE "
                                 "-d tcp.port==1502,mbtcp ";
    struct capture *capture = open_capture(*state, &tcp_options);
    char out[20000], options[300];

    one_exchange(capture, &ends4, CAPTURE_LOCAL_RESET);
    one_exchange(capture, &ends4, CAPTURE_LOCAL_CLOSE); /* the same port again */
    one_exchange(capture, &ends6, CAPTURE_REMOTE_RESET);
    assert_int_equal(capture_close(capture, NULL), 0);
    /* Requests in two segments are put together; each answer finds its request. */
    snprintf(options, sizeof options,
             "%s -Y modbus -T fields -E 'separator=|' -e tcp.stream -e modbus.func_code "
             "-e frame.comment",
             checks);
    tshark(out, sizeof out, in(*state, "capture.pcapng"), options);
    assert_string_equal(out, "0|3|case 7 request\n0|3|case 7 reply\n"
                             "1|3|case 7 request\n1|3|case 7 reply\n"
                             "2|3|case 7 request\n2|3|case 7 reply\n");
    snprintf(
        options, sizeof options,
        "%s -Y '_ws.malformed || tcp.checksum.status != 1 || ip.checksum.status == 0 || "
        "tcp.analysis.flags && !tcp.analysis.reused_ports'",
        checks);
    tshark(out, sizeof out, in(*state, "capture.pcapng"), options);
    assert_string_equal(out, "");
    tshark(out, sizeof out, in(*state, "capture.pcapng"),
           "-c 1 -T fields -E 'separator=|' -e frame.interface_name -e frame.time_epoch "
           "-e frame.packet_flags_direction -e frame.comment");
    assert_string_equal(
        out, "tcp 127.0.0.1:1502|1700000000.123456789|0x00000002|case 7 opens\n");
}

static void test_udp_tshark(void **state)
{
    static const struct capture_options options = {.kind = CAPTURE_UDP,
                                                   .application = "percuss 0.1.0",
                                                   .interface = "udp 127.0.0.1:5683",
                                                   .segment_bytes = 1 << 20};
    static const struct capture_ends ends6 = {.family = AF_INET6,
                                              .local = {[15] = 1},
                                              .remote = {[15] = 1},
                                              .local_port = 40001,
                                              .remote_port = 5683};
    static const uint8_t get[] = {0x40, 1, 0x12, 0x34, 0xb1, 'a'};
    static const uint8_t content[] = {0x60, 0x45, 0x12, 0x34, 0xff, '7'};
    static uint8_t large[65508];
    struct capture *capture = open_capture(*state, &options);
    struct error error = {""};
    char out[4000];

    assert_int_equal(
        capture_packet(capture, CAPTURE_SENT, view_text("x"), NOON, "", &error),
        -1); /* no ends are known */
    for (int i = 0; i < 2; i++) {
        assert_int_equal(
            capture_connected(capture, i ? &ends6 : &ends4, NOON, "opens", &error), 0);
        capture_packet(capture, CAPTURE_SENT, (struct view){get, sizeof get}, NOON,
                       "case 7", &error);
        capture_packet(capture, CAPTURE_RECEIVED, (struct view){content, sizeof content},
                       NOON, "case 7 reply", &error);
        if (i == 0) {
            assert_int_equal(capture_packet(capture, CAPTURE_SENT,
                                            (struct view){large, 65507}, NOON, "",
                                            &error),
                             0);
            assert_int_equal(capture_packet(capture, CAPTURE_SENT,
                                            (struct view){large, 65508}, NOON, "",
                                            &error),
                             -1);
        }
        assert_int_equal(
            capture_disconnected(capture, CAPTURE_LOCAL_RESET, NOON, "ends", &error), 0);
    }
    assert_int_equal(capture_close(capture, NULL), 0);
    assert_int_equal(read_back(in(*state, "capture.pcapng"), DLT_RAW, NULL, NULL), 5);
    tshark(
        out, sizeof out, in(*state, "capture.pcapng"),
        "-d udp.port==5683,coap -d udp.port==1502,coap -Y coap.mid==0x1234 -T fields -E "
        "'separator=|' -e udp.stream -e coap.code -e frame.comment");
    assert_string_equal(out, "0|1|case 7\n0|69|case 7 reply\n"
                             "1|1|case 7\n1|69|case 7 reply\n");
    tshark(
        out, sizeof out, in(*state, "capture.pcapng"),
        "-o udp.check_checksum:TRUE -o ip.check_checksum:TRUE -Y 'udp.checksum.status != "
        "1 || ip.checksum.status == 0 || !udp'");
    assert_string_equal(out, "");
}

static void test_pipe_tshark(void **state)
{
    static const uint8_t request[] = {1, 3, 0, 0, 0, 2, 0xc4, 0x0b};
    static const uint8_t reply[] = {1, 3, 4, 0, 5, 0, 6, 0x6a, 0x30};
    static const uint8_t write[] = {1, 6, 0, 1, 0, 3, 0x98, 0x0b};
    static const char options[] =
        "-o 'uat:user_dlts:\"User 0 (DLT=147)\",\"mbrtu\",\"0\",\"\",\"0\",\"\"' "
        "-o mbrtu.crc_verification:TRUE -T fields -E 'separator=|' -e frame.p2p_dir "
        "-e modbus.func_code -e mbrtu.crc16.status -e modbus.regval_uint16 -e frame.comment";
    static const struct capture_ends none = {.family = 0};
    struct capture *capture = open_capture(*state, &pipe_options);
    struct error error = {""};
    char out[4000];

    assert_int_equal(capture_connected(capture, &none, NOON, "opened", &error), 0);
    capture_packet(capture, CAPTURE_SENT, (struct view){request, sizeof request}, NOON,
                   "case 1", &error);
    capture_packet(capture, CAPTURE_RECEIVED, (struct view){reply, sizeof reply}, NOON,
                   "case 1", &error);
    capture_packet(capture, CAPTURE_SENT, (struct view){write, sizeof write}, NOON,
                   "case 2", &error);
    capture_packet(capture, CAPTURE_RECEIVED, (struct view){write, sizeof write}, NOON,
                   "case 2", &error);
    assert_int_equal(
        capture_disconnected(capture, CAPTURE_LOCAL_CLOSE, NOON, "closed", &error), 0);
    assert_int_equal(capture_close(capture, &error), 0);
    assert_int_equal(read_back(in(*state, "capture.pcapng"), DLT_USER0, NULL, NULL), 6);
    tshark(out, sizeof out, in(*state, "capture.pcapng"), options);
    assert_string_equal(out, "0||||opened\n"
                             "0|3|1||case 1\n1|3|1|5,6|case 1\n"
                             "0|6|1||case 2\n1|6|1||case 2\n"
                             "0||||closed\n");
}

static void fill(struct capture *capture, int packets, int first)
{
    char comment[64];
    char text[500];

    memset(text, 'a', sizeof text);
    text[sizeof text - 1] = 0;
    for (int i = 0; i < packets; i++) {
        snprintf(comment, sizeof comment, "case %d", first + i);
        packet(capture, CAPTURE_SENT, text, comment);
    }
}

static void test_rotation(void **state)
{
    struct capture_options options = pipe_options;
    struct capture_totals totals;
    struct capture *capture;
    int packets = 0;

    options.segment_bytes = 100000;
    capture = open_capture(*state, &options);
    fill(capture, 1000, 1);
    capture_totals(capture, &totals);
    assert_int_equal(totals.segments, 6);
    assert_int_equal(capture_close(capture, NULL), 0);
    for (int i = 1; i < 6; i++) {
        char name[64];

        snprintf(name, sizeof name, "capture-%05d.pcapng", i);
        assert_false(exists(*state, name));
        strcat(name, ".zst");
        packets += read_back(in(*state, name), DLT_USER0, NULL, NULL);
    }
    packets += read_back(in(*state, "capture.pcapng"), DLT_USER0, NULL, NULL);
    assert_int_equal(packets, 1000);

    /* A resumed run goes on behind what is there. */
    capture = open_capture(*state, &options);
    fill(capture, 1, 1);
    assert_int_equal(capture_close(capture, NULL), 0);
    assert_true(exists(*state, "capture-00006.pcapng.zst"));
    assert_int_equal(read_back(in(*state, "capture.pcapng"), DLT_USER0, NULL, NULL), 1);
}

/* Fills nine segments, begins a tenth, and marks the fifth; says which are kept. */
static void keep(const char *folder, struct capture_options options, const char *expected)
{
    struct capture *capture;
    struct capture_totals totals = {0};
    char name[64];

    options.segment_bytes = 6000;
    capture = open_capture(folder, &options);
    for (uint64_t number = 1; number < 10;
         number = totals.segments + totals.dropped_segments) {
        if (number == 5)
            capture_mark(capture);
        fill(capture, 1, (int)number);
        capture_totals(capture, &totals);
    }
    assert_int_equal(capture_close(capture, NULL), 0);
    for (int number = 1; number < 10; number++) {
        snprintf(name, sizeof name, "capture-%05d.pcapng.zst", number);
        assert_int_equal(exists(folder, name), expected[number - 1] == 'k');
        snprintf(name, sizeof name, "capture-%05d.dropped", number);
        assert_int_equal(exists(folder, name), expected[number - 1] != 'k');
    }
    assert_true(exists(folder, "capture.pcapng"));
}

static void test_keep_all(void **state)
{
    keep(*state, pipe_options, "kkkkkkkkk");
}

static void test_keep_around_findings(void **state)
{
    struct capture_options options = pipe_options;

    options.keep = CAPTURE_AROUND_FINDINGS;
    keep(*state, options, "---kkk---");
}

static void test_keep_sample(void **state)
{
    struct capture_options options = pipe_options;
    struct error error = {""};

    options.keep = CAPTURE_SAMPLE;
    assert_null(capture_open(*state, &options, &error));
    assert_non_null(strstr(error.text, "one segment in 0"));
    options.sample_every = 3;
    keep(*state, options, "k--kk-k--");
}

static void write_for_ever(const char *folder, int ready)
{
    struct capture_options options = tcp_options;
    struct capture *capture;
    char comment[64];

    options.segment_bytes = 256 << 10;
    capture = capture_open(folder, &options, NULL);
    if (!capture || capture_connected(capture, &ends4, NOON, "opened", NULL))
        _exit(1);
    for (uint64_t i = 1;; i++) {
        snprintf(comment, sizeof comment, "case %d", (int)i);
        if (capture_packet(capture, CAPTURE_SENT, (struct view){(uint8_t *)&i, sizeof i},
                           NOON, comment, NULL) ||
            write(ready, &i, sizeof i) != sizeof i)
            break;
    }
    _exit(1);
}

static void join_numbers(void *context, const struct pcap_pkthdr *header,
                         const u_char *data)
{
    uint64_t *last = context, number;

    if (header->caplen == IP_TCP)
        return; /* the handshake */
    assert_int_equal(header->caplen, IP_TCP + sizeof number);
    memcpy(&number, data + IP_TCP, sizeof number);
    assert_int_equal(number, *last + 1); /* none is lost, none is torn */
    *last = number;
}

static void test_survives_kill(void **state)
{
    struct capture *capture;
    uint64_t seen = 0, last = 0;
    char name[64];
    int ends[2], number;
    pid_t child;

    assert_int_equal(pipe(ends), 0);
    child = fork();
    if (child == 0)
        write_for_ever(*state, ends[1]);
    close(ends[1]);
    while (seen < 20000)
        assert_int_equal(read(ends[0], &seen, sizeof seen), sizeof seen);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    while (read(ends[0], &seen, sizeof seen) == sizeof seen)
        ;
    close(ends[0]);

    capture = open_capture(*state, &tcp_options);
    assert_int_equal(capture_close(capture, NULL), 0);
    for (number = 1;; number++) {
        snprintf(name, sizeof name, "capture-%05d.pcapng.zst", number);
        if (!exists(*state, name))
            break;
        read_back(in(*state, name), DLT_RAW, join_numbers, &last);
    }
    assert_true(number > 4);
    assert_true(last >= seen);
    assert_int_equal(read_back(in(*state, "capture.pcapng"), DLT_RAW, NULL, NULL), 0);
}

static void test_torn_block(void **state)
{
    struct capture *capture = open_capture(*state, &pipe_options);
    struct stat facts;
    char path[256];

    fill(capture, 5, 1);
    assert_int_equal(capture_close(capture, NULL), 0);
    snprintf(path, sizeof path, "%s", in(*state, "capture.pcapng"));
    assert_int_equal(stat(path, &facts), 0);
    assert_int_equal(truncate(path, facts.st_size - 9), 0);
    assert_int_equal(truncate(path, facts.st_size + 5000),
                     0); /* zeros, as after a kill */
    capture = open_capture(*state, &pipe_options);
    assert_int_equal(capture_close(capture, NULL), 0);
    assert_int_equal(
        read_back(in(*state, "capture-00001.pcapng.zst"), DLT_USER0, NULL, NULL), 4);
}

static void test_leftovers(void **state)
{
    struct capture *capture = open_capture(*state, &pipe_options);
    struct error error = {""};
    char plain[256], current[256];
    FILE *file;

    fill(capture, 5, 1);
    assert_int_equal(capture_close(capture, NULL), 0);
    /* Killed after the rename, during the compression. */
    snprintf(current, sizeof current, "%s", in(*state, "capture.pcapng"));
    snprintf(plain, sizeof plain, "%s", in(*state, "capture-00041.pcapng"));
    assert_int_equal(rename(current, plain), 0);
    fclose(fopen(in(*state, "capture-00041.pcapng.zst.part"), "w"));
    capture = open_capture(*state, &pipe_options);
    fill(capture, 3, 1);
    assert_int_equal(capture_close(capture, NULL), 0);
    assert_false(exists(*state, "capture-00041.pcapng.zst.part"));
    assert_false(exists(*state, "capture-00041.pcapng"));
    assert_int_equal(
        read_back(in(*state, "capture-00041.pcapng.zst"), DLT_USER0, NULL, NULL), 5);
    capture = open_capture(*state, &pipe_options);
    assert_int_equal(capture_close(capture, NULL), 0);
    assert_int_equal(
        read_back(in(*state, "capture-00042.pcapng.zst"), DLT_USER0, NULL, NULL), 3);

    file = fopen(current, "w");
    fputs("not a capture at all", file);
    fclose(file);
    assert_null(capture_open(*state, &pipe_options, &error));
    assert_non_null(strstr(error.text, "not a pcapng file"));
    assert_true(exists(*state, "capture.pcapng"));
    assert_int_equal(truncate(current, 0), 0); /* killed before the first block */
    capture = open_capture(*state, &pipe_options);
    assert_int_equal(capture_close(capture, NULL), 0);
    assert_int_equal(capture_close(NULL, NULL), 0);
}

static void test_full_disk(void **state)
{
    bool mounted = privilege_small_disk(*state, 8);
    struct capture_options options = pipe_options;
    struct error error = {""};
    struct capture *capture;
    uint8_t bytes[1000] = {0};
    int written = 0;

    options.segment_bytes = 0;
    capture = open_capture(*state, &options);
    while (capture_packet(capture, CAPTURE_SENT, (struct view){bytes, sizeof bytes}, NOON,
                          "case", &error) == 0) {
        written++;
        assert_true(written < 100000);
    }
    assert_non_null(strstr(error.text, "free some disk space"));
    assert_int_equal(capture_packet(capture, CAPTURE_SENT,
                                    (struct view){bytes, sizeof bytes}, NOON, "case",
                                    &error),
                     -1); /* again, and nothing breaks */
    assert_int_equal(capture_close(capture, &error), 0);
    assert_true(written > 3000);
    assert_int_equal(read_back(in(*state, "capture.pcapng"), DLT_USER0, NULL, NULL),
                     written);
    privilege_end_small_disk(*state, mounted);
}

static void test_long_texts(void **state)
{
    struct capture_options options = tcp_options;
    struct capture *capture;
    char text[5000];

    memset(text, 'c', sizeof text);
    text[sizeof text - 1] = 0;
    options.application = options.interface = text;
    capture = open_capture(*state, &options);
    assert_int_equal(capture_connected(capture, &ends4, NOON, text, NULL), 0);
    for (int length = 0; length < 9; length++)
        packet(capture, CAPTURE_SENT, &"12345678"[length], &text[length]);
    assert_int_equal(capture_close(capture, NULL), 0);
    assert_int_equal(read_back(in(*state, "capture.pcapng"), DLT_RAW, NULL, NULL), 12);
}

#define TEST(function) \
    cmocka_unit_test_setup_teardown(function, scratch_set_up, scratch_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_tcp_read_back),        TEST(test_tcp_tshark),  TEST(test_udp_tshark),
        TEST(test_pipe_tshark),          TEST(test_rotation),    TEST(test_keep_all),
        TEST(test_keep_around_findings), TEST(test_keep_sample), TEST(test_survives_kill),
        TEST(test_torn_block),           TEST(test_leftovers),   TEST(test_full_disk),
        TEST(test_long_texts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
