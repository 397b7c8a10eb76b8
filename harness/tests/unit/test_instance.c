#include "ksy.h"

#include "generate/plan.h"

#define HEAD "meta: {id: m, endian: be, encoding: ASCII}\n" /* one line */

/* A header that says where the rest is, and how long a table. */
static const char directory[] =
    HEAD "seq:\n"
         "  - {id: offset, type: u1}\n"
         "  - {id: count, type: u1}\n"
         "instances:\n"
         "  table: {pos: offset, type: entry, repeat: expr, repeat-expr: count}\n"
         "  first: {value: 'table[0].value', doc: a value over a parse instance}\n"
         "  letter: {pos: first, size: 1, if: count > 0, valid: '[0x41]'}\n"
         "types:\n"
         "  entry: {seq: [{id: value, type: u1}]}\n";

static void test_instances_are_read_and_left_as_they_are(void **state)
{
    struct ksy ksy;
    const char *message = "04 02 eeee 06 07 41";

    (void)state;
    ksy_open(&ksy, directory);
    ksy_assert_round_trip(&ksy, message,
                          "offset=4 count=2 table[0].value=6 table[1].value=7 "
                          "letter=hex:41 _rest=hex:eeee060741");
    ksy_assert_prefixes_fail(&ksy, message);
    ksy_assert_hostile(&ksy, "00 01 02 03 04 05 06 41", true);
    ksy_parse(&ksy, message);
    tree_set_integer(&ksy.tree, ksy_node(&ksy, "offset"), 5, false);
    tree_set_integer(&ksy.tree, ksy_node(&ksy, "table[0].value"), 9, false);
    assert_int_equal(tree_duplicate_child(&ksy.tree, ksy_node(&ksy, "table"), 0), 0);
    ksy_assert_emits(&ksy, "05 02 eeee 06 07 41");
    ksy_assert_builds(&ksy, "{offset: 4, count: 2, _rest: 'hex: eeee060741'}", message);
    ksy_close(&ksy);
}

static void test_instances_are_judged(void **state)
{
    struct ksy ksy;

    (void)state;
    ksy_open(&ksy, directory);
    ksy_parse(&ksy, "04 02 eeee 06 07 42");
    ksy_assert_invalid(&ksy, "letter: rule broken (value hex:42)");
    ksy_parse(&ksy, "04 02 eeee 06 07 41 42");
    ksy_assert_invalid(&ksy, "message: surplus bytes at the end");
    ksy_parse(&ksy, "09 02 eeee 06 07 41");
    ksy_assert_invalid(&ksy, "message: the bytes end in table");
    ksy_close(&ksy);
}

static const char windows[] =
    HEAD "seq:\n"
         "  - {id: head, type: u1}\n"
         "  - {id: block, type: block, size: 3}\n"
         "  - {id: hidden, type: hidden, size: 2, process: xor(0xff)}\n"
         "types:\n"
         "  block:\n"
         "    seq: [{id: x, type: u1}]\n"
         "    instances:\n"
         "      last: {pos: _io.size - 1, type: u1}\n"
         "      top: {pos: 0, type: u2, io: _root._io}\n"
         "      above: {pos: 1, type: u1, io: _parent._io}\n"
         "  hidden:\n"
         "    seq: [{id: y, type: u1}]\n"
         "    instances:\n"
         "      both: {pos: 0, type: pair, io: _io, size: 2, process: xor(y)}\n"
         "      sum: {value: both.a + both.b}\n"
         "  pair: {seq: [{id: a, type: u1}, {id: b, type: u1, valid: 3}]}\n";

static void test_instances_look_into_the_stream_they_name(void **state)
{
    struct ksy ksy;

    (void)state;
    ksy_open(&ksy, windows);
    /* hidden: 01 02, as fe fd; both: 00 03 */
    ksy_assert_round_trip(
        &ksy, "0a 0b0c0d fefd",
        "head=10 block.x=11 block.last=13 block.top=2571 block.above=11 "
        "block._rest=hex:0c0d hidden.y=1 hidden.both.a=0 "
        "hidden.both.b=3 hidden._rest=hex:02");
    assert_true(ksy.tree.nodes[ksy_node(&ksy, "hidden.both.b")].encoded);
    ksy_assert_prefixes_fail(&ksy, "0a 0b0c0d fefd");
    ksy_close(&ksy);
}

/* Every node leads to two others, or to itself. */
static void test_instances_that_lead_in_circles_end(void **state)
{
    struct ksy ksy;
    char text[100];

    (void)state;
    ksy_open(&ksy,
             HEAD "seq: [{id: first, type: link}]\n"
                  "types:\n"
                  "  link:\n"
                  "    seq: [{id: to, type: u1}]\n"
                  "    instances:\n"
                  "      left: {pos: to, type: link, io: _root._io, if: to != 9}\n"
                  "      right: {pos: to, type: link, io: _root._io, if: to != 9}\n");
    ksy_assert_round_trip(&ksy, "01 09",
                          "first.to=1 first.left.to=9 first.right.to=9 _rest=hex:09");
    ksy_parse(&ksy, "00");
    assert_non_null(tree_worst(&ksy.tree));
    violation_text(&ksy.tree, tree_worst(&ksy.tree), text, sizeof text);
    assert_non_null(strstr(text, "the bytes end in"));
    assert_true(ksy.tree.count < 70000);
    ksy_assert_emits(&ksy, "00");
    ksy_close(&ksy);
}

