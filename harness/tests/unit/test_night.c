/* What a night comes to: criteria without what is known and with what earlier nights
 * sent, and the exit code. */
#include "report/night.h"

#include "stores.h"

#include <sys/stat.h>

#define BUILD "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"

struct fixture {
    char folder[SCRATCH_PATH];
    struct criteria *criteria;
    struct yaml_document *list;
    int nights;
};

static const char *folder_of(const struct fixture *fixture, int night)
{
    static char path[200];

    snprintf(path, sizeof path, "%s/n%d", fixture->folder, night);
    return path;
}

/* A night that sent one case, and of the plan's two items those that `covers` names. */
static struct store *begin_night(struct fixture *fixture, const char *covers)
{
    struct store *store;
    char sql[1800];

    fixture->nights++;
    assert_int_equal(mkdir(folder_of(fixture, fixture->nights), 0777), 0);
    store = need_store(folder_of(fixture, fixture->nights));
    snprintf(
        sql, sizeof sql,
        "INSERT INTO oracle VALUES ('exit', '', 1, '', 'proven', '');"
        "INSERT INTO sitting VALUES (1, %d, %d, 'time');"
        "INSERT INTO cases(number, attempt, epoch, step, expected, outcome, verdict, "
        "sent_bytes, received_bytes) VALUES (1, 1, 1, 0, 1, 1, 'pass', 1, 1);"
        "INSERT INTO coverage(kind, name, planned, sent) VALUES ('field', 'a', 1, %d), "
        "('field', 'b', 1, %d);"
        "INSERT INTO run VALUES ('plan_hash', 'p'), ('engine', 'numbered'), "
        "('interface', 'i'), ('started_ns', '%d'), ('device', 'program sha256 " BUILD
        "')",
        fixture->nights, fixture->nights, strchr(covers, 'a') != NULL,
        strchr(covers, 'b') != NULL, fixture->nights);
    execute(store, sql);
    return store;
}

static void add_finding(struct store *store, const char *cause)
{
    char sql[600];

    snprintf(
        sql, sizeof sql,
        "INSERT INTO finding VALUES ('F-001', 'exit', 'crash', 'exit: %s', 'T', 'D', "
        "'', 'confirmed', 1, 'n', 1, 5, 5, 5, 0, 0.004, 1, 4, 1.0, 'r', 'B-01', '', "
        "'')",
        cause);
    execute(store, sql);
}

static int setup(void **state)
{
    static const char list[] = "[AC-04, AC-09]";
    struct fixture *fixture = calloc(1, sizeof *fixture);
    struct error error = {""};

    assert_non_null(fixture);
    scratch_make(fixture->folder);
    fixture->criteria = criteria_load(NULL, &error);
    fixture->list =
        yaml_parse("list", (struct view){(const uint8_t *)list, strlen(list)}, &error);
    if (!fixture->criteria || !fixture->list ||
        criteria_select(fixture->criteria, yaml_root(fixture->list), &error) < 0)
        fail_msg("%s", error.text);
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    criteria_free(fixture->criteria);
    yaml_close(fixture->list);
    scratch_remove(fixture->folder);
    free(fixture);
    return 0;
}

/* The last night against those before it. */
static void expect(struct fixture *fixture, int code, enum night_criterion covered,
                   enum night_criterion crashes, int64_t not_guarded)
{
    struct night_facts facts = {.how = "so", .not_guarded = not_guarded};
    struct history history;
    struct night night;
    struct error error = {""};
    char folder[200];

    snprintf(folder, sizeof folder, "%s", folder_of(fixture, fixture->nights));
    facts.folder = folder;
    if (history_read(fixture->folder, folder, &history, &error) < 0 ||
        night_judge(&night, &facts, &history, fixture->criteria, &error) < 0 ||
        night_write_files(&night, &error) < 0)
        fail_msg("%s", error.text);
    assert_int_equal(night.judged_count, 2);
    assert_int_equal(night.judged[0].standing, covered);
    assert_int_equal(night.judged[1].standing, crashes);
    if (night.exit != code)
        fail_msg("exit %d, expected %d: %s", night.exit, code, night.why);
    night_free(&night);
    history_free(&history);
}

static void test_known(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = begin_night(fixture, "ab");

    add_finding(store, "one");
    end_store(store);
    expect(*state, 1, NIGHT_PASSES, NIGHT_FAILS, 0);
    store = begin_night(fixture, "ab");
    add_finding(store, "one");
    end_store(store);
    expect(*state, 0, NIGHT_PASSES, NIGHT_EXPLAINED, 0);
    store = begin_night(fixture, "ab");
    add_finding(store, "other");
    end_store(store);
    expect(*state, 1, NIGHT_PASSES, NIGHT_FAILS, 0);
}

/* Nights add up, on one build. */
static void test_coverage(void **state)
{
    struct fixture *fixture = *state;
    struct store *store;

    end_store(begin_night(fixture, "a"));
    expect(*state, 3, NIGHT_LACKS_CASES, NIGHT_PASSES, 0);
    end_store(begin_night(fixture, "b"));
    expect(*state, 0, NIGHT_EXPLAINED, NIGHT_PASSES, 0);
    store = begin_night(fixture, "b");
    execute(store,
            "UPDATE run SET value = 'program sha256 ' || hex(zeroblob(32)) WHERE key "
            "= 'device'");
    end_store(store);
    expect(*state, 3, NIGHT_LACKS_CASES, NIGHT_PASSES, 0);
}

static void test_too_little(void **state)
{
    struct fixture *fixture = *state;
    struct store *store;

    end_store(begin_night(fixture, "ab"));
    expect(*state, 0, NIGHT_PASSES, NIGHT_PASSES, 0);
    expect(*state, 3, NIGHT_PASSES, NIGHT_PASSES, 1); /* what is held was not replayed */
    store = begin_night(fixture, "ab");
    execute(store, "UPDATE sitting SET reason = 'device-lost'");
    end_store(store);
    expect(*state, 3, NIGHT_PASSES, NIGHT_PASSES, 0);
    store = begin_night(fixture, "ab");
    execute(store, "UPDATE oracle SET proof = 'blind'; DELETE FROM cases");
    end_store(store);
    expect(*state, 3, NIGHT_OPEN, NIGHT_OPEN, 0);
    /* What is new is true all the same. */
    store = begin_night(fixture, "ab");
    execute(store, "UPDATE sitting SET reason = 'device-lost'");
    add_finding(store, "one");
    end_store(store);
    expect(*state, 1, NIGHT_PASSES, NIGHT_FAILS, 0);
}

/* The store is as it was: only what queries see is changed. */
static void test_store_stays(void **state)
{
    struct fixture *fixture = *state;
    struct store *store = begin_night(fixture, "a");
    struct error error = {""};

    add_finding(store, "one");
    end_store(store);
    store = begin_night(fixture, "a");
    add_finding(store, "one");
    end_store(store);
    expect(*state, 3, NIGHT_LACKS_CASES, NIGHT_EXPLAINED, 0);
    store = store_open_run(folder_of(fixture, 2), false, &error);
    assert_non_null(store);
    assert_int_equal(store_integer(store, 9, "SELECT count(*) FROM finding", ""), 1);
    assert_int_equal(store_integer(store, 9, "SELECT sum(sent) FROM coverage", ""), 1);
    store_close(store, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_known, setup, teardown),
        cmocka_unit_test_setup_teardown(test_coverage, setup, teardown),
        cmocka_unit_test_setup_teardown(test_too_little, setup, teardown),
        cmocka_unit_test_setup_teardown(test_store_stays, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
