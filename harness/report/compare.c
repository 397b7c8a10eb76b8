#include "report/compare_parts.h"

#include "report/rows.h"

#include <sqlite3.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

const char *compare_status_name(enum compare_status status)
{
    static const char *const names[] = {
        [COMPARE_NEW] = "new",         [COMPARE_RETURNED] = "returned",
        [COMPARE_CHANGED] = "changed", [COMPARE_OPEN] = "still open",
        [COMPARE_FIXED] = "fixed",     [COMPARE_UNSEEN] = "not seen again"};

    return names[status];
}

/* --- both stores -------------------------------------------------------------------- */

/* What was sent of each run; and pairs of findings that are one, each finding in one
 * pair: of the same cause, else at the same place in the device's code, else failing in
 * the same case, else failing alike in the same part of a message (as engine/bucket.h
 * tells defects apart; "message" is no part of one). */
static const char pairs_sql[] =
    "CREATE TEMP TABLE sent_old AS SELECT number, verdict FROM (SELECT number, verdict, "
    "  max(attempt) FROM old.cases GROUP BY number) WHERE verdict IN ('pass', 'suspect', "
    "  'finding');"
    "CREATE TEMP TABLE sent_new(number INTEGER PRIMARY KEY, verdict TEXT);"
    "INSERT INTO sent_new SELECT number, verdict FROM (SELECT number, verdict, "
    "  max(attempt) FROM new.cases GROUP BY number) WHERE verdict IN ('pass', 'suspect', "
    "  'finding');"
    "CREATE TEMP TABLE side AS SELECT 'old' AS side, * FROM old.finding "
    "  UNION ALL SELECT 'new', * FROM new.finding;"
    "UPDATE side SET guilty = substr(guilty, 7) WHERE guilty LIKE 'valid %';"
    "CREATE TEMP VIEW candidate AS SELECT o.id AS before, n.id AS after, o.place, o.guilty,"
    "  o.cause = n.cause AS cause, o.place = n.place AS at_place, "
    "  o.guilty = n.guilty AS in_part, o.kind = n.kind AS alike "
    "  FROM side o JOIN side n WHERE o.side = 'old' AND n.side = 'new';"
    "CREATE TEMP TABLE pair(before TEXT PRIMARY KEY, after TEXT UNIQUE, by TEXT);"
    "INSERT INTO pair SELECT before, after, 'cause' FROM candidate WHERE cause;"
    "INSERT OR IGNORE INTO pair SELECT before, after, 'place in the code' FROM candidate "
    "  WHERE at_place AND place <> '' ORDER BY alike DESC, before, after;"
    "INSERT OR IGNORE INTO pair SELECT DISTINCT a.finding, b.finding, 'case' "
    "  FROM old.suspicion a JOIN new.suspicion b USING (number) "
    "  WHERE a.finding IS NOT NULL AND b.finding IS NOT NULL AND 2 = (SELECT count(*) FROM "
    "  old.run o JOIN new.run n USING (key) WHERE key IN ('plan_hash', 'engine') AND "
    "  o.value = n.value AND o.value <> 'guided') ORDER BY 1, 2;"
    "INSERT OR IGNORE INTO pair SELECT before, after, 'part of a message' FROM candidate "
    "  WHERE in_part AND alike AND at_place AND place = '' AND guilty NOT IN ('', "
    "  'message') ORDER BY before, after;";

int compare_pairs(struct store *both, const char *doing, struct error *error)
{
    char *message = NULL;

    if (sqlite3_exec(store_database(both), pairs_sql, NULL, NULL, &message) == SQLITE_OK)
        return 0;
    error_set(error, "%s: %s", doing, message ? message : "out of memory");
    sqlite3_free(message);
    return -1;
}

void compare_forget_pairs(struct store *both)
{
    sqlite3_exec(store_database(both),
                 "DROP TABLE IF EXISTS temp.pair; DROP VIEW IF EXISTS temp.candidate;"
                 "DROP TABLE IF EXISTS temp.side; DROP TABLE IF EXISTS temp.sent_new;"
                 "DROP TABLE IF EXISTS temp.sent_old;",
                 NULL, NULL, NULL);
}

static int attach(struct comparison *comparison, const char *const folders[2],
                  struct error *error)
{
    static const char *const names[] = {"old", "new"};
    char path[4200];

    if (!(comparison->both = store_create_in_memory(error)))
        return -1;
    for (int i = 0; i < 2; i++) {
        comparison->runs[i].directory = folders[i];
        comparison->runs[i].store = store_open_run(folders[i], false, error);
        snprintf(path, sizeof path, "%s/campaign.db", folders[i]);
        if (!comparison->runs[i].store ||
            store_attach(comparison->both, path, names[i], error) < 0 ||
            figures_read(&comparison->runs[i], &comparison->figures[i], error) < 0)
            return -1;
    }
    snprintf(path, sizeof path, "comparing %.2000s and %.2000s", folders[0], folders[1]);
    return compare_pairs(comparison->both, path, error);
}

static bool facts_equal(const struct comparison *comparison, const char *key)
{
    char text[2][1200] = {"", ""};

    for (int i = 0; i < 2; i++)
        store_get(comparison->runs[i].store, key, text[i], sizeof text[i]);
    return strcmp(text[0], text[1]) == 0;
}

