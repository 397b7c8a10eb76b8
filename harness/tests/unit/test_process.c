#include "ksy.h"

#include "generate/anomaly.h"
#include "model/process.h"

#define HEAD "meta: {id: m, endian: be, encoding: ASCII}\nseq:\n" /* two lines */

/* Hex between a colon and a line's end, with a checksum inside: it covers what the digits
 * say, not the digits. */
static const char hex_frame[] =
    HEAD "  - {id: colon, contents: ':'}\n"
         "  - {id: frame, type: frame, terminator: 0x0d, process: percuss_hex}\n"
         "  - {id: line_feed, contents: [10]}\n"
         "types:\n"
         "  frame:\n"
         "    seq:\n"
         "      - {id: unit, type: u1}\n"
         "      - {id: function, type: u1}\n"
         "      - {id: data, size: _io.size - _io.pos - 1}\n"
         "      - {id: lrc, type: u1, -percuss-checksum: lrc}\n";

static void test_a_hex_frame_comes_out_as_it_went_in(void **state)
{
    struct ksy ksy;

    (void)state;
    ksy_open(&ksy, hex_frame);
    ksy_assert_round_trip(&ksy, "text::010300000002FA\r\n",
                          "colon=hex:3a frame.unit=1 frame.function=3 "
                          "frame.data=hex:00000002 frame.lrc=250 line_feed=hex:0a");
    ksy_assert_prefixes_fail(&ksy, "text::010300000002FA\r\n");
    ksy_assert_hostile(&ksy, "text::0F\r\n", true);
    ksy_close(&ksy);
}

static void test_an_edited_hex_frame_is_made_right_inside(void **state)
{
    struct ksy ksy;

    (void)state;
    ksy_open(&ksy, hex_frame);
    ksy_parse(&ksy, "text::010300000002FA\r\n");
    tree_set_integer(&ksy.tree, ksy_node(&ksy, "frame.unit"), 2, false);
    ksy_set(&ksy, "frame.data", "AB");
    ksy_assert_emits(&ksy, "text::020341427"
                           "8\r\n");
    tree_set_integer(&ksy.tree, ksy_node(&ksy, "frame.lrc"), 1, true);
    ksy_assert_emits(&ksy, "text::0203414201\r\n");
    ksy_parse_view(&ksy, buffer_view(&ksy.out));
    ksy_assert_invalid(&ksy, "frame.lrc: wrong checksum (value 1)");
    ksy_assert_builds(&ksy, "{frame.unit: 1, frame.function: 3}", "text::0103FC\r\n");
    ksy_close(&ksy);
}

static void test_what_is_no_hex_is_a_violation_and_stays(void **state)
{
    static const char *const wrong[] = {"text::01030\r\n", "text::0103G0\r\n",
                                        "text::0103 FC\r\n", "text::0103fc\r\n"};
    struct ksy ksy;

    (void)state;
    ksy_open(&ksy, hex_frame);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        ksy_parse(&ksy, wrong[i]);
        ksy_assert_invalid(&ksy, "frame: the bytes cannot be decoded");
        ksy_assert_emits(&ksy, wrong[i]);
        assert_int_equal(tree_own_bytes(&ksy.tree), 0);
        ksy_assert_emits(&ksy, wrong[i]);
    }
    ksy_parse(&ksy, "text::\r\n");
    ksy_assert_invalid(&ksy, "frame: the bytes end in unit");
    ksy_close(&ksy);
}

static void test_content_of_a_processed_group_can_be_had_and_replaced(void **state)
{
    struct ksy ksy;
    struct buffer content = buffer_make(100);
    const struct node *frame;
    char hex[40];

    (void)state;
    ksy_open(&ksy, hex_frame);
    ksy_parse(&ksy, "text::010300000002FA\r\n");
    frame = &ksy.tree.nodes[ksy_node(&ksy, "frame")];
    assert_true(frame->encoded && frame->offset == 1 && frame->length == 15 &&
                frame->content == 7);
    frame = &ksy.tree.nodes[ksy_node(&ksy, "frame.function")];
    assert_true(frame->encoded && frame->offset == 1 && frame->length == 1);
    assert_false(ksy.tree.nodes[ksy_node(&ksy, "line_feed")].encoded);
    ksy_assert_emits(&ksy, "text::010300000002FA\r\n");
    frame = &ksy.tree.nodes[ksy_node(&ksy, "frame")];
    assert_true(frame->encoded && frame->offset == 1 && frame->length == 15 &&
                frame->content == 7);
    frame = &ksy.tree.nodes[ksy_node(&ksy, "frame.function")];
    assert_true(frame->encoded && frame->offset == 1);
    assert_false(ksy.tree.nodes[ksy_node(&ksy, "line_feed")].encoded);
    assert_int_equal(tree_content(&ksy.tree, ksy_node(&ksy, "frame"), &content), 0);
    bytes_to_hex(buffer_view(&content), hex, sizeof hex);
    assert_string_equal(hex, "010300000002fa");
    assert_int_equal(tree_content(&ksy.tree, ksy_node(&ksy, "colon"), &content), -1);
    assert_int_equal(tree_replace_group(&ksy.tree, ksy_node(&ksy, "frame"),
                                        (struct view){content.data, 2}),
                     0);
    ksy_assert_emits(&ksy, "text::0103\r\n");
    buffer_free(&content);
    ksy_close(&ksy);
}