/* Each turn nests several types: the message is read all the same. */
static void test_circles_through_inner_types_end(void **state)
{
    struct ksy ksy;

    (void)state;
    ksy_open(&ksy, HEAD "seq: [{id: first, type: name}, {id: last, type: u1}]\n"
                        "types:\n"
                        "  name:\n"
                        "    seq: [{id: labels, type: label, repeat: until, "
                        "repeat-until: _.length == 0 or _.length >= 192}]\n"
                        "  label:\n"
                        "    seq:\n"
                        "      - {id: length, type: u1}\n"
                        "      - {id: pointer, type: pointer, if: length >= 192}\n"
                        "      - {id: text, type: str, encoding: utf8, size: length, "
                        "if: length < 192}\n"
                        "  pointer:\n"
                        "    seq: [{id: to, type: u1}]\n"
                        "    instances:\n"
                        "      name: {pos: to, type: name, io: _root._io}\n");
    ksy_parse(&ksy, "01 61 c0 00 07");
    assert_int_equal(ksy.tree.nodes[ksy_node(&ksy, "last")].integer, 7);
    assert_non_null(tree_worst(&ksy.tree));
    assert_true(ksy.tree.count < 1000);
    ksy_assert_emits(&ksy, "01 61 c0 00 07");
    ksy_close(&ksy);
}

static const char session_text[] =
    "session: t\ntitle: t\nprobe: ask\ncanary: [ask]\n"
    "answers: [{model: m, belongs: 'true', rejected: 'false'}]\n"
    "states: {ready: []}\n"
    "messages:\n"
    "  ask:\n"
    "    fields: {offset: 4, count: 2, _rest: 'hex: eeee060741'}\n"
    "    control: true\n";

static void test_only_fields_of_a_seq_are_fuzzed(void **state)
{
    struct error error = {""};
    char folder[SCRATCH_PATH], path[SCRATCH_PATH];
    struct model *model = ksy_load(directory, &error);
    struct session *session;
    struct plan plan;
    unsigned touched = 0;

    (void)state;
    assert_non_null(model);
    scratch_make(folder);
    scratch_write(folder, "t.yaml", session_text, path);
    session = session_load(path, model, &error);
    if (!session)
        fail_msg("%s", error.text);
    assert_int_equal(plan_build(&plan, session, 1, &error), 0);
    for (size_t i = 0; i < plan.stream_count; i++) {
        char text[100];
        uint32_t node = plan.streams[i].site.node;

        if (node == 0)
            continue;
        tree_path(&session->messages[0].tree, node, text, sizeof text);
        if (strcmp(text, "offset") != 0 && strcmp(text, "count") != 0)
            fail_msg("an anomaly at %s", text);
        touched++;
    }
    assert_true(touched > 2);
    plan_free(&plan);
    session_free(session);
    model_free(model);
    scratch_remove(folder);
}

#define INSTANCE HEAD "seq: [{id: x, type: u1}]\ninstances:\n  a:\n" /* four lines */

static void test_wrong_instances_are_refused(void **state)
{
    (void)state;
    ksy_assert_refused(INSTANCE "    type: u1\n", 4, "key 'pos' is missing");
    ksy_assert_refused(INSTANCE "    pos: 1\n", 4, "expected type, size");
    ksy_assert_refused(INSTANCE "    pos: 1\n    type: u1\n    value: 3\n", 5,
                       "key 'pos' is not known");
    ksy_assert_refused(INSTANCE "    pos: b\n    type: u1\n", 5, "'b' is no field");
    ksy_assert_refused(INSTANCE "    pos: 1\n    type: u1\n    io: x._io\n", 7,
                       "_parent._io");
    ksy_assert_refused(INSTANCE "    pos: 1\n    type: u1\n    id: b\n", 7,
                       "a field of a seq");
    ksy_assert_refused(INSTANCE "    pos: 1\n    type: u1\n    -percuss-checksum: sum8\n",
                       7, "a field of a seq");
    ksy_assert_refused(HEAD "seq:\n  - id: a\n    type: u1\n    pos: 3\n", 5,
                       "an instance around it");
    ksy_assert_refused(HEAD "seq:\n  - {id: x, size: b}\ninstances:\n"
                            "  a: {pos: 0, type: u1}\n  b: {value: a + 1}\n",
                       3, "no parse instance that is read later");
    ksy_assert_refused(HEAD "seq: []\ninstances:\n  a: {pos: b, type: u1}\n"
                            "  b: {pos: 0, type: u1}\n",
                       4, "no parse instance that is read later");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_instances_are_read_and_left_as_they_are),
        cmocka_unit_test(test_instances_are_judged),
        cmocka_unit_test(test_instances_look_into_the_stream_they_name),
        cmocka_unit_test(test_instances_that_lead_in_circles_end),
        cmocka_unit_test(test_circles_through_inner_types_end),
        cmocka_unit_test(test_only_fields_of_a_seq_are_fuzzed),
        cmocka_unit_test(test_wrong_instances_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
