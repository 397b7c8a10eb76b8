/* What a session knows, as params of the model's root: two readings of the same bytes,
 * emission and building under each, values that fit and values that do not. */
#include "ksy.h"

#include "model/expression.h"

static const char agreed[] =
    "meta: {id: m, endian: be}\n"
    "params:\n"
    "  - {id: width, type: u1, enum: width, -percuss-default: narrow}\n"
    "  - {id: is_reply, type: bool}\n"
    "  - {id: mark, type: bytes, -percuss-default: 'hex: 2a'}\n"
    "  - {id: delta, type: s2, -percuss-default: -1}\n"
    "  - {id: syntax, type: str, -percuss-default: a}\n"
    "  - {id: strict, type: bool, -percuss-default: false}\n"
    "seq:\n"
    "  - {id: length, type: u1}\n"
    "  - {id: body, size: length, type: body}\n"
    "  - {id: end, size: 1, valid: mark}\n"
    "types:\n"
    "  body:\n"
    "    seq:\n"
    "      - id: number\n"
    "        type: {switch-on: _root.width, cases: {'width::narrow': u1, _: u2}}\n"
    "      - {id: sum, type: u1, valid: {expr: _ < 10 or not _root.strict}}\n"
    "enums: {width: {1: narrow, 2: wide}}\n";

enum { WIDTH, IS_REPLY, MARK, DELTA, SYNTAX, STRICT };

static struct context context_with(const struct ksy *ksy, unsigned parameter,
                                   const char *text)
{
    struct context context = {0};
    struct error expected = {""};

    if (context_read(&context, ksy->model, parameter, text, &expected) < 0)
        fail_msg("%s: expected %s", text, expected.text);
    return context;
}

static uint64_t integer_at(const struct ksy *ksy, const char *path)
{
    uint32_t node = tree_find(&ksy->tree, path);

    assert_int_not_equal(node, TREE_NONE);
    return ksy->tree.nodes[node].integer;
}

/* --- reading and writing ------------------------------------------------------------ */

static void the_same_bytes_read_as_the_context_says(void **state)
{
    struct ksy ksy;

    (void)state;
    ksy_open(&ksy, agreed);
    ksy_parse(&ksy, "02 05 07 2a");
    assert_int_equal(ksy.tree.violation_count, 0);
    assert_int_equal(integer_at(&ksy, "body.number"), 5);
    ksy.tree.context = context_with(&ksy, WIDTH, "wide");
    ksy_parse(&ksy, "02 05 07 2a");
    assert_int_equal(integer_at(&ksy, "body.number"), 0x507);
    assert_int_equal(ksy.tree.violation_count, 1);
    assert_int_equal(ksy.tree.violations[0].kind, VIOLATION_TRUNCATED);
    ksy_parse(&ksy, "03 0507 09 2a");
    assert_int_equal(ksy.tree.violation_count, 0);
    ksy.tree.context = (struct context){0};
    ksy_parse(&ksy, "03 0507 09 2a");
    assert_int_equal(ksy.tree.violation_count, 1);
    assert_int_equal(ksy.tree.violations[0].kind, VIOLATION_SURPLUS);
    ksy_close(&ksy);
}

static void texts_bytes_and_truth_values_reach_rules(void **state)
{
    struct ksy ksy;

    (void)state;
    ksy_open(&ksy, agreed);
    ksy.tree.context = context_with(&ksy, MARK, "+");
    ksy_parse(&ksy, "02 05 0b 2b");
    assert_int_equal(ksy.tree.violation_count, 0);
    ksy_parse(&ksy, "02 05 0b 2a");
    assert_int_equal(ksy.tree.violation_count, 1);
    ksy.tree.context = context_with(&ksy, STRICT, "true");
    ksy_parse(&ksy, "02 05 0b 2a");
    assert_int_equal(ksy.tree.violation_count, 1);
    ksy_parse(&ksy, "02 05 09 2a");
    assert_int_equal(ksy.tree.violation_count, 0);
    ksy_close(&ksy);
}

static void a_message_is_emitted_as_it_was_read(void **state)
{
    struct ksy ksy;
    struct tree copy;

    (void)state;
    ksy_open(&ksy, agreed);
    ksy_parse(&ksy, "02 05 07 2a");
    ksy_assert_emits(&ksy, "02 05 07 2a");
    ksy.tree.context = context_with(&ksy, WIDTH, "wide");
    ksy_parse(&ksy, "03 0507 09 2a");
    ksy_assert_emits(&ksy, "03 0507 09 2a");
    tree_init(&copy, ksy.model);
    assert_int_equal(tree_copy(&copy, &ksy.tree), 0);
    tree_set_integer(&copy, tree_find(&copy, "body.number"), 0x1234, false);
    buffer_clear(&ksy.out);
    assert_int_equal(tree_emit(&copy, &ksy.out), 0);
    assert_int_equal(tree_parse(&copy, buffer_view(&ksy.out), false), 0);
    assert_int_equal(copy.violation_count, 0);
    assert_int_equal(copy.nodes[tree_find(&copy, "body.number")].integer, 0x1234);
    /* A copy of what has no context forgets the one it had. */
    ksy.tree.context = (struct context){0};
    ksy_parse(&ksy, "02 05 07 2a");
    assert_int_equal(tree_copy(&copy, &ksy.tree), 0);
    assert_int_equal(copy.context.known, 0);
    tree_free(&copy);
    ksy_close(&ksy);
}

