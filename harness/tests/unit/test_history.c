/* Nights folded into one history: what is one finding, what holds as fixed, what comes
 * back, where the next night goes on, which nights stay. */
#include "report/history.h"
#include "report/identity.h"
#include "report/retention.h"
#include "report/rows.h"

#include "scratch.h"

#include <sqlite3.h>
#include <sys/stat.h>

#define BUILD_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define BUILD_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

struct fixture {
    char folder[SCRATCH_PATH];
    int nights; /* made so far; night N is called nN and began at second N */
};

static void execute(struct store *store, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void execute(struct store *store, const char *format, ...)
{
    char sql[2000], *message = NULL;
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(sql, sizeof sql, format, arguments);
    va_end(arguments);
    if (sqlite3_exec(store_database(store), sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s in: %s", message, sql);
}

static const char *path_of(const struct fixture *fixture, int night, const char *file)
{
    static char path[200];

    snprintf(path, sizeof path, "%s/n%d%s", fixture->folder, night, file);
    return path;
}

/* A night of the numbered engine that sent cases first .. last on a build. */
static struct store *begin_night(struct fixture *fixture, const char *build, int first,
                                 int last)
{
    struct error error = {""};
    struct store *store;
    int night = ++fixture->nights;

    assert_int_equal(mkdir(path_of(fixture, night, ""), 0777), 0);
    store = store_create(path_of(fixture, night, "/campaign.db"), &error);
    if (!store)
        fail_msg("%s", error.text);
    execute(
        store,
        "INSERT INTO oracle VALUES ('exit', '', 1, '', 'proven', '');"
        "INSERT INTO sitting VALUES (1, %d000000000, %d500000000, 'time');"
        "INSERT INTO epoch VALUES (1, 1, %d, %d, NULL, 'warm', 5, 1, 1);"
        "INSERT INTO cases(number, attempt, epoch, step, expected, outcome, verdict, "
        "sent_bytes, received_bytes) VALUES (%d, 1, 1, 0, 1, 1, 'pass', 1, 1);"
        "INSERT INTO run VALUES ('plan_hash', 'p'), ('engine', 'numbered'), ('seed', "
        "'1'), ('model_id', 'm'), ('interface', 'i'), ('selection', 'everything'), "
        "('started_ns', '%d000000000'), ('night_first', '%d'), ('device', 'process x, program "
        "sha256 %s')",
        night, night, first, last, last, night, first, build);
    return store;
}

static void end_night(struct store *store)
{
    struct error error = {""};

    if (store_close(store, &error) < 0)
        fail_msg("%s", error.text);
}

static void add_row(struct store *store, const char *id, const char *cause,
                    const char *grade, const char *place)
{
    execute(
        store,
        "INSERT INTO finding VALUES ('%s', 'exit', 'crash', 'exit: %s', 'T %s', 'D', '', "
        "'%s', 1, 'n', 1, 5, 5, 5, 0, 0.004, 1, 4, 1.0, '%s', 'B-01', '', '%s')",
        id, cause, cause, grade, id, place);
}

/* With its reproducer, in the night that was begun last. */
static void add_finding(const struct fixture *fixture, struct store *store,
                        const char *id, const char *cause, const char *grade,
                        const char *place)
{
    char file[24];
    FILE *out;

    add_row(store, id, cause, grade, place);
    snprintf(file, sizeof file, "/%s", id);
    out = fopen(path_of(fixture, fixture->nights, file), "w");
    assert_non_null(out);
    fprintf(out,
            "{\"percuss_reproducer\": 2, \"id\": \"%s\", \"oracle\": \"exit\", \"kind\": "
            "\"crash\", \"cause\": \"%s\", \"title\": \"t\", \"campaign\": \"c\", "
            "\"plan_hash\": \"p\", \"case_name\": \"n\", \"campaign_text\": \"\", "
            "\"wire\": []}",
            id, cause);
    fclose(out);
}

/* As the nights do: named by the run that it was found in. */
static void add_replay(const struct fixture *fixture, struct store *store, int night,
                       const char *id, int replays, int failures)
{
    struct run_view view = {.directory = "x"};
    struct error error = {""};
    char run[HASH_TEXT], name[IDENTITY_ID];

    view.store = store_open(path_of(fixture, night, "/campaign.db"), false, &error);
    assert_non_null(view.store);
    assert_int_equal(identity_run(&view, run, &error), 0);
    identity_finding(run, id, name);
    store_close(view.store, NULL);
    execute(store,
            "INSERT INTO retest SELECT NULL, %d600000000, 'p', '%s', 'c', value, %d, %d "
            "FROM run WHERE key = 'device'",
            fixture->nights, name, replays, failures);
}

static void read_history(struct fixture *fixture, struct history *history)
{
    struct error error = {""};

    if (history_read(fixture->folder, NULL, history, &error) < 0)
        fail_msg("%s", error.text);
}

/* All that is known, a finding a line. */
static void expect_known(struct fixture *fixture, const char *wanted)
{
    struct history history;
    struct rows rows;
    struct run_view view = {.directory = fixture->folder};
    char text[2000] = "";

    read_history(fixture, &history);
    view.store = history.store;
    rows = rows_of(&view,
                   "SELECT id || ' ' || CASE held WHEN '' THEN 'open' ELSE 'fixed' END "
                   "|| ' ' || first_night || ' ' || last_night FROM old.known ORDER BY "
                   "first_night, id");
    while (rows_next(&rows))
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s\n",
                 rows_text(&rows, 0));
    assert_int_equal(rows_close(&rows, &(struct error){0}), 0);
    assert_string_equal(text, wanted);
    history_free(&history);
}

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);

    assert_non_null(fixture);
    scratch_make(fixture->folder);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    scratch_remove(fixture->folder);
    free(fixture);
    return 0;
}

