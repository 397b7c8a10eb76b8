#include "report/night.h"

#include "report/rows.h"

#include <sqlite3.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* --- criteria, without what is known ------------------------------------------------ */

/* In queries of this connection these names mean the temporary tables first: the run
 * without its known findings, and without what was read or brought back behind their
 * cases. The store itself stays as it is. */
static const char masks_sql[] =
    "CREATE TEMP TABLE known_case AS SELECT DISTINCT number FROM main.suspicion WHERE "
    "  finding IN (SELECT id FROM known_now);"
    "CREATE TEMP TABLE finding AS SELECT * FROM main.finding WHERE id NOT IN (SELECT id "
    "  FROM known_now);"
    "CREATE TEMP TABLE sample AS SELECT * FROM main.sample WHERE ok OR after_case NOT IN "
    "  (SELECT number FROM known_case);"
    "CREATE TEMP TABLE recovery AS SELECT * FROM main.recovery WHERE after_case NOT IN "
    "  (SELECT number FROM known_case);"
    "CREATE TEMP TABLE epoch AS SELECT * FROM main.epoch;"
    "UPDATE temp.epoch SET recovery_us = 0, reset = 'none' WHERE first_case - 1 IN (SELECT "
    "  number FROM known_case);"
    "CREATE TEMP TABLE coverage AS SELECT * FROM main.coverage;";

static int execute(struct store *store, const char *sql, struct error *error)
{
    char *message = NULL;

    if (sqlite3_exec(store_database(store), sql, NULL, NULL, &message) == SQLITE_OK)
        return 0;
    error_set(error, "judging the night: %s", message ? message : "out of memory");
    sqlite3_free(message);
    return -1;
}

static const char *text_of(const json_t *side, const char *key)
{
    const char *text = json_string_value(json_object_get(side, key));

    return text ? text : "";
}

/* What wakes nobody. */
static int mask_known(const struct comparison *comparison, struct error *error)
{
    struct store *store = comparison->runs[1].store;
    sqlite3_stmt *insert = NULL;
    int status =
        execute(store, "CREATE TEMP TABLE known_now(id TEXT PRIMARY KEY)", error);

    if (status < 0 ||
        sqlite3_prepare_v2(store_database(store), "INSERT INTO known_now VALUES (?)", -1,
                           &insert, NULL) != SQLITE_OK)
        return status < 0 ? -1 : error_set(error, "judging the night: out of memory");
    for (size_t i = 0; i < comparison->count; i++) {
        const struct compared_finding *finding = &comparison->findings[i];

        if (!finding->after || finding->alarms)
            continue;
        sqlite3_bind_text(insert, 1, text_of(finding->after, "id"), -1, SQLITE_STATIC);
        sqlite3_step(insert);
        sqlite3_reset(insert);
    }
    sqlite3_finalize(insert);
    return execute(store, masks_sql, error);
}

/* What earlier nights of this plan and build sent counts, too. */
static int add_coverage(const struct night *night, struct error *error)
{
    struct store *store = night->comparison.runs[1].store;
    struct run_view both = {.store = night->comparison.both};
    struct rows rows =
        rows_of(&both, "SELECT name FROM old.night JOIN this USING (plan_hash) WHERE "
                       "night.build = this.build ORDER BY night.name");
    char path[4500];
    int status = 0;

    while (status == 0 && rows_next(&rows)) {
        snprintf(path, sizeof path, "%s/%s/campaign.db", night->history_folder,
                 rows_text(&rows, 0));
        if (store_attach(store, path, "earlier", error) < 0)
            status = -1;
        else if (execute(store,
                         "UPDATE temp.coverage SET sent = coverage.sent + e.sent FROM "
                         "earlier.coverage e WHERE e.kind = coverage.kind AND e.name = "
                         "coverage.name",
                         error) < 0 ||
                 execute(store, "DETACH earlier", error) < 0)
            status = -1;
    }
    return rows_close(&rows, status == 0 ? error : &(struct error){0}) < 0 ? -1 : status;
}

/* How a criterion comes out by one step of what is taken out or put in. */
static const struct {
    enum criterion_verdict verdict;
    enum night_criterion standing;
} outcomes[] = {{CRITERION_PASS, NIGHT_PASSES},
                {CRITERION_FAIL, NIGHT_FAILS},
                {CRITERION_INCONCLUSIVE, NIGHT_OPEN},
                {CRITERION_NOT_APPLICABLE, NIGHT_NOT_ASKED}};

static enum night_criterion standing_of(const struct criterion *criterion,
                                        struct store *store,
                                        struct criterion_result *result)
{
    criterion_judge(criterion, store, result);
    for (size_t i = 0; i < sizeof outcomes / sizeof outcomes[0]; i++)
        if (outcomes[i].verdict == result->verdict)
            return outcomes[i].standing;
    return NIGHT_OPEN;
}

