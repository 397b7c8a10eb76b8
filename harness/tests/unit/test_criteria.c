/* Every catalogue file is judged over stores that are built row by row: a healthy run on
 * which all pass, and what each test changes in it. */
#include "criteria/criteria.h"

#include "criteria/query.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sqlite3.h>
#include <unistd.h>

#define CASE_COLUMNS                                                                  \
    "(number, attempt, epoch, stream, step, expected, outcome, verdict, latency_us, " \
    "sent_bytes, received_bytes)"

/* 250 cases, a valid check at most 100 apart, two invariants, one recovery, both
 * captures. */
static const char healthy[] =
    "INSERT INTO run VALUES ('invariants', '2'), ('state_reads', '1'), ('resources', '2'),"
    "       ('baseline_p99_us', '900'), ('baseline_exchanges', '40'),"
    "       ('answer_limit_us', '500000'), ('answer_specified_us', '500000');"
    "INSERT INTO state_sample VALUES (1, 10, 1, 0, 'aa', 1), (2, 20, 1, 1, 'aa', 1);"
    /* Two hours, a sample every five minutes; memory 1000 MiB, handles 9 and 10. */
    "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 24)"
    "INSERT INTO resource_sample(resource, after_case, epoch, at_ns, value, unit)"
    " SELECT 'memory', i, 1, i * 300000000000, 1000, 'KiB' FROM n UNION ALL"
    " SELECT 'handles', i, 1, i * 300000000000, 9 + i % 2, 'handles' FROM n;"
    "INSERT INTO oracle VALUES ('resources', 's', 0, 'b', 'proven', 't');"
    "INSERT INTO sitting VALUES (1, 0, 10000000000, 'exhausted');"
    "INSERT INTO epoch VALUES (1, 1, 1, 150, NULL, 'restart', 2000000, 1),"
    "                         (2, 1, 151, 250, NULL, 'warm', 1500000, 1);"
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 250)"
    "INSERT INTO cases" CASE_COLUMNS
    " SELECT i, 1, 1 + (i > 150), NULL, 0, 1 + i % 2, 1 + i % 2, 'pass', 900, 8,"
    "       8 FROM n;"
    "INSERT INTO valid_check(after_case, epoch, ok) VALUES (0, 1, 1), (100, 1, 1), (150, 2, 1),"
    "       (250, 2, 1);"
    "INSERT INTO sample(invariant, after_case, epoch, expected, actual, ok) VALUES"
    "       ('rate', 10, 1, '50', '50', 1), ('volume', 10, 1, '7', '7', 1),"
    "       ('rate', 200, 2, 'any', '3', 1);"
    "INSERT INTO oracle VALUES ('alive', 's', 0, 'b', 'proven', 't');"
    "INSERT INTO recovery VALUES (1, 150, 'epoch', 'warm', 1500000, 1);"
    "INSERT INTO coverage(kind, name, planned, sent) VALUES ('message', 'read', 5, 5), ('field', 'read.count', 5, 2),"
    "       ('boundary', 'read.count[max+1]', 1, 1), ('boundary', 'read.count[min-1]', 0, 0);"
    "INSERT INTO digest VALUES (0, 250, 'aa');"
    "INSERT INTO capture VALUES ('capture.pcapng', 'send-log', 500, 4000, 0, ''),"
    "       ('independent-001.pcap', 'independent', 600, 9000, 0, '');"
    "INSERT INTO capture_check VALUES ('a - b #1', 1, 1, '');";

/* Cases 251 .. `last` as well. */
#define MORE(last)                                                                      \
    "WITH RECURSIVE n(i) AS (SELECT 251 UNION ALL SELECT i + 1 FROM n WHERE i < " #last \
    ") INSERT INTO cases" CASE_COLUMNS                                                  \
    " SELECT i, 1, 2, NULL, 0, 1, 1, 'pass', 9, 8, 8 FROM n;"
#define VOLUME(hours, plan)                             \
    "INSERT INTO run VALUES ('active_seconds', " #hours \
    " * 3600), ('plan_cases', " #plan ");"
#define CLASS(first_case)                                                               \
    "INSERT INTO response_class VALUES (" #first_case ", 'read', 1, 'ab', " #first_case \
    ");"

