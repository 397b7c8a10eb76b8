/* Two stores held against each other: which findings are one, and what is called fixed.
 */
#include "report/compare.h"

#include "stores.h"

enum { CASES = 20 };

struct fixture {
    char folders[2][SCRATCH_PATH];
    struct store *stores[2];
};

static void add_case(struct store *store, int number, const char *verdict)
{
    struct error error = {""};

    assert_int_equal(
        store_write(
            store, &error,
            "INSERT OR REPLACE INTO cases(number, attempt, epoch, step, expected, "
            "outcome, verdict, sent_bytes, received_bytes) VALUES (?, 1, 1, 0, 1, "
            "1, ?, 1, 1)",
            "it", (int64_t)number, verdict),
        0);
    assert_int_equal(store_commit(store, &error), 0);
}

/* A finding of `id`, "ORACLE: CAUSE", that was hit in case `number`. */
static void add_finding(struct store *store, const char *id, const char *cause,
                        const char *kind, int number, const char *guilty,
                        const char *place)
{
    struct error error = {""};

    assert_int_equal(
        store_write(store, &error,
                    "INSERT INTO finding VALUES (?, 'exit', ?, ?, 'T', 'D', '', "
                    "'confirmed', ?, 'n', 1, 5, 5, 5, 0, 0.004, 1, 4, 1.0, 'r', 'B-01', "
                    "?, ?)",
                    "tttitt", id, kind, cause, (int64_t)number, guilty, place),
        0);
    assert_int_equal(
        store_write(
            store, &error,
            "INSERT INTO suspicion(number, attempt, oracle, cause, text, result, "
            "finding, replays, replay_failures, control_replays, "
            "control_failures) VALUES (?, 1, 'exit', 'c', 't', 'finding', ?, 5, 5, "
            "5, 0)",
            "it", (int64_t)number, id),
        0);
    if (store_commit(store, &error) < 0)
        fail_msg("%s", error.text);
    add_case(store, number, "finding");
}

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    char sql[400];

    assert_non_null(fixture);
    for (int i = 0; i < 2; i++) {
        scratch_make(fixture->folders[i]);
        fixture->stores[i] = need_store(fixture->folders[i]);
        snprintf(sql, sizeof sql,
                 "INSERT INTO oracle VALUES ('exit', '', 1, '', 'proven', '');"
                 "INSERT INTO sitting VALUES (1, 1, 2, 'cases');"
                 "INSERT INTO run VALUES ('plan_hash', 'p'), ('engine', 'numbered'), "
                 "('model_id', 'm'), ('interface', 'i'), ('device', 'build %d')",
                 i);
        execute(fixture->stores[i], sql);
        for (int number = 1; number <= CASES; number++)
            add_case(fixture->stores[i], number, "pass");
    }
    *state = fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    for (int i = 0; i < 2; i++) {
        store_close(fixture->stores[i], NULL);
        assert_int_equal(scratch_empty(fixture->folders[i]), 1); /* the store alone */
        scratch_remove(fixture->folders[i]);
    }
    free(fixture);
    return 0;
}

/* The comparison must have these findings, "STATUS OLD NEW", and this exit code. */
static void expect(struct fixture *fixture, int code, const char *const *wanted)
{
    struct comparison comparison;
    struct error error = {""};
    size_t count = 0;

    if (compare_runs(fixture->folders[0], fixture->folders[1], &comparison, &error) < 0)
        fail_msg("%s", error.text);
    for (; wanted[count]; count++) {
        const struct compared_finding *finding = &comparison.findings[count];
        char text[100];

        assert_true(count < comparison.count);
        snprintf(text, sizeof text, "%s %s %s", compare_status_name(finding->status),
                 finding->before
                     ? json_string_value(json_object_get(finding->before, "id"))
                     : "-",
                 finding->after ? json_string_value(json_object_get(finding->after, "id"))
                                : "-");
        assert_string_equal(text, wanted[count]);
    }
    assert_int_equal(comparison.count, count);
    assert_int_equal(compare_exit(&comparison), code);
    compare_free(&comparison);
}

#define EXPECT(code, ...) expect(fixture, code, (const char *const[]){__VA_ARGS__, NULL})

