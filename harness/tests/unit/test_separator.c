/* Separators that a message declares itself: -percuss-separator. */
#include "ksy.h"

#define HEAD "meta: {id: m, endian: be, encoding: ASCII}\nseq:\n" /* two lines */

/* A line that begins with its two separators; names with parts. */
static const char list[] = HEAD
    "  - {id: head, type: head}\n"
    "  - {id: names, type: name, terminator: 0x7c, eos-error: false, repeat: eos,\n"
    "     -percuss-separator: _root.head.between}\n"
    "types:\n"
    "  head:\n"
    "    seq:\n"
    "      - {id: between, type: u1}\n"
    "      - {id: inside, type: u1}\n"
    "      - {id: end, type: str, terminator: 0x7c, -percuss-separator: between}\n"
    "  name:\n"
    "    seq:\n"
    "      - {id: parts, type: str, terminator: 0x5e, eos-error: false, repeat: eos,\n"
    "         -percuss-separator: _root.head.inside}\n";

#define TREE(between, inside)                                        \
    "head.between=" between " head.inside=" inside " head.end=\"\" " \
    "names[0].parts=[\"a\",\"b\"] names[1].parts=[\"c\"]"

static void test_other_separators_make_the_same_tree(void **state)
{
    struct ksy ksy;

    (void)state;
    ksy_open(&ksy, list);
    ksy_assert_round_trip(&ksy, "text:|^|a^b|c", TREE("124", "94"));
    ksy_assert_round_trip(&ksy, "text:#*#a*b#c", TREE("35", "42"));
    ksy_assert_round_trip(&ksy, "00 ff 00 61 ff 62 00 63", TREE("0", "255"));
    ksy_assert_round_trip(&ksy, "text:#*#a^b#c|",
                          "head.between=35 head.inside=42 head.end=\"\" "
                          "names[0].parts=[\"a^b\"] names[1].parts=[\"c|\"]");
    ksy_close(&ksy);
}

static void test_separators_follow_their_declaration(void **state)
{
    struct ksy ksy;

    (void)state;
    ksy_open(&ksy, list);
    ksy_parse(&ksy, "text:|^|a^b|c");
    tree_set_integer(&ksy.tree, ksy_node(&ksy, "head.inside"), '*', true);
    ksy_assert_emits(&ksy, "text:|*|a*b|c");
    tree_set_integer(&ksy.tree, ksy_node(&ksy, "head.between"), '#', false);
    ksy_assert_emits(&ksy, "text:#*#a*b#c");
    assert_int_equal(tree_duplicate_child(&ksy.tree, ksy_node(&ksy, "names"), 0), 0);
    ksy_assert_emits(&ksy, "text:#*#a*b#a*b#c");
    ksy_assert_builds(&ksy,
                      "{head.between: 35, head.inside: 42, 'names[0].parts': [a, b],\n"
                      " 'names[1].parts': [c]}",
                      "text:#*#a*b#c");
    ksy_close(&ksy);
}

static void test_a_declaration_can_lie(void **state)
{
    struct ksy ksy;
    struct tree copy;

    (void)state;
    ksy_open(&ksy, list);
    ksy_parse(&ksy, "text:|^|a^b|c");
    tree_lie(&ksy.tree, ksy_node(&ksy, "head.inside"), '*');
    ksy_assert_emits(&ksy, "text:|*|a^b|c");
    tree_init(&copy, ksy.model);
    assert_int_equal(tree_copy(&copy, &ksy.tree), 0);
    tree_free(&ksy.tree);
    ksy.tree = copy;
    ksy_assert_emits(&ksy, "text:|*|a^b|c");
    tree_set_integer(&ksy.tree, ksy_node(&ksy, "head.inside"), '*', false);
    ksy_assert_emits(&ksy, "text:|*|a*b|c");
    tree_lie(&ksy.tree, ksy_node(&ksy, "names"), 1); /* no integer: nothing happens */
    ksy_assert_emits(&ksy, "text:|*|a*b|c");
    ksy_close(&ksy);
}