/* A finding with grade, kind and replays; what follows it in a test is its own matter. */
#define FINDING(kind, grade, replays, failures)                               \
    "INSERT INTO finding VALUES ('F-001', 'alive', '" kind                    \
    "', 'c', 't', 'd', '', '" grade "', 42, 'n', 1, " #replays ", " #failures \
    ", 5, 0, 0.004, 1, 8, 1.5, "                                              \
    "'findings/F-001/reproducer.percuss', 'B-01', 'g', '');"
#define NO_CASES "DELETE FROM cases;"
#define UNSENT "UPDATE cases SET verdict = 'skipped';"
#define LOST "UPDATE sitting SET reason = 'device-lost';"

static const struct judged {
    const char *id, *change, *verdict;
} judgements[] = {
    {"AC-04", "", "pass"},
    {"AC-04", "UPDATE coverage SET sent = 0 WHERE kind = 'field';", "fail"},
    {"AC-04", NO_CASES, "inconclusive"},
    {"AC-04", UNSENT, "inconclusive"},
    {"AC-04", "UPDATE cases SET verdict = 'excluded';", "inconclusive"},
    {"AC-04", "DELETE FROM coverage;", "inconclusive"},
    {"AC-04", "UPDATE coverage SET planned = 0;", "inconclusive"},
    {"AC-04", "INSERT INTO run VALUES ('engine', 'numbered');", "pass"},
    {"AC-04", "INSERT INTO run VALUES ('engine', 'guided');", "not applicable"},

    {"AC-05", "", "inconclusive"}, /* nobody knows for how long */
    {"AC-05", NO_CASES VOLUME(9, 250), "inconclusive"},
    {"AC-05", VOLUME(0.1, 1000), "inconclusive"},
    {"AC-05", VOLUME(0.1, 250), "pass"},       /* exhausted */
    {"AC-05", VOLUME(0.1, 0), "inconclusive"}, /* nothing is enumerated */
    {"AC-05", VOLUME(0.1, 250) "UPDATE cases SET verdict = 'excluded' WHERE number = 7;",
     "pass"},
    {"AC-05", VOLUME(0.1, 250) "UPDATE cases SET verdict = 'skipped' WHERE number = 7;",
     "inconclusive"},
    {"AC-05", VOLUME(0.1, 250) "DELETE FROM cases WHERE number = 7;", "inconclusive"},
    {"AC-05", VOLUME(8, 1000000) MORE(100000), "pass"},
    {"AC-05", VOLUME(7.9, 1000000) MORE(100000), "inconclusive"},
    {"AC-05",
     VOLUME(8, 1000000) MORE(100000) "UPDATE cases SET outcome = 0 WHERE number = 7;",
     "inconclusive"},
    {"AC-05", VOLUME(8, 1000000), "inconclusive"},

    {"AC-06", CLASS(1), "inconclusive"}, /* 250 cases */
    {"AC-06", MORE(1000), "inconclusive"},
    {"AC-06", NO_CASES CLASS(1), "inconclusive"},
    {"AC-06", MORE(1000) CLASS(1) CLASS(800), "pass"},
    {"AC-06", MORE(1000) CLASS(1) CLASS(801), "inconclusive"},
    {"AC-06", MORE(1000) CLASS(1) CLASS(1000), "inconclusive"},
    {"AC-06", MORE(999) CLASS(1), "inconclusive"},
    /* What was not sent moves the last fifth. */
    {"AC-06",
     MORE(2000) CLASS(1) CLASS(1201) "UPDATE cases SET verdict = 'skipped' "
                                     "WHERE number > 1500;",
     "inconclusive"},
    {"AC-06", MORE(2000) CLASS(1) CLASS(1201), "pass"},

    {"AC-08", "", "pass"},
    {"AC-08", NO_CASES, "inconclusive"},
    {"AC-08", UNSENT, "inconclusive"},
    {"AC-08", "DELETE FROM valid_check;", "fail"},
    {"AC-08", "DELETE FROM valid_check WHERE after_case = 0;", "fail"},
    {"AC-08", "DELETE FROM valid_check WHERE after_case = 250;", "fail"},
    {"AC-08", "DELETE FROM valid_check WHERE after_case = 250;" LOST, "inconclusive"},
    {"AC-08", "DELETE FROM valid_check WHERE after_case = 100;", "fail"},
    /* 101 cases apart, of which one was not sent. */
    {"AC-08", "UPDATE valid_check SET after_case = 101 WHERE after_case = 100;", "fail"},
    {"AC-08",
     "UPDATE valid_check SET after_case = 101 WHERE after_case = 100;"
     "UPDATE cases SET verdict = 'skipped' WHERE number = 7;",
     "pass"},
    {"AC-08", "INSERT INTO valid_check VALUES (0, 42, 1, 0, NULL);", "fail"},
    {"AC-08",
     "INSERT INTO valid_check VALUES (0, 42, 1, 0, NULL);"
     "INSERT INTO suspicion VALUES (1, 42, 1, 'alive', 'c', 't', 'finding', NULL, 5, 5, 5, 0, 1, 0.004, 0.005);",
     "pass"},
    /* The first check after a recovery is wrong. */
    {"AC-08", "UPDATE valid_check SET ok = 0 WHERE after_case = 150;", "fail"},
    {"AC-08", "INSERT INTO recovery VALUES (2, 250, 'fault', 'warm', 9, 1);", "pass"},
    {"AC-08",
     "INSERT INTO recovery VALUES (2, 250, 'fault', 'warm', 9, 1);"
     "INSERT INTO valid_check VALUES (9, 250, 2, 0, NULL);",
     "fail"},
    /* A check that fails in the wake of a case, seen by the oracles at the next one sent.
     */
    {"AC-08",
     "INSERT INTO valid_check VALUES (0, 42, 1, 0, NULL);"
     "UPDATE cases SET verdict = 'skipped' WHERE number IN (43, 44);"
     "INSERT INTO suspicion VALUES (1, 45, 1, 'alive', 'c', 't', 'finding', NULL, 5, 5, 5, 0, 1, 0.004, 0.005);",
     "pass"},
    /* Epochs that open with a verified reset stand for a check. */
    {"AC-08",
     "DELETE FROM valid_check WHERE after_case = 100;"
     "UPDATE epoch SET last_case = 90 WHERE id = 1;"
     "UPDATE epoch SET first_case = 91 WHERE id = 2;"
     "UPDATE cases SET epoch = 2 WHERE number > 90;",
     "pass"},
    /* Repeated cases count where they were repeated: epoch 3 has no check of its own. */
    {"AC-08",
     "INSERT INTO epoch VALUES (3, 1, 151, 250, 2, 'restart', 5, 1);"
     "INSERT INTO cases" CASE_COLUMNS
     " SELECT number, 2, 3, NULL, 0, 1, 1, 'pass', 1, 1, 1 FROM cases "
     "WHERE epoch = 2;",
     "fail"},

    {"AC-09", "", "pass"},
    {"AC-09", NO_CASES, "inconclusive"},
    {"AC-09", UNSENT, "inconclusive"},
    {"AC-09", FINDING("crash", "confirmed", 5, 5), "fail"},
    {"AC-09", FINDING("reset", "intermittent", 5, 1), "fail"},
    {"AC-09", FINDING("hang", "confirmed", 5, 5), "pass"},
    {"AC-09", NO_CASES FINDING("crash", "confirmed", 5, 5), "fail"},
    {"AC-09", "UPDATE cases SET verdict = 'interrupted' WHERE number = 250;",
     "inconclusive"},
    {"AC-09",
     "UPDATE cases SET verdict = 'interrupted' WHERE number = 250;"
     "INSERT INTO cases" CASE_COLUMNS
     " VALUES (250, 2, 2, NULL, 0, 1, 1, 'pass', 1, 1, 1);",
     "pass"},
    {"AC-09", "UPDATE epoch SET closed = 0 WHERE id = 1;", "inconclusive"},
    {"AC-09",
     "UPDATE epoch SET closed = 0 WHERE id = 1; UPDATE epoch SET repeats = 1, first_case = 1 "
     "WHERE id = 2;",
     "pass"},
    {"AC-09", "UPDATE oracle SET proof = 'blind';", "inconclusive"},
    {"AC-09", "DELETE FROM oracle;", "inconclusive"},

    {"AC-09", FINDING("console", "confirmed", 5, 5), "fail"},

    {"AC-10", "", "pass"},
    {"AC-10", NO_CASES, "inconclusive"},
    {"AC-10", UNSENT, "inconclusive"},
    {"AC-10", FINDING("hang", "confirmed", 5, 5), "fail"},
    {"AC-10", FINDING("crash", "confirmed", 5, 5), "pass"},
    {"AC-10", "UPDATE oracle SET proof = 'blind';", "inconclusive"},

    {"AC-11", "", "pass"},
    {"AC-11", "UPDATE run SET value = '0' WHERE key = 'invariants';", "not applicable"},
    {"AC-11", "DELETE FROM run;", "inconclusive"},
    {"AC-11", NO_CASES, "inconclusive"},
    {"AC-11", "DELETE FROM sample;", "inconclusive"},
    {"AC-11", "DELETE FROM sample WHERE invariant = 'volume';", "inconclusive"},
    {"AC-11", "UPDATE sample SET expected = 'any' WHERE invariant = 'volume';",
     "inconclusive"},
    {"AC-11", "UPDATE sample SET ok = 0, actual = '51' WHERE id = 1;", "fail"},
    {"AC-11",
     "DELETE FROM sample WHERE invariant = 'volume';"
     "UPDATE sample SET ok = 0, actual = '51' WHERE id = 1;",
     "fail"},
    {"AC-11", "INSERT INTO sample VALUES (9, 'rate', 42, 1, '50', NULL, 0);", "fail"},
    {"AC-11",
     "INSERT INTO sample VALUES (9, 'rate', 42, 1, '50', NULL, 0);"
     "INSERT INTO recovery VALUES (9, 42, 'hang', 'warm', 1500000, 1);",
     "pass"},

    {"AC-12", "", "pass"},
    {"AC-12", NO_CASES, "inconclusive"},
    {"AC-12", "DELETE FROM recovery; UPDATE epoch SET reset = 'none', recovery_us = 0;",
     "inconclusive"},
    {"AC-12", "UPDATE recovery SET recovery_us = 30000000;", "pass"},
    {"AC-12", "UPDATE recovery SET recovery_us = 30000001;", "fail"},
    {"AC-12", "UPDATE epoch SET recovery_us = 31000000 WHERE id = 2;", "fail"},
    {"AC-12", "UPDATE recovery SET state_equal = 0;", "fail"},
    {"AC-12", "UPDATE recovery SET state_equal = NULL;", "pass"},
    {"AC-12", "UPDATE recovery SET recovery_us = NULL;", "fail"},
    {"AC-12", "UPDATE recovery SET recovery_us = NULL;" LOST, "inconclusive"},
    {"AC-12",
     "UPDATE recovery SET recovery_us = NULL;"
     "INSERT INTO recovery VALUES (2, 151, 'hang', 'warm', 5, 1);" LOST,
     "fail"},

    {"AC-13", "", "pass"},
    {"AC-13", NO_CASES, "inconclusive"},
    {"AC-13", UNSENT, "inconclusive"},
    {"AC-13", "UPDATE cases SET expected = 15;", "inconclusive"},
    {"AC-13", "UPDATE cases SET expected = 0;", "inconclusive"},
    {"AC-13", FINDING("accepted-malformed", "confirmed", 5, 5), "fail"},
    {"AC-13", FINDING("invariant", "confirmed", 5, 5), "fail"},
    {"AC-13", FINDING("conformance", "confirmed", 5, 5), "pass"},
    {"AC-13", FINDING("state", "confirmed", 5, 5), "fail"},
    {"AC-13", "UPDATE state_sample SET judged = 0;", "inconclusive"},
    {"AC-13", "UPDATE state_sample SET hash = NULL, ok = 0;", "inconclusive"},
    {"AC-13", "DELETE FROM sample;", "inconclusive"},
    {"AC-13", "DELETE FROM state_sample; DELETE FROM sample; DELETE FROM run;", "pass"},
    {"AC-13", "UPDATE cases SET verdict = 'interrupted' WHERE number = 250;",
     "inconclusive"},

    {"AC-14", "", "pass"},
    {"AC-14", "UPDATE run SET value = '0' WHERE key = 'resources';", "not applicable"},
    {"AC-14", "DELETE FROM run;", "inconclusive"},
    {"AC-14", NO_CASES, "inconclusive"},
    {"AC-14", "DELETE FROM resource_sample WHERE resource = 'handles';", "inconclusive"},
    {"AC-14", "DELETE FROM resource_sample WHERE after_case > 6;", "inconclusive"},
    {"AC-14", "UPDATE oracle SET proof = 'blind';", "inconclusive"},
    {"AC-14", FINDING("resource", "confirmed", 5, 5), "fail"},
    {"AC-14", FINDING("latency", "confirmed", 5, 5), "fail"},
    {"AC-14", FINDING("crash", "confirmed", 5, 5), "pass"},
    /* 12 steps an hour: 0.96 and 1.2 of 1000. */
    {"AC-14",
     "UPDATE resource_sample SET value = 100000 + 80 * after_case WHERE unit = 'KiB';",
     "pass"},
    {"AC-14",
     "UPDATE resource_sample SET value = 100000 + 100 * after_case WHERE unit = 'KiB';",
     "fail"},
    {"AC-14",
     "UPDATE resource_sample SET value = 100000 - 100 * after_case WHERE unit = 'KiB';",
     "pass"},
    /* The same in four minutes is no measure of an hour. */
    {"AC-14",
     "UPDATE resource_sample SET value = 100000 + 100 * after_case, at_ns = at_ns / 30 "
     "WHERE unit = 'KiB';",
     "pass"},

    {"AC-16", "", "pass"},
    {"AC-16", NO_CASES, "inconclusive"},
    {"AC-16", FINDING("crash", "confirmed", 5, 3), "pass"},
    {"AC-16", FINDING("crash", "confirmed", 5, 2), "fail"},
    {"AC-16", FINDING("crash", "confirmed", 4, 4), "inconclusive"},
    {"AC-16", FINDING("crash", "confirmed", 0, 0), "inconclusive"},
    {"AC-16", FINDING("crash", "intermittent", 5, 4), "fail"},

    {"AC-21", "", "pass"},
    {"AC-21", NO_CASES, "inconclusive"},
    {"AC-21", "DELETE FROM capture_check;", "inconclusive"},
    {"AC-21", "DELETE FROM capture WHERE kind = 'independent';", "inconclusive"},
    {"AC-21", "UPDATE capture SET packets = 0 WHERE kind = 'independent';",
     "inconclusive"},
    {"AC-21", "UPDATE capture SET dropped = 1 WHERE kind = 'independent';",
     "inconclusive"},
    {"AC-21", "UPDATE capture SET dropped = 1 WHERE kind = 'send-log';", "inconclusive"},
    {"AC-21", "DELETE FROM capture WHERE kind = 'send-log';", "inconclusive"},
    {"AC-21", "DELETE FROM digest;", "inconclusive"},
    {"AC-21", "UPDATE capture_check SET sent_equal = 0;", "fail"},
    {"AC-21", "UPDATE capture_check SET received_equal = 0;", "fail"},

    {"PC-01", "", "pass"},
    {"PC-01", NO_CASES, "inconclusive"},
    {"PC-01", UNSENT, "inconclusive"},
    {"PC-01", FINDING("conformance", "confirmed", 5, 5), "fail"},
    {"PC-01", FINDING("close", "confirmed", 5, 5), "fail"},
    {"PC-01", FINDING("of-a-later-kind", "confirmed", 5, 5), "fail"},
    {"PC-01", FINDING("crash", "confirmed", 5, 5), "pass"},
    {"PC-01", FINDING("leak", "confirmed", 5, 5), "fail"},
    {"PC-01", FINDING("resource", "confirmed", 5, 5), "pass"},
};