static void a_message_is_built_for_its_context(void **state)
{
    struct error error = {""};
    struct ksy ksy;

    (void)state;
    ksy_open(&ksy, agreed);
    assert_int_equal(tree_build(&ksy.tree, ksy.model, false, NULL, &error), 0);
    ksy_assert_emits(&ksy, "02 00 00 2a");
    ksy.tree.context = context_with(&ksy, WIDTH, "wide");
    assert_int_equal(tree_build(&ksy.tree, ksy.model, false, NULL, &error), 0);
    ksy_assert_emits(&ksy, "03 0000 00 2a");
    ksy_close(&ksy);
}

/* Emission changes the message, never the context: the two may disagree. */
static void a_size_that_is_a_param_is_read_and_kept(void **state)
{
    static const uint8_t longer[] = {9, 9, 9};
    struct ksy ksy;

    (void)state;
    ksy_open(&ksy, "meta: {id: m}\nparams:\n"
                   "  - {id: length, type: u1, -percuss-default: 2}\n"
                   "seq:\n  - {id: body, size: length}\n"
                   "  - {id: again, type: u1, valid: length}\n");
    ksy_parse(&ksy, "aabb 02");
    assert_int_equal(ksy.tree.violation_count, 0);
    ksy_assert_emits(&ksy, "aabb 02");
    assert_int_equal(tree_set_bytes(&ksy.tree, tree_find(&ksy.tree, "body"),
                                    (struct view){longer, sizeof longer}),
                     0);
    ksy_assert_emits(&ksy, "090909 02");
    ksy.tree.context = context_with(&ksy, 0, "3");
    ksy_assert_emits(&ksy, "090909 03");
    ksy_close(&ksy);
}

static void the_direction_is_no_part_of_it(void **state)
{
    struct suggestion suggestion = suggest_for("is_replx", 8);
    struct ksy ksy;

    (void)state;
    ksy_open(&ksy, agreed);
    assert_int_equal(context_find(ksy.model, "is_reply", 8), -1);
    assert_int_equal(context_find(ksy.model, "width", 5), WIDTH);
    assert_int_equal(context_find(ksy.model, "widt", 4), -1);
    assert_int_equal(context_offer(ksy.model, &suggestion), 5);
    assert_null(suggestion.best);
    ksy_close(&ksy);
}

/* --- values ------------------------------------------------------------------------- */

static void assert_misfit(const struct ksy *ksy, unsigned parameter, const char *text,
                          const char *expected)
{
    struct context context = {0};
    struct error error = {""};

    assert_int_equal(context_read(&context, ksy->model, parameter, text, &error), -1);
    if (!strstr(error.text, expected))
        fail_msg("%s gave: %s", text, error.text);
    assert_int_equal(context.known, 0);
}

static void a_text_that_is_no_value_says_what_would_be(void **state)
{
    struct ksy ksy;

    (void)state;
    ksy_open(&ksy, agreed);
    assert_misfit(&ksy, WIDTH, "256", "from 0 to 255 or a member of enum width");
    assert_misfit(&ksy, WIDTH, "broad", "member of enum width");
    assert_misfit(&ksy, DELTA, "-32769", "from -32768 to 32767");
    assert_misfit(&ksy, STRICT, "1", "true or false");
    assert_misfit(&ksy, MARK, "hex: 2", "hex");
    assert_misfit(
        &ksy, SYNTAX,
        "a text of more than sixty-four bytes, which is more than a context may "
        "hold",
        "at most 64 bytes");
    ksy_close(&ksy);
}

static void assert_taken(const struct ksy *ksy, unsigned parameter, const char *text,
                         bool taken)
{
    struct context context = {0};
    struct error error = {""};
    struct expression *value = expression_compile(text, ksy->model, NULL, &error);

    if (!value)
        fail_msg("%s: %s", text, error.text);
    assert_int_equal(
        context_take(&context, ksy->model, parameter, expression_evaluate(value, NULL)),
        taken);
    assert_int_equal(context.known, taken ? 1u << parameter : 0);
    expression_free(value);
}

static void a_value_that_does_not_fit_is_not_taken(void **state)
{
    struct ksy ksy;

    (void)state;
    ksy_open(&ksy, agreed);
    assert_taken(&ksy, WIDTH, "7", true);
    assert_taken(&ksy, WIDTH, "256", false);
    assert_taken(&ksy, WIDTH, "-1", false);
    assert_taken(&ksy, WIDTH, "'7'", false);
    assert_taken(&ksy, WIDTH, "1 / 0", false);
    assert_taken(&ksy, DELTA, "-32768", true);
    assert_taken(&ksy, STRICT, "true", true);
    assert_taken(&ksy, STRICT, "1", false);
    assert_taken(&ksy, SYNTAX, "'1.2.840'", true);
    assert_taken(&ksy, SYNTAX, "3", false);
    assert_taken(&ksy, MARK, "[1, 2]", true);
    ksy_close(&ksy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_bytes_read_as_the_context_says),
        cmocka_unit_test(texts_bytes_and_truth_values_reach_rules),
        cmocka_unit_test(a_message_is_emitted_as_it_was_read),
        cmocka_unit_test(a_message_is_built_for_its_context),
        cmocka_unit_test(a_size_that_is_a_param_is_read_and_kept),
        cmocka_unit_test(the_direction_is_no_part_of_it),
        cmocka_unit_test(a_text_that_is_no_value_says_what_would_be),
        cmocka_unit_test(a_value_that_does_not_fit_is_not_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
