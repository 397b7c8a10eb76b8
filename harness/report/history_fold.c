/* One night folded into what is known. */
#include "engine/reproducer.h"
#include "report/compare_parts.h"
#include "report/history_parts.h"
#include "report/identity.h"
#include "report/rows.h"

#include <sqlite3.h>
#include <string.h>

/* --- tables ------------------------------------------------------------------------- */

/* A known finding has the columns of finding_now, of the latest night that saw it; one
 * that was confirmed stays the confirmed one, and one whose reproducer cannot be read (a
 * full disk kept it from being written) replaces none. `id` is NIGHT/F-001, `born` what
 * that was when it was first seen, which stays, `identity` what a replay of it is
 * recorded as (identity_finding). An event is that it was seen, by a run or by a replay
 * that failed; that its replays passed; that people said of it what becomes of it. What
 * they come to is filled in by history_close. What stays empty is there for compare.c:
 * that two fail in the same case does not make them one, on another build another defect
 * may. */
static const char tables_sql[] =
    "ATTACH ':memory:' AS old;"
    "CREATE TABLE old.night(name TEXT PRIMARY KEY, interface TEXT, started_ns INTEGER, build "
    "  TEXT, device TEXT, plan_hash TEXT, selection TEXT, engine TEXT, sent INTEGER, first "
    "  INTEGER, position INTEGER, in_order INTEGER, reason TEXT, findings INTEGER, inputs "
    "  INTEGER, said INTEGER, seed INTEGER);"
    "CREATE TABLE old.known AS SELECT f.*, '' AS night, '' AS identity, '' AS plan_hash, "
    "  '' AS interface, '' AS born, 0 AS first_ns, '' AS first_night, 0 AS last_ns, '' AS "
    "  last_night, '' AS last_build, 0 AS fixed_ns, '' AS fixed_night, '' AS held, '' AS "
    "  before FROM main.finding_now f WHERE 0;"
    "CREATE UNIQUE INDEX old.known_id ON known(id);"
    "CREATE UNIQUE INDEX old.known_born ON known(born);"
    "CREATE TABLE old.event(finding TEXT, at_ns INTEGER, night TEXT, build TEXT, what TEXT);"
    "CREATE TABLE old.link(night TEXT PRIMARY KEY);"
    "CREATE TABLE old.run(key TEXT PRIMARY KEY, value TEXT);"
    "CREATE TABLE old.criterion AS SELECT * FROM main.criterion WHERE 0;"
    "CREATE TABLE old.cases(number INTEGER, attempt INTEGER, verdict TEXT);"
    "CREATE TABLE old.retest AS SELECT * FROM main.retest WHERE 0;"
    "CREATE TABLE old.this(night TEXT, interface TEXT, build TEXT, started_ns INTEGER, run "
    "  TEXT, plan_hash TEXT);"
    "CREATE VIEW old.finding AS SELECT * FROM known WHERE interface = (SELECT interface FROM "
    "  this);"
    "CREATE VIEW old.finding_now AS SELECT * FROM finding;"
    "CREATE TABLE old.suspicion(number INTEGER, finding TEXT);"
    "CREATE TEMP TABLE lost(id TEXT);";

/* A night's replays of what was known: one that failed saw it; of one that had always
 * failed when it was confirmed, COMPARE_REPLAYS that passed show something. Nights name
 * the finding whose reproducer they sent; `percuss retest` names it as its run does, and
 * its cause. */
static const char replays_sql[] =
    "INSERT INTO old.event SELECT k.born, iif(t.at_ns > 0, t.at_ns, this.started_ns), "
    "  this.night, build_of(t.device), iif(t.failures > 0, 'seen', 'passed') "
    "  FROM old.this, (SELECT *, max(id) FROM new.retest GROUP BY finding, cause) t JOIN "
    "  old.finding k ON k.identity = t.finding OR (instr(t.finding, '@') = 0 AND t.cause = "
    "  substr(k.cause, length(k.oracle) + 3)) "
    "  WHERE t.failures > 0 OR (t.replays >= 5 AND k.grade = 'confirmed') ORDER BY t.id;";

/* What the night found, each with what it is of the known, and what people said of it.
 * `link`: nights without which it would not show that two causes are one finding. */