static int judge_plainly(struct night *night, const struct criteria *criteria,
                         struct error *error)
{
    struct store *store = night->comparison.runs[1].store;
    const struct criterion *criterion;

    night->judged = calloc(criteria_count(criteria) + 1, sizeof *night->judged);
    if (!night->judged)
        return error_set(error, "out of memory");
    for (size_t i = 0; (criterion = criteria_at(criteria, i)); i++) {
        struct night_judged *judged = &night->judged[night->judged_count];
        struct criterion_result result;

        if (!criterion->required || criterion->phase != PHASE_RUN)
            continue;
        night->judged_count++;
        judged->criterion = criterion;
        judged->standing = standing_of(criterion, store, &result);
        memcpy(judged->explanation, result.explanation, sizeof judged->explanation);
    }
    return 0;
}

/* What fails is asked again: one that then passes stands as `standing`; one that does
 * not, as what it says now. */
static void judge_again(struct night *night, enum night_criterion standing)
{
    for (size_t i = 0; i < night->judged_count; i++) {
        struct night_judged *judged = &night->judged[i];
        struct criterion_result result;

        if (judged->standing == NIGHT_FAILS &&
            standing_of(judged->criterion, night->comparison.runs[1].store, &result) ==
                NIGHT_PASSES)
            judged->standing = standing;
    }
}

static int judge_criteria(struct night *night, const struct criteria *criteria,
                          struct error *error)
{
    struct store *store = night->comparison.runs[1].store;

    if (judge_plainly(night, criteria, error) < 0 ||
        mask_known(&night->comparison, error) < 0 || add_coverage(night, error) < 0)
        return -1;
    judge_again(night, NIGHT_EXPLAINED);
    if (execute(store, "UPDATE temp.coverage SET sent = planned", error) < 0)
        return -1;
    judge_again(night, NIGHT_LACKS_CASES);
    return 0;
}

/* --- the exit code ------------------------------------------------------------------ */

static size_t count_alarms(const struct night *night)
{
    size_t alarms = 0;

    for (size_t i = 0; i < night->comparison.count; i++)
        alarms += night->comparison.findings[i].alarms;
    return alarms;
}

/* The criteria that stand so, "AC-04, AC-08". */
static const char *list_standing(const struct night *night, enum night_criterion standing,
                                 char *text, size_t size)
{
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < night->judged_count && used < size; i++)
        if (night->judged[i].standing == standing)
            used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "",
                                     night->judged[i].criterion->id);
    return text;
}

static void conclude(struct night *night, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void conclude(struct night *night, int code, const char *format, ...)
{
    va_list arguments;

    night->exit = code;
    va_start(arguments, format);
    vsnprintf(night->why, sizeof night->why, format, arguments);
    va_end(arguments);
}

static void decide(struct night *night)
{
    const struct comparison *comparison = &night->comparison;
    size_t alarms = count_alarms(night);
    char ids[300];

    if (alarms)
        conclude(night, 1, "%zu finding%s new or returned, or fail%s in another way",
                 alarms, alarms == 1 ? " is" : "s are", alarms == 1 ? "s" : "");
    else if (comparison->why_not[0])
        conclude(night, 3, "%s", comparison->why_not);
    else if (!comparison->scope.ended)
        conclude(
            night, 3,
            "the run broke off: its device was lost, it was killed, or percuss failed");
    else if (list_standing(night, NIGHT_FAILS, ids, sizeof ids)[0])
        conclude(night, 1, "no known finding explains why these fail: %s", ids);
    else if (list_standing(night, NIGHT_LACKS_CASES, ids, sizeof ids)[0])
        conclude(night, 3,
                 "too little was sent for %s, all nights on this build together", ids);
    else if (list_standing(night, NIGHT_OPEN, ids, sizeof ids)[0])
        conclude(night, 3, "inconclusive: %s", ids);
    else if (night->facts.not_guarded)
        conclude(night, 3, "%lld finding(s) held as fixed were not replayed: %.400s",
                 (long long)night->facts.not_guarded,
                 night->facts.not_guarded_why ? night->facts.not_guarded_why : "");
    else
        conclude(night, 0, "nothing new");
}

int night_judge(struct night *night, const struct night_facts *facts,
                struct history *history, const struct criteria *criteria,
                struct error *error)
{
    *night = (struct night){
        .facts = *facts, .nights = history->night_count, .left_out = history->left_out};
    memcpy(night->history_folder, history->folder, sizeof night->history_folder);
    memcpy(night->why_left_out, history->why_left_out, sizeof night->why_left_out);
    if (history_compare(history, facts->folder, &night->comparison, error) < 0 ||
        judge_criteria(night, criteria, error) < 0)
        return -1;
    decide(night);
    return 0;
}

void night_free(struct night *night)
{
    compare_free(&night->comparison);
    free(night->judged);
    *night = (struct night){.exit = 0};
}
