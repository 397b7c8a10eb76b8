#include "ksy.h"

#define HEAD "meta: {id: m, endian: be, encoding: ASCII}\nseq:\n" /* two lines */

/* Segments that end with a carriage return, of fields that bars separate. */
static const char segments[] = HEAD
    "  - {id: segments, type: segment, terminator: 0x0d, repeat: eos}\n"
    "types:\n"
    "  segment:\n"
    "    seq:\n"
    "      - {id: name, type: str, size: 3}\n"
    "      - {id: bar, contents: '|'}\n"
    "      - {id: fields, type: str, terminator: 0x7c, eos-error: false, repeat: eos}\n";

static const char two_segments[] = "text:MSH|^~&|PUMP||1\rPID|7|\r";

static void test_segments_come_out_as_they_went_in(void **state)
{
    struct ksy ksy;

    (void)state;
    ksy_open(&ksy, segments);
    ksy_assert_round_trip(&ksy, two_segments,
                          "segments[0].name=\"MSH\" segments[0].bar=hex:7c "
                          "segments[0].fields=[\"^~&\",\"PUMP\",\"\",\"1\"] "
                          "segments[1].name=\"PID\" segments[1].bar=hex:7c "
                          "segments[1].fields=[\"7\"]");
    ksy_assert_hostile(&ksy, "text:M|\r", true);
    ksy_close(&ksy);
}

static void test_elements_are_separated_after_an_edit(void **state)
{
    struct ksy ksy;
    uint32_t fields;

    (void)state;
    ksy_open(&ksy, segments);
    ksy_parse(&ksy, two_segments);
    fields = ksy_node(&ksy, "segments[0].fields");
    assert_int_equal(tree_duplicate_child(&ksy.tree, fields, 3), 0);
    ksy_assert_emits(&ksy, "text:MSH|^~&|PUMP||1|1\rPID|7|\r");
    assert_int_equal(tree_duplicate_child(&ksy.tree, fields, 0), 0);
    ksy_assert_emits(&ksy, "text:MSH|^~&|^~&|PUMP||1|1\rPID|7|\r");
    assert_int_equal(tree_remove_child(&ksy.tree, fields, 5), 0);
    assert_int_equal(tree_remove_child(&ksy.tree, fields, 4), 0);
    ksy_assert_emits(&ksy, "text:MSH|^~&|^~&|PUMP|\rPID|7|\r");
    fields = ksy_node(&ksy, "segments[1].fields");
    assert_int_equal(tree_duplicate_child(&ksy.tree, fields, 0), 0);
    ksy_assert_emits(&ksy, "text:MSH|^~&|^~&|PUMP|\rPID|7|7|\r");
    assert_int_equal(tree_remove_child(&ksy.tree, ksy_node(&ksy, "segments"), 0), 0);
    ksy_assert_emits(&ksy, "text:PID|7|7|\r");
    ksy_close(&ksy);
}

static void test_delimiters_can_be_injected(void **state)
{
    struct ksy ksy;

    (void)state;
    ksy_open(&ksy, segments);
    ksy_parse(&ksy, two_segments);
    ksy_set(&ksy, "segments[0].fields[1]", "a|b\rPV1|");
    ksy_assert_emits(&ksy, "text:MSH|^~&|a|b\rPV1|||1\rPID|7|\r");
    ksy_parse_view(&ksy, buffer_view(&ksy.out));
    ksy_assert_valid(&ksy);
    assert_int_equal(ksy.tree.nodes[ksy_node(&ksy, "segments")].child_count, 3);
    ksy_close(&ksy);
}

static void test_a_segment_can_be_replaced_by_bytes(void **state)
{
    struct ksy ksy;

    (void)state;
    ksy_open(&ksy, segments);
    ksy_parse(&ksy, two_segments);
    assert_int_equal(
        tree_replace_group(&ksy.tree, ksy_node(&ksy, "segments[0]"), view_text("MS")), 0);
    ksy_assert_emits(&ksy, "text:MS\rPID|7|\r");
    assert_int_equal(
        tree_replace_group(&ksy.tree, ksy_node(&ksy, "segments"), view_text("none")), 0);
    ksy_assert_emits(&ksy, "text:none");
    ksy_close(&ksy);
}