/* Hidden by a key from the message, with the length and a checksum outside. */
static const char container[] =
    HEAD "  - {id: key, type: u1}\n"
         "  - {id: length, type: u2}\n"
         "  - {id: body, type: body, size: length, process: xor(key)}\n"
         "  - {id: sum, type: u1, -percuss-checksum: sum8}\n"
         "types:\n"
         "  body:\n"
         "    seq:\n"
         "      - {id: count, type: u1}\n"
         "      - {id: values, type: u2, repeat: expr, repeat-expr: count}\n"
         "      - {id: name, type: strz}\n"
         "      - {id: check, type: u1,\n"
         "         -percuss-checksum: {algorithm: xor8, from: start-of-type}}\n";

static void test_a_container_is_hidden_by_its_key(void **state)
{
    const char *described = "key=15 length=9 body.count=2 body.values=[1,2] "
                            "body.name=\"ab\" body.check=2 sum=85";
    struct ksy ksy;

    (void)state;
    ksy_open(&ksy, container);
    /* 02 0001 0002 616200 02, each byte with 0x0f */
    ksy_assert_round_trip(&ksy, "0f 0009 0d 0f0e0f0d 6e6d0f 0d 55", described);
    ksy_assert_prefixes_fail(&ksy, "0f 0009 0d 0f0e0f0d 6e6d0f 0d 55");
    ksy_assert_hostile(&ksy, "00 01 02 03 04 05", true);
    ksy_parse(&ksy, "0f 0009 0d 0f0e0f0d 6e6d0f 0d 55");
    assert_int_equal(tree_duplicate_child(&ksy.tree, ksy_node(&ksy, "body.values"), 0),
                     0);
    ksy_set(&ksy, "body.name", "z");
    tree_set_integer(&ksy.tree, ksy_node(&ksy, "key"), 0xf0, false);
    ksy_assert_emits(&ksy, "f0000af3f0f1f0f1f0f28af08b96");
    ksy_assert_builds(&ksy, "{key: 0xf0, body.name: z, body.values: [1, 1, 2]}",
                      "f0000af3f0f1f0f1f0f28af08b96");
    ksy_parse(&ksy, "0f 0009 0d 0f0e0f0d 6e6d0f 0c 54");
    ksy_assert_invalid(&ksy, "body.check: wrong checksum (value 3)");
    ksy_close(&ksy);
}

static void test_escapes_follow_the_checksum_inside(void **state)
{
    struct ksy ksy;

    (void)state;
    ksy_open(&ksy, HEAD "  - {id: length, type: u1}\n"
                        "  - {id: body, type: t, size: length, process: percuss_slip}\n"
                        "types:\n"
                        "  t:\n"
                        "    seq:\n"
                        "      - {id: size, type: u1}\n"
                        "      - {id: data, size: size}\n"
                        "      - {id: sum, type: u1, -percuss-checksum: sum8}\n");
    ksy_assert_round_trip(&ksy, "04 01bfdbdc",
                          "length=4 body.size=1 body.data=hex:bf body.sum=192");
    ksy_assert_hostile(&ksy, "01 02 03 c0 db dc dd bf", true);
    ksy_parse(&ksy, "03 01bebf");
    assert_int_equal(tree_set_bytes(&ksy.tree, ksy_node(&ksy, "body.data"),
                                    (struct view){(const uint8_t *)"\xbe\0", 2}),
                     0);
    ksy_assert_emits(&ksy, "05 02be00dbdc");
    ksy_parse(&ksy, "03 01c0c1");
    ksy_assert_invalid(&ksy, "body: the bytes cannot be decoded");
    ksy_parse(&ksy, "03 01dbde");
    ksy_assert_invalid(&ksy, "body: the bytes cannot be decoded");
    ksy_parse(&ksy, "03 01bfdb");
    ksy_assert_invalid(&ksy, "body: the bytes cannot be decoded");
    ksy_close(&ksy);
}

