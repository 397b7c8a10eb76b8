#include "generate/survey.h"
#include "record/seeds.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct bench {
    struct model *model;
    struct tree tree;
    struct survey survey;
};

static void open_bench(struct bench *bench, const char *name)
{
    char path[1024];
    struct error error = {""};

    snprintf(path, sizeof path, PROJECT_FOLDER "/targets/modbus/%s.ksy", name);
    bench->model = model_load(path, &error);
    assert_string_equal(error.text, "");
    tree_init(&bench->tree, bench->model);
    assert_int_equal(survey_init(&bench->survey, bench->model), 0);
}

static void close_bench(struct bench *bench)
{
    survey_free(&bench->survey);
    tree_free(&bench->tree);
    model_free(bench->model);
}

static struct view parse(struct bench *bench, struct buffer *bytes, const char *hex)
{
    buffer_clear(bytes);
    assert_int_equal(bytes_from_hex(bytes, hex), 0);
    assert_int_equal(tree_parse(&bench->tree, buffer_view(bytes), false), 0);
    return buffer_view(bytes);
}

static const struct survey_field *field_of(const struct bench *bench, const char *type,
                                           const char *name)
{
    for (size_t id = 0; id < model_fields(bench->model); id++) {
        const struct field *field = model_field(bench->model, id);

        if (strcmp(field->type_name, type) == 0 && strcmp(field->name, name) == 0)
            return &bench->survey.fields[id];
    }
    fail_msg("no field %s.%s", type, name);
    return NULL;
}

static void test_kinds_and_values(void **state)
{
    struct buffer bytes = buffer_make(300);
    const struct survey_field *quantity, *value;
    const struct survey_kind *kind;
    struct bench bench;

    (void)state;
    open_bench(&bench, "modbus_tcp");
    parse(&bench, &bytes, "0001 0000 0006 01 01 0000 07d0");
    assert_string_equal(survey_take(&bench.survey, &bench.tree)->name, "read_coils");
    parse(&bench, &bytes, "0002 0000 0006 01 01 0000 07d1");
    kind = survey_take(&bench.survey, &bench.tree);
    assert_int_equal(kind->messages, 2);
    assert_int_equal(kind->valid, 1);
    parse(&bench, &bytes, "0003 0000 0006 01 05 0000 ff00");
    survey_take(&bench.survey, &bench.tree);
    parse(&bench, &bytes, "0003 0000 0006 01 08 000a 0000");
    assert_string_equal(survey_take(&bench.survey, &bench.tree)->name,
                        "diagnostics/clear_counters");
    quantity = field_of(&bench, "read_bits_request", "quantity");
    assert_int_equal(quantity->seen, 2);
    assert_int_equal(quantity->lowest, 2000);
    assert_int_equal(quantity->highest, 2001);
    assert_false(quantity->limits[0] || quantity->limits[1]);
    assert_true(quantity->limits[2] && quantity->limits[3]);
    value = field_of(&bench, "write_coil", "value");
    assert_false(value->choices[0]); /* off */
    assert_true(value->choices[1]);
    assert_int_equal(field_of(&bench, "mask_write", "and_mask")->seen, 0);
    close_bench(&bench);
    buffer_free(&bytes);
}

/* The traffic of a fuzzer does not make an endless table. */
static void test_endless(void **state)
{
    struct buffer bytes = buffer_make(300);
    const struct survey_kind *kind = NULL;
    struct bench bench;

    (void)state;
    open_bench(&bench, "modbus_tcp");
    for (unsigned sub = 100; sub < 100 + SURVEY_KINDS + 10; sub++) {
        char hex[64];

        snprintf(hex, sizeof hex, "0001 0000 0006 01 08 %04x 0000", sub);
        parse(&bench, &bytes, hex);
        kind = survey_take(&bench.survey, &bench.tree);
    }
    assert_string_equal(kind->name, "(others)");
    assert_int_equal(kind->messages, 10);
    assert_int_equal(bench.survey.kind_count, SURVEY_KINDS + 1);
    assert_int_equal(field_of(&bench, "diagnostics", "sub")->value_count, SURVEY_VALUES);
    close_bench(&bench);
    buffer_free(&bytes);
}

/* What numbers and guards a message is no content. */
static void test_seeds(void **state)
{
    struct buffer bytes = buffer_make(300);
    struct error error = {""};
    char folder[SCRATCH_PATH], inner[SCRATCH_PATH + 64];
    struct seeds seeds;
    struct bench bench;

    (void)state;
    scratch_make(folder);
    snprintf(inner, sizeof inner, "%s/a/b", folder);
    open_bench(&bench, "modbus_tcp");
    for (int round = 0; round < 2; round++) {
        assert_int_equal(seeds_open(&seeds, inner, bench.model, &error), 0);
        parse(&bench, &bytes, "0001 0000 0006 01 01 0000 0001");
        assert_int_equal(
            seeds_add(&seeds, &bench.tree, buffer_view(&bytes), "a/../b", &error),
            round == 0);
        parse(&bench, &bytes, "7777 0000 0006 01 01 0000 0001");
        assert_int_equal(seeds_add(&seeds, &bench.tree, buffer_view(&bytes), "x", &error),
                         0);
        parse(&bench, &bytes, "0001 0000 0006 01 01 0000 0002");
        assert_int_equal(seeds_add(&seeds, &bench.tree, buffer_view(&bytes), "x", &error),
                         round == 0);
        assert_int_equal(seeds.written, round == 0 ? 2 : 0);
        assert_int_equal(seeds.number, 2);
        seeds_free(&seeds);
    }
    snprintf(inner, sizeof inner, "%s/a/b/001-request-a----b.bin", folder);
    assert_int_equal(remove(inner), 0);
    snprintf(inner, sizeof inner, "%s/a/b/002-request-x.bin", folder);
    assert_int_equal(remove(inner), 0);
    scratch_remove(folder);
    close_bench(&bench);
    buffer_free(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_kinds_and_values),
                                       cmocka_unit_test(test_endless),
                                       cmocka_unit_test(test_seeds)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