static void test_any_bytes_are_harmless(void **state)
{
    struct ksy ksy;

    (void)state;
    ksy_open(&ksy, list);
    ksy_assert_hostile(&ksy, "text:|^#a", true);
    /* up to the separator behind the declaration; what follows may be missing */
    ksy_assert_prefixes_fail(&ksy, "text:#*#");
    for (size_t length = 0; length < strlen("#*#a*b#c"); length++) {
        ksy_parse_view(&ksy, (struct view){(const uint8_t *)"#*#a*b#c", length});
        buffer_clear(&ksy.out);
        assert_int_equal(tree_emit(&ksy.tree, &ksy.out), 0);
        assert_true(length < 3 ||
                    view_equal(buffer_view(&ksy.out),
                               (struct view){(const uint8_t *)"#*#a*b#c", length}));
    }
    ksy_close(&ksy);
}

/* Lines of parts; the first line's head declares for all of them. The part in front of
 * the declaration has the usual separator. */
static const char lines[] =
    HEAD "  - {id: lines, type: line, terminator: 0x0a, repeat: eos}\n"
         "types:\n"
         "  line:\n"
         "    seq:\n"
         "      - {id: name, type: str, terminator: 0x3a,\n"
         "         -percuss-separator: '_root.lines[0].mark'}\n"
         "      - {id: mark, type: u1, if: name == \"H\"}\n"
         "      - {id: parts, type: part, repeat: eos}\n"
         "  part:\n"
         "    seq:\n"
         "      - {id: sign, contents: ',', -percuss-separator: '_root.lines[0].mark'}\n"
         "      - {id: text, type: str, terminator: 0x2c, consume: false,\n"
         "         eos-error: false, -percuss-separator: '_root.lines[0].mark'}\n";

static void test_the_first_line_declares_for_all(void **state)
{
    struct ksy ksy;

    (void)state;
    ksy_open(&ksy, lines);
    ksy_assert_round_trip(
        &ksy, "text:H:;;a;b,c\nP;;d\n",
        "lines[0].name=\"H\" lines[0].mark=59 lines[0].parts[0].sign=hex:3b "
        "lines[0].parts[0].text=\"a\" lines[0].parts[1].sign=hex:3b "
        "lines[0].parts[1].text=\"b,c\" lines[1].name=\"P\" "
        "lines[1].parts[0].sign=hex:3b lines[1].parts[0].text=\"d\"");
    tree_set_integer(&ksy.tree, ksy_node(&ksy, "lines[0].mark"), '!', true);
    ksy_assert_emits(&ksy, "text:H:!!a!b,c\nP!!d\n");
    /* A line without a declaration has the usual ones. */
    ksy_assert_round_trip(&ksy, "text:P:,d\nH:;,a\n",
                          "lines[0].name=\"P\" lines[0].parts[0].sign=hex:2c "
                          "lines[0].parts[0].text=\"d\" lines[1].name=\"H\" "
                          "lines[1].mark=59 lines[1].parts[0].sign=hex:2c "
                          "lines[1].parts[0].text=\"a\"");
    ksy_assert_hostile(&ksy, "text:H:,;\n", true);
    ksy_close(&ksy);
}

static void test_declared_contents_are_a_rule(void **state)
{
    struct ksy ksy;

    (void)state;
    ksy_open(&ksy, lines);
    ksy_parse(&ksy, "text:H:;,a\n");
    ksy_assert_invalid(&ksy, "lines[0].parts[0].sign: rule broken (value hex:2c)");
    ksy_assert_emits(&ksy, "text:H:;,a\n");
    tree_set_integer(&ksy.tree, ksy_node(&ksy, "lines[0].mark"), '!', true);
    ksy_assert_emits(&ksy, "text:H:!,a\n"); /* it was not the separator before */
    ksy_parse(&ksy, "text:H:;;a;b\n");
    ksy_set(&ksy, "lines[0].parts[1].sign", "??");
    tree_set_integer(&ksy.tree, ksy_node(&ksy, "lines[0].mark"), '!', true);
    ksy_assert_emits(&ksy, "text:H:!!a??b\n");
    ksy_assert_builds(&ksy,
                      "{'lines[0].name': H, 'lines[0].mark': 59,\n"
                      " 'lines[0].parts[0].text': a, 'lines[0].parts[1].text': b,\n"
                      " 'lines[1].name': P, 'lines[1].parts[0].text': c}",
                      "text:H:;;a;b\nP;;c\n");
    ksy_assert_tree(&ksy,
                    "lines[0].name=\"H\" lines[0].mark=59 lines[0].parts[0].sign=hex:3b "
                    "lines[0].parts[0].text=\"a\" lines[0].parts[1].sign=hex:3b "
                    "lines[0].parts[1].text=\"b\" lines[1].name=\"P\" "
                    "lines[1].parts[0].sign=hex:3b lines[1].parts[0].text=\"c\"");
    ksy_close(&ksy);
}

