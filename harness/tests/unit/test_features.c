/* harness/model/FEATURES.md is true: each row's example loads, or is refused with its
 * place and a reason; each example has a row. And what an expression that cannot be run
 * backwards means for emission. */
#include "ksy.h"

#include <glob.h>

#define EXAMPLES PROJECT_FOLDER "/harness/tests/features/"

static void check_row(const char *status, const char *example)
{
    struct error error = {""};
    char path[512];
    struct model *model;

    snprintf(path, sizeof path, EXAMPLES "%s", example);
    model = model_load(path, &error);
    if (strncmp(status, "supported", 9) == 0) {
        if (!model)
            fail_msg("%s is said to be supported: %s", example, error.text);
        model_free(model);
        return;
    }
    assert_int_equal(strncmp(status, "refused", 7), 0);
    if (model)
        fail_msg("%s is said to be refused and loads", example);
    /* FILE:LINE:COLUMN: */
    assert_int_equal(strncmp(error.text, path, strlen(path)), 0);
    assert_int_equal(error.text[strlen(path)], ':');
    assert_true(strtol(error.text + strlen(path) + 1, NULL, 10) > 0);
}

/* The fields of "| feature | since | percuss | `example` |" into status and example. */
static bool split_row(char *line, char **status, char **example)
{
    char *rest = line + 1, *fields[4];

    if (line[0] != '|')
        return false;
    for (int i = 0; i < 4; i++) {
        fields[i] = strsep(&rest, "|");
        if (!fields[i])
            return false;
    }
    *status = fields[2] + strspn(fields[2], " ");
    *example = strchr(fields[3], '`');
    if (!*example)
        return false;
    (*example)++;
    (*example)[strcspn(*example, "`")] = '\0';
    return true;
}

static void every_row_has_a_true_example(void **state)
{
    FILE *page = fopen(PROJECT_FOLDER "/harness/model/FEATURES.md", "r");
    char line[1000], *status, *example;
    size_t rows = 0;
    glob_t files;

    (void)state;
    assert_non_null(page);
    while (fgets(line, sizeof line, page)) {
        if (!split_row(line, &status, &example))
            continue;
        check_row(status, example);
        rows++;
    }
    fclose(page);
    assert_int_equal(glob(EXAMPLES "*.ksy", 0, NULL, &files), 0);
    assert_int_equal(rows, files.gl_pathc);
    globfree(&files);
}

/* --- sizes that are run backwards, and others --------------------------------------- */

/* Lengths and counts that value instances compute, also of another type. */
static void sizes_are_run_backwards_through_instances(void **state)
{
    struct ksy ksy;

    (void)state;
    ksy_open(&ksy, "meta: {id: m, endian: be}\n"
                   "seq:\n"
                   "  - {id: len, type: u1}\n"
                   "  - {id: head, type: head}\n"
                   "  - {id: body, size: body_len}\n"
                   "  - {id: words, type: u1, repeat: expr, repeat-expr: head.words}\n"
                   "  - {id: odd, size: odd_len}\n"
                   "instances:\n"
                   "  body_len: {value: less - 1}\n"
                   "  less: {value: len - 2}\n"
                   "  odd_len: {value: 'len > 4 ? 1 : 0'}\n"
                   "types:\n"
                   "  head:\n"
                   "    seq: [{id: quarter, type: u1}]\n"
                   "    instances: {words: {value: quarter * 2}}\n");
    assert_int_equal(model_field(ksy.model, 0)->role, ROLE_LENGTH);
    ksy_assert_round_trip(&ksy, "05 01 aabb 0102 07",
                          "len=5 head.quarter=1 body=hex:aabb words=[1,2] odd=hex:07");
    ksy_set(&ksy, "body", "\xcc\xdd\xee\xff");
    ksy_assert_emits(&ksy, "07 01 ccddeeff 0102 07");
    assert_int_equal(tree_duplicate_child(&ksy.tree, tree_find(&ksy.tree, "words"), 1),
                     0);
    assert_int_equal(tree_duplicate_child(&ksy.tree, tree_find(&ksy.tree, "words"), 1),
                     0);
    ksy_assert_emits(&ksy, "07 02 ccddeeff 01020202 07");
    ksy_set(&ksy, "odd", "");
    ksy_assert_emits(&ksy, "07 02 ccddeeff 01020202");
    ksy_close(&ksy);
}

static const char two_factors[] = "meta: {id: m}\nseq:\n  - {id: a, type: u1}\n"
                                  "  - {id: b, type: u1}\n  - {id: c, size: a * b}\n"
                                  "  - {id: d, type: u1}\n";

static void a_size_of_two_fields_is_read_and_kept(void **state)
{
    static const uint8_t longer[] = {9, 9, 9, 9, 9, 9, 9, 9};
    struct ksy ksy;

    (void)state;
    ksy_open(&ksy, two_factors);
    ksy_parse(&ksy, "02 03 010203040506 07");
    ksy_assert_emits(&ksy, "02 03 010203040506 07");
    assert_int_equal(tree_set_bytes(&ksy.tree, tree_find(&ksy.tree, "c"),
                                    (struct view){longer, sizeof longer}),
                     0);
    ksy_assert_emits(&ksy, "02 03 0909090909090909 07");
    assert_int_equal(model_field(ksy.model, 0)->role, ROLE_PLAIN);
    ksy_close(&ksy);
}