static const char nested[] =
    HEAD "  - {id: n, type: u1}\n"
         "  - {id: key, size: 2}\n"
         "  - {id: a, size: n, process: xor(key)}\n"
         "  - {id: b, type: str, size: 4, pad-right: 0, process: rol(3)}\n"
         "  - {id: c, type: outer, size-eos: true, process: 'xor([0xff, 0x00])'}\n"
         "types:\n"
         "  outer:\n"
         "    seq:\n"
         "      - {id: inner, type: inner, terminator: 0x2e, process: percuss_hex}\n"
         "      - {id: rest, size-eos: true, process: ror(4)}\n"
         "  inner:\n"
         "    seq:\n"
         "      - {id: x, type: u2}\n"
         "      - {id: y, size-eos: true}\n";

static void test_processes_nest(void **state)
{
    struct ksy ksy;

    (void)state;
    ksy_open(&ksy, nested);
    ksy_assert_round_trip(&ksy, "020102 4040 0d2d0000 ce32cc34be42d121bc",
                          "n=2 key=hex:0102 a=hex:4142 b=\"hi\" c.inner.x=4660 "
                          "c.inner.y=hex:ab c.rest=hex:1234");
    ksy_assert_hostile(&ksy, "00 01 02 ce 32 cc 34 d1 21", true);
    ksy_parse(&ksy, "020102 4040 0d2d0000 ce32cc34be42d121bc");
    ksy_set(&ksy, "a", "xyz");
    ksy_set(&ksy, "b", "h");
    ksy_set(&ksy, "c.inner.y", "");
    ksy_set(&ksy, "c.rest", "V");
    ksy_assert_emits(&ksy, "030102 797b7b 0d000000 ce32cc34d165");
    ksy_close(&ksy);
}

/* Every decoded stream is in the tree's own bytes, which move as they grow. */
static void test_many_streams_stay_right_as_memory_moves(void **state)
{
    struct ksy ksy;
    struct buffer bytes = buffer_make(4096);

    (void)state;
    ksy_open(&ksy, HEAD "  - {id: all, type: all, size-eos: true, process: xor(1)}\n"
                        "types:\n"
                        "  all:\n"
                        "    seq:\n"
                        "      - {id: items, type: item, size: 4, process: xor(2),\n"
                        "         repeat: eos}\n"
                        "  item:\n"
                        "    seq:\n"
                        "      - {id: x, type: u2, valid: 0x4142}\n"
                        "      - {id: y, size: 2, process: xor(x), if: x > 0}\n");
    for (int i = 0; i < 1000; i++)
        assert_int_equal(buffer_append(&bytes, view_text("BAzz")), 0);
    ksy_parse_view(&ksy, buffer_view(&bytes));
    ksy_assert_valid(&ksy);
    assert_int_equal(ksy.tree.nodes[ksy_node(&ksy, "all.items")].child_count, 1000);
    assert_int_equal(tree_emit(&ksy.tree, &ksy.out), 0);
    assert_true(view_equal(buffer_view(&ksy.out), buffer_view(&bytes)));
    buffer_free(&bytes);
    ksy_close(&ksy);
}

static void test_a_key_that_is_not_there_decodes_nothing(void **state)
{
    struct ksy ksy;

    (void)state;
    ksy_open(&ksy, HEAD "  - {id: has, type: u1}\n"
                        "  - {id: key, type: u1, if: has == 1}\n"
                        "  - {id: a, size: 2, process: xor(key)}\n");
    ksy_assert_round_trip(&ksy, "01 02 0304", "has=1 key=2 a=hex:0106");
    ksy_parse(&ksy, "00 0304");
    ksy_assert_invalid(&ksy, "a: the bytes cannot be decoded");
    ksy_assert_emits(&ksy, "00 0304");
    ksy_close(&ksy);
}

static void test_every_codec_turns_back(void **state)
{
    static const struct {
        enum process_kind kind;
        struct process_key key;
        const char *encoded;
    } codecs[] = {
        {PROCESS_XOR, {.number = 0x101}, "c1 da 01 80"},
        {PROCESS_XOR, {.bytes = {(const uint8_t *)"\x01\x02", 2}}, "c1 d9 01 83"},
        {PROCESS_XOR, {.bytes = {(const uint8_t *)"", 0}}, "c0 db 00 81"},
        {PROCESS_ROTATE_LEFT, {.number = 1}, "60 ed 00 c0"},
        {PROCESS_ROTATE_RIGHT, {.number = 1}, "81 b7 00 03"},
        {PROCESS_ROTATE_RIGHT, {.number = -7}, "81 b7 00 03"},
        {PROCESS_ROTATE_LEFT, {.number = 8}, "c0 db 00 81"},
        {PROCESS_HEX, {.number = 0}, "43304442 30303831"},
        {PROCESS_SLIP, {.number = 0}, "dbdc dbdd 00 81"},
    };
    const struct view plain = {(const uint8_t *)"\xc0\xdb\x00\x81", 4};
    struct buffer wanted = buffer_make(100), out = buffer_make(100);
    uint8_t back[16];
    size_t length;

    (void)state;
    for (size_t i = 0; i < sizeof codecs / sizeof *codecs; i++) {
        ksy_bytes(codecs[i].encoded, &wanted);
        buffer_clear(&out);
        assert_int_equal(process_encode(codecs[i].kind, &codecs[i].key, plain, &out), 0);
        assert_int_equal(out.length, wanted.length);
        assert_memory_equal(out.data, wanted.data, wanted.length);
        assert_int_equal(process_decode(codecs[i].kind, &codecs[i].key, buffer_view(&out),
                                        back, &length),
                         0);
        assert_int_equal(length, plain.length);
        assert_memory_equal(back, plain.data, length);
    }
    buffer_free(&wanted);
    buffer_free(&out);
}