static struct criteria *load(const char *folder)
{
    struct error error = {""};
    struct criteria *criteria = criteria_load(folder, &error);

    if (!criteria)
        fail_msg("%s", error.text);
    return criteria;
}

/* A fresh folder a test; removed with its files by forget(). */
static void make_folder(char folder[40])
{
    snprintf(folder, 40, "/tmp/percuss-criteria-XXXXXX");
    assert_non_null(mkdtemp(folder));
}

static void forget(const char *folder, const char *file)
{
    char path[200];

    snprintf(path, sizeof path, "%s/%s", folder, file);
    unlink(path);
    rmdir(folder);
}

static void execute(struct store *store, const char *sql)
{
    char *message = NULL;

    if (sqlite3_exec(store_database(store), sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s in: %s", message, sql);
}

static struct store *make_store(const char *folder)
{
    struct error error = {""};
    struct store *store;
    char path[200];

    snprintf(path, sizeof path, "%s/campaign.db", folder);
    store = store_create(path, &error);
    if (!store)
        fail_msg("%s", error.text);
    return store;
}

static void read_row(struct store *store, const char *id, const char *column, char *text,
                     size_t size)
{
    char sql[200];
    struct error error;

    snprintf(sql, sizeof sql, "SELECT %s FROM criterion WHERE id = '%s'", column, id);
    if (query_text(store_database(store), sql, 0, text, size, &error))
        fail_msg("%s", error.text);
}

static void judge_all(const struct criteria *criteria, struct store *store)
{
    struct error error = {""};

    if (criteria_judge(criteria, store, PHASE_RUN, &error) ||
        criteria_judge(criteria, store, PHASE_RELEASE, &error))
        fail_msg("%s", error.text);
}

static void test_every_catalogue_file(void **state)
{
    struct criteria *criteria = load(NULL);
    char folder[40], verdict[40], why[2000];
    struct store *store;

    (void)state;
    make_folder(folder);
    store = make_store(folder);
    for (size_t i = 0; i < sizeof judgements / sizeof judgements[0]; i++) {
        const struct judged *judged = &judgements[i];

        execute(store, "BEGIN");
        execute(store, healthy);
        execute(store, judged->change);
        /* Inside one transaction that is rolled back, so the store's own batches stay
         * out. */
        execute(store, "COMMIT");
        judge_all(criteria, store);
        read_row(store, judged->id, "verdict", verdict, sizeof verdict);
        read_row(store, judged->id, "explanation", why, sizeof why);
        if (strcmp(verdict, judged->verdict) != 0)
            fail_msg("%s after \"%s\": %s, expected %s (%s)", judged->id, judged->change,
                     verdict, judged->verdict, why);
        if (!why[0] || strstr(why, "query failed"))
            fail_msg("%s after \"%s\": explanation '%s'", judged->id, judged->change,
                     why);
        execute(
            store,
            "DELETE FROM run; DELETE FROM suspicion; DELETE FROM finding;"
            "DELETE FROM cases; DELETE FROM epoch; DELETE FROM sitting;"
            "DELETE FROM state_sample; DELETE FROM resource_sample; DELETE FROM valid_check; DELETE FROM sample; DELETE FROM oracle;"
            "DELETE FROM recovery; DELETE FROM coverage; DELETE FROM digest;"
            "DELETE FROM response_class; DELETE FROM capture; DELETE FROM capture_check; DELETE FROM criterion;");
    }
    assert_int_equal(store_close(store, NULL), 0);
    criteria_free(criteria);
    forget(folder, "campaign.db");
}

/* The same answer between the cases, selected or not, and nothing written. */
static void test_met_so_far(void **state)
{
    struct criteria *criteria = load(NULL);
    struct error error = {""};
    char folder[40];
    struct store *store;

    (void)state;
    make_folder(folder);
    store = make_store(folder);
    assert_int_equal(criteria_met(criteria, "AC-06", store, &error), 0);
    execute(store, healthy);
    execute(store, MORE(1000) CLASS(3));
    assert_int_equal(criteria_met(criteria, "AC-06", store, &error), 1);
    assert_int_equal(criteria_met(criteria, "AC-05", store, &error), 0);
    execute(store, "UPDATE run SET value = '0' WHERE key = 'invariants'");
    assert_int_equal(criteria_met(criteria, "AC-11", store, &error), 1);
    assert_int_equal(criteria_met(criteria, "AC-99", store, &error), -1);
    assert_non_null(strstr(error.text, "AC-99"));
    assert_int_equal(store_integer(store, -1, "SELECT count(*) FROM criterion", ""), 0);
    assert_int_equal(store_close(store, NULL), 0);
    criteria_free(criteria);
    forget(folder, "campaign.db");
}

/* No data at all: nothing passes, whichever criterion. */
static void test_empty_store_passes_nothing(void **state)
{
    struct criteria *criteria = load(NULL);
    const char *verdict;
    char folder[40];
    struct store *store;

    (void)state;
    make_folder(folder);
    store = make_store(folder);
    assert_int_equal(criteria_exit(store, PHASE_RUN, &verdict), 3);
    judge_all(criteria, store);
    assert_int_equal(
        store_integer(store, -1, "SELECT count(*) FROM criterion WHERE verdict = 'pass'",
                      ""),
        0);
    assert_int_equal(criteria_exit(store, PHASE_RUN, &verdict), 3);
    assert_string_equal(verdict, "inconclusive");
    assert_int_equal(criteria_exit(store, PHASE_RELEASE, &verdict), 3);
    store_close(store, NULL);
    criteria_free(criteria);
    forget(folder, "campaign.db");
}

static void test_exit_codes(void **state)
{
    static const char row[] =
        "INSERT INTO criterion VALUES ('%s', 't', 'run', '%s', NULL, 0, "
        "'u', '', 's', 'e')";
    static const struct {
        const char *verdicts[3];
        int code;
    } exits[] = {
        {{"pass", "pass", NULL}, 0},           {{"pass", "not applicable", NULL}, 0},
        {{"not applicable", NULL, NULL}, 3},   {{"pass", "inconclusive", NULL}, 3},
        {{"inconclusive", "fail", "pass"}, 1}, {{"pass", "something else", NULL}, 3},
    };
    const char *verdict;
    char folder[40], sql[300], id[16];
    struct store *store;

    (void)state;
    make_folder(folder);
    store = make_store(folder);
    for (size_t i = 0; i < sizeof exits / sizeof exits[0]; i++) {
        execute(store, "DELETE FROM criterion");
        for (int j = 0; j < 3 && exits[i].verdicts[j]; j++) {
            snprintf(id, sizeof id, "X-%d", j);
            sqlite3_snprintf(sizeof sql, sql, row, id, exits[i].verdicts[j]);
            execute(store, sql);
        }
        assert_int_equal(criteria_exit(store, PHASE_RUN, &verdict), exits[i].code);
    }
    store_close(store, NULL);
    forget(folder, "campaign.db");
}

static struct yaml_document *parse(const char *text)
{
    struct error error = {""};
    struct yaml_document *document = yaml_parse("campaign.yaml", view_text(text), &error);

    if (!document)
        fail_msg("%s", error.text);
    return document;
}

static void test_select(void **state)
{
    struct yaml_document *list =
        parse("- AC-09\n- {id: AC-12, limit: 5, rationale: time to harm is 5 s}\n"
              "- {id: AC-11, not-applicable: no therapy is delivered}\n");
    struct criteria *criteria = load(NULL);
    char all[80], folder[40], text[200];
    struct error error = {""};
    struct store *store;
    const char *verdict;

    (void)state;
    snprintf(all, sizeof all, "%s", criteria_hash(criteria));
    assert_int_equal(strlen(all), 64);
    assert_int_equal(criteria_select(criteria, yaml_root(list), &error), 0);
    assert_string_not_equal(criteria_hash(criteria), all);
    make_folder(folder);
    store = make_store(folder);
    execute(store, healthy);
    execute(store, "UPDATE recovery SET recovery_us = 6000000");
    judge_all(criteria, store);
    assert_int_equal(store_integer(store, -1, "SELECT count(*) FROM criterion", ""), 3);
    assert_int_equal(criteria_exit(store, PHASE_RUN, &verdict), 1);
    read_row(store, "AC-12", "verdict || ' ' || rationale", text, sizeof text);
    assert_string_equal(text, "fail time to harm is 5 s");
    read_row(store, "AC-11", "verdict || ': ' || rationale", text, sizeof text);
    assert_string_equal(text, "not applicable: no therapy is delivered");
    assert_int_equal(store_get(store, "criterion.AC-09.clauses", text, sizeof text), 0);
    assert_non_null(strstr(text, "FDA premarket cybersecurity guidance\tV.C\t"));
    /* All again: the same hash as before, the limit as in the file. */
    assert_int_equal(criteria_select(criteria, NULL, &error), 0);
    assert_string_equal(criteria_hash(criteria), all);
    store_close(store, NULL);
    criteria_free(criteria);
    yaml_close(list);
    forget(folder, "campaign.db");
}

static void test_select_refuses(void **state)
{
    static const struct {
        const char *text, *part;
    } lists[] = {
        {"- AC-99\n", "campaign.yaml:1"},
        {"- AC-09\n- AC-09\n", "campaign.yaml:2"},
        {"- {id: AC-12, limit: 5}\n", "rationale"},
        {"- {id: AC-12, limit: 5, rationale: ''}\n", "rationale"},
        {"- {id: AC-12, rationale: why}\n", "limit"},
        {"- {id: AC-12, limit: fast, rationale: why}\n", "limit"},
        {"- {id: AC-09, limit: 3, rationale: why}\n", "may not be overridden"},
        {"- {id: AC-12, limits: 3}\n", "limits"},
        {"- {id: AC-12, not-applicable: ''}\n", "not-applicable"},
        {"- [AC-12]\n", "campaign.yaml:1"},
        {"[]\n", "list"},
        {"id: AC-09\n", "list"},
    };
    struct criteria *criteria = load(NULL);

    (void)state;
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        struct yaml_document *list = parse(lists[i].text);
        struct error error = {""};

        assert_int_equal(criteria_select(criteria, yaml_root(list), &error), -1);
        if (!strstr(error.text, lists[i].part))
            fail_msg("%s gave: %s", lists[i].text, error.text);
        yaml_close(list);
    }
    criteria_free(criteria);
}

static const char own[] =
    "id: HOSPITAL-1\ntitle: t\nversion: '1'\nphase: run\nsentence: s\n"
    "rationale: r\n%s\nexplain: SELECT 'x'\ncomparison: '<='\n"
    "limit: {value: 0, unit: u, override: never}\nclauses: []\n";

static void write_own(const char *folder, const char *line)
{
    char path[200];
    FILE *file;

    snprintf(path, sizeof path, "%s/own.yaml", folder);
    file = fopen(path, "w");
    assert_non_null(file);
    for (const char *at = own; *at; at++) {
        if (at[0] == '%' && at[1] == 's') {
            fputs(line, file);
            at++;
        } else {
            fputc(*at, file);
        }
    }
    fclose(file);
}

static void test_own_criterion(void **state)
{
    static const struct {
        const char *line, *part;
    } wrong[] = {
        {"query: SELECT absent FROM cases", "no such column: absent"},
        {"query: DELETE FROM cases", "does not only read"},
        {"query: ATTACH 'x.db' AS x", "does not only read"},
        {"query: PRAGMA journal_mode = OFF", "does not only read"},
        {"query: SELECT load_extension('x')", "load_extension"},
        {"query: SELECT 1; SELECT 2", "more than one statement"},
        {"query: SELECT 1, 2", "2 columns"},
        {"query: SELECT :other", ":other"},
        {"query: ''", "query"},
        {"quarry: SELECT 1", "quarry"},
        {"sentence2: x", "sentence2"},
        {"data: SELECT 1", "query"},
    };
    struct criteria *criteria;
    char folder[40];

    (void)state;
    make_folder(folder);
    write_own(folder, "query: SELECT count(*) FROM finding");
    criteria = load(folder);
    assert_string_equal(criteria_at(criteria, criteria_count(criteria) - 1)->id,
                        "HOSPITAL-1");
    criteria_free(criteria);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct error error = {""};

        write_own(folder, wrong[i].line);
        assert_null(criteria_load(folder, &error));
        if (!strstr(error.text, "own.yaml:") || !strstr(error.text, wrong[i].part))
            fail_msg("%s gave: %s", wrong[i].line, error.text);
    }
    forget(folder, "own.yaml");
}

