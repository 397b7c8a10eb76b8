/* A complete evidence passes; each mandatory field that is removed makes its criterion
 * inconclusive and stands on the first page of the report. */
#include "criteria/criteria.h"
#include "criteria/mandatory.h"
#include "report/report.h"
#include "stores.h"

#define HEALTHY PROJECT_FOLDER "/harness/tests/golden/criteria/healthy.sql"
#define IMAGE "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'"
#define FINDING "'g', ''"

/* What the healthy run lacks to be all that is asked for. */
static const char complete[] =
    "DROP TRIGGER triage_is_kept; DROP TRIGGER triage_stays;"
    "INSERT INTO run VALUES ('plan_signed_ns', '999000000000'), ('plan_signed_criteria', "
    " 'c1'), ('plan_signed_by', 'A. Tester');"
    "INSERT INTO assessment_fact VALUES ('assessment', 'pump'), ('device', 'Pump'), "
    " ('device_version', '2.1'), ('tester', 'A. Tester'), ('independence', 'other house');"
    "INSERT INTO release_image VALUES (" IMAGE ", '', '', '');"
    "INSERT INTO assessed_interface VALUES ('service', 'Modbus', '');"
    "INSERT INTO load_test VALUES (1, 'service', 100, 10, 1, 'tool', 'r', 'A', 'd'), "
    " (2, 'service', 200, 10, 1, 'tool', 'r', 'A', 'd');"
    "INSERT INTO tool_validation VALUES ('0.1.0', 'Linux 6 x86_64', 'record.json', 'Q', "
    " '2026-11-01');"
    "INSERT INTO threat VALUES ('T-1', 'wrong rate', '', '', '', '', '', '', '', 'f:1');"
    "INSERT INTO requirement VALUES ('C-1', 'control', 'ranges are checked', '', 'f:1'), "
    " ('R-1', 'requirement', 'limits hold', 'service', 'f:2');"
    "INSERT INTO requirement_case VALUES ('R-1', 'write*', 'write*/*'), "
    " ('R-1', 'stacked', 'stacked/*');"
    "INSERT INTO hazard VALUES ('H-1', 'overdose', '', 's', 'h', 'serious', '', '', '', "
    " 'f:1');"
    "INSERT INTO component VALUES ('C-9', 'parser', '1.0', '', '', '', '', '', 'f:1');"
    "INSERT INTO trace_link VALUES ('T-1', 'C-1'), ('C-1', 'R-1'), ('T-1', 'H-1');"
    "INSERT INTO stream VALUES (1, 's', 'write_rate', 'value', 'limit', 'f', 9);"
    "UPDATE cases SET stream = 1 WHERE number = 1;"
    /* One that is deferred and one that is fixed, with its retest. */
    "INSERT INTO finding VALUES ('F-001', 'alive', 'hang', 'c', 't', 'd', '', "
    " 'confirmed', 1, 'n', 1, 5, 5, 5, 0, 0.004, 1, 8, 1.5, 'r', 'B-01', " FINDING "), "
    " ('F-002', 'alive', 'hang', 'd', 't', 'd', '', 'confirmed', 1, 'n', 1, 5, 5, 5, 0, "
    " 0.004, 1, 8, 1.5, 'r', 'B-02', " FINDING ");"
    "INSERT INTO suspicion VALUES (1, 1, 1, 'alive', 'c', 't', 'finding', 'F-001', 5, 5, 5, "
    " 0, 1, 0.004, 0.005), (2, 1, 1, 'alive', 'd', 't', 'finding', 'F-002', 5, 5, 5, 0, 2, "
    " 0.004, 0.001);"
    "INSERT INTO triage SELECT row_number() OVER (), 1, 'A', f.id, k.column1, k.column2, "
    " 'w', '', '' FROM finding f, (VALUES ('disposition', 'deferred'), ('harm', 'none "
    " flows'), ('severity', 'minor'), ('multi-patient', 'no'), ('cvss', 'CVSS:4.0/x'), "
    " ('cwe', 'CWE-787'), ('root-cause', 'unchecked'), ('release', '2.2'), ('due', "
    " '2027-03-31'), ('interim', 'port is locked'), ('hazard', 'H-1'), ('component', 'C-9'))"
    " k;"
    "UPDATE triage SET value = 'fixed' WHERE finding = 'F-002' AND key = 'disposition';"
    "INSERT INTO triage SELECT 100 + row_number() OVER (), 2, 'Q', id, 'approval', 'ok', 'w',"
    " '', '' FROM finding;"
    "INSERT INTO assessed_run(folder, role, interface, protocol, plan_hash, device, image, "
    " sent, started_ns, tool_version, host) VALUES ('fixed', 'retest', 'service', 'modbus', "
    " 'p1', 'process /pump2', " IMAGE ", 250, 2, '0.1.0', 'Linux 6 x86_64');"
    "INSERT INTO assessed_retest VALUES ('fixed', 1, 5, 'p1', 'F-002', 'd', 'process "
    "/pump2', 5, 0);";

