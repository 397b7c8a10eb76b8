/* Frameworks: what is shipped holds together, and what is wrong in a file is named. */
#include "criteria/criteria.h"
#include "scratch.h"

#include <sys/stat.h>

static const char own[] =
    "id: HOSPITAL-1\ntitle: t\nversion: '1'\nphase: run\nsentence: s\n"
    "rationale: r\nquery: SELECT 0\nexplain: SELECT 'x'\n"
    "comparison: '<='\nlimit: {value: 0, unit: u, override: never}\n";
static const char rules[] =
    "id: house-rules\nframework: House rules\nedition: '7'\nverified_on: 2026-11-01\n";

/* FOLDER/own.yaml names `clauses`; FOLDER/frameworks/rules.yaml has `rows`. */
static struct criteria *load(const char *folder, const char *clauses, const char *rows,
                             struct error *error)
{
    char path[SCRATCH_PATH], text[1000], frameworks[SCRATCH_PATH];

    snprintf(text, sizeof text, "%sclauses: %s\n", own, clauses);
    scratch_write(folder, "own.yaml", text, path);
    snprintf(frameworks, sizeof frameworks, "%s/frameworks", folder);
    mkdir(frameworks, 0777);
    snprintf(text, sizeof text, "%s%s", rules, rows);
    scratch_write(frameworks, "rules.yaml", text, path);
    return criteria_load(folder, error);
}

static void what_is_shipped_is_marked(void **state)
{
    struct error error = {""};
    struct criteria *criteria = criteria_load(NULL, &error);
    const struct clause *clause;
    size_t procurement = 0, named = 0;

    (void)state;
    if (!criteria)
        fail_msg("%s", error.text);
    for (size_t i = 0; (clause = frameworks_at(criteria_frameworks(criteria), i)); i++) {
        bool read = strcmp(clause->verification, "V") == 0;

        assert_true(read || strcmp(clause->verification, "S") == 0);
        assert_true(read == !strstr(clause_mark(clause), "check against your licensed"));
        procurement += clause->procurement;
        named += clause->named;
        assert_false(clause->procurement && clause->named);
    }
    assert_true(procurement > 0 && named > 20);
    assert_int_equal(criteria_count(criteria), 23);
    criteria_free(criteria);
}

static void a_house_has_its_own(void **state)
{
    struct error error = {""};
    char folder[SCRATCH_PATH];
    struct criteria *criteria;
    const struct criterion *last;

    (void)state;
    scratch_make(folder);
    criteria = load(folder, "{house-rules: [R 1], mdr: [Annex I 17.2]}",
                    "rows:\n- {clause: R 1, verification: V, paraphrase: p}\n", &error);
    if (!criteria)
        fail_msg("%s", error.text);
    last = criteria_at(criteria, criteria_count(criteria) - 1);
    assert_int_equal(last->clause_count, 2);
    assert_string_equal(last->clauses[0]->framework, "House rules");
    assert_string_equal(last->clauses[0]->edition, "7");
    assert_string_equal(last->clauses[1]->clause, "Annex I 17.2");
    criteria_free(criteria);
    scratch_remove(folder);
}

/* What was put away with a run is read again, whatever the catalogue is by then. */
static void a_folder_stands_alone(void **state)
{
    struct error error = {""};
    char folder[SCRATCH_PATH];
    struct criteria *criteria;

    (void)state;
    scratch_make(folder);
    criteria_free(
        load(folder, "{house-rules: [R 1]}",
             "rows:\n- {clause: R 1, verification: V, paraphrase: p}\n"
             "- {clause: R 2, verification: S, paraphrase: p, records: [run]}\n",
             &error));
    criteria = criteria_load_only(folder, &error);
    if (!criteria)
        fail_msg("%s", error.text);
    assert_int_equal(criteria_count(criteria), 1);
    assert_int_equal(frameworks_count(criteria_frameworks(criteria)), 2);
    criteria_free(criteria);
    scratch_remove(folder);
}

static void what_does_not_fit_is_named(void **state)
{
#define ROW "rows:\n- {clause: R 1, verification: V, paraphrase: p, records: [run]}\n"
    static const struct {
        const char *clauses, *rows, *file, *says;
    } wrong[] = {
        {"{mdr: [Annex I 99]}", ROW, "own.yaml:11", "no clause 'Annex I 99'"},
        {"{gdpr: [x]}", ROW, "own.yaml:11", "framework 'gdpr' is not known"},
        {"{iso-27001: [A.8.25-A.8.31]}", ROW, "own.yaml:11", "nothing of the device"},
        {"[x]", ROW, "own.yaml:11", "clauses"},
        {"{mdr: x}", ROW, "own.yaml:11", "list of clauses"},
        {"{}", "rows:\n- {clause: R 1, verification: V, paraphrase: p}\n", "rules.yaml:6",
         "nothing supports it"},
        {"{}", "rows:\n- {clause: R 1, verification: maybe, paraphrase: p}\n",
         "rules.yaml:6", "verification"},
        {"{}", "rows:\n- {clause: R 1, paraphrase: p}\n", "rules.yaml:6", "verification"},
        {"{}", "rows:\n- {clause: R 1, verification: S}\n", "rules.yaml:6", "paraphrase"},
        {"{}", "rows:\n- {clause: R 1, verification: S, paraphrase: ''}\n",
         "rules.yaml:6", "paraphrase"},
        {"{}",
         "rows:\n- {clause: R 1, verification: S, paraphrase: p, verified_on: soon}\n",
         "rules.yaml:6", "a date"},
        {"{}",
         "rows:\n- {clause: R 1, verification: S, paraphrase: p, records: [nothing]}\n",
         "rules.yaml:6", "table of the store"},
        {"{}", ROW "- {clause: R 1, verification: S, paraphrase: p}\n", "rules.yaml:7",
         "each clause once"},
        {"{}", "rows: []\n", "rules.yaml:5", "at least one clause"},
        {"{}", ROW "pack: both\n", "rules.yaml:7", "pack"},
    };
    char folder[SCRATCH_PATH];

    (void)state;
    scratch_make(folder);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct error error = {""};

        assert_null(load(folder, wrong[i].clauses, wrong[i].rows, &error));
        if (!strstr(error.text, wrong[i].file) || !strstr(error.text, wrong[i].says))
            fail_msg("%s %s gave: %s", wrong[i].clauses, wrong[i].rows, error.text);
    }
    scratch_remove(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_shipped_is_marked),
        cmocka_unit_test(a_house_has_its_own),
        cmocka_unit_test(a_folder_stands_alone),
        cmocka_unit_test(what_does_not_fit_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