/* --- what is one, and what holds ---------------------------------------------------- */

static void test_one_finding(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = begin_night(fixture, BUILD_A, 1, 10);

    add_finding(fixture, store, "F-001", "one", "confirmed", "");
    add_finding(fixture, store, "F-002", "two", "confirmed", "main");
    end_night(store);
    store = begin_night(fixture, BUILD_A, 11, 20);
    add_finding(fixture, store, "F-001", "other", "confirmed",
                "main"); /* the same place */
    add_finding(fixture, store, "F-002", "one", "intermittent", "");
    end_night(store);
    expect_known(*state, "n1/F-001 open n1 n2\nn2/F-001 open n1 n2\n");
}

static void test_fixed_and_returned(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = begin_night(fixture, BUILD_A, 1, 10);

    add_finding(fixture, store, "F-001", "one", "confirmed", "");
    add_finding(fixture, store, "F-002", "two", "intermittent", "");
    end_night(store);
    /* On the build that it failed on, passing shows nothing. */
    store = begin_night(fixture, BUILD_A, 11, 20);
    add_replay(fixture, store, 1, "F-001", 5, 0);
    end_night(store);
    expect_known(*state, "n1/F-001 open n1 n1\nn1/F-002 open n1 n1\n");
    /* Nor does it four times, nor of one that fails now and then. */
    store = begin_night(fixture, BUILD_B, 1, 10);
    add_replay(fixture, store, 1, "F-001", 4, 0);
    add_replay(fixture, store, 1, "F-002", 5, 0);
    end_night(store);
    expect_known(*state, "n1/F-001 open n1 n1\nn1/F-002 open n1 n1\n");
    store = begin_night(fixture, BUILD_B, 1, 10);
    add_replay(fixture, store, 1, "F-001", 5, 0);
    end_night(store);
    expect_known(*state, "n1/F-001 fixed n1 n1\nn1/F-002 open n1 n1\n");
    store = begin_night(fixture, BUILD_A, 1, 10);
    add_replay(fixture, store, 1, "F-001", 1, 1);
    end_night(store);
    expect_known(*state, "n1/F-001 open n1 n5\nn1/F-002 open n1 n1\n");
}