static void test_segments_are_built_from_values(void **state)
{
    struct ksy ksy;

    (void)state;
    ksy_open(&ksy, segments);
    ksy_assert_builds(&ksy,
                      "{'segments[0].name': MSH, 'segments[0].fields': [a, b],\n"
                      " 'segments[1].name': PID}",
                      "text:MSH|a|b\rPID|\r");
    ksy_assert_builds(&ksy,
                      "{'segments[0].name': OBX, 'segments[0].fields[2]': a,\n"
                      " 'segments[1].name': OBX, 'segments[1].fields': [a, '', b]}",
                      "text:OBX|||a\rOBX|a||b\r");
    ksy_close(&ksy);
}

static void test_a_missing_terminator_is_a_violation(void **state)
{
    struct ksy ksy;

    (void)state;
    ksy_open(&ksy, segments);
    ksy_parse(&ksy, "text:MSH|a\rPID|7");
    ksy_assert_invalid(&ksy, "message: the bytes end in segments");
    ksy_close(&ksy);
    ksy_open(&ksy, HEAD "  - {id: a, type: strz}\n  - {id: b, terminator: 0x3b}\n"
                        "  - {id: c, type: t, terminator: 0xa}\n"
                        "types: {t: {seq: [{id: x, type: u2}]}}\n");
    ksy_assert_round_trip(&ksy, "6100 62633b 12340a", "a=\"a\" b=hex:6263 c.x=4660");
    ksy_assert_prefixes_fail(&ksy, "6100 62633b 12340a");
    ksy_assert_hostile(&ksy, "00 3b 0a 61", true);
    ksy_parse(&ksy, "6100 3b 1234 56 0a");
    ksy_assert_invalid(&ksy, "c: surplus bytes at the end");
    ksy_parse(&ksy, "6100 3b 12 0a");
    ksy_assert_invalid(&ksy, "c: the bytes end in x");
    ksy_close(&ksy);
}

static void test_the_last_terminators_may_be_left_out(void **state)
{
    struct ksy ksy;

    (void)state;
    ksy_open(&ksy, HEAD "  - {id: a, terminator: 0x2c, eos-error: false}\n"
                        "  - {id: b, type: strz, eos-error: false}\n"
                        "  - {id: c, type: t, terminator: 0x3b, eos-error: false}\n"
                        "types: {t: {seq: [{id: x, size-eos: true}]}}\n");
    ksy_assert_round_trip(&ksy, "text:1", "a=hex:31 b=\"\" c.x=hex:");
    ksy_set(&ksy, "c.x", "z");
    ksy_assert_emits(&ksy, "31 2c 00 7a");
    ksy_set(&ksy, "c.x", "");
    ksy_set(&ksy, "b", "q");
    ksy_assert_emits(&ksy, "31 2c 71");
    ksy_assert_round_trip(&ksy, "31 2c 71 00", "a=hex:31 b=\"q\" c.x=hex:");
    ksy_assert_round_trip(&ksy, "2c 00 3b", "a=hex: b=\"\" c.x=hex:");
    ksy_assert_hostile(&ksy, "2c 00 3b 61", true);
    ksy_assert_builds(&ksy, "{a: '1'}", "31");
    ksy_assert_builds(&ksy, "{b: q}", "2c 71");
    ksy_assert_builds(&ksy, "{c.x: z}", "2c 00 7a");
    ksy_close(&ksy);
}

static void test_a_terminator_can_be_part_of_the_value(void **state)
{
    struct ksy ksy;

    (void)state;
    ksy_open(&ksy, HEAD "  - {id: lines, type: str, terminator: 0xa, include: true,\n"
                        "     eos-error: false, repeat: eos}\n");
    ksy_assert_round_trip(&ksy, "61 0a 0a 62", "lines=[\"a\\x0a\",\"\\x0a\",\"b\"]");
    assert_int_equal(tree_duplicate_child(&ksy.tree, ksy_node(&ksy, "lines"), 2), 0);
    ksy_assert_emits(&ksy, "61 0a 0a 62 0a 62");
    ksy_set(&ksy, "lines[0]", "x");
    ksy_assert_emits(&ksy, "78 0a 62 0a 62");
    ksy_assert_builds(&ksy, "{lines: [a, b]}", "61 0a 62 0a");
    ksy_assert_hostile(&ksy, "0a 61", true);
    ksy_close(&ksy);
}