#define SAID(key) "DELETE FROM triage WHERE finding = 'F-001' AND key = '" key "'"

static const struct {
    const char *criterion, *name, *remove;
} fields[] = {
    {"AC-02", "device name", "DELETE FROM assessment_fact WHERE key = 'device'"},
    {"AC-02", "device version",
     "DELETE FROM assessment_fact WHERE key = 'device_version'"},
    {"AC-02", "released images", "DELETE FROM release_image"},
    {"AC-03", "interfaces", "DELETE FROM assessed_interface"},
    {"AC-15", "load tests", "DELETE FROM load_test"},
    {"AC-20", "threats", "DELETE FROM threat"},
    {"AC-20", "requirements", "DELETE FROM requirement"},
    {"AC-20", "hazards", "DELETE FROM hazard"},
    {"AC-20", "components", "DELETE FROM component"},
    {"AC-22", "tester", "DELETE FROM assessment_fact WHERE key = 'tester'"},
    {"AC-22", "tester&#39;s independence",
     "DELETE FROM assessment_fact WHERE key = 'independence'"},
    {"AC-22", "validation of percuss", "DELETE FROM tool_validation"},
    {"AC-01", "signed plan", "DELETE FROM run WHERE key = 'plan_signed_ns'"},
    {"AC-01", "hash of the criteria", "DELETE FROM run WHERE key = 'criteria_hash'"},
    {"AC-02", "what device was tested",
     "DELETE FROM run WHERE key = 'device'; DELETE FROM assessed_run"},
    {"AC-21", "independent capture", "DELETE FROM capture WHERE kind = 'independent'"},
    {"AC-22", "version of percuss", "DELETE FROM run WHERE key = 'tool_version'"},
    {"AC-22", "host", "DELETE FROM run WHERE key = 'host'"},
    {"AC-02", "runs",
     "DELETE FROM run WHERE key = 'plan_hash'; DELETE FROM assessed_run"},
    {"AC-17", "F-001: disposition", SAID("disposition")},
    {"AC-17", "F-001: weakness (CWE)", SAID("cwe")},
    {"AC-17", "F-001: CVSS vector", SAID("cvss")},
    {"AC-17", "F-001: harm", SAID("harm")},
    {"AC-17", "F-001: severity", SAID("severity")},
    {"AC-18", "F-001: severity", SAID("severity")},
    {"AC-17", "F-001: reach (many patients)", SAID("multi-patient")},
    {"AC-17", "F-001: root cause", SAID("root-cause")},
    {"AC-17", "F-001: approval", SAID("approval")},
    {"AC-17", "F-001: release", SAID("release")},
    {"AC-17", "F-001: date of delivery", SAID("due")},
    {"AC-17", "F-001: what devices in use do until then", SAID("interim")},
    {"AC-19", "F-002: retest", "DELETE FROM assessed_retest"},
};
enum { FIELDS = sizeof fields / sizeof fields[0] };

static char *read_file(const char *path)
{
    char *text = NULL;
    size_t size = 0;
    FILE *file = fopen(path, "r");

    assert_non_null(file);
    assert_true(getdelim(&text, &size, '\0', file) > 0);
    fclose(file);
    return text;
}

static struct store *make_store(const char *healthy)
{
    struct store *store = need_store(NULL);

    execute(store, healthy);
    execute(store, complete);
    return store;
}

static void judge(const struct criteria *criteria, struct store *store)
{
    struct error error = {""};

    for (int phase = PHASE_RUN; phase <= PHASE_RELEASE; phase++)
        if (criteria_judge(criteria, store, (enum criterion_phase)phase, &error))
            fail_msg("%s", error.text);
}