static const char seen_sql[] =
    "INSERT OR IGNORE INTO old.link SELECT k.night FROM pair p JOIN old.known k ON k.id = "
    "  p.before WHERE p.by <> 'cause' UNION SELECT this.night FROM this JOIN pair p WHERE "
    "  p.by <> 'cause';"
    "CREATE TEMP TABLE seen AS SELECT n.*, this.night AS night, n.id || '@' || this.run AS "
    "  identity, this.plan_hash AS plan_hash, this.interface AS interface, coalesce(k.born, "
    "  this.night || '/' || n.id) AS born, 0 AS first_ns, '' AS first_night, 0 AS last_ns, "
    "  '' AS last_night, '' AS last_build, 0 AS fixed_ns, '' AS fixed_night, '' AS held, "
    "  coalesce(k.id, '') AS before FROM this JOIN new.finding_now n LEFT JOIN pair p ON "
    "  p.after = n.id LEFT JOIN old.known k ON k.id = p.before;"
    "INSERT INTO old.event SELECT s.born, this.started_ns + CAST(s.found_after_s * 1e9 AS "
    "  INTEGER), this.night, this.build, 'seen' FROM seen s, this;"
    "INSERT INTO old.event SELECT s.born, t.at_ns, this.night, this.build, 'said ' || "
    "  t.value FROM new.triage t JOIN seen s ON s.id = t.finding, this WHERE t.key = "
    "  'disposition' ORDER BY t.seq;"
    "UPDATE seen SET id = night || '/' || id;"
    "DELETE FROM seen WHERE grade <> 'confirmed' AND before IN (SELECT id FROM old.known "
    "  WHERE grade = 'confirmed');"
    "DELETE FROM seen WHERE before <> '' AND id IN (SELECT night || '/' || lost.id FROM "
    "  this JOIN lost);"
    "DELETE FROM old.known WHERE id IN (SELECT before FROM seen);"
    "INSERT INTO old.known SELECT * FROM seen;";

static const char forget_sql[] =
    "DROP TABLE IF EXISTS temp.seen; DELETE FROM this; DELETE FROM lost;";

int history_execute(struct history *history, const char *sql, const char *doing,
                    struct error *error)
{
    char *message = NULL;

    if (sqlite3_exec(store_database(history->store), sql, NULL, NULL, &message) ==
        SQLITE_OK)
        return 0;
    error_set(error, "%s: %s", doing, message ? message : "out of memory");
    sqlite3_free(message);
    return -1;
}

/* --- builds ------------------------------------------------------------------------- */

void history_build(const char *device, char build[HASH_TEXT])
{
    static const char mark[] = "sha256 ";
    const char *hash = strstr(device, mark);

    build[0] = '\0';
    if (hash && strspn(hash + strlen(mark), "0123456789abcdef") >= HASH_TEXT - 1)
        snprintf(build, HASH_TEXT, "%s", hash + strlen(mark));
}

static void build_of(sqlite3_context *context, int count, sqlite3_value **values)
{
    const char *device = (const char *)sqlite3_value_text(values[0]);
    char build[HASH_TEXT];

    (void)count;
    history_build(device ? device : "", build);
    sqlite3_result_text(context, build, -1, SQLITE_TRANSIENT);
}

int history_begin(struct history *history, struct error *error)
{
    if (!(history->store = store_create_in_memory(error)))
        return -1;
    if (sqlite3_create_function(store_database(history->store), "build_of", 1,
                                SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL, build_of, NULL,
                                NULL) != SQLITE_OK)
        return error_set(error, "out of memory");
    return history_execute(history, tables_sql, "nights", error);
}

/* --- one night ---------------------------------------------------------------------- */

/* A value whose store has none is "". */
static void fact(struct store *store, const char *key, char *text, size_t size)
{
    if (store_get(store, key, text, size) < 0)
        text[0] = '\0';
}

int history_note(struct history *history, const struct run_view *run, const char *name,
                 int64_t started_ns, struct error *error)
{
    char device[600], build[HASH_TEXT], id[HASH_TEXT], plan[HASH_TEXT], interface[600];

    if (identity_run(run, id, error) < 0)
        return -1;
    id[16] = '\0';
    fact(run->store, "device", device, sizeof device);
    fact(run->store, "plan_hash", plan, sizeof plan);
    fact(run->store, "interface", interface, sizeof interface);
    history_build(device, build);
    return store_write(history->store, error, "INSERT INTO old.this VALUES (?,?,?,?,?,?)",
                       "tttitt", name, interface, build, started_ns, id, plan);
}

