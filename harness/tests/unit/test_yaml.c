#include "core/yaml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct yaml_document *parse(const char *text, struct error *error)
{
    return yaml_parse("test.yaml", view_text(text), error);
}

static void assert_refused(const char *text, const char *message)
{
    struct error error = {""};
    struct yaml_document *document = parse(text, &error);

    assert_null(document);
    if (!strstr(error.text, message))
        fail_msg("'%s' does not say '%s'", error.text, message);
}

static void test_nodes_remember_key_and_line(void **state)
{
    struct error error = {""};
    struct yaml_document *document =
        parse("a: 1\nb:\n  - x\n  - \"7\"\nc:\n  d: |\n    text\n", &error);
    const struct yaml *root = yaml_root(document), *b = yaml_get(root, "b");

    (void)state;
    assert_int_equal(root->count, 3);
    assert_int_equal(b->line, 2);
    assert_int_equal(b->child->next->line, 4);
    assert_true(b->child->next->quoted);
    assert_false(b->child->quoted);
    assert_string_equal(yaml_get(yaml_get(root, "c"), "d")->text, "text\n");
    assert_int_equal(yaml_get(yaml_get(root, "c"), "d")->line, 6);
    assert_null(yaml_get(root, "absent"));
    yaml_close(document);
}

static void test_refuses_what_hides_meaning(void **state)
{
    static const char nul[] = "a: 1\nb: \0";
    struct error error = {""};
    char deep[200] = "";

    (void)state;
    assert_refused("a: &x 1\n", "test.yaml:1:4: anchors");
    assert_refused("a: 1\nb: *x\n", "test.yaml:2:4: aliases");
    assert_refused("a: !!int 1\n", "test.yaml:1:4: tags");
    assert_refused("a: {<<: {b: 1}}\n", "merge keys");
    assert_refused(
        "a: 1\nb: 2\na: 3\n",
        "test.yaml:3:1: key 'a' is there twice; expected it once (it is on line 1)");
    assert_refused("a: 1\n---\nb: 2\n", "expected one document");
    assert_refused("a: \"x\\0y\"\n", "NUL");
    assert_refused("? [a]\n: 1\n", "plain key");
    assert_refused("a: [1, 2\nb: 3\n", "not YAML");
    assert_refused("", "found nothing");
    memset(deep, '[', 100);
    assert_refused(deep, "64 deep");
    assert_null(
        yaml_parse("test.yaml", (struct view){(const uint8_t *)nul, sizeof nul}, &error));
    assert_non_null(strstr(error.text, "test.yaml:2:4:"));
    assert_null(yaml_load("/nonexistent/file.yaml", &error));
    assert_non_null(strstr(error.text, "/nonexistent/file.yaml"));
}

static void test_typed_readers(void **state)
{
    static const char *const choices[] = {"slow", "fast", NULL};
    struct error error = {""};
    struct yaml_document *document =
        parse("i: 0x1_0\nn: -7\nr: 1.5\nb: true\nd: 250ms\n"
              "c: fast\nt: \"12\"\nbig: 9223372036854775808\n",
              &error);
    const struct yaml *root = yaml_root(document);
    int64_t integer = 5, duration = 0;
    const char *text = NULL;
    double real = 0;
    bool yes = false;
    int choice = 0;

    (void)state;
    assert_int_equal(yaml_read_integer(root, "absent", 0, 9, &integer, &error), 0);
    assert_int_equal(integer, 5);
    assert_int_equal(yaml_read_integer(root, "i", 0, 99, &integer, &error), 0);
    assert_int_equal(integer, 16);
    assert_int_equal(yaml_read_integer(root, "n", -9, 9, &integer, &error), 0);
    assert_int_equal(integer, -7);
    assert_int_equal(yaml_read_integer(root, "n", 0, 9, &integer, &error), -1);
    assert_string_equal(
        error.text,
        "test.yaml:2:4: key 'n': expected an integer from 0 to 9, found '-7'");
    assert_int_equal(yaml_read_integer(root, "t", 0, 99, &integer, &error), -1);
    assert_int_equal(yaml_read_integer(root, "big", 0, INT64_MAX, &integer, &error), -1);
    assert_int_equal(yaml_read_real(root, "r", 0, 2, &real, &error), 0);
    assert_true(real > 1.4 && real < 1.6);
    assert_int_equal(yaml_read_bool(root, "b", &yes, &error), 0);
    assert_true(yes);
    assert_int_equal(yaml_read_duration(root, "d", &duration, &error), 0);
    assert_int_equal(duration, 250000000);
    assert_int_equal(yaml_read_duration(root, "r", &duration, &error), -1);
    assert_int_equal(yaml_read_choice(root, "c", choices, &choice, &error), 0);
    assert_int_equal(choice, 1);
    assert_int_equal(yaml_read_choice(root, "t", choices, &choice, &error), -1);
    assert_non_null(strstr(error.text, "one of: slow, fast"));
    assert_int_equal(yaml_read_text(root, "t", &text, &error), 0);
    assert_string_equal(text, "12");
    yaml_close(document);
}