static bool has_verdict(struct store *store, const char *id, const char *verdict)
{
    return store_integer(store, 0, "SELECT 1 FROM criterion WHERE id = ? AND verdict = ?",
                         "tt", id, verdict) == 1;
}

/* What the first page says is missing. */
static char *missing(struct store *store)
{
    struct run_view run = {.directory = "run", .store = store};
    struct report_subject subject = {.runs = &run, .run_count = 1};
    struct error error = {""};
    char *text = NULL, *from, *to;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    if (report_write(report_kind("html"), &subject, &(struct report_options){0}, out,
                     &error))
        fail_msg("%s", error.text);
    fclose(out);
    from = strstr(text, "<section id=\"missing\">");
    assert_non_null(from);
    assert_true(from < strstr(text, "<h2>In short</h2>"));
    to = strstr(from, "</section>");
    assert_non_null(to);
    *to = '\0';
    from = strdup(from);
    free(text);
    return from;
}

static void test_complete(void **state)
{
    static const char *const asked[] = {"AC-01", "AC-02", "AC-03", "AC-15", "AC-17",
                                        "AC-18", "AC-19", "AC-20", "AC-21", "AC-22"};
    char *healthy = read_file(HEALTHY), *page;
    struct error error = {""};
    struct criteria *criteria = criteria_load(NULL, &error);
    struct store *store = make_store(healthy);

    (void)state;
    assert_non_null(criteria);
    judge(criteria, store);
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++)
        if (!has_verdict(store, asked[i], "pass")) {
            char why[2000] = "";
            sqlite3_stmt *row = NULL;

            sqlite3_prepare_v2(
                store_database(store),
                "SELECT verdict || ': ' || explanation FROM criterion WHERE "
                "id = ?",
                -1, &row, NULL);
            sqlite3_bind_text(row, 1, asked[i], -1, SQLITE_STATIC);
            if (sqlite3_step(row) == SQLITE_ROW)
                snprintf(why, sizeof why, "%s",
                         (const char *)sqlite3_column_text(row, 0));
            sqlite3_finalize(row);
            fail_msg("%s: %s", asked[i], why);
        }
    page = missing(store);
    if (!strstr(page, "Nothing that evidence has to state."))
        fail_msg("%s", page);
    free(page);
    store_close(store, NULL);
    criteria_free(criteria);
    free(healthy);
}

/* Which entries of the table speak of this store. */
static void note_spoken(struct store *store, bool *spoken)
{
    for (size_t i = 0; mandatory[i].criterion; i++) {
        sqlite3_stmt *row = NULL;

        assert_int_equal(sqlite3_prepare_v2(store_database(store), mandatory[i].missing,
                                            -1, &row, NULL),
                         SQLITE_OK);
        spoken[i] |= sqlite3_step(row) == SQLITE_ROW;
        sqlite3_finalize(row);
    }
}

static void test_each_field(void **state)
{
    char *healthy = read_file(HEALTHY);
    struct error error = {""};
    struct criteria *criteria = criteria_load(NULL, &error);
    bool spoken[100] = {false};
    int wrong = 0;

    (void)state;
    assert_non_null(criteria);
    for (size_t i = 0; i < FIELDS; i++) {
        struct store *store = make_store(healthy);
        char *page, name[120];

        execute(store, fields[i].remove);
        judge(criteria, store);
        note_spoken(store, spoken);
        page = missing(store);
        snprintf(name, sizeof name, "<b>%s</b>", fields[i].criterion);
        if (!has_verdict(store, fields[i].criterion, "inconclusive")) {
            print_error("%s without %s is not inconclusive\n", fields[i].criterion,
                        fields[i].name);
            wrong++;
        }
        if (!strstr(page, fields[i].name) || !strstr(page, name)) {
            print_error("%s without %s: first page says: %s\n", fields[i].criterion,
                        fields[i].name, page);
            wrong++;
        }
        free(page);
        store_close(store, NULL);
    }
    assert_int_equal(wrong, 0);
    for (size_t i = 0; mandatory[i].criterion; i++)
        if (!spoken[i])
            fail_msg("nothing was removed that %s asks for: %s", mandatory[i].criterion,
                     mandatory[i].missing);
    criteria_free(criteria);
    free(healthy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_complete),
        cmocka_unit_test(test_each_field),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