/* --- which are one ------------------------------------------------------------------ */

static void test_cause(void **state)
{
    struct fixture *fixture = *state;

    add_finding(fixture->stores[0], "F-001", "exit: a", "crash", 5, "part", "");
    add_finding(fixture->stores[1], "F-001", "exit: b", "crash", 6, "else", "");
    add_finding(fixture->stores[1], "F-002", "exit: a", "crash", 7, "part", "");
    EXPECT(1, "new - F-001", "still open F-001 F-002");
}

static void test_grade(void **state)
{
    struct fixture *fixture = *state;

    add_finding(fixture->stores[0], "F-001", "exit: a", "crash", 5, "part", "");
    add_finding(fixture->stores[1], "F-001", "exit: a", "crash", 5, "part", "");
    execute(fixture->stores[1], "UPDATE finding SET grade = 'intermittent'");
    EXPECT(0, "changed F-001 F-001");
    execute(fixture->stores[1], "UPDATE finding SET kind = 'hang'");
    EXPECT(1, "changed F-001 F-001");
}

static void test_place(void **state)
{
    struct fixture *fixture = *state;

    add_finding(fixture->stores[0], "F-001", "exit: a", "crash", 5, "part", "parse");
    add_finding(fixture->stores[1], "F-001", "exit: b", "crash", 6, "else", "parse");
    EXPECT(0, "changed F-001 F-001");
    /* One finding is one of the other run, not two. */
    add_finding(fixture->stores[1], "F-002", "exit: c", "crash", 7, "else", "parse");
    EXPECT(1, "new - F-002", "changed F-001 F-001");
}

static void test_part(void **state)
{
    struct fixture *fixture = *state;

    add_finding(fixture->stores[0], "F-001", "exit: a", "crash", 5, "part", "");
    add_finding(fixture->stores[1], "F-001", "exit: b", "crash", 6, "valid part", "");
    EXPECT(0, "changed F-001 F-001");
    /* Another kind of failure in the same part is one that was not there. */
    execute(fixture->stores[1], "UPDATE finding SET kind = 'hang'");
    EXPECT(1, "new - F-001", "fixed F-001 -");
    /* But not where it is the same case. */
    execute(fixture->stores[1], "UPDATE suspicion SET number = 5");
    EXPECT(1, "changed F-001 F-001");
}

static void test_whole_message(void **state)
{
    struct fixture *fixture = *state;

    add_finding(fixture->stores[0], "F-001", "exit: a", "crash", 5, "message", "");
    add_finding(fixture->stores[1], "F-001", "exit: b", "crash", 6, "message", "");
    EXPECT(1, "new - F-001", "fixed F-001 -");
}

/* --- what is fixed ------------------------------------------------------------------ */

static void test_fixed(void **state)
{
    static const char *const doubts[][2] = {
        /* what takes the ground from it, and what takes that back */
        {"UPDATE run SET value = 'build 0' WHERE key = 'device'",
         "UPDATE run SET value = 'build 1' WHERE key = 'device'"},
        {"UPDATE run SET value = 'q' WHERE key = 'plan_hash'",
         "UPDATE run SET value = 'p' WHERE key = 'plan_hash'"},
        {"UPDATE run SET value = 'guided' WHERE key = 'engine'",
         "UPDATE run SET value = 'numbered' WHERE key = 'engine'"},
        {"UPDATE cases SET verdict = 'skipped' WHERE number = 3",
         "UPDATE cases SET verdict = 'pass' WHERE number = 3"},
        {"UPDATE cases SET verdict = 'suspect' WHERE number = 9",
         "UPDATE cases SET verdict = 'pass' WHERE number = 9"},
        {"UPDATE cases SET verdict = 'excluded' WHERE number = 12",
         "UPDATE cases SET verdict = 'pass' WHERE number = 12"}};
    struct fixture *fixture = *state;

    add_finding(fixture->stores[0], "F-001", "exit: a", "crash", 9, "part", "");
    execute(
        fixture->stores[0],
        "INSERT INTO suspicion(number, attempt, oracle, cause, text, result, finding, "
        "replays, replay_failures, control_replays, control_failures) VALUES (12, 1, "
        "'exit', 'c', 't', 'duplicate', 'F-001', 0, 0, 0, 0)");
    EXPECT(0, "fixed F-001 -");
    for (size_t i = 0; i < sizeof doubts / sizeof doubts[0]; i++) {
        execute(fixture->stores[1], doubts[i][0]);
        EXPECT(0, "not seen again F-001 -");
        execute(fixture->stores[1], doubts[i][1]);
        EXPECT(0, "fixed F-001 -");
    }
    execute(fixture->stores[0], "UPDATE finding SET grade = 'intermittent'");
    EXPECT(0, "not seen again F-001 -");
}