static void test_keys_are_checked(void **state)
{
    static const char *const known[] = {"a", "b", NULL};
    struct error error = {""};
    struct yaml_document *document = parse("a: 1\nwrong: 2\n", &error);

    (void)state;
    assert_int_equal(yaml_check_keys(yaml_root(document), known, &error), -1);
    assert_string_equal(
        error.text,
        "test.yaml:2:1: key 'wrong' is not known here; expected one of: a, b");
    assert_null(yaml_need(yaml_root(document), "b", YAML_MAP, &error));
    assert_non_null(strstr(error.text, "key 'b' is missing"));
    assert_null(yaml_need(yaml_root(document), "a", YAML_MAP, &error));
    assert_non_null(
        strstr(error.text, "test.yaml:1:4: key 'a': expected a map, found '1'"));
    yaml_close(document);
}

static void test_columns_and_suggestions(void **state)
{
    static const char *const known[] = {"endian", "encoding", NULL};
    struct error error = {""};
    struct yaml_document *document =
        parse("m: {x: 1, endina: 'a b', \"größe\": größer}\nb: >\n  folded\n", &error);
    const struct yaml *map = yaml_get(yaml_root(document), "m");
    const struct yaml *quoted = yaml_get(map, "endina"), *wide = yaml_get(map, "größe");

    (void)state;
    assert_int_equal(quoted->column, 11);
    assert_int_equal(quoted->value_column, 20);
    assert_true(quoted->exact);
    assert_int_equal(wide->column, 26);
    assert_int_equal(wide->value_column, 35);
    assert_false(yaml_get(yaml_root(document), "b")->exact);
    error_set(&error, "x");
    yaml_locate(wide, strlen("größ"), &error);
    assert_string_equal(error.text, "test.yaml:1:39: key 'größe': x");
    assert_int_equal(yaml_check_keys(map, known, &error), -1);
    assert_string_equal(error.text, "test.yaml:1:5: key 'x' is not known here; expected "
                                    "one of: endian, encoding");
    assert_int_equal(
        yaml_check_keys(&(struct yaml){.kind = YAML_MAP, .child = map->child->next},
                        known, &error),
        -1);
    assert_non_null(strstr(error.text, "test.yaml:1:11: key 'endina' is not known"));
    assert_non_null(strstr(error.text, "; did you mean 'endian'?"));
    yaml_close(document);
}

static void test_integers_in_text(void **state)
{
    int64_t value = 0;

    (void)state;
    assert_int_equal(text_to_integer("0b1010", &value), 0);
    assert_int_equal(value, 10);
    assert_int_equal(text_to_integer("0o17", &value), 0);
    assert_int_equal(value, 15);
    assert_int_equal(text_to_integer("-9223372036854775808", &value), 0);
    assert_true(value == INT64_MIN);
    assert_int_equal(text_to_integer("9223372036854775808", &value), -1);
    assert_int_equal(text_to_integer("", &value), -1);
    assert_int_equal(text_to_integer("0x", &value), -1);
    assert_int_equal(text_to_integer("1_", &value), -1);
    assert_int_equal(text_to_integer("_1", &value), -1);
    assert_int_equal(text_to_integer("12a", &value), -1);
    assert_int_equal(text_to_duration("8h", &value), 0);
    assert_true(value == INT64_C(28800000000000));
    assert_int_equal(text_to_duration("99999999999999h", &value), -1);
    assert_int_equal(text_to_duration("5", &value), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nodes_remember_key_and_line),
        cmocka_unit_test(test_refuses_what_hides_meaning),
        cmocka_unit_test(test_typed_readers),
        cmocka_unit_test(test_keys_are_checked),
        cmocka_unit_test(test_columns_and_suggestions),
        cmocka_unit_test(test_integers_in_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
