/* Which function, source file and shared object a finding's place is, from what
 * sanitizers print. The text is the device's. */
#include "criteria/assessment_parts.h"
#include "scratch.h"

#include <sqlite3.h>

static const struct {
    const char *place, *detail, *wanted;
} cases[] = {
    {"modbus_reply",
     "==4911==ERROR: AddressSanitizer: SEGV\n    #0 0x55 in memcpy x/y.c:1\n"
     "    #1 0x55 in modbus_reply libmodbus/src/modbus.c:980:3\n    #2 0x5 in main m.c:1\n",
     "file=libmodbus/src/modbus.c,function=modbus_reply"},
    {"parse", "    #0 0x7f06 in parse (/usr/lib/libx.so.1+0x1234) (BuildId: 00)\n",
     "function=parse,object=libx.so.1"},
    {"parse", "    #0 0x7f06 in parse (prog+0x12)\n", "function=parse,object=prog"},
    {"parse", "    #0 parse /src/a.c:5 (a+0x1)\n", "file=/src/a.c,function=parse"},
    {"libx.so.1+0x1234", "    #0 0x7f06  (/usr/lib/libx.so.1+0x1234)\n",
     "object=libx.so.1"},
    {"src/a.c:12:3", "src/a.c:12:3: runtime error: shift\n", "file=src/a.c"},
    {"ns::parse", "    #0 0x1 in ns::parse(int) a.cc:3\n", "function=ns::parse"},
    {"transfer_data", "FAULT UsageFault pc=0x20100\n", "function=transfer_data"},
    {"f", "in f", "function=f"},
    {"f", " f ", "function=f"},
    {"f", " f (", "function=f"},
    {"f", " f a.c:", "function=f"},
    {"f", " f (/+", "function=f"},
    {"+0x", "", ""},
    {":1", "", ""},
};

static void add(struct store *store, size_t i)
{
    struct error error = {""};
    char id[20];

    snprintf(id, sizeof id, "F-%03zu", i);
    if (store_write(store, &error,
                    "INSERT INTO assessed_finding (folder, id, place, detail) VALUES "
                    "('run', ?, ?, ?)",
                    "ttt", id, cases[i].place, cases[i].detail) < 0)
        fail_msg("%s", error.text);
}

static void expect(struct store *store, size_t i)
{
    static const char sql[] =
        "SELECT group_concat(kind || '=' || name) FROM (SELECT * FROM finding_place WHERE "
        "finding = ? ORDER BY kind)";
    sqlite3_stmt *row = NULL;
    const char *text;
    char id[20];

    snprintf(id, sizeof id, "F-%03zu", i);
    assert_int_equal(sqlite3_prepare_v2(store_database(store), sql, -1, &row, NULL),
                     SQLITE_OK);
    sqlite3_bind_text(row, 1, id, -1, SQLITE_STATIC);
    assert_int_equal(sqlite3_step(row), SQLITE_ROW);
    text = (const char *)sqlite3_column_text(row, 0);
    if (strcmp(text ? text : "", cases[i].wanted) != 0)
        fail_msg("%s in '%s': %s, expected %s", cases[i].place, cases[i].detail,
                 text ? text : "nothing", cases[i].wanted);
    sqlite3_finalize(row);
}

static void places_are_read(void **state)
{
    struct error error = {""};
    struct assessment assessment = {.store = store_create_in_memory(&error)};
    struct yaml_document *empty = yaml_parse("a", view_text("assessment: a\n"), &error);

    (void)state;
    assert_non_null(assessment.store);
    assert_non_null(empty);
    assert_int_equal(store_write(assessment.store, &error,
                                 "INSERT INTO assessed_run (folder) VALUES ('run')", ""),
                     0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        add(assessment.store, i);
    assert_int_equal(store_commit(assessment.store, &error), 0);
    if (assessment_take_places(&assessment, yaml_root(empty), &error) < 0)
        fail_msg("%s", error.text);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect(assessment.store, i);
    yaml_close(empty);
    store_close(assessment.store, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(places_are_read)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
