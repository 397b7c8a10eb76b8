/* Tables as text: what RFC 4180 allows, what it does not, and hostile texts. */
#include "core/csv.h"
#include "core/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ID, TITLE, RISK };
static const struct csv_column columns[] = {[ID] = {"id", true},
                                            [TITLE] = {"title", true},
                                            [RISK] = {"risk-control", false},
                                            {NULL, false}};

static struct csv *parse(const char *text, struct error *error)
{
    return csv_parse("t.csv", view_text(text), columns, error);
}

static struct csv *need(const char *text)
{
    struct error error = {""};
    struct csv *csv = parse(text, &error);

    if (!csv)
        fail_msg("%s gave: %s", text, error.text);
    return csv;
}

static void cells_are_read(void **state)
{
    struct csv *csv = need("\xef\xbb\xbfRisk Control,x-note,ID,title\r\n"
                           "\" a, \"\"b\"\"\r\nc \",7,1,  one two \r\n"
                           ",,,\r\n"
                           "\n"
                           ",\"\",2,\"\xc3\xa9\"");

    (void)state;
    assert_int_equal(csv_rows(csv), 2);
    assert_string_equal(csv_cell(csv, 0, ID), "1");
    assert_string_equal(csv_cell(csv, 0, TITLE), "one two");
    assert_string_equal(csv_cell(csv, 0, RISK), "a, \"b\"\r\nc");
    assert_int_equal(csv_line(csv, 0), 2);
    assert_string_equal(csv_cell(csv, 1, TITLE), "\xc3\xa9");
    assert_string_equal(csv_cell(csv, 1, RISK), "");
    assert_int_equal(csv_line(csv, 1), 6);
    csv_close(csv);
}

static void a_column_may_be_left_out(void **state)
{
    struct csv *csv = need("title,id\none,1\n");

    (void)state;
    assert_string_equal(csv_cell(csv, 0, RISK), "");
    assert_string_equal(csv_cell(csv, 0, ID), "1");
    csv_close(csv);
}

static void wrong_texts_are_refused(void **state)
{
    static const struct {
        const char *text, *says;
    } wrong[] = {
        {"", "t.csv:1: expected a head"},
        {"id\n", "t.csv:1: expected a column 'title'"},
        {"id,title,id\n", "each column once"},
        {"id,titel\n", "found 'titel'; did you mean 'title'?"},
        {"id;title\n", "parted by commas"},
        {"id,title,\n", "found ''"},
        {"id,title\n1\n", "t.csv:2: expected 2 cells as in the head, found 1"},
        {"id,title\n1,a,\n", "found 3"},
        {"id,title\n1,a\n\n2,\n", "t.csv:4: column 'title': expected a text"},
        {"id,title\n1,a\"b\n", "t.csv:2: expected a cell with a quote"},
        {"id,title\n1,\"a\n\nb\n", "t.csv:2: expected a quote that closes"},
        {"id,title\n1,\"\n\"\"\"\"", "t.csv:2: expected a quote that closes"},
        {"id,title\n1,\"a\n\" b\n", "t.csv:3: expected a comma"},
        {"id,title\n1,a\rb\n", "t.csv:2: expected a line feed"},
        {"id,title\n1,\xff\n", "t.csv:2: expected text in UTF-8"},
        {"id,title\n1,\xc0\xaf\n", "t.csv:2: expected text in UTF-8"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct error error = {""};
        struct csv *csv = parse(wrong[i].text, &error);

        if (csv || !strstr(error.text, wrong[i].says))
            fail_msg("'%s' gave: '%s', expected '%s'", wrong[i].text, error.text,
                     wrong[i].says);
    }
}

static void a_zero_byte_is_refused(void **state)
{
    static const char text[] = "id,title\n1,a\0b\n";
    struct error error = {""};

    (void)state;
    assert_null(csv_parse("t.csv", (struct view){(const uint8_t *)text, sizeof text - 1},
                          columns, &error));
    assert_non_null(strstr(error.text, "t.csv:2: expected text in UTF-8"));
}

static void ceilings_hold(void **state)
{
    struct buffer text = buffer_make(1 << 24);
    struct error error = {""};

    (void)state;
    for (int i = 0; i < CSV_COLUMNS + 1; i++)
        buffer_append(&text, view_text("x-a,"));
    assert_null(csv_parse("t.csv", buffer_view(&text), columns, &error));
    assert_non_null(strstr(error.text, "at most 64 columns"));
    buffer_clear(&text);
    buffer_append(&text, view_text("id,title\n"));
    for (int i = 0; i < CSV_ROWS + 1; i++)
        buffer_append(&text, view_text("1,a\n"));
    assert_null(csv_parse("t.csv", buffer_view(&text), columns, &error));
    assert_non_null(strstr(error.text, "t.csv:100002: expected at most 100000 rows"));
    buffer_free(&text);
}

/* Nothing that is put together of what matters is read past its end, and what is taken
 * has whole rows. */
static void random_texts_end(void **state)
{
    static const char letters[] = "\"\",,\n\n\r a\xc3\xa9=";
    struct random random = {.key = 7};

    (void)state;
    for (int round = 0; round < 20000; round++) {
        char text[80] = "id,title\n";
        size_t length = strlen(text), end = length + random_next_below(&random, 60);
        struct error error = {""};
        struct csv *csv;

        while (length < end)
            text[length++] = letters[random_next_below(&random, sizeof letters - 1)];
        text[length] = '\0';
        csv = parse(text, &error);
        assert_true(csv || error.text[0]);
        for (size_t i = 0; csv && i < csv_rows(csv); i++)
            assert_true(csv_cell(csv, i, ID)[0] && csv_cell(csv, i, TITLE)[0]);
        csv_close(csv);
    }
}

static void what_is_written_is_read(void **state)
{
    static const char *const cells[] = {"1", "a, \"b\"\nc", "plain"};
    char *text = NULL;
    size_t size = 0;
    struct csv_out out = {.file = open_memstream(&text, &size)};
    struct csv *csv;

    (void)state;
    csv_put(&out, "id");
    csv_put(&out, "title");
    csv_put(&out, "risk-control");
    csv_end(&out);
    for (size_t i = 0; i < 3; i++)
        csv_put(&out, cells[i]);
    csv_end(&out);
    fclose(out.file);
    csv = need(text);
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(csv_cell(csv, 0, i), cells[i]);
    csv_close(csv);
    free(text);
}

static void no_cell_is_a_formula(void **state)
{
    static const char *const cells[] = {"=1+1", "+1", "-1", "@a", "a=b", "", NULL};
    char *text = NULL;
    size_t size = 0;
    struct csv_out out = {.file = open_memstream(&text, &size)};

    (void)state;
    for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++)
        csv_put(&out, cells[i]);
    csv_end(&out);
    fclose(out.file);
    assert_string_equal(text, "\"'=1+1\",\"'+1\",\"'-1\",\"'@a\",a=b,,\r\n");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_are_read),
        cmocka_unit_test(a_column_may_be_left_out),
        cmocka_unit_test(wrong_texts_are_refused),
        cmocka_unit_test(a_zero_byte_is_refused),
        cmocka_unit_test(ceilings_hold),
        cmocka_unit_test(random_texts_end),
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(no_cell_is_a_formula),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