/* Its line. A night that went on where another ended says so (`night_first`). */
static const char night_sql[] =
    "INSERT INTO old.night SELECT this.night, this.interface, this.started_ns, this.build, "
    "coalesce((SELECT value FROM new.run WHERE key = 'device'), ''), this.plan_hash, "
    "coalesce((SELECT value FROM new.run WHERE key = 'selection'), ''), "
    "coalesce((SELECT value FROM new.run WHERE key = 'engine'), ''), "
    "EXISTS (SELECT 1 FROM new.cases WHERE verdict IN ('pass', 'suspect', 'finding')), "
    "(SELECT min(first_case) FROM new.epoch), "
    "coalesce((SELECT max(last_case) + 1 FROM new.epoch WHERE closed), 0), "
    "EXISTS (SELECT 1 FROM new.run WHERE key = 'night_first'), "
    "coalesce((SELECT reason FROM new.sitting ORDER BY id DESC LIMIT 1), 'killed'), "
    "(SELECT count(*) FROM new.finding), (SELECT count(*) FROM new.corpus), "
    "EXISTS (SELECT 1 FROM new.triage), "
    "(SELECT CAST(value AS INTEGER) FROM new.run WHERE key = 'seed') FROM this;";

/* Its findings of which there is nothing to replay. */
static int note_lost(struct history *history, const struct run_view *run,
                     struct error *error)
{
    struct rows rows = rows_of(run, "SELECT id, reproducer FROM finding");
    char path[2 * NIGHT_PATH];
    int status = 0;

    while (status == 0 && rows_next(&rows)) {
        struct reproducer reproducer;

        snprintf(path, sizeof path, "%s/%.4000s", run->directory, rows_text(&rows, 1));
        if (reproducer_read_head(path, &reproducer, &(struct error){0}) < 0)
            status = store_write(history->store, error, "INSERT INTO lost VALUES (?)",
                                 "t", rows_text(&rows, 0));
        reproducer_free(&reproducer);
    }
    return rows_close(&rows, status == 0 ? error : &(struct error){0}) < 0 ? -1 : status;
}

static int fold(struct history *history, const struct night_entry *night,
                const struct run_view *run, struct error *error)
{
    char path[NIGHT_PATH + 16];
    int status = 0;

    snprintf(path, sizeof path, "%s/campaign.db", night->path);
    if (history_note(history, run, night->name, night->started_ns, error) < 0 ||
        note_lost(history, run, error) < 0 || store_commit(history->store, error) < 0 ||
        store_attach(history->store, path, "new", error) < 0)
        return -1;
    if (history_execute(history, night_sql, night->name, error) < 0 ||
        history_execute(history, replays_sql, night->name, error) < 0 ||
        compare_pairs(history->store, night->name, error) < 0 ||
        history_execute(history, seen_sql, night->name, error) < 0)
        status = -1;
    compare_forget_pairs(history->store);
    if (history_execute(history, forget_sql, night->name, &(struct error){0}) < 0 ||
        history_execute(history, "DETACH new", night->name,
                        status ? &(struct error){0} : error))
        status = -1;
    return status;
}

/* What is folded is read once before, so that a store that is damaged in its middle
 * leaves nothing behind. */
static int try_to_read(const struct run_view *run, struct error *error)
{
    static const char *const whole[] = {
        "SELECT sum(length(detail)) FROM finding NOT INDEXED",
        "SELECT sum(length(text)) FROM suspicion NOT INDEXED",
        "SELECT sum(length(device)) FROM retest NOT INDEXED",
        "SELECT sum(length(hash)) FROM triage NOT INDEXED",
        "SELECT sum(length(reason)) FROM sitting NOT INDEXED",
        "SELECT sum(closed) FROM epoch NOT INDEXED",
        "SELECT count(*) FROM corpus NOT INDEXED",
        "SELECT EXISTS (SELECT 1 FROM cases)"};
    struct rows rows;

    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++) {
        rows = rows_of(run, whole[i]);
        rows_next(&rows);
        if (rows_close(&rows, error) < 0)
            return -1;
    }
    return 0;
}

/* A run that ended before it began knows nothing. */
static bool was_begun(struct store *store)
{
    char plan[HASH_TEXT] = "";

    return store_get(store, "plan_hash", plan, sizeof plan) == 0;
}

void history_leave_out(struct history *history, const struct error *why)
{
    if (history->left_out++ == 0)
        snprintf(history->why_left_out, sizeof history->why_left_out, "%.499s",
                 why->text);
}

int history_take(struct history *history, const struct night_entry *night,
                 struct error *error)
{
    struct error why;
    struct run_view view = {.directory = night->path,
                            .store = store_open_run(night->path, false, &why)};
    int status = 0;

    if (!view.store)
        history_leave_out(history, &why);
    else if (!was_begun(view.store))
        history->not_begun++;
    else if (try_to_read(&view, &why) < 0)
        history_leave_out(history, &why);
    else
        status = fold(history, night, &view, error) < 0 ? -1 : 1;
    store_close(view.store, NULL);
    history->night_count += status == 1;
    return status;
}
