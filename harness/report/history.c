#include "report/history.h"

#include "report/compare_parts.h"
#include "report/identity.h"
#include "report/rows.h"

#include <dirent.h>
#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- tables ------------------------------------------------------------------------- */

/* A known finding has the columns of finding_now, of the latest night that saw it; one
 * that was confirmed stays the confirmed one. `id` is NIGHT/F-001, `identity` what a
 * replay of it is recorded as (identity_finding). */
static const char tables_sql[] =
    "ATTACH ':memory:' AS old;"
    "CREATE TABLE old.night(name TEXT PRIMARY KEY, started_ns INTEGER, build TEXT, device "
    "  TEXT, plan_hash TEXT, selection TEXT, engine TEXT, sent INTEGER, position INTEGER, "
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
    "DELETE FROM old.known WHERE id IN (SELECT before FROM seen);"
    "INSERT INTO old.known SELECT * FROM seen;";

static const char forget_sql[] =
    "DROP TABLE IF EXISTS temp.seen; DROP TABLE IF EXISTS temp.replayed; DELETE FROM this;";

/* What was said to be fixed holds until it is seen again. */
static const char close_sql[] =
    "UPDATE old.known SET held = CASE WHEN fixed_night <> '' THEN "
    "  'its replays on another build passed in ' || fixed_night "
    "  WHEN disposition = 'fixed' AND said_ns > last_ns THEN 'it was said to be fixed' "
    "  ELSE '' END;"
    "UPDATE old.known SET disposition = CASE WHEN held <> '' THEN 'fixed' WHEN disposition "
    "  = 'fixed' THEN 'open' ELSE disposition END;"
    "DELETE FROM old.run;";

