#include "privilege.h"

#include "core/hash.h"
#include "record/store.h"
#include "scratch.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <sys/wait.h>

enum { LONGEST_RECORD = 5000 };

struct place {
    char folder[SCRATCH_PATH], path[SCRATCH_PATH];
};

static int make_place(void **state)
{
    struct place *place = calloc(1, sizeof *place);

    assert_non_null(place);
    scratch_make(place->folder);
    scratch_path(place->folder, "campaign.db", place->path);
    *state = place;
    return 0;
}

static int remove_place(void **state)
{
    struct place *place = *state;

    scratch_remove(place->folder);
    free(place);
    return 0;
}

static struct case_row row_of(uint64_t number)
{
    return (struct case_row){.number = number,
                             .attempt = 1,
                             .epoch = 1,
                             .stream = number % 3 ? (int64_t)number : -1,
                             .step = number * 2,
                             .expected = 1,
                             .outcome = 2,
                             .verdict = "pass",
                             .latency_us = number % 2 ? 55 : -1,
                             .sent_bytes = 12,
                             .received_bytes = 9};
}

/* No record, short ones, long ones: they take different ways to the same digest. */
static struct view record_of(uint64_t number, uint8_t *bytes)
{
    size_t length = number % 5 == 0 ? LONGEST_RECORD : (size_t)(number % 5) * 7;

    for (size_t i = 0; i < length; i++)
        bytes[i] = (uint8_t)(number * 31 + i);
    return (struct view){bytes, number % 7 ? length : 0};
}

static void check_digests(struct store *store)
{
    static uint8_t bytes[LONGEST_RECORD];
    sqlite3_stmt *statement = NULL;
    uint64_t number = 0;

    assert_int_equal(sqlite3_prepare_v2(store_database(store),
                                        "SELECT digest FROM cases ORDER BY number", -1,
                                        &statement, NULL),
                     SQLITE_OK);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        struct view record = record_of(++number, bytes);
        struct hash hash = hash_of(record);

        if (!record.length) {
            assert_int_equal(sqlite3_column_type(statement, 0), SQLITE_NULL);
            continue;
        }
        assert_int_equal(sqlite3_column_bytes(statement, 0), HASH_SIZE);
        assert_memory_equal(sqlite3_column_blob(statement, 0), hash.bytes, HASH_SIZE);
    }
    sqlite3_finalize(statement);
    assert_int_equal(number, 2500);
}

static int64_t count_cases(struct store *store)
{
    return store_integer(store, -1, "SELECT count(*) FROM cases", "");
}

static void test_rows_come_back(void **state)
{
    struct place *place = *state;
    struct error error = {""};
    struct store *store = store_create(place->path, &error);
    static uint8_t record[LONGEST_RECORD];
    char text[16];

    assert_non_null(store);
    for (uint64_t i = 1; i <= 2500; i++) {
        struct case_row row = row_of(i);

        row.record = record_of(i, record);
        assert_int_equal(store_case(store, &row, &error), 0);
        if (i % 1000 == 1) /* what waits is read, too */
            assert_int_equal(count_cases(store), i);
    }
    assert_int_equal(store_commit(store, &error), 0);
    assert_int_equal(store_set(store, "device", "pump", &error), 0);
    assert_int_equal(store_set(store, "device", "pump-defective", &error), 0);
    assert_int_equal(
        store_write(store, &error, "INSERT INTO criterion VALUES(?,?,?,?,?,?,?,?,?,?)",
                    "ttttrnttt", "AC-04", "t", "run", "pass", 0.25, "", "", "", ""),
        -1); /* nine values for ten marks */
    assert_int_equal(
        store_write(store, &error, "INSERT INTO criterion VALUES(?,?,?,?,?,?,?,?,?,?)",
                    "ttttrntttt", "AC-04", "t", "run", "pass", 0.25, "u", "r", "s", "e"),
        0);
    assert_int_equal(store_close(store, &error), 0);

    store = store_open(place->path, false, &error);
    assert_non_null(store);
    assert_int_equal(count_cases(store), 2500);
    check_digests(store);
    assert_int_equal(store_integer(store, 7, "SELECT stream FROM cases WHERE number=?",
                                   "i", (int64_t)3),
                     7); /* NULL */
    assert_int_equal(store_integer(store, 7,
                                   "SELECT latency_us FROM cases WHERE number=?", "i",
                                   (int64_t)5),
                     55);
    assert_int_equal(store_integer(store, 7, "SELECT step FROM cases WHERE number=?", "i",
                                   (int64_t)5000),
                     7); /* no row */
    assert_int_equal(store_integer(store, 7,
                                   "SELECT measured=0.25 AND limit_value IS NULL FROM "
                                   "criterion WHERE id=?",
                                   "t", "AC-04"),
                     1);
    assert_int_equal(store_get(store, "device", text, sizeof text), 0);
    assert_string_equal(text, "pump-defective");
    assert_int_equal(store_get(store, "link", text, sizeof text), -1);
    assert_int_equal(store_set(store, "device", "x", &error), -1);
    assert_non_null(strstr(error.text, "reading only"));
    assert_int_equal(store_close(store, &error), 0);
    assert_int_equal(scratch_empty(place->folder), 1); /* one file, no -wal, no -shm */
}