static void test_a_terminator_can_be_left_to_the_next_field(void **state)
{
    struct ksy ksy;

    (void)state;
    ksy_open(&ksy, HEAD "  - {id: a, type: str, terminator: 0x3d, consume: false}\n"
                        "  - {id: sign, contents: '='}\n"
                        "  - {id: b, terminator: 0xd}\n");
    ksy_assert_round_trip(&ksy, "text:x=1\r", "a=\"x\" sign=hex:3d b=hex:31");
    ksy_assert_prefixes_fail(&ksy, "text:x=1\r");
    ksy_set(&ksy, "a", "long");
    ksy_assert_emits(&ksy, "text:long=1\r");
    ksy_close(&ksy);
}

static const char sized[] =
    HEAD "  - {id: a, type: strz, size: 4}\n"
         "  - {id: b, size: 3, pad-right: 0x20}\n"
         "  - {id: n, type: u1}\n"
         "  - {id: c, type: str, size: n, terminator: 0x2c, pad-right: 0x2e}\n"
         "  - {id: d, type: t, size: 4, terminator: 0x3b}\n"
         "types: {t: {seq: [{id: x, size-eos: true}]}}\n";

static void test_a_sized_field_may_end_early(void **state)
{
    struct ksy ksy;

    (void)state;
    ksy_open(&ksy, sized);
    /* What lies behind an early end is not in the tree, but comes out again. */
    ksy_assert_round_trip(&ksy, "61006363 622020 05 312c2e782e 783b1122",
                          "a=\"a\" b=hex:62 n=5 c=\"1\" d.x=hex:78");
    ksy_assert_round_trip(&ksy, "61626364 202020 00 78797a7a",
                          "a=\"abcd\" b=hex: n=0 c=\"\" d.x=hex:78797a7a");
    ksy_assert_prefixes_fail(&ksy, "61006363 622020 05 312c2e782e 783b1122");
    ksy_assert_hostile(&ksy, "00 20 05 2c 2e 3b 61", true);
    ksy_close(&ksy);
}

static void test_an_edited_sized_field_ends_as_its_keys_say(void **state)
{
    struct ksy ksy;

    (void)state;
    ksy_open(&ksy, sized);
    ksy_parse(&ksy, "61006363 622020 05 312c2e782e 783b1122");
    ksy_set(&ksy, "a", "zz");
    ksy_set(&ksy, "b", "");
    ksy_set(&ksy, "c", "345");
    ksy_set(&ksy, "d.x", "hi");
    ksy_assert_emits(&ksy, "7a7a0000 202020 04 3334352c 68693b00");
    ksy_set(&ksy, "a", "abcd");
    ksy_set(&ksy, "d.x", "much longer");
    ksy_assert_emits(&ksy, "61626364 202020 04 3334352c 6d756368206c6f6e676572");
    ksy_assert_builds(&ksy, "{a: x, c: yz, d.x: 'hex: 01'}",
                      "78000000 202020 03 797a2c 013b0000");
    ksy_close(&ksy);
}

static void test_cases_of_a_switch_end_too(void **state)
{
    struct ksy ksy;

    (void)state;
    ksy_open(&ksy, HEAD "  - {id: kind, type: u1}\n"
                        "  - id: value\n"
                        "    terminator: 0x2c\n"
                        "    type:\n"
                        "      switch-on: kind\n"
                        "      cases: {1: u2, 2: str, 3: strz, 4: t}\n"
                        "types: {t: {seq: [{id: x, type: u1}]}}\n");
    ksy_assert_round_trip(&ksy, "01 002c", "kind=1 value=44");
    ksy_assert_round_trip(&ksy, "02 612c", "kind=2 value=\"a\"");
    ksy_assert_round_trip(&ksy, "03 61002c", "kind=3 value=\"a\\x00\"");
    ksy_assert_round_trip(&ksy, "04 072c", "kind=4 value.x=7");
    ksy_parse(&ksy, "05 072c");
    ksy_assert_invalid(&ksy, "value: no case of the switch fits");
    ksy_assert_emits(&ksy, "05 072c");
    ksy_close(&ksy);
}