static const struct anomaly_ops *anomaly_named(const char *name)
{
    for (size_t i = 0; anomaly_kinds[i]; i++) {
        if (strcmp(anomaly_kinds[i]->name, name) == 0)
            return anomaly_kinds[i];
    }
    fail_msg("no anomaly %s", name);
    return NULL;
}

/* Anomalies of a group change what is inside the code, and it is encoded again. */
static void test_anomalies_reach_the_inner_parser(void **state)
{
    const struct anomaly_ops *truncate = anomaly_named("truncate");
    const struct anomaly_ops *extend = anomaly_named("extend");
    struct ksy ksy;
    struct tree exemplar;
    struct session_message message = {.name = "m"};
    struct session session = {.messages = &message, .message_count = 1};
    struct site site = {.session = &session};

    (void)state;
    ksy_open(&ksy, hex_frame);
    session.model = ksy.model;
    ksy_parse(&ksy, "text::010300000002FA\r\n");
    ksy_assert_emits(&ksy, "text::010300000002FA\r\n");
    message.tree = ksy.tree;
    message.bytes = ksy.bytes;
    site.node = ksy_node(&ksy, "frame");
    assert_int_equal(truncate->count(&site), 7);
    tree_init(&exemplar, ksy.model);
    assert_int_equal(tree_copy(&exemplar, &ksy.tree), 0);
    ksy.tree = exemplar;
    assert_int_equal(truncate->change(&site, 4, &ksy.tree), 0);
    ksy_assert_emits(&ksy, "text::0103\r\n");
    assert_int_equal(tree_copy(&ksy.tree, &message.tree), 0);
    assert_int_equal(extend->change(&site, 1, &ksy.tree), 0);
    ksy_assert_emits(&ksy, "text::010300000002FAFF\r\n");
    tree_free(&message.tree);
    ksy_close(&ksy);
}

#define FIELD HEAD "  - id: a\n" /* the next line is the fourth */

static void test_wrong_processes_are_refused(void **state)
{
    (void)state;
    ksy_assert_refused(FIELD "    size: 3\n    process: zlib\n", 5, "percuss_slip");
    ksy_assert_refused(FIELD "    size: 3\n    process: xor\n", 5, "xor(key)");
    ksy_assert_refused(FIELD "    size: 3\n    process: xor(1\n", 5, "xor(key)");
    ksy_assert_refused(FIELD "    size: 3\n    process: percuss_hex(1)\n", 5, "xor(key)");
    ksy_assert_refused(FIELD "    size: 3\n    process: [xor]\n", 5, "xor(key)");
    ksy_assert_refused(FIELD "    size: 3\n    process: xor(b)\n", 5, "'b' is no field");
    ksy_assert_refused(FIELD "    size: 3\n    process: xor(_io.size)\n", 5,
                       "without _io");
    ksy_assert_refused(FIELD "    type: u2\n    process: xor(1)\n", 5,
                       "size, size-eos or terminator beside process");
    ksy_assert_refused(FIELD "    contents: ab\n    process: xor(1)\n", 5,
                       "size, size-eos or terminator beside process");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_hex_frame_comes_out_as_it_went_in),
        cmocka_unit_test(test_an_edited_hex_frame_is_made_right_inside),
        cmocka_unit_test(test_what_is_no_hex_is_a_violation_and_stays),
        cmocka_unit_test(test_content_of_a_processed_group_can_be_had_and_replaced),
        cmocka_unit_test(test_a_container_is_hidden_by_its_key),
        cmocka_unit_test(test_escapes_follow_the_checksum_inside),
        cmocka_unit_test(test_processes_nest),
        cmocka_unit_test(test_many_streams_stay_right_as_memory_moves),
        cmocka_unit_test(test_a_key_that_is_not_there_decodes_nothing),
        cmocka_unit_test(test_anomalies_reach_the_inner_parser),
        cmocka_unit_test(test_every_codec_turns_back),
        cmocka_unit_test(test_wrong_processes_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
