/* From the rows of a store to the verdict of each criterion, and to the exit code. */
#include "criteria/criterion.h"
#include "criteria/query.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A condition of the criterion: 1 holds, 0 does not (also when it gives no number), -1
 * failed. */
static int holds(struct sqlite3 *database, const char *sql, double limit,
                 struct error *error)
{
    double value = 0;
    bool known;

    if (query_number(database, sql, limit, &value, &known, error))
        return -1;
    return known && value != 0;
}

static int decide(const struct criterion *criterion, struct sqlite3 *database,
                  struct criterion_result *result, struct error *error)
{
    double limit = criterion->limit;
    int applies = 1, fails = 0, data = 1;

    if (criterion->applies)
        applies = holds(database, criterion->applies, limit, error);
    if (applies > 0 && criterion->fails)
        fails = holds(database, criterion->fails, limit, error);
    if (applies > 0 && criterion->data)
        data = holds(database, criterion->data, limit, error);
    if (applies < 0 || fails < 0 || data < 0 ||
        query_number(database, criterion->query, limit, &result->measured,
                     &result->measured_known, error))
        return -1;
    if (!applies)
        result->verdict = CRITERION_NOT_APPLICABLE;
    else if (fails)
        result->verdict = CRITERION_FAIL;
    else if (!data || !result->measured_known)
        result->verdict = CRITERION_INCONCLUSIVE;
    else
        result->verdict = criterion_holds(criterion, result->measured) ? CRITERION_PASS
                                                                       : CRITERION_FAIL;
    return 0;
}

void criterion_judge(const struct criterion *criterion, struct store *store,
                     struct criterion_result *result)
{
    struct sqlite3 *database = store_database(store);
    struct error error;

    *result = (struct criterion_result){.verdict = CRITERION_INCONCLUSIVE};
    if (criterion->not_applicable) {
        result->verdict = CRITERION_NOT_APPLICABLE;
        snprintf(result->explanation, sizeof result->explanation,
                 "declared not applicable");
        return;
    }
    /* A query that breaks on this store has shown nothing, which is no reason to lose the
     * rest. */
    if (decide(criterion, database, result, &error) ||
        query_text(database, criterion->explain, criterion->limit, result->explanation,
                   sizeof result->explanation, &error)) {
        result->verdict = CRITERION_INCONCLUSIVE;
        snprintf(result->explanation, sizeof result->explanation, "the query failed: %s",
                 error.text);
    }
}

static char *clause_lines(const struct criterion *criterion)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return NULL;
    for (size_t i = 0; i < criterion->clause_count; i++) {
        const struct clause *clause = criterion->clauses[i];

        fprintf(out, "%s\t%s\t%s\t%s\t%s\t%s\n", clause->framework, clause->clause,
                clause->edition, clause->verification, clause->verified_on,
                clause->paraphrase);
    }
    fclose(out);
    return text;
}

static char *hazard_lines(const struct criterion *criterion)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return NULL;
    for (const struct yaml *row = criterion->hazards ? criterion->hazards->child : NULL;
         row; row = row->next)
        fprintf(out, "%s\n", row->text);
    fclose(out);
    return text;
}

static int set_fact(struct store *store, const struct criterion *criterion,
                    const char *name, const char *value, struct error *error)
{
    char key[80];

    if (!value)
        return error_set(error, "out of memory");
    snprintf(key, sizeof key, "criterion.%s.%s", criterion->id, name);
    return store_set(store, key, value, error);
}

static int write_row(struct store *store, const struct criterion *criterion,
                     const struct criterion_result *result, struct error *error)
{
    static const char known[] =
        "INSERT OR REPLACE INTO criterion "
        "(id, title, phase, verdict, measured, limit_value, unit, "
        "rationale, sentence, explanation) VALUES (?,?,?,?,?,?,?,?,?,?)";
    const char *rationale = criterion->not_applicable ? criterion->not_applicable
                            : criterion->override_rationale
                                ? criterion->override_rationale
                                : "";
    const char *phase = criterion_phase_name(criterion->phase);
    const char *verdict = criterion_verdict_name(result->verdict);

    if (result->measured_known)
        return store_write(store, error, known, "ttttrrtttt", criterion->id,
                           criterion->title, phase, verdict, result->measured,
                           criterion->limit, criterion->unit, rationale,
                           criterion->sentence, result->explanation);
    return store_write(store, error, known, "ttttnrtttt", criterion->id, criterion->title,
                       phase, verdict, criterion->limit, criterion->unit, rationale,
                       criterion->sentence, result->explanation);
}