static int execute(struct history *history, const char *sql, const char *doing,
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

/* Of one run alone the name is ".". */
struct night {
    char name[256];
    int64_t started_ns;
};

enum { NIGHT_PATH = 4400 };

/* A night's folder, or with `file` its store. */
static const char *night_path(const char *folder, const char *name, bool file,
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

static int note_this(struct history *history, const struct night *night,
                     struct store *store, struct error *error)
{
    char path[NIGHT_PATH];
    struct run_view view = {.directory =
                                night_path(history->folder, night->name, false, path),
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

/* Its line. A night that went on where another ended says so (`night_first`); only such
 * ones have a position. */
static const char night_sql[] =
    "INSERT INTO old.night SELECT this.night, this.started_ns, this.build, "
    "coalesce((SELECT value FROM new.run WHERE key = 'device'), ''), this.plan_hash, "
    "coalesce((SELECT value FROM new.run WHERE key = 'selection'), ''), "
    "coalesce((SELECT value FROM new.run WHERE key = 'engine'), ''), "
    "EXISTS (SELECT 1 FROM new.cases WHERE verdict IN ('pass', 'suspect', 'finding')), "
    "CASE WHEN EXISTS (SELECT 1 FROM new.run WHERE key = 'night_first') THEN "
    "coalesce((SELECT max(last_case) + 1 FROM new.epoch WHERE closed), 0) ELSE 0 END, "
    "coalesce((SELECT reason FROM new.sitting ORDER BY id DESC LIMIT 1), 'killed'), "
    "(SELECT count(*) FROM new.finding), (SELECT count(*) FROM new.corpus), "
    "EXISTS (SELECT 1 FROM new.triage), "
    "(SELECT CAST(value AS INTEGER) FROM new.run WHERE key = 'seed') FROM this;";

static int fold(struct history *history, const struct night *night, struct store *store,
                struct error *error)
{
    char path[NIGHT_PATH];
    int status = 0;

    night_path(history->folder, night->name, true, path);
    if (note_this(history, night, store, error) < 0 ||
        store_commit(history->store, error) < 0 ||
        store_attach(history->store, path, "new", error) < 0)
        return -1;
    if (execute(history, night_sql, night->name, error) < 0 ||
        execute(history, replays_sql, night->name, error) < 0 ||
        compare_pairs(history->store, night->name, error) < 0 ||
        execute(history, seen_sql, night->name, error) < 0)
        status = -1;
    compare_forget_pairs(history->store);
    if (execute(history, forget_sql, night->name, &(struct error){0}) < 0 ||
        execute(history, "DETACH new", night->name, status ? &(struct error){0} : error))
        status = -1;
    return status;
}

/* A run that ended before it began knows nothing. */
static bool was_begun(struct store *store)
{
    char plan[HASH_TEXT] = "";

    return store_get(store, "plan_hash", plan, sizeof plan) == 0;
}

static int check_interface(struct history *history, const struct night *night,
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

static int take_night(struct history *history, const struct night *night,
                      struct error *error)
{
    char path[NIGHT_PATH];
    struct error why;
    struct store *store =
        store_open(night_path(history->folder, night->name, true, path), false, &why);
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

/* --- which nights ------------------------------------------------------------------- */

struct nights {
    struct night *nights;
    size_t count, capacity;
};

static int64_t started(const char *path)
{
    struct store *store = store_open(path, false, &(struct error){0});
    char text[32] = "";

    if (store)
        fact(store, "started_ns", text, sizeof text);
    store_close(store, NULL);
    return strtoll(text, NULL, 10);
}

static bool is_same_folder(const char *one, const char *other)
{
    struct stat a, b;

    return stat(one, &a) == 0 && stat(other, &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

/* Adds it when it holds a run. */
static int add_night(struct nights *nights, const char *folder, const char *name,
                     const char *except, struct error *error)
{
    struct night *night;
    char path[NIGHT_PATH];

    if (access(night_path(folder, name, true, path), F_OK) < 0)
        return 0;
    if (except && is_same_folder(except, night_path(folder, name, false, path)))
        return 0;
    if (nights->count == nights->capacity) {
        size_t larger = nights->capacity ? 2 * nights->capacity : 64;

        night = realloc(nights->nights, larger * sizeof *night);
        if (!night)
            return error_set(error, "out of memory");
        nights->nights = night;
        nights->capacity = larger;
    }
    night = &nights->nights[nights->count++];
    snprintf(night->name, sizeof night->name, "%s", name);
    night->started_ns = started(night_path(folder, name, true, path));
    return 0;
}

static int list_nights(struct nights *nights, const char *folder, const char *except,
                       struct error *error)
{
    DIR *directory = opendir(folder);
    struct dirent *entry;
    int status = 0;

    if (!directory)
        return errno == ENOENT ? 0 : error_set(error, "%s: %s", folder, strerror(errno));
    status = add_night(nights, folder, ".", except, error);
    while (status == 0 && (entry = readdir(directory)))
        if (entry->d_name[0] != '.')
            status = add_night(nights, folder, entry->d_name, except, error);
    closedir(directory);
    return status;
}

static int by_start(const void *a, const void *b)
{
    const struct night *one = a, *other = b;

    if (one->started_ns != other->started_ns)
        return one->started_ns < other->started_ns ? -1 : 1;
    return strcmp(one->name, other->name);
}

/* --- all of them -------------------------------------------------------------------- */

int history_read(const char *folder, const char *except, const char *plan,
                 struct history *history, struct error *error)
{
    struct nights nights = {0};
    int status = -1;

    *history = (struct history){0};
    snprintf(history->folder, sizeof history->folder, "%s", folder);
    if (!(history->store = store_create_in_memory(error)) ||
        execute(history, tables_sql, folder, error) < 0 ||
        store_write(history->store, error,
                    "INSERT INTO old.run VALUES ('plan_hash', ?), ('engine', 'numbered')",
                    "t", plan) < 0 ||
        store_commit(history->store, error) < 0 ||
        list_nights(&nights, folder, except, error) < 0)
        goto out;
    if (nights.count)
        qsort(nights.nights, nights.count, sizeof *nights.nights, by_start);
    status = 0;
    for (size_t i = 0; status == 0 && i < nights.count; i++)
        status = take_night(history, &nights.nights[i], error);
    if (status == 0)
        status = execute(history, close_sql, folder, error);
out:
    free(nights.nights);
    return status;
}

void history_free(struct history *history)
{
    store_close(history->store, &(struct error){0});
    *history = (struct history){0};
}

/* --- going on ----------------------------------------------------------------------- */

uint64_t history_position(const struct history *history, const char *plan,
                          const char *selection, const char *build, char *night,
                          size_t size)
{
    struct run_view view = {.directory = history->folder, .store = history->store};
    struct rows rows =
        rows_of(&view, "SELECT position, name FROM old.night WHERE "
                       "position > 0 AND plan_hash = ?1 AND selection = ?2 "
                       "AND (build = ?3 OR ?3 = '') AND engine = "
                       "'numbered' ORDER BY started_ns DESC, name DESC");
    uint64_t position = 0;

    rows_bind(&rows, 1, plan);
    rows_bind(&rows, 2, selection);
    rows_bind(&rows, 3, build);
    if (rows_next(&rows)) {
        position = (uint64_t)rows_integer(&rows, 0);
        snprintf(night, size, "%s", rows_text(&rows, 1));
    }
    rows_close(&rows, &(struct error){0});
    return position;
}

int history_corpus(const struct history *history, char *path, size_t size)
{
    struct run_view view = {.directory = history->folder, .store = history->store};
    struct rows rows = rows_of(&view, "SELECT name FROM old.night WHERE inputs > 0 ORDER "
                                      "BY inputs DESC, started_ns DESC, name DESC");
    int status = -1;

    if (rows_next(&rows)) {
        snprintf(path, size, "%s/%s/corpus", history->folder, rows_text(&rows, 0));
        status = access(path, R_OK | X_OK);
    }
    rows_close(&rows, &(struct error){0});
    return status;
}

/* --- a run held against it ---------------------------------------------------------- */

static int attach_new(struct history *history, const struct run_view *run,
                      struct error *error)
{
    struct night night = {.name = ""};
    char path[NIGHT_PATH];

    return note_this(history, &night, run->store, error) < 0 ||
                   store_commit(history->store, error) < 0 ||
                   store_attach(history->store,
                                night_path(run->directory, ".", true, path), "new",
                                error) < 0
               ? -1
               : 0;
}

int history_compare(struct history *history, const char *folder,
                    struct comparison *comparison, struct error *error)
{
    struct run_view *run = &comparison->runs[1];
    int status = -1;

    *comparison = (struct comparison){.both = history->store, .over_history = true};
    run->directory = folder;
    if ((run->store = store_open_run(folder, false, error)) &&
        attach_new(history, run, error) == 0 &&
        figures_read(run, &comparison->figures[1], error) == 0)
        status = compare_with_history(comparison, error);
    history->store = NULL; /* it is the comparison's now */
    return status;
}