/* What is declared in one element and holds from there on: emission looks no further
 * ahead than a parse does, whatever order the nodes were made in. */
static void test_what_is_in_front_of_the_declaration_keeps_the_usual_one(void **state)
{
    struct ksy ksy;

    (void)state;
    ksy_open(&ksy, lines);
    ksy_parse(&ksy, "text:H:;;a\nP;;b\n");
    assert_int_equal(tree_duplicate_child(&ksy.tree, ksy_node(&ksy, "lines"), 0), 0);
    assert_int_equal(tree_remove_child(&ksy.tree, ksy_node(&ksy, "lines"), 0), 0);
    ksy_assert_emits(&ksy, "text:H:;;a\nP;;b\n");
    assert_int_equal(tree_remove_child(&ksy.tree, ksy_node(&ksy, "lines"), 0), 0);
    ksy_assert_emits(&ksy, "text:P:,b\n");
    ksy_close(&ksy);
}

static void test_the_separators_around_a_node_are_known(void **state)
{
    uint8_t separators[4];
    struct ksy ksy;

    (void)state;
    ksy_open(&ksy, list);
    ksy_parse(&ksy, "text:#*#a*b#c");
    assert_int_equal(
        tree_separators(&ksy.tree, ksy_node(&ksy, "names[0].parts[1]"), separators, 4),
        2);
    assert_memory_equal(separators, "*#", 2);
    assert_int_equal(
        tree_separators(&ksy.tree, ksy_node(&ksy, "names[0].parts[1]"), separators, 1),
        1);
    assert_int_equal(
        tree_separators(&ksy.tree, ksy_node(&ksy, "head.between"), separators, 4), 0);
    ksy_parse(&ksy, "text:##");
    ksy_close(&ksy);
}

static void test_the_model_knows_what_declares(void **state)
{
    struct ksy ksy;
    size_t declaring = 0;

    (void)state;
    ksy_open(&ksy, list);
    for (size_t i = 0; i < model_fields(ksy.model); i++)
        declaring += model_field(ksy.model, i)->role == ROLE_SEPARATOR;
    assert_int_equal(declaring, 2);
    ksy_close(&ksy);
}

/* --- the shipped models --------------------------------------------------------------
 */

#define HL7_HEAD "message.header."
#define LIS_HEAD "frame.text.records[0].content.delimiters."

/* A shipped message, and the places of its declaration. */
static const struct shipped {
    const char *model, *seed, *places[5];
} shipped[] = {
    {"hl7/hl7_mllp.ksy",
     "hl7/seeds/hl7_mllp/adt_a01.bin",
     {HL7_HEAD "field_separator", HL7_HEAD "encoding_characters.component",
      HL7_HEAD "encoding_characters.repetition",
      HL7_HEAD "encoding_characters.subcomponent"}},
    {"hl7/hl7_mllp.ksy",
     "hl7/seeds/hl7_mllp/own_separators.bin",
     {HL7_HEAD "field_separator", HL7_HEAD "encoding_characters.component",
      HL7_HEAD "encoding_characters.repetition",
      HL7_HEAD "encoding_characters.subcomponent"}},
    {"lis/lis1a.ksy",
     "lis/seeds/lis1a/whole_order.bin",
     {LIS_HEAD "field", LIS_HEAD "repeat", LIS_HEAD "component"}},
    {"lis/lis1a.ksy",
     "lis/seeds/lis1a/message_own_delimiters.bin",
     {LIS_HEAD "field", LIS_HEAD "repeat", LIS_HEAD "component"}},
};

static void open_shipped(struct ksy *ksy, const struct shipped *item)
{
    struct error error = {""};
    char path[512];
    uint8_t bytes[512];
    FILE *file;

    ksy_open(ksy, list); /* its buffers and page */
    tree_free(&ksy->tree);
    model_free(ksy->model);
    snprintf(path, sizeof path, PROJECT_FOLDER "/targets/%s", item->model);
    ksy->model = model_load(path, &error);
    if (!ksy->model)
        fail_msg("%s", error.text);
    tree_init(&ksy->tree, ksy->model);
    snprintf(path, sizeof path, PROJECT_FOLDER "/corpora/%s", item->seed);
    file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(
        buffer_append(&ksy->bytes,
                      (struct view){bytes, fread(bytes, 1, sizeof bytes, file)}),
        0);
    fclose(file);
}