static void test_an_element_can_say_that_it_is_the_last(void **state)
{
    struct ksy ksy;

    (void)state;
    ksy_open(&ksy, HEAD "  - {id: digits, type: u1, repeat: until,\n"
                        "     repeat-until: _ < 128}\n"
                        "  - {id: names, type: str, terminator: 0x2c, repeat: until,\n"
                        "     repeat-until: '_ == \"\"'}\n"
                        "  - {id: groups, type: t, repeat: until,\n"
                        "     repeat-until: _.more == 0 or _index == 3}\n"
                        "types: {t: {seq: [{id: more, type: u1}]}}\n");
    ksy_assert_round_trip(&ksy, "8102 612c2c 0100",
                          "digits=[129,2] names=[\"a\",\"\"] groups[0].more=1 "
                          "groups[1].more=0");
    ksy_assert_round_trip(&ksy, "02 2c 01010101",
                          "digits=[2] names=[\"\"] groups[0].more=1 groups[1].more=1 "
                          "groups[2].more=1 groups[3].more=1");
    ksy_assert_prefixes_fail(&ksy, "8102 612c2c 0100");
    ksy_assert_hostile(&ksy, "81 02 2c 61 00 01", true);
    ksy_parse(&ksy, "8102 612c2c 0100");
    assert_int_equal(tree_duplicate_child(&ksy.tree, ksy_node(&ksy, "names"), 0), 0);
    assert_int_equal(tree_remove_child(&ksy.tree, ksy_node(&ksy, "digits"), 1), 0);
    ksy_assert_emits(&ksy, "81 612c612c2c 0100");
    ksy_assert_builds(&ksy, "{digits: [129, 0]}", "8100 2c 00");
    ksy_close(&ksy);
}

static void test_endless_elements_end(void **state)
{
    struct ksy ksy;

    (void)state;
    ksy_open(&ksy, HEAD "  - {id: a, size: 0, repeat: until, repeat-until: 'false'}\n");
    ksy_parse(&ksy, "01");
    ksy_assert_invalid(&ksy, "message: the bytes end in a");
    ksy_close(&ksy);
}

#define FIELD HEAD "  - id: a\n" /* the next line is the fourth */

static void test_wrong_keys_are_refused(void **state)
{
    (void)state;
    ksy_assert_refused(FIELD "    terminator: 256\n", 4, "key 'terminator'");
    ksy_assert_refused(FIELD "    terminator: [13, 10]\n", 4, "key 'terminator'");
    ksy_assert_refused(FIELD "    type: u1\n    terminator: 0\n", 4,
                       "no size or terminator beside");
    ksy_assert_refused(FIELD "    size: 3\n    include: true\n", 5,
                       "terminator or strz beside it");
    ksy_assert_refused(FIELD "    size: 3\n    terminator: 0\n    consume: false\n", 6,
                       "no size or size-eos beside");
    ksy_assert_refused(FIELD "    size: 3\n    terminator: 0\n    eos-error: false\n", 6,
                       "no size or size-eos beside");
    ksy_assert_refused(FIELD "    terminator: 0\n    pad-right: 0\n", 5,
                       "size or size-eos beside pad-right");
    ksy_assert_refused(FIELD "    terminator: 0\n    include: true\n    consume: false\n",
                       6, "true beside include: true");
    ksy_assert_refused(FIELD "    contents: ab\n    terminator: 0\n", 4,
                       "no type or size beside contents");
    ksy_assert_refused(FIELD "    type: u1\n    repeat: until\n", 5,
                       "a key repeat-until beside");
    ksy_assert_refused(FIELD "    type: u1\n    repeat-until: _ == 1\n", 5,
                       "repeat: until beside repeat-until");
    ksy_assert_refused(FIELD "    type: u1\n    repeat: until\n    repeat-until: b\n", 6,
                       "'b' is no field");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_segments_come_out_as_they_went_in),
        cmocka_unit_test(test_elements_are_separated_after_an_edit),
        cmocka_unit_test(test_delimiters_can_be_injected),
        cmocka_unit_test(test_a_segment_can_be_replaced_by_bytes),
        cmocka_unit_test(test_segments_are_built_from_values),
        cmocka_unit_test(test_a_missing_terminator_is_a_violation),
        cmocka_unit_test(test_the_last_terminators_may_be_left_out),
        cmocka_unit_test(test_a_terminator_can_be_part_of_the_value),
        cmocka_unit_test(test_a_terminator_can_be_left_to_the_next_field),
        cmocka_unit_test(test_a_sized_field_may_end_early),
        cmocka_unit_test(test_an_edited_sized_field_ends_as_its_keys_say),
        cmocka_unit_test(test_cases_of_a_switch_end_too),
        cmocka_unit_test(test_an_element_can_say_that_it_is_the_last),
        cmocka_unit_test(test_endless_elements_end),
        cmocka_unit_test(test_wrong_keys_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