int criterion_write(struct store *store, const struct criterion *criterion,
                    const struct criterion_result *result, struct error *error)
{
    char *clauses = clause_lines(criterion), *hazards = hazard_lines(criterion);
    int status = -1;

    if (write_row(store, criterion, result, error) == 0 &&
        set_fact(store, criterion, "version", criterion->version, error) == 0 &&
        set_fact(store, criterion, "comparison", criterion->comparison, error) == 0 &&
        set_fact(store, criterion, "clauses", clauses, error) == 0 &&
        set_fact(store, criterion, "hazards", hazards, error) == 0)
        status = 0;
    free(clauses);
    free(hazards);
    return status;
}

/* Inside a query the name means the temporary table first. */
void criteria_hold_runs(struct store *store)
{
    sqlite3_exec(store_database(store),
                 "DROP TABLE IF EXISTS temp.runs;"
                 "CREATE TEMP TABLE runs AS SELECT * FROM main.runs",
                 NULL, NULL, NULL);
}

void criteria_release_runs(struct store *store)
{
    sqlite3_exec(store_database(store), "DROP TABLE IF EXISTS temp.runs", NULL, NULL,
                 NULL);
}

int criteria_judge(const struct criteria *criteria, struct store *store,
                   enum criterion_phase phase, struct error *error)
{
    const struct criterion *criterion;
    struct criterion_result result;
    int status = 0;

    if (store_write(store, error, "DELETE FROM criterion WHERE phase = ?", "t",
                    criterion_phase_name(phase)))
        return -1;
    if (frameworks_store(criteria_frameworks(criteria), store, error) < 0)
        return -1;
    criteria_hold_runs(store);
    for (size_t i = 0; status == 0 && i < criteria_count(criteria); i++) {
        criterion = criteria_at(criteria, i);
        if (!criterion->required || criterion->phase != phase)
            continue;
        criterion_judge(criterion, store, &result);
        status = criterion_write(store, criterion, &result, error);
    }
    criteria_release_runs(store);
    return status < 0 ? -1 : store_commit(store, error);
}

/* As it was judged before: with the limit and the rationale of its row. False: it has
 * none, or the campaign declared it not applicable. */
static bool recall(struct store *store, struct criterion *criterion, char *rationale,
                   size_t size)
{
    struct sqlite3 *database = store_database(store);
    char from[120], sql[200];
    struct error ignored;
    bool known;

    /* An id is letters, digits, '-' and '_'. */
    snprintf(from, sizeof from, "FROM criterion WHERE phase <> 'run' AND id = '%s'",
             criterion->id);
    snprintf(sql, sizeof sql, "SELECT limit_value %s", from);
    if (query_number(database, sql, 0, &criterion->limit, &known, &ignored) < 0 || !known)
        return false;
    snprintf(sql, sizeof sql, "SELECT rationale %s", from);
    query_text(database, sql, 0, rationale, size, &ignored);
    criterion->override_rationale = rationale;
    snprintf(sql, sizeof sql, "SELECT count(*) %s AND verdict = 'not applicable'", from);
    return !rationale[0] || !store_integer(store, 0, sql, "");
}

int criteria_judge_again(const struct criteria *criteria, struct store *store,
                         struct error *error)
{
    const struct criterion *known;
    struct criterion_result result;
    char rationale[4000];
    int status = 0;

    criteria_hold_runs(store);
    for (size_t i = 0; status == 0 && (known = criteria_at(criteria, i)); i++) {
        struct criterion criterion = *known;

        if (!recall(store, &criterion, rationale, sizeof rationale))
            continue;
        criterion_judge(&criterion, store, &result);
        status = criterion_write(store, &criterion, &result, error);
    }
    criteria_release_runs(store);
    return status < 0 ? -1 : store_commit(store, error);
}

int criteria_met(const struct criteria *criteria, const char *id, struct store *store,
                 struct error *error)
{
    const struct criterion *criterion;
    struct criterion_result result;

    for (size_t i = 0; (criterion = criteria_at(criteria, i)); i++) {
        if (strcmp(criterion->id, id) != 0)
            continue;
        criteria_hold_runs(store);
        criterion_judge(criterion, store, &result);
        criteria_release_runs(store);
        return result.verdict == CRITERION_PASS ||
               result.verdict == CRITERION_NOT_APPLICABLE;
    }
    return error_set(error, "no criterion '%s' (percuss criteria list shows them)", id);
}

int criteria_exit(struct store *store, enum criterion_phase phase, const char **verdict)
{
    static const char count[] = "SELECT count(*) FROM criterion WHERE phase = ? AND "
                                "verdict = ?";
    static const char other[] = "SELECT count(*) FROM criterion WHERE phase = ? AND "
                                "verdict NOT IN ('pass', 'not applicable')";
    const char *name = criterion_phase_name(phase);

    if (store_integer(store, 0, count, "tt", name, "fail") > 0) {
        *verdict = "fail";
        return 1;
    }
    if (store_integer(store, 1, other, "t", name) > 0 ||
        store_integer(store, 0, count, "tt", name, "pass") == 0) {
        *verdict = "inconclusive";
        return 3;
    }
    *verdict = "pass";
    return 0;
}
