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
 * full disk kept it from being written) replaces none. `id` is NIGHT/F-001, `identity`
 * what a replay of it is recorded as (identity_finding). */
const char history_tables[] =
    "ATTACH ':memory:' AS old;"
    "CREATE TABLE old.night(name TEXT PRIMARY KEY, started_ns INTEGER, build TEXT, device "
    "  TEXT, plan_hash TEXT, selection TEXT, engine TEXT, sent INTEGER, first INTEGER, "
    "  position INTEGER, in_order INTEGER, "
    "  reason TEXT, findings INTEGER, inputs INTEGER, said INTEGER, seed INTEGER);"
    "CREATE TABLE old.known AS SELECT f.*, '' AS night, '' AS identity, '' AS plan_hash, "
    "  0 AS first_ns, '' AS first_night, 0 AS last_ns, '' AS last_night, '' AS last_build, "
    "  0 AS fixed_ns, '' AS fixed_night, 0 AS said_ns, '' AS said_night, '' AS held, "
    "  '' AS before FROM main.finding_now f WHERE 0;"
    "CREATE UNIQUE INDEX old.known_id ON known(id);"
    "CREATE TABLE old.link(night TEXT PRIMARY KEY);"
    "CREATE TABLE old.run(key TEXT PRIMARY KEY, value TEXT);"
    "CREATE TABLE old.criterion AS SELECT * FROM main.criterion WHERE 0;"
    "CREATE TABLE old.cases(number INTEGER, attempt INTEGER, verdict TEXT);"
    "CREATE TABLE old.retest AS SELECT * FROM main.retest WHERE 0;"
    "CREATE VIEW old.finding AS SELECT * FROM known;"
    "CREATE VIEW old.finding_now AS SELECT * FROM known;"
    "CREATE VIEW old.suspicion AS SELECT first_case AS number, id AS finding FROM known "
    "  WHERE plan_hash = (SELECT value FROM run WHERE key = 'plan_hash');"
    "CREATE TEMP TABLE lost(id TEXT);"
    "CREATE TEMP TABLE this(night TEXT, build TEXT, started_ns INTEGER, run TEXT, "
    "  plan_hash TEXT);";

/* A night's replays of what was known: one that fails is open; one that had failed on
 * another build, and always when it was confirmed, is fixed when it passed often enough.
 */
static const char replays_sql[] =
    "CREATE TEMP TABLE replayed AS SELECT finding, replays, failures, max(id) FROM "
    "  new.retest GROUP BY finding;"
    "UPDATE old.known SET last_night = this.night, last_ns = this.started_ns, last_build "
    "  = this.build, fixed_night = '', fixed_ns = 0 FROM this WHERE identity IN (SELECT "
    "  finding FROM replayed WHERE failures > 0);"
    "UPDATE old.known SET fixed_night = this.night, fixed_ns = this.started_ns FROM this "
    "  WHERE fixed_night = '' AND grade = 'confirmed' AND last_build <> '' AND this.build "
    "  NOT IN ('', last_build) AND identity IN (SELECT finding FROM replayed WHERE "
    "  failures = 0 AND replays >= 5);";

/* What the night found, each with what it is of the known. What people said of it last
 * holds, whichever night they said it of. `link`: nights without which it would not show
 * that two causes are one finding. */
static const char seen_sql[] =
    "INSERT OR IGNORE INTO old.link SELECT k.night FROM pair p JOIN old.known k ON k.id = "
    "  p.before WHERE p.by <> 'cause' UNION SELECT this.night FROM this JOIN pair p WHERE "
    "  p.by <> 'cause';"
    "CREATE TEMP TABLE seen AS SELECT n.*, this.night AS night, n.id || '@' || this.run AS "
    "  identity, this.plan_hash AS plan_hash, coalesce(k.first_ns, this.started_ns) AS "
    "  first_ns, coalesce(k.first_night, this.night) AS first_night, this.started_ns AS "
    "  last_ns, this.night AS last_night, this.build AS last_build, 0 AS fixed_ns, '' AS "
    "  fixed_night, coalesce((SELECT at_ns FROM new.triage_now t WHERE t.finding = n.id AND "
    "  t.key = 'disposition'), 0) AS said_ns, this.night AS said_night, '' AS held, "
    "  coalesce(k.id, '') AS before FROM this JOIN new.finding_now n LEFT JOIN pair p ON "
    "  p.after = n.id LEFT JOIN old.known k ON k.id = p.before;"
    "UPDATE seen SET id = night || '/' || id;"
    "UPDATE seen SET disposition = k.disposition, said_ns = k.said_ns, said_night = "
    "  k.said_night FROM old.known k WHERE k.id = seen.before AND k.said_ns > seen.said_ns;"
    "UPDATE old.known SET last_ns = s.last_ns, last_night = s.last_night, last_build = "
    "  s.last_build, fixed_ns = 0, fixed_night = '', disposition = s.disposition, said_ns = "
    "  s.said_ns, said_night = s.said_night FROM seen s WHERE s.before = known.id;"
    "DELETE FROM seen WHERE grade <> 'confirmed' AND before IN (SELECT id FROM old.known "
    "  WHERE grade = 'confirmed');"
    "DELETE FROM seen WHERE before <> '' AND id IN (SELECT night || '/' || lost.id FROM "
    "  this JOIN lost);"
    "DELETE FROM old.known WHERE id IN (SELECT before FROM seen);"
    "INSERT INTO old.known SELECT * FROM seen;";

