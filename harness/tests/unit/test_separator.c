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
    assert_int_equal(tree_duplicate_element(&ksy.tree, ksy_node(&ksy, "names"), 0), 0);
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
    assert_int_equal(tree_duplicate_element(&ksy.tree, ksy_node(&ksy, "lines"), 0), 0);
    assert_int_equal(tree_remove_element(&ksy.tree, ksy_node(&ksy, "lines"), 0), 0);
    ksy_assert_emits(&ksy, "text:H:;;a\nP;;b\n");
    assert_int_equal(tree_remove_element(&ksy.tree, ksy_node(&ksy, "lines"), 0), 0);
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
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