static void test_bad_statements(void **state)
{
    struct place *place = *state;
    struct error error = {""};
    struct store *store = store_create(place->path, &error);
    struct case_row row = row_of(1);

    assert_int_equal(store_write(store, &error, "INSERT INTO nowhere VALUES(1)", ""), -1);
    assert_non_null(strstr(error.text, "no such table: nowhere"));
    assert_int_equal(store_write(store, &error, "INSERT INTO run VALUES(?,?)", "tx", "a"),
                     -1);
    assert_int_equal(
        store_write(store, &error, "INSERT INTO run VALUES(?,?)", "tt", "a", NULL), 0);
    assert_int_equal(store_commit(store, &error), -1);
    assert_non_null(strstr(error.text, "NOT NULL"));
    assert_int_equal(store_case(store, &row, &error), 0);
    assert_int_equal(store_case(store, &row, &error), 0); /* the same case twice */
    assert_int_equal(store_commit(store, &error), -1);
    assert_non_null(strstr(error.text, "UNIQUE"));
    assert_int_equal(count_cases(store), 1); /* the first of them */
    assert_int_equal(store_commit(store, &error), 0);
    /* What a reader's look into the store brought to light is told to the next writer. */
    assert_int_equal(store_case(store, &row, &error), 0);
    assert_int_equal(count_cases(store), 1);
    row = row_of(2);
    assert_int_equal(store_case(store, &row, &error), -1);
    assert_non_null(strstr(error.text, "UNIQUE"));
    assert_int_equal(store_case(store, &row, &error), 0); /* told once */
    assert_int_equal(store_close(store, &error), 0);
    assert_int_equal(store_close(NULL, &error), 0);
}

static void test_more_statements_than_kept(void **state)
{
    struct place *place = *state;
    struct error error = {""};
    struct store *store = store_create(place->path, &error);
    char sql[64], rule[32];

    for (int i = 0; i < 500; i++) {
        snprintf(sql, sizeof sql, "SELECT %d+?", i);
        assert_int_equal(store_integer(store, 0, sql, "i", (int64_t)1000), 1000 + i);
    }
    /* Rows that wait for a statement that is pushed out are not lost. */
    for (int i = 0; i < 500; i++) {
        snprintf(sql, sizeof sql, "INSERT INTO excluded VALUES(?,?,%d)", i);
        snprintf(rule, sizeof rule, "rule %d", i);
        assert_int_equal(store_write(store, &error, sql, "tt", rule, "why"), 0);
    }
    assert_int_equal(store_integer(store, 0, "SELECT sum(cases) FROM excluded", ""),
                     500 * 499 / 2);
    assert_int_equal(store_close(store, &error), 0);
}