/* A full disk kept the reproducer from being written, or cut it. */
static void test_lost_reproducer(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = begin_night(fixture, BUILD_A, 1, 10);
    FILE *out;

    add_finding(fixture, store, "F-001", "one", "confirmed", "");
    end_night(store);
    store = begin_night(fixture, BUILD_A, 11, 20);
    add_row(store, "F-001", "one", "confirmed", "");
    end_night(store);
    expect_known(*state, "n1/F-001 open n1 n2\n");
    out = fopen(path_of(fixture, 2, "/F-001"), "w");
    assert_non_null(out);
    fputs("{\"percuss_reproducer\": 2, \"id\": ", out);
    fclose(out);
    expect_known(*state, "n1/F-001 open n1 n2\n");
}

static void test_said(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = begin_night(fixture, BUILD_A, 1, 10);

    add_finding(fixture, store, "F-001", "one", "confirmed", "");
    execute(
        store,
        "INSERT INTO triage VALUES (1, 5000000000, 'A', 'F-001', 'disposition', 'fixed', "
        "'w', '', '')");
    end_night(store);
    expect_known(*state, "n1/F-001 fixed n1 n1\n");
    for (int i = 0; i < 5; i++)
        end_night(begin_night(fixture, BUILD_A, 1, 10));
    store = begin_night(fixture, BUILD_A, 1, 10); /* behind what was said */
    add_finding(fixture, store, "F-001", "one", "confirmed", "");
    end_night(store);
    expect_known(*state, "n7/F-001 open n1 n7\n");
}

/* A word is taken back by the next; what replays have shown is not. */
static void test_said_otherwise(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = begin_night(fixture, BUILD_A, 1, 10);

    add_finding(fixture, store, "F-001", "one", "confirmed", "");
    add_finding(fixture, store, "F-002", "two", "confirmed", "");
    for (int i = 1; i <= 2; i++)
        execute(
            store,
            "INSERT INTO triage VALUES (%d, 1800000000, 'A', 'F-00%d', 'disposition', "
            "'fixed', 'w', '', ''), (%d, 3900000000, 'A', 'F-00%d', 'disposition', "
            "'accepted', 'w', '', '')",
            i, i, i + 2, i);
    end_night(store);
    expect_known(*state, "n1/F-001 open n1 n1\nn1/F-002 open n1 n1\n");
    store = begin_night(fixture, BUILD_B, 1, 10);
    add_replay(fixture, store, 1, "F-001", 5, 0);
    end_night(store);
    expect_known(*state, "n1/F-001 fixed n1 n1\nn1/F-002 open n1 n1\n");
}

/* What counts is when a replay was made, not how old the run is beside which it lies;
 * percuss retest names finding and cause. */
static void test_retested_later(void **state)
{
    static const char retest[] = "INSERT INTO retest SELECT NULL, %d900000000, 'p', "
                                 "'F-001', 'one', value, 5, %d FROM run WHERE key = "
                                 "'device'";
    struct fixture *fixture = *state;
    struct store *store = begin_night(fixture, BUILD_A, 1, 10);

    add_finding(fixture, store, "F-001", "one", "confirmed", "");
    end_night(store);
    store = begin_night(fixture, BUILD_B, 1, 10);
    execute(store, retest, 2, 0);
    execute(store, "UPDATE retest SET cause = 'other'");
    end_night(store);
    expect_known(*state, "n1/F-001 open n1 n1\n");
    store = begin_night(fixture, BUILD_B, 1, 10);
    execute(store, retest, 5, 0);
    end_night(store);
    expect_known(*state, "n1/F-001 fixed n1 n1\n");
    store = begin_night(fixture, BUILD_B, 11, 20); /* seen on that build before */
    add_finding(fixture, store, "F-001", "one", "confirmed", "");
    end_night(store);
    expect_known(*state, "n4/F-001 open n1 n4\n");
    store = begin_night(fixture, BUILD_A, 1, 10);
    execute(store, retest, 5, 0);
    end_night(store);
    expect_known(*state, "n4/F-001 fixed n1 n4\n");
}

