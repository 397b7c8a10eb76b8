#include "record/pcapng.h"
#include "record/pipe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { PACKETS = 3, ROOM = PCAPNG_HEAD + 1024 };

/* A send log of a serial line: sent, received, and one that does not say. */
static size_t make_file(uint8_t *out)
{
    static const enum pcapng_direction directions[PACKETS] = {
        PCAPNG_OUTBOUND, PCAPNG_INBOUND, PCAPNG_UNKNOWN};
    const struct pcapng_head head = {.link = PCAPNG_USER0, .interface = "serial"};
    uint8_t *at = out + pcapng_head(out, &head);

    for (size_t i = 0; i < PACKETS; i++) {
        struct pcapng_packet packet = {.wall_ns = INT64_C(1) << 40 | (int64_t)i,
                                       .direction = directions[i],
                                       .length = i + 1,
                                       .comment = view_text("case 1")};

        memcpy(pcapng_packet_begin(at, &packet), "abc", i + 1);
        pcapng_packet_end(at, &packet);
        at += pcapng_packet_size(&packet);
    }
    return (size_t)(at - out);
}

struct seen {
    size_t count;
    bool outbound[PACKETS];
    char bytes[PACKETS][8];
    int64_t wall_ns[PACKETS];
    uint64_t number[PACKETS];
};

static void see(void *context, const struct wire_packet *packet)
{
    struct seen *seen = context;

    assert_true(seen->count < PACKETS);
    assert_int_equal(packet->protocol, WIRE_PIPE);
    assert_true(packet->bytes.length < sizeof *seen->bytes);
    memcpy(seen->bytes[seen->count], packet->bytes.data, packet->bytes.length);
    seen->outbound[seen->count] = packet->outbound;
    seen->number[seen->count] = packet->number;
    seen->wall_ns[seen->count++] = packet->wall_ns;
}

static int read_bytes(uint8_t *bytes, size_t length, struct seen *seen,
                      struct wire_result *result, struct error *error)
{
    FILE *stream = fmemopen(bytes, length, "rb");
    int status;

    assert_non_null(stream);
    *seen = (struct seen){0};
    *result = (struct wire_result){0};
    *error = (struct error){""};
    status = pipe_read("file", stream, see, seen, result, error);
    fclose(stream);
    return status;
}

static void test_directions(void **state)
{
    uint8_t bytes[ROOM];
    size_t length = make_file(bytes);
    struct wire_result result;
    struct error error;
    struct seen seen;

    (void)state;
    assert_int_equal(read_bytes(bytes, length, &seen, &result, &error), 0);
    assert_int_equal(seen.count, 2);
    assert_true(seen.outbound[0]);
    assert_false(seen.outbound[1]);
    assert_string_equal(seen.bytes[0], "a");
    assert_string_equal(seen.bytes[1], "ab");
    assert_int_equal(seen.wall_ns[1], (INT64_C(1) << 40) + 1);
    assert_int_equal(seen.number[1], 2);
    assert_int_equal(result.packets, 3);
    assert_int_equal(result.not_decoded, 1);
    assert_false(result.cut);
}

static void test_prefixes(void **state)
{
    uint8_t bytes[ROOM];
    size_t length = make_file(bytes), whole = 0;
    struct wire_result result;
    struct error error;
    struct seen seen;

    (void)state;
    for (size_t cut = 1; cut < length; cut++) {
        uint8_t *prefix = malloc(cut); /* to its last byte: the sanitizer watches */
        int status;

        memcpy(prefix, bytes, cut);
        status = read_bytes(prefix, cut, &seen, &result, &error);
        if (cut < 12) {
            assert_int_equal(status, -1);
            assert_string_equal(error.text, "file: not a pcapng file");
        } else {
            assert_int_equal(status, 0);
            whole += !result.cut;
            assert_true(seen.count <= 2);
        }
        free(prefix);
    }
    assert_int_equal(whole, 1 + PACKETS); /* behind each block but the last */
}

static void test_zeros(void **state)
{
    uint8_t bytes[ROOM + 4096] = {0};
    size_t length = make_file(bytes);
    struct wire_result result;
    struct error error;
    struct seen seen;

    (void)state; /* a killed writer leaves its file longer than what is in it */
    assert_int_equal(read_bytes(bytes, length + 4000, &seen, &result, &error), 0);
    assert_int_equal(seen.count, 2);
    assert_true(result.cut);
}

static void test_damage(void **state)
{
    uint8_t bytes[ROOM], damaged[ROOM];
    size_t length = make_file(bytes);
    struct wire_result result;
    struct error error;
    struct seen seen;

    (void)state;
    for (size_t at = 0; at < length; at++) {
        for (unsigned value = 0; value < 256; value += 51) {
            memcpy(damaged, bytes, length);
            damaged[at] = (uint8_t)value;
            if (read_bytes(damaged, length, &seen, &result, &error))
                assert_int_equal(strncmp(error.text, "file: ", 6), 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_directions), cmocka_unit_test(test_prefixes),
        cmocka_unit_test(test_zeros), cmocka_unit_test(test_damage)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