/* A query that compiles and then breaks on real rows shows nothing; the others are still
 * judged. */
static void test_query_that_breaks(void **state)
{
    struct criteria *criteria;
    char folder[40], text[200];
    const char *verdict;
    struct store *store;

    (void)state;
    make_folder(folder);
    write_own(folder, "query: SELECT sum(9223372036854775807) FROM cases");
    criteria = load(folder);
    store = make_store(folder);
    execute(store, healthy);
    judge_all(criteria, store);
    read_row(store, "HOSPITAL-1", "verdict || ': ' || explanation", text, sizeof text);
    assert_string_equal(text, "inconclusive: the query failed: integer overflow");
    read_row(store, "AC-09", "verdict", text, sizeof text);
    assert_string_equal(text, "pass");
    assert_int_equal(criteria_exit(store, PHASE_RUN, &verdict), 3);
    store_close(store, NULL);
    criteria_free(criteria);
    snprintf(text, sizeof text, "%s/own.yaml", folder);
    unlink(text);
    forget(folder, "campaign.db");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_catalogue_file),
        cmocka_unit_test(test_met_so_far),
        cmocka_unit_test(test_empty_store_passes_nothing),
        cmocka_unit_test(test_exit_codes),
        cmocka_unit_test(test_select),
        cmocka_unit_test(test_select_refuses),
        cmocka_unit_test(test_own_criterion),
        cmocka_unit_test(test_query_that_breaks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