/* --- going on ----------------------------------------------------------------------- */

static void expect_position(struct fixture *fixture, const char *plan,
                            const char *selection, const char *build, uint64_t wanted)
{
    struct history_place place = {plan, selection, build, 1};
    struct history history;
    char night[256];

    read_history(fixture, &history);
    assert_int_equal(history_position(&history, &place, night, sizeof night), wanted);
    history_free(&history);
}

static void test_position(void **state)
{
    struct fixture *fixture = *state;
    struct store *store;

    expect_position(*state, "p", "everything", BUILD_A, 0);
    store =
        begin_night(fixture, BUILD_A, 1, 4); /* a run, which nobody took for a night */
    execute(store, "DELETE FROM run WHERE key = 'night_first'");
    end_night(store);
    expect_position(*state, "p", "everything", BUILD_A, 5);
    end_night(begin_night(fixture, BUILD_A, 1, 10));
    end_night(begin_night(fixture, BUILD_B, 1, 7));
    end_night(begin_night(fixture, BUILD_A, 11, 25));
    store = begin_night(fixture, BUILD_A, 500, 600); /* of somebody's own choice */
    execute(store, "DELETE FROM run WHERE key = 'night_first'");
    end_night(store);
    store = begin_night(fixture, BUILD_A, 26, 30); /* killed in its first epoch */
    execute(store, "UPDATE epoch SET closed = 0");
    end_night(store);
    expect_position(*state, "p", "everything", BUILD_A, 26);
    expect_position(*state, "p", "everything", BUILD_B, 8);
    expect_position(*state, "p", "everything", "", 26);
    expect_position(*state, "p", "only a", BUILD_A, 0);
    expect_position(*state, "q", "everything", BUILD_A, 0);
}

/* --- what is no history ------------------------------------------------------------- */

static void test_left_out(void **state)
{
    struct fixture *fixture = *state;
    struct history history;
    FILE *file;

    end_night(begin_night(fixture, BUILD_A, 1, 10));
    assert_int_equal(mkdir(path_of(fixture, 90, ""), 0777), 0);
    file = fopen(path_of(fixture, 90, "/campaign.db"), "w");
    assert_non_null(file);
    fputs("no store", file);
    fclose(file);
    read_history(fixture, &history);
    assert_int_equal(history.night_count, 1);
    assert_int_equal(history.left_out, 1);
    assert_non_null(strstr(history.why_left_out, "n90"));
    history_free(&history);
}

static void test_other_interface(void **state)
{
    struct fixture *fixture = *state;
    struct history history;
    struct error error = {""};
    struct store *store;

    end_night(begin_night(fixture, BUILD_A, 1, 10));
    store = begin_night(fixture, BUILD_A, 1, 10);
    execute(store, "UPDATE run SET value = 'USB' WHERE key = 'interface'");
    end_night(store);
    assert_int_equal(history_read(fixture->folder, NULL, &history, &error), -1);
    assert_non_null(strstr(error.text, "USB"));
    history_free(&history);
}

/* --- tonight ------------------------------------------------------------------------ */

/* The last night against those before it: "STATUS!" where it alarms, for each finding. */
static void expect_tonight(struct fixture *fixture, const char *wanted)
{
    struct history history;
    struct comparison comparison;
    struct error error = {""};
    char folder[200], text[1000] = "";

    snprintf(folder, sizeof folder, "%s", path_of(fixture, fixture->nights, ""));
    if (history_read(fixture->folder, folder, &history, &error) < 0 ||
        history_compare(&history, folder, &comparison, &error) < 0)
        fail_msg("%s", error.text);
    for (size_t i = 0; i < comparison.count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s\n",
                 compare_status_name(comparison.findings[i].status),
                 comparison.findings[i].alarms ? "!" : "");
    assert_string_equal(text, wanted);
    compare_free(&comparison);
    history_free(&history);
}