static const char forget_sql[] =
    "DROP TABLE IF EXISTS temp.seen; DROP TABLE IF EXISTS temp.replayed; DELETE FROM this;"
    "DELETE FROM lost;";

/* What was said to be fixed holds until it is seen again. */
const char history_close[] =
    "UPDATE old.known SET held = CASE WHEN fixed_night <> '' THEN "
    "  'its replays on another build passed in ' || fixed_night "
    "  WHEN disposition = 'fixed' AND said_ns > last_ns THEN 'it was said to be fixed' "
    "  ELSE '' END;"
    "UPDATE old.known SET disposition = CASE WHEN held <> '' THEN 'fixed' WHEN disposition "
    "  = 'fixed' THEN 'open' ELSE disposition END;"
    "DELETE FROM old.run;";

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

/* --- one night ---------------------------------------------------------------------- */

const char *history_path(const char *folder, const char *name, bool file,
                         char path[NIGHT_PATH])
{
    snprintf(path, NIGHT_PATH, "%s/%s%s", folder, name, file ? "/campaign.db" : "");
    return path;
}

/* A value whose store has none is "". */
static void fact(struct store *store, const char *key, char *text, size_t size)
{
    if (store_get(store, key, text, size) < 0)
        text[0] = '\0';
}

int history_note(struct history *history, const struct night_entry *night,
                 struct store *store, struct error *error)
{
    char path[NIGHT_PATH];
    struct run_view view = {.directory =
                                history_path(history->folder, night->name, false, path),
                            .store = store};
    char device[600], build[HASH_TEXT], run[HASH_TEXT], plan[HASH_TEXT];

    if (identity_run(&view, run, error) < 0)
        return -1;
    run[16] = '\0';
    fact(store, "device", device, sizeof device);
    fact(store, "plan_hash", plan, sizeof plan);
    history_build(device, build);
    return store_write(history->store, error, "INSERT INTO this VALUES (?,?,?,?,?)",
                       "ttitt", night->name, build, night->started_ns, run, plan);
}

/* Its line. A night that went on where another ended says so (`night_first`). */
static const char night_sql[] =
    "INSERT INTO old.night SELECT this.night, this.started_ns, this.build, "
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
static int note_lost(struct history *history, const struct night_entry *night,
                     struct store *store, struct error *error)
{
    struct run_view view = {.directory = night->name, .store = store};
    struct rows rows = rows_of(&view, "SELECT id, reproducer FROM finding");
    char folder[NIGHT_PATH], path[2 * NIGHT_PATH];
    int status = 0;

    history_path(history->folder, night->name, false, folder);
    while (status == 0 && rows_next(&rows)) {
        struct reproducer reproducer;

        snprintf(path, sizeof path, "%s/%.4000s", folder, rows_text(&rows, 1));
        if (reproducer_read_head(path, &reproducer, &(struct error){0}) < 0)
            status = store_write(history->store, error, "INSERT INTO lost VALUES (?)",
                                 "t", rows_text(&rows, 0));
        reproducer_free(&reproducer);
    }
    return rows_close(&rows, status == 0 ? error : &(struct error){0}) < 0 ? -1 : status;
}

static int fold(struct history *history, const struct night_entry *night,
                struct store *store, struct error *error)
{
    char path[NIGHT_PATH];
    int status = 0;

    history_path(history->folder, night->name, true, path);
    if (history_note(history, night, store, error) < 0 ||
        note_lost(history, night, store, error) < 0 ||
        store_commit(history->store, error) < 0 ||
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

/* A run that ended before it began knows nothing. */
static bool was_begun(struct store *store)
{
    char plan[HASH_TEXT] = "";

    return store_get(store, "plan_hash", plan, sizeof plan) == 0;
}

static int check_interface(struct history *history, const struct night_entry *night,
                           struct store *store, struct error *error)
{
    char interface[600];

    fact(store, "interface", interface, sizeof interface);
    if (history->night_count == 0)
        snprintf(history->interface, sizeof history->interface, "%s", interface);
    else if (strcmp(history->interface, interface) != 0)
        return error_set(error,
                         "%s: %s is of the interface '%.150s', those before it of "
                         "'%.150s': a folder for each",
                         history->folder, night->name, interface, history->interface);
    return 0;
}

int history_take(struct history *history, const struct night_entry *night,
                 struct error *error)
{
    char path[NIGHT_PATH];
    struct error why;
    struct store *store =
        store_open(history_path(history->folder, night->name, true, path), false, &why);
    int status = 0;

    if (!store) {
        if (history->left_out++ == 0)
            snprintf(history->why_left_out, sizeof history->why_left_out, "%.499s",
                     why.text);
        return 0;
    }
    if (was_begun(store)) {
        status = check_interface(history, night, store, error);
        if (status == 0)
            status = fold(history, night, store, error);
        history->night_count++;
    }
    store_close(store, NULL);
    return status;
}
