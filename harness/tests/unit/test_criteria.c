/* Every catalogue file is judged over stores of golden/criteria: a healthy run, and what
 * each entry changes in it. */
#include "criteria/criteria.h"

#include "criteria/query.h"
#include "stores.h"

#define GOLDEN PROJECT_FOLDER "/harness/tests/golden/criteria/"

#define CASE_COLUMNS                                                                  \
    "(number, attempt, epoch, stream, step, expected, outcome, verdict, latency_us, " \
    "sent_bytes, received_bytes)"

/* The healthy run, from golden/criteria/healthy.sql. */
static char healthy[8192];

/* Cases 251 .. `last` as well. */
#define MORE(last)                                                                      \
    "WITH RECURSIVE n(i) AS (SELECT 251 UNION ALL SELECT i + 1 FROM n WHERE i < " #last \
    ") INSERT INTO cases" CASE_COLUMNS                                                  \
    " SELECT i, 1, 2, NULL, 0, 1, 1, 'pass', 9, 8, 8 FROM n;"
#define CLASS(first_case)                                                               \
    "INSERT INTO response_class VALUES (" #first_case ", 'read', 1, 'ab', " #first_case \
    ");"

static struct criteria *load(const char *folder)
{
    struct error error = {""};
    struct criteria *criteria = criteria_load(folder, &error);

    if (!criteria)
        fail_msg("%s", error.text);
    return criteria;
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

    for (int phase = PHASE_RUN; phase <= PHASE_RELEASE; phase++)
        if (criteria_judge(criteria, store, (enum criterion_phase)phase, &error))
            fail_msg("%s", error.text);
}

/* Rows go, triage's too, whose triggers refuse it. */
static void empty(struct store *store)
{
    static const char tables[] =
        "SELECT 'DELETE FROM ' || name FROM sqlite_master WHERE type = 'table' AND name NOT "
        "LIKE 'sqlite_%' ORDER BY rowid DESC LIMIT 1 OFFSET ?";
    char sql[200];
    struct error error;

    execute(store, "DROP TRIGGER IF EXISTS triage_is_kept");
    for (int i = 0;; i++) {
        sqlite3_stmt *row = NULL;
        int status;

        assert_int_equal(
            sqlite3_prepare_v2(store_database(store), tables, -1, &row, NULL), SQLITE_OK);
        sqlite3_bind_int(row, 1, i);
        status = sqlite3_step(row);
        if (status == SQLITE_ROW)
            snprintf(sql, sizeof sql, "%s", (const char *)sqlite3_column_text(row, 0));
        sqlite3_finalize(row);
        if (status != SQLITE_ROW)
            break;
        execute(store, sql);
    }
    assert_int_equal(store_commit(store, &error), 0);
}

/* One entry of a golden file: VERDICT: what is changed in the healthy run. */
static void check_golden(const struct criterion *criterion, struct store *store,
                         const struct yaml *entry)
{
    struct criterion_result result;
    const char *verdict;

    empty(store);
    execute(store, healthy);
    execute(store, entry->text);
    criterion_judge(criterion, store, &result);
    verdict = criterion_verdict_name(result.verdict);
    if (strcmp(verdict, entry->key) != 0)
        fail_msg("%s:%u: %s, expected %s (%s)", entry->file, entry->line, verdict,
                 entry->key, result.explanation);
    if (!result.explanation[0] || strstr(result.explanation, "query failed"))
        fail_msg("%s:%u: explanation '%s'", entry->file, entry->line, result.explanation);
}

/* Each criterion passes on one store, fails on one, and is inconclusive on one. */
static void test_every_catalogue_file(void **state)
{
    static const char *const needed[] = {"pass", "fail", "inconclusive"};
    struct criteria *criteria = load(NULL);
    char folder[SCRATCH_PATH], path[300];
    struct store *store;

    (void)state;
    scratch_make(folder);
    store = need_store(folder);
    for (size_t i = 0; i < criteria_count(criteria); i++) {
        const struct criterion *criterion = criteria_at(criteria, i);
        struct yaml_document *golden;
        struct error error = {""};
        int seen[3] = {0};

        snprintf(path, sizeof path, GOLDEN "%s.yaml", criterion->id);
        golden = yaml_load(path, &error);
        if (!golden)
            fail_msg("%s", error.text);
        for (const struct yaml *row = yaml_root(golden)->child; row; row = row->next) {
            check_golden(criterion, store, row->child);
            for (int j = 0; j < 3; j++)
                seen[j] += strcmp(row->child->key, needed[j]) == 0;
        }
        if (!seen[0] || !seen[1] || !seen[2])
            fail_msg("%s: no store that passes, fails or is inconclusive", path);
        yaml_close(golden);
    }
    store_close(store, NULL);
    criteria_free(criteria);
    scratch_remove(folder);
}

static void test_met_so_far(void **state)
{
    struct criteria *criteria = load(NULL);
    struct error error = {""};
    char folder[SCRATCH_PATH];
    struct store *store;

    (void)state;
    scratch_make(folder);
    store = need_store(folder);
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
    scratch_remove(folder);
}