static void test_tonight(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = begin_night(fixture, BUILD_A, 1, 10);

    add_finding(fixture, store, "F-001", "one", "confirmed", "");
    end_night(store);
    expect_tonight(*state, "new!\n");
    end_night(begin_night(fixture, BUILD_A, 11, 20));
    expect_tonight(*state, "not seen again\n");
    store = begin_night(fixture, BUILD_B, 1, 10);
    add_replay(fixture, store, 1, "F-001", 5, 0);
    end_night(store);
    expect_tonight(*state, "fixed\n");
    store = begin_night(fixture, BUILD_A, 21, 30);
    add_replay(fixture, store, 1, "F-001", 1, 1);
    end_night(store);
    expect_tonight(*state, "returned!\n");
    store = begin_night(fixture, BUILD_A, 31, 40);
    add_finding(fixture, store, "F-001", "two", "confirmed", "");
    add_finding(fixture, store, "F-002", "one", "confirmed", "");
    end_night(store);
    expect_tonight(*state, "new!\nstill open\n");
}

/* --- which nights stay -------------------------------------------------------------- */

static void test_retention(void **state)
{
    struct fixture *fixture = *state;
    struct run_view view = {.directory = fixture->folder};
    struct error error = {""};
    struct history history;
    struct store *store;
    struct rows rows;
    char text[1000] = "", path[200];
    FILE *file;

    store = begin_night(fixture, BUILD_A, 1, 10); /* n1: seen first */
    add_finding(fixture, store, "F-001", "one", "confirmed", "f");
    end_night(store);
    for (int i = 0; i < 3; i++) /* n2 to n4: again, of the same cause */
    {
        store = begin_night(fixture, BUILD_A, 11, 20);
        add_finding(fixture, store, "F-001", "one", "confirmed", "f");
        end_night(store);
    }
    store = begin_night(fixture, BUILD_A, 11, 20); /* n5: of another one */
    add_finding(fixture, store, "F-001", "two", "confirmed", "f");
    end_night(store);
    end_night(begin_night(fixture, BUILD_A, 21, 30)); /* n6: cited */
    store = begin_night(fixture, BUILD_B, 1, 10);     /* n7: fixed */
    add_replay(fixture, store, 5, "F-001", 5, 0);
    end_night(store);
    for (int i = 0; i < 3; i++) /* n8 to n10: again */
    {
        store = begin_night(fixture, BUILD_B, 1, 10);
        add_replay(fixture, store, 5, "F-001", 5, 0);
        end_night(store);
    }
    snprintf(path, sizeof path, "%s/.cites.yaml", fixture->folder);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs("runs: [{folder: n6}, {folder: elsewhere}]\nby: n6/x\n", file);
    fclose(file);
    read_history(fixture, &history);
    if (retention_decide(&history, 1, path, &error) < 0)
        fail_msg("%s", error.text);
    view.store = history.store;
    rows = rows_of(&view, "SELECT name FROM old.night WHERE name IN (SELECT night FROM "
                          "old.kept) ORDER BY started_ns");
    while (rows_next(&rows))
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s ",
                 rows_text(&rows, 0));
    assert_int_equal(rows_close(&rows, &error), 0);
    /* n4 beside n5: without it nothing shows that the two causes are one. */
    assert_string_equal(text, "n1 n4 n5 n6 n7 n10 ");
    history_free(&history);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_one_finding, setup, teardown),
        cmocka_unit_test_setup_teardown(test_fixed_and_returned, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lost_reproducer, setup, teardown),
        cmocka_unit_test_setup_teardown(test_said, setup, teardown),
        cmocka_unit_test_setup_teardown(test_said_otherwise, setup, teardown),
        cmocka_unit_test_setup_teardown(test_retested_later, setup, teardown),
        cmocka_unit_test_setup_teardown(test_position, setup, teardown),
        cmocka_unit_test_setup_teardown(test_left_out, setup, teardown),
        cmocka_unit_test_setup_teardown(test_other_interface, setup, teardown),
        cmocka_unit_test_setup_teardown(test_tonight, setup, teardown),
        cmocka_unit_test_setup_teardown(test_retention, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