static void make_other(const char *path, const char *sql)
{
    sqlite3 *database;

    assert_int_equal(sqlite3_open(path, &database), SQLITE_OK);
    assert_int_equal(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(database);
}

static void test_refuses_what_is_not_ours(void **state)
{
    struct place *place = *state;
    struct error error = {""};
    struct store *store;
    FILE *file;

    assert_null(store_open(place->path, true, &error)); /* not there */
    assert_int_equal(scratch_empty(place->folder), 0);
    make_other(place->path, "CREATE TABLE cases(number)");
    assert_null(store_create(place->path, &error));
    assert_non_null(strstr(error.text, "File exists"));
    assert_null(store_open(place->path, true, &error));
    assert_non_null(strstr(error.text, "not a percuss store"));
    make_other(place->path, "PRAGMA application_id=1885696611; PRAGMA user_version=99");
    assert_null(store_open(place->path, false, &error));
    assert_non_null(strstr(error.text, "version 99"));
    scratch_empty(place->folder);
    file = fopen(place->path, "w"); /* its maker was killed */
    fclose(file);
    assert_null(store_open(place->path, false, &error));
    store = store_open(place->path, true, &error);
    assert_non_null(store);
    assert_int_equal(count_cases(store), 0);
    assert_int_equal(store_close(store, &error), 0);
    file = fopen(place->path, "w");
    for (int i = 0; i < 100; i++)
        fputs("this is text and no database\n", file);
    fclose(file);
    assert_null(store_open(place->path, true, &error));
    assert_non_null(strstr(error.text, "not a percuss store"));
}

static void write_for_ever(const char *path, int ready)
{
    struct store *store = store_create(path, NULL);

    for (uint64_t i = 1; store; i++) {
        struct case_row row = row_of(i);

        if (store_case(store, &row, NULL))
            break;
        if (i % 1000 == 0 &&
            (store_commit(store, NULL) || write(ready, &i, sizeof i) != sizeof i))
            break;
    }
    _exit(1);
}

static void test_survives_kill(void **state)
{
    struct place *place = *state;
    struct error error = {""};
    struct store *store;
    uint64_t committed = 0;
    int ends[2];
    pid_t child;

    assert_int_equal(pipe(ends), 0);
    child = fork();
    if (child == 0)
        write_for_ever(place->path, ends[1]);
    close(ends[1]);
    while (committed < 50000)
        assert_int_equal(read(ends[0], &committed, sizeof committed), sizeof committed);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    while (read(ends[0], &committed, sizeof committed) == sizeof committed)
        ;
    close(ends[0]);

    store = store_open(place->path, false, &error); /* a report on a killed run */
    assert_non_null(store);
    assert_true(count_cases(store) >= (int64_t)committed);
    assert_int_equal(store_close(store, &error), 0);
    store = store_open(place->path, true, &error);
    assert_non_null(store);
    assert_true(count_cases(store) >= (int64_t)committed);
    assert_int_equal(count_cases(store) % 1000, 0); /* whole batches */
    assert_int_equal(store_integer(store, 0, "SELECT max(number) FROM cases", ""),
                     count_cases(store));
    assert_int_equal(store_close(store, &error), 0);
    assert_int_equal(scratch_empty(place->folder), 1);
}

static void test_read_while_writing(void **state)
{
    struct place *place = *state;
    struct error error = {""};
    struct store *writer = store_create(place->path, &error), *reader, *second;
    struct case_row row = row_of(1);

    assert_int_equal(store_case(writer, &row, &error), 0);
    assert_int_equal(store_commit(writer, &error), 0);
    row = row_of(2);
    assert_int_equal(store_case(writer, &row, &error), 0);
    reader = store_open(place->path, false, &error);
    assert_non_null(reader);
    assert_int_equal(count_cases(reader), 1);
    second = store_open(place->path, true, &error);
    assert_non_null(second);
    sqlite3_busy_timeout(store_database(second), 0);
    assert_int_equal(store_case(second, &row, &error), -1);
    assert_non_null(strstr(error.text, "another process is writing"));
    store_close(second, &error);
    assert_int_equal(store_close(writer, &error), 0);
    assert_int_equal(count_cases(reader), 2);
    assert_int_equal(store_close(reader, &error), 0);
}

static void test_full_disk(void **state)
{
    struct place *place = *state;
    struct error error = {""};
    bool mounted = privilege_small_disk(place->folder, 1);
    struct store *store = store_create(place->path, &error);
    int64_t committed = 0;

    assert_non_null(store);
    for (uint64_t number = 1;; number++) {
        struct case_row row = row_of(number);

        if (store_case(store, &row, &error))
            break;
        if (number % 1000)
            continue;
        if (store_commit(store, &error))
            break;
        committed = (int64_t)number;
        assert_true(number < 1000000);
    }
    assert_true(committed > 0);
    assert_non_null(strstr(error.text, place->path));
    if (mounted)
        assert_non_null(strstr(error.text, "free some disk space"));
    store_close(store, NULL);

    store = store_open(place->path, false, &error); /* still full */
    assert_non_null(store);
    assert_true(count_cases(store) >= committed);
    assert_int_equal(store_integer(store, 0,
                                   "SELECT count(*) FROM pragma_integrity_check "
                                   "WHERE integrity_check='ok'",
                                   ""),
                     1);
    assert_int_equal(store_close(store, &error), 0);
    privilege_end_small_disk(place->folder, mounted);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, make_place, remove_place)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_rows_come_back),
        TEST(test_bad_statements),
        TEST(test_more_statements_than_kept),
        TEST(test_refuses_what_is_not_ours),
        TEST(test_survives_kill),
        TEST(test_read_while_writing),
        TEST(test_full_disk),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