/* No data at all: nothing passes, whichever criterion. */
static void test_empty_store_passes_nothing(void **state)
{
    struct criteria *criteria = load(NULL);
    const char *verdict;
    char folder[SCRATCH_PATH];
    struct store *store;

    (void)state;
    scratch_make(folder);
    store = need_store(folder);
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
    scratch_remove(folder);
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
    char folder[SCRATCH_PATH], sql[300], id[16];
    struct store *store;

    (void)state;
    scratch_make(folder);
    store = need_store(folder);
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
    scratch_remove(folder);
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
    char all[80], folder[SCRATCH_PATH], text[200];
    struct error error = {""};
    struct store *store;
    const char *verdict;

    (void)state;
    snprintf(all, sizeof all, "%s", criteria_hash(criteria));
    assert_int_equal(strlen(all), 64);
    assert_int_equal(criteria_select(criteria, yaml_root(list), &error), 0);
    assert_string_not_equal(criteria_hash(criteria), all);
    scratch_make(folder);
    store = need_store(folder);
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
    scratch_remove(folder);
}

/* What a row was judged by stays, also where nobody has the campaign at hand. */
static void test_judged_again(void **state)
{
    struct yaml_document *list =
        parse("- AC-17\n- {id: AC-15, limit: 5, rationale: our night}\n"
              "- {id: AC-18, not-applicable: no patient is near}\n");
    struct criteria *criteria = load(NULL);
    char folder[SCRATCH_PATH], text[200];
    struct error error = {""};
    struct store *store;

    (void)state;
    assert_int_equal(criteria_select(criteria, yaml_root(list), &error), 0);
    scratch_make(folder);
    store = need_store(folder);
    execute(store, healthy);
    judge_all(criteria, store);
    assert_int_equal(criteria_select(criteria, NULL, &error), 0);
    execute(store,
            "INSERT INTO load_test VALUES (1, 'service', 100, 6, 1, 't', 'r', 'A', 'd'),"
            "(2, 'service', 200, 6, 1, 't', 'r', 'A', 'd')");
    assert_int_equal(criteria_judge_again(criteria, store, &error), 0);
    assert_int_equal(store_integer(store, -1, "SELECT count(*) FROM criterion", ""), 3);
    read_row(store, "AC-15", "verdict || ' ' || limit_value || ' ' || rationale", text,
             sizeof text);
    assert_string_equal(text, "pass 5.0 our night");
    read_row(store, "AC-18", "verdict || ' ' || rationale", text, sizeof text);
    assert_string_equal(text, "not applicable no patient is near");
    store_close(store, NULL);
    criteria_free(criteria);
    yaml_close(list);
    scratch_remove(folder);
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

/* A criterion of one's own, with this line in it. */
static void write_own(const char *folder, const char *line)
{
    char path[SCRATCH_PATH], text[500];

    assert_true(
        snprintf(text, sizeof text,
                 "id: HOSPITAL-1\ntitle: t\nversion: '1'\nphase: run\nsentence: s\n"
                 "rationale: r\n%s\nexplain: SELECT 'x'\ncomparison: '<='\n"
                 "limit: {value: 0, unit: u, override: never}\nclauses: {}\n",
                 line) < (int)sizeof text);
    scratch_write(folder, "own.yaml", text, path);
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
    char folder[SCRATCH_PATH];

    (void)state;
    scratch_make(folder);
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
    scratch_remove(folder);
}

/* A query that compiles and then breaks on real rows shows nothing; the others are still
 * judged. */
static void test_query_that_breaks(void **state)
{
    struct criteria *criteria;
    char folder[SCRATCH_PATH], text[200];
    const char *verdict;
    struct store *store;

    (void)state;
    scratch_make(folder);
    write_own(folder, "query: SELECT sum(9223372036854775807) FROM cases");
    criteria = load(folder);
    store = need_store(folder);
    execute(store, healthy);
    judge_all(criteria, store);
    read_row(store, "HOSPITAL-1", "verdict || ': ' || explanation", text, sizeof text);
    assert_string_equal(text, "inconclusive: the query failed: integer overflow");
    read_row(store, "AC-09", "verdict", text, sizeof text);
    assert_string_equal(text, "pass");
    assert_int_equal(criteria_exit(store, PHASE_RUN, &verdict), 3);
    store_close(store, NULL);
    criteria_free(criteria);
    scratch_remove(folder);
}

static int read_healthy(void **state)
{
    FILE *file = fopen(GOLDEN "healthy.sql", "r");
    size_t length = file ? fread(healthy, 1, sizeof healthy - 1, file) : 0;

    (void)state;
    if (file)
        fclose(file);
    return length > 0 && length < sizeof healthy - 1 ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_catalogue_file),
        cmocka_unit_test(test_met_so_far),
        cmocka_unit_test(test_empty_store_passes_nothing),
        cmocka_unit_test(test_exit_codes),
        cmocka_unit_test(test_select),
        cmocka_unit_test(test_judged_again),
        cmocka_unit_test(test_select_refuses),
        cmocka_unit_test(test_own_criterion),
        cmocka_unit_test(test_query_that_breaks),
    };

    return cmocka_run_group_tests(tests, read_healthy, NULL);
}