/* Each use of the type hands over a field of its own. */
static void a_size_that_is_a_parameter_is_run_backwards(void **state)
{
    struct ksy ksy;

    (void)state;
    ksy_open(&ksy, "meta: {id: m}\nseq:\n  - {id: n, type: u1}\n"
                   "  - {id: k, type: u1}\n  - {id: body, type: content(n)}\n"
                   "  - {id: more, type: content(k)}\n  - {id: end, type: content(1)}\n"
                   "types:\n  content:\n    params: [{id: count, type: u1}]\n"
                   "    seq:\n      - {id: data, size: count + 1}\n");
    ksy_assert_round_trip(
        &ksy, "01 00 aabb cc ddee",
        "n=1 k=0 body.data=hex:aabb more.data=hex:cc end.data=hex:ddee");
    ksy_set(&ksy, "body.data", "x");
    ksy_set(&ksy, "more.data", "xyz");
    ksy_set(&ksy, "end.data", "12");
    ksy_assert_emits(&ksy, "00 02 78 78797a 3132");
    ksy_close(&ksy);
}

static void a_size_that_is_computed_for_a_parameter_is_read_and_kept(void **state)
{
    struct ksy ksy;

    (void)state;
    ksy_open(&ksy, "meta: {id: m}\nseq:\n  - {id: n, type: u1}\n"
                   "  - {id: body, type: content(n * n)}\n  - {id: end, type: u1}\n"
                   "types:\n  content:\n    params: [{id: count, type: u1}]\n"
                   "    seq:\n      - {id: data, size: count}\n");
    ksy_parse(&ksy, "02 aabbaabb cc");
    ksy_assert_emits(&ksy, "02 aabbaabb cc");
    assert_int_equal(model_field(ksy.model, 0)->role, ROLE_PLAIN);
    ksy_close(&ksy);
}

/* Also what only decides whether the instance is there. */
static void fields_behind_an_instance_choose_the_case(void **state)
{
    struct ksy ksy;

    (void)state;
    ksy_open(&ksy, "meta: {id: m}\nseq:\n  - {id: kind, type: u1}\n"
                   "  - {id: value, type: u1}\n  - {id: other, type: u1}\n"
                   "  - {id: body, size: 1, type: {switch-on: chosen, cases: {1: one}}}\n"
                   "instances: {chosen: {value: value, if: kind == 3}}\n"
                   "types: {one: {seq: [{id: a, type: u1}]}}\n");
    assert_int_equal(model_field(ksy.model, 0)->role, ROLE_SWITCH);
    assert_int_equal(model_field(ksy.model, 1)->role, ROLE_SWITCH);
    assert_int_equal(model_field(ksy.model, 2)->role, ROLE_PLAIN);
    ksy_assert_round_trip(&ksy, "03 01 00 07", "kind=3 value=1 other=0 body.a=7");
    ksy_close(&ksy);
}

/* The bits between a field of bits and the next whole byte stay as they were. */
static void bits_that_no_field_holds_are_kept(void **state)
{
    struct ksy ksy;

    (void)state;
    ksy_open(&ksy, "meta: {id: m, endian: be}\nseq:\n  - {id: a, type: b3}\n"
                   "  - {id: b, type: u1}\n  - {id: c, type: b2le}\n"
                   "  - {id: x, type: u1}\n"
                   "  - {id: d, type: b9be}\n  - {id: e, type: u1}\n"
                   "  - {id: f, type: pair}\n"
                   "types:\n  pair: {seq: [{id: g, type: b1}, {id: h, type: b1}]}\n");
    ksy_assert_round_trip(&ksy, "bf 11 fe 00 aad5 07 3f",
                          "a=5 b=17 c=2 x=0 d=341 e=7 f.g=0 f.h=0");
    tree_set_integer(&ksy.tree, ksy_node(&ksy, "a"), 2, false);
    tree_set_integer(&ksy.tree, ksy_node(&ksy, "c"), 1, false);
    tree_set_integer(&ksy.tree, ksy_node(&ksy, "f.g"), 1, false);
    ksy_assert_emits(&ksy, "5f 11 fd 00 aad5 07 bf");
    ksy_close(&ksy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_has_a_true_example),
        cmocka_unit_test(fields_behind_an_instance_choose_the_case),
        cmocka_unit_test(bits_that_no_field_holds_are_kept),
        cmocka_unit_test(sizes_are_run_backwards_through_instances),
        cmocka_unit_test(a_size_of_two_fields_is_read_and_kept),
        cmocka_unit_test(a_size_that_is_a_parameter_is_run_backwards),
        cmocka_unit_test(a_size_that_is_computed_for_a_parameter_is_read_and_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