static void test_retest(void **state)
{
    struct fixture *fixture = *state;

    add_finding(fixture->stores[0], "F-001", "exit: a", "crash", 9, "part", "");
    execute(fixture->stores[0], "UPDATE finding SET grade = 'intermittent'");
    execute(fixture->stores[1], "INSERT INTO retest VALUES (NULL, 1, 'p', 'F-001', 'a', "
                                "'build 1', 5, 0)");
    EXPECT(0, "fixed F-001 -");
    execute(fixture->stores[1], "UPDATE retest SET replays = 4");
    EXPECT(0, "not seen again F-001 -");
    /* The latest counts, of this device alone. */
    execute(fixture->stores[1],
            "INSERT INTO retest VALUES (NULL, 2, 'p', 'F-001', 'a', "
            "'build 1', 5, 1), (NULL, 3, 'p', 'F-001', 'a', 'x', 5, 0)");
    EXPECT(0, "still open F-001 -");
}

static void test_returned(void **state)
{
    struct fixture *fixture = *state;

    add_finding(fixture->stores[1], "F-001", "exit: a", "crash", 9, "part", "");
    EXPECT(1, "new - F-001");
    execute(fixture->stores[0], "INSERT INTO retest VALUES (NULL, 1, 'o', 'F-003', 'a', "
                                "'build 0', 5, 0)");
    EXPECT(1, "returned - F-001");
}

/* --- what cannot be compared -------------------------------------------------------- */

static void test_apart(void **state)
{
    static const char *const changes[] = {
        "UPDATE run SET value = 'n' WHERE key = 'model_id'",
        "UPDATE run SET value = 'j' WHERE key = 'interface'",
        "UPDATE cases SET number = number + 1000", "DELETE FROM cases"};
    struct fixture *fixture = *state;
    struct comparison comparison;
    struct error error = {""};

    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        execute(fixture->stores[1], changes[i]);
        assert_int_equal(
            compare_runs(fixture->folders[0], fixture->folders[1], &comparison, &error),
            0);
        assert_int_equal(compare_exit(&comparison), 3);
        assert_true(comparison.why_not[0]);
        compare_free(&comparison);
        if (i < 2)
            execute(fixture->stores[1], i ? "UPDATE run SET value = 'i' WHERE key = "
                                            "'interface'"
                                          : "UPDATE run SET value = 'm' WHERE key = "
                                            "'model_id'");
    }
}

static void test_broken_off(void **state)
{
    struct fixture *fixture = *state;
    const char *const *none = (const char *const[]){NULL};

    expect(fixture, 0, none);
    execute(fixture->stores[1], "UPDATE sitting SET reason = 'device-lost'");
    expect(fixture, 3, none);
    execute(fixture->stores[1], "UPDATE sitting SET reason = NULL");
    expect(fixture, 3, none);
    add_finding(fixture->stores[1], "F-001", "exit: a", "crash", 9, "part", "");
    EXPECT(1, "new - F-001");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_cause, setup, teardown),
        cmocka_unit_test_setup_teardown(test_grade, setup, teardown),
        cmocka_unit_test_setup_teardown(test_place, setup, teardown),
        cmocka_unit_test_setup_teardown(test_part, setup, teardown),
        cmocka_unit_test_setup_teardown(test_whole_message, setup, teardown),
        cmocka_unit_test_setup_teardown(test_fixed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_retest, setup, teardown),
        cmocka_unit_test_setup_teardown(test_returned, setup, teardown),
        cmocka_unit_test_setup_teardown(test_apart, setup, teardown),
        cmocka_unit_test_setup_teardown(test_broken_off, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
