/* What follows from the store: verdicts and reports, made again. */
#include "bundle/reports.h"

#include <sqlite3.h>
#include <string.h>

/* --- criteria ----------------------------------------------------------------------- */

static struct criteria *load_criteria(struct evidence_folder *evidence,
                                      struct error *error)
{
    char folder[FOLDER_PATH], path[FOLDER_PATH];
    struct yaml_document *campaign = NULL;
    struct criteria *criteria = NULL;

    if (evidence_place(evidence->path, INPUTS_CRITERIA, evidence->run->name, NULL, NULL,
                       folder, error) == 0 &&
        folder_path(path, evidence->path, evidence->run->inputs.campaign, error) == 0)
        campaign = yaml_load(path, error);
    if (campaign)
        criteria = criteria_load_only(folder, error);
    if (criteria &&
        criteria_select(criteria, yaml_get(yaml_root(campaign), "criteria"), error) < 0) {
        criteria_free(criteria);
        criteria = NULL;
    }
    yaml_close(campaign);
    return criteria;
}

/* Judges a copy of the store; the verdicts that are there already are judged away. */
static struct store *judge_again(struct evidence_folder *evidence,
                                 const struct criteria *criteria, struct error *error)
{
    char from[FOLDER_PATH], to[FOLDER_PATH];
    struct store *store = NULL;

    if (folder_path(from, evidence->path, evidence->store_name, error) < 0 ||
        folder_path(to, evidence->scratch, "again.db", error) < 0 ||
        folder_copy(from, to, error) < 0 || !(store = store_open(to, true, error)))
        return NULL;
    if (criteria_judge(criteria, store, PHASE_RUN, error) == 0 &&
        criteria_judge(criteria, store, PHASE_TRIAGE, error) == 0 &&
        criteria_judge(criteria, store, PHASE_RELEASE, error) == 0 &&
        store_commit(store, error) == 0)
        return store;
    store_close(store, &(struct error){0});
    return NULL;
}

static const char *text_at(sqlite3_stmt *row, int column)
{
    const char *text = (const char *)sqlite3_column_text(row, column);

    return text ? text : "";
}

/* One verdict of the evidence against the one just made. */
static bool compare_verdict(sqlite3_stmt *row, struct store *again,
                            struct verification *all)
{
    if (store_integer(again, 0,
                      "SELECT count(*) FROM criterion WHERE id = ? AND verdict = ? AND "
                      "explanation = ? AND measured IS CAST(? AS REAL)",
                      sqlite3_column_type(row, 3) == SQLITE_NULL ? "tttn" : "tttr",
                      text_at(row, 0), text_at(row, 1), text_at(row, 2),
                      sqlite3_column_double(row, 3)) > 0)
        return true;
    verification_add(all, CHECK_ALTERED, "criteria",
                     "%s is '%s' in the evidence: its records say otherwise",
                     text_at(row, 0), text_at(row, 1));
    return false;
}

void evidence_compare_verdicts(struct store *then, struct store *again,
                               struct verification *all)
{
    sqlite3_stmt *row = NULL;
    int64_t good = 0, count = 0;

    if (sqlite3_prepare_v2(store_database(then),
                           "SELECT id, verdict, explanation, measured FROM criterion "
                           "ORDER BY id",
                           -1, &row, NULL) != SQLITE_OK)
        return;
    while (sqlite3_step(row) == SQLITE_ROW) {
        count++;
        good += compare_verdict(row, again, all);
    }
    sqlite3_finalize(row);
    if (store_integer(again, 0, "SELECT count(*) FROM criterion", "") != count)
        verification_add(
            all, CHECK_ALTERED, "criteria",
            "the evidence has %lld verdicts, its records give %lld", (long long)count,
            (long long)store_integer(again, 0, "SELECT count(*) FROM criterion", ""));
    else if (good == count)
        verification_add(all, CHECK_GOOD, "criteria",
                         "%lld verdicts computed again, all the same", (long long)count);
}

void check_criteria(struct evidence_folder *evidence, struct verification *all)
{
    struct criteria *criteria;
    struct store *again = NULL;
    char hash[HASH_TEXT] = "";
    struct error error;

    criteria = load_criteria(evidence, &error);
    if (!criteria) {
        verification_add(all, CHECK_ALTERED, "criteria", "%s", error.text);
        return;
    }
    store_get(evidence->store, "criteria_hash", hash, sizeof hash);
    if (strcmp(hash, criteria_hash(criteria)) != 0)
        verification_add(all, CHECK_ALTERED, "criteria",
                         "the criteria are not those that were fixed when the run began");
    else if ((again = judge_again(evidence, criteria, &error)))
        evidence_compare_verdicts(evidence->store, again, all);
    else
        verification_add(all, CHECK_UNKNOWN, "criteria", "%s", error.text);
    store_close(again, &(struct error){0});
    criteria_free(criteria);
}

/* --- reports ------------------------------------------------------------------------ */

void check_reports(struct evidence_folder *evidence, struct verification *all)
{
    char directory[FOLDER_PATH];
    struct run_view run = {.directory = directory, .store = evidence->store};
    struct report_subject subject = {.runs = &run, .run_count = 1};
    struct error error;

    if (evidence_place(NULL, EVIDENCE_RUNS, evidence->run->name, NULL, directory, NULL,
                       &error) < 0)
        verification_add(all, CHECK_UNKNOWN, "reports", "%s", error.text);
    else
        reports_check(evidence->path, evidence->run->name, evidence->scratch,
                      evidence->index->version, &subject, all);
}