/* Same fields in the same places, same values; but for what separates, and checksums. */
static void assert_same_tree(const struct tree *a, const struct tree *b)
{
    assert_int_equal(a->count, b->count);
    for (uint32_t i = 1; i < a->count; i++) {
        const struct node *one = &a->nodes[i], *other = &b->nodes[i];
        enum field_role role = tree_field(a, i)->role;

        assert_int_equal(one->field, other->field);
        assert_int_equal(one->parent, other->parent);
        assert_int_equal(one->kind, other->kind);
        assert_int_equal(one->offset, other->offset);
        assert_int_equal(one->length, other->length);
        if (one->declared || role == ROLE_SEPARATOR || role == ROLE_CHECKSUM)
            continue;
        assert_int_equal(one->integer, other->integer);
        assert_true(view_equal(one->bytes, other->bytes));
    }
}

/* The message with other separators is the same tree, and back again the same bytes. */
static void test_shipped_messages_read_the_same_with_other_separators(void **state)
{
    static const uint8_t others[] = {0x01, 0x02, 0x03, 0x04};

    (void)state;
    for (size_t i = 0; i < sizeof shipped / sizeof *shipped; i++) {
        struct tree before;
        struct ksy ksy;

        open_shipped(&ksy, &shipped[i]);
        tree_init(&before, ksy.model);
        assert_int_equal(tree_parse(&before, buffer_view(&ksy.bytes), false), 0);
        ksy_parse_view(&ksy, buffer_view(&ksy.bytes));
        ksy_assert_valid(&ksy);
        for (size_t k = 0; shipped[i].places[k]; k++)
            tree_set_integer(&ksy.tree, ksy_node(&ksy, shipped[i].places[k]), others[k],
                             false);
        assert_int_equal(tree_emit(&ksy.tree, &ksy.out), 0);
        assert_int_equal(ksy.out.length, ksy.bytes.length);
        ksy_parse_view(&ksy, buffer_view(&ksy.out));
        ksy_assert_valid(&ksy);
        assert_same_tree(&before, &ksy.tree);
        for (size_t k = 0; shipped[i].places[k]; k++) {
            uint32_t place = ksy_node(&ksy, shipped[i].places[k]);

            assert_int_equal(ksy.tree.nodes[place].integer, others[k]);
            tree_set_integer(&ksy.tree, place, before.nodes[place].integer, false);
        }
        buffer_clear(&ksy.out);
        assert_int_equal(tree_emit(&ksy.tree, &ksy.out), 0);
        assert_true(view_equal(buffer_view(&ksy.out), buffer_view(&ksy.bytes)));
        tree_free(&before);
        ksy_close(&ksy);
    }
}

static void test_shipped_messages_may_end_anywhere(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof shipped / sizeof *shipped; i++) {
        struct ksy ksy;

        open_shipped(&ksy, &shipped[i]);
        for (size_t length = 0; length < ksy.bytes.length; length++) {
            ksy_parse_view(&ksy, (struct view){ksy.bytes.data, length});
            assert_non_null(tree_worst(&ksy.tree));
            buffer_clear(&ksy.out);
            assert_int_equal(tree_emit(&ksy.tree, &ksy.out), 0);
        }
        ksy_close(&ksy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_other_separators_make_the_same_tree),
        cmocka_unit_test(test_separators_follow_their_declaration),
        cmocka_unit_test(test_a_declaration_can_lie),
        cmocka_unit_test(test_any_bytes_are_harmless),
        cmocka_unit_test(test_the_first_line_declares_for_all),
        cmocka_unit_test(test_declared_contents_are_a_rule),
        cmocka_unit_test(test_what_is_in_front_of_the_declaration_keeps_the_usual_one),
        cmocka_unit_test(test_the_separators_around_a_node_are_known),
        cmocka_unit_test(test_the_model_knows_what_declares),
        cmocka_unit_test(test_shipped_messages_read_the_same_with_other_separators),
        cmocka_unit_test(test_shipped_messages_may_end_anywhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