static void note(struct comparison *comparison, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void note(struct comparison *comparison, const char *format, ...)
{
    va_list arguments;

    if (comparison->note_count == COMPARE_NOTES)
        return;
    va_start(arguments, format);
    vsnprintf(comparison->notes[comparison->note_count++], sizeof comparison->notes[0],
              format, arguments);
    va_end(arguments);
}

/* --- as a whole --------------------------------------------------------------------- */

static void note_plans(struct comparison *comparison)
{
    static const struct {
        const char *key, *name;
    } parts[] = {{"model_hash", "model"},
                 {"session_hash", "session"},
                 {"seed", "seed"},
                 {"tool_version", "version of percuss"}};
    char text[200] = "";

    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (!facts_equal(comparison, parts[i].key))
            snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s",
                     text[0] ? ", " : "", parts[i].name);
    note(comparison,
         "another plan%s%s: a number is another case, so none can be compared",
         text[0] ? ", by its " : "", text);
}

static void read_scope(struct comparison *comparison)
{
    struct compare_scope *scope = &comparison->scope;
    struct store *both = comparison->both;
    char device[600];

    scope->same_cases = facts_equal(comparison, "plan_hash") &&
                        !figures_is_guided(&comparison->runs[0]) &&
                        !figures_is_guided(&comparison->runs[1]);
    scope->same_build =
        facts_equal(comparison, "device") ||
        store_get(comparison->runs[0].store, "device", device, sizeof device) < 0 ||
        store_get(comparison->runs[1].store, "device", device, sizeof device) < 0;
    scope->ended = store_integer(
        both, 0,
        "SELECT reason IN ('exhausted', 'cases', 'time', 'criteria', 'stopped') FROM "
        "new.sitting ORDER BY id DESC LIMIT 1",
        "");
    scope->sent = store_integer(both, 0, "SELECT count(*) FROM sent_old", "");
    scope->sent_again = store_integer(
        both, 0, "SELECT count(*) FROM sent_old JOIN sent_new USING (number)", "");
    scope->first_missing = store_integer(
        both, 0,
        "SELECT min(number) FROM sent_old WHERE number NOT IN (SELECT number FROM "
        "sent_new)",
        "");
}

static void note_scope(struct comparison *comparison)
{
    const struct compare_scope *scope = &comparison->scope;

    if (!facts_equal(comparison, "plan_hash"))
        note_plans(comparison);
    else if (!scope->same_cases)
        note(comparison,
             "a run of the guided engine: its numbers are no cases of a plan, "
             "so none can be compared");
    else
        note(comparison,
             "the same plan: of the %lld cases that the old run sent, the new "
             "one sent %lld",
             (long long)scope->sent, (long long)scope->sent_again);
    if (scope->same_build)
        note(comparison, "nothing shows that the devices are two builds: no finding can "
                         "be called fixed");
    if (!facts_equal(comparison, "selection"))
        note(comparison, "the runs selected other messages, anomalies or states");
    if (!facts_equal(comparison, "criteria_hash"))
        note(comparison, "judged by other criteria");
    if (!scope->ended)
        note(comparison, "the new run broke off: its device was lost, or it was killed");
}

static void find_why_not(struct comparison *comparison)
{
    const struct compare_scope *scope = &comparison->scope;
    const char *why = NULL;

    if (!facts_equal(comparison, "model_id"))
        why = "the runs speak other protocols";
    else if (!facts_equal(comparison, "interface"))
        why = "the runs are of other interfaces";
    else if (comparison->figures[0].cases == 0)
        why = "the old run sent no case";
    else if (comparison->figures[1].cases == 0)
        why = "the new run sent no case";
    else if (scope->same_cases && scope->sent_again == 0)
        why = "the runs have no case in common";
    if (why)
        snprintf(comparison->why_not, sizeof comparison->why_not, "%s", why);
}

static int read_criteria(struct comparison *comparison, struct error *error)
{
    struct run_view both = {.store = comparison->both};

    comparison->criteria = rows_list(
        &both,
        "SELECT id, n.title AS title, o.verdict AS before, n.verdict AS after, "
        "n.explanation AS explanation FROM new.criterion n JOIN old.criterion o USING "
        "(id) WHERE o.verdict <> n.verdict ORDER BY id",
        error);
    return comparison->criteria ? 0 : -1;
}

int compare_runs(const char *before, const char *after, struct comparison *comparison,
                 struct error *error)
{
    *comparison = (struct comparison){0};
    if (attach(comparison, (const char *const[]){before, after}, error) < 0)
        return -1;
    read_scope(comparison);
    find_why_not(comparison);
    if (comparison->why_not[0])
        return 0;
    note_scope(comparison);
    return read_criteria(comparison, error) < 0 ? -1
                                                : compare_findings(comparison, error);
}

void compare_free(struct comparison *comparison)
{
    free(comparison->findings);
    json_decref(comparison->criteria);
    for (int i = 0; i < 2; i++) {
        json_decref(comparison->sides[i]);
        store_close(comparison->runs[i].store, NULL);
    }
    store_close(comparison->both, &(struct error){0});
    *comparison = (struct comparison){0};
}

int compare_exit(const struct comparison *comparison)
{
    if (comparison->why_not[0])
        return 3;
    for (size_t i = 0; i < comparison->count; i++)
        if (comparison->findings[i].alarms)
            return 1;
    return comparison->scope.ended ? 0 : 3;
}
