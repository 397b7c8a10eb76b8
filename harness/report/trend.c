#include "report/trend_parts.h"

#include "report/compare_parts.h"
#include "report/figures.h"
#include "report/rows.h"

#include <dirent.h>
#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- tables ------------------------------------------------------------------------- */

/* `old` is laid out as compare.c reads an earlier run, with what all nights before know
 * of the same interface; `this` is the night that is read. An event is that a finding was
 * seen, by a run or by a replay that failed; that its replays passed on another build
 * than it was last seen on; or what people said of it. */
static const char tables_sql[] =
    "ATTACH ':memory:' AS old;"
    "CREATE TABLE old.night(id INTEGER PRIMARY KEY, name TEXT, interface TEXT, model TEXT, "
    "  at_ns INTEGER, until_ns INTEGER, build TEXT, cases INTEGER, states INTEGER, planned "
    "  INTEGER, edges INTEGER, rate REAL, half_ms REAL, most_ms REAL, reason TEXT, verdict "
    "  TEXT);"
    "CREATE TABLE old.known(id TEXT PRIMARY KEY, interface TEXT, plan_hash TEXT, engine "
    "  TEXT, build TEXT);"
    "CREATE TABLE old.described AS SELECT * FROM main.finding WHERE 0;"
    "CREATE UNIQUE INDEX old.described_id ON described(id);"
    "CREATE TABLE old.event(id INTEGER PRIMARY KEY, finding TEXT, at_ns INTEGER, night "
    "  INTEGER, what TEXT);"
    "CREATE INDEX old.event_finding ON event(finding, at_ns, id);"
    "CREATE TABLE old.this(night INTEGER, name TEXT, interface TEXT, at_ns INTEGER, build "
    "  TEXT, plan_hash TEXT, engine TEXT);"
    "CREATE VIEW old.finding AS SELECT d.* FROM described d JOIN known k ON k.id = d.id "
    "  WHERE k.interface = (SELECT interface FROM this);"
    "CREATE VIEW old.run AS SELECT 'plan_hash' AS key, plan_hash AS value FROM this UNION "
    "  ALL SELECT 'engine', engine FROM this;"
    "CREATE VIEW old.suspicion AS SELECT d.first_case AS number, d.id AS finding FROM "
    "  described d JOIN known k ON k.id = d.id, this WHERE k.interface = this.interface AND "
    "  k.plan_hash = this.plan_hash AND k.engine = this.engine;"
    "CREATE TABLE old.cases(number INTEGER, attempt INTEGER, verdict TEXT);";

static const char this_sql[] =
    "DELETE FROM old.this;"
    "INSERT INTO old.this SELECT n.id, n.name, n.interface, n.at_ns, n.build, "
    "  coalesce((SELECT value FROM new.run WHERE key = 'plan_hash'), ''), "
    "  coalesce((SELECT value FROM new.run WHERE key = 'engine'), '') "
    "  FROM old.night n ORDER BY n.id DESC LIMIT 1;";

/* Replays of what was known. As in a comparison, less than five show nothing, and a
 * finding that did not always fail is not shown to be fixed. */
static const char replays_sql[] =
    "CREATE TEMP TABLE replay AS SELECT cause, replays, failures, at_ns, iif(instr(device, "
    "  'sha256 '), substr(device, instr(device, 'sha256 ') + 7, 64), '') AS build, max(id) "
    "  FROM new.retest GROUP BY finding, cause;"
    "INSERT INTO old.event(finding, at_ns, night, what) SELECT k.id, iif(t.at_ns > 0, "
    "  t.at_ns, this.at_ns), this.night, iif(t.failures > 0, 'seen', 'passed') "
    "  FROM old.this, replay t JOIN old.described d ON substr(d.cause, length(d.oracle) + 3) "
    "  = t.cause JOIN old.known k ON k.id = d.id AND k.interface = this.interface "
    "  WHERE t.failures > 0 OR (t.replays >= 5 AND d.grade = 'confirmed' AND t.build <> '' "
    "  AND k.build <> '' AND t.build <> k.build) ORDER BY t.at_ns;"
    "UPDATE old.known SET build = this.build FROM old.this WHERE id IN (SELECT e.finding FROM "
    "  old.event e WHERE e.night = this.night AND e.what = 'seen');";

/* What the night found. One that was confirmed stays described by a confirmed one. */
static const char seen_sql[] =
    "CREATE TEMP TABLE link AS SELECT n.id AS id, coalesce(p.before, this.name || '/' || "
    "  n.id) AS known, n.grade, this.at_ns + CAST(n.found_after_s * 1e9 AS INTEGER) AS at_ns "
    "  FROM old.this, new.finding n LEFT JOIN pair p ON p.after = n.id;"
    "INSERT OR IGNORE INTO old.known SELECT l.known, this.interface, '', '', '' FROM link l, "
    "  old.this;"
    "INSERT INTO old.event(finding, at_ns, night, what) SELECT l.known, l.at_ns, this.night, "
    "  'seen' FROM link l, old.this ORDER BY l.at_ns;"
    "INSERT INTO old.event(finding, at_ns, night, what) SELECT l.known, t.at_ns, this.night, "
    "  'said ' || t.value FROM new.triage t JOIN link l ON l.id = t.finding, old.this WHERE "
    "  t.key = 'disposition' ORDER BY t.seq;"
    "UPDATE old.known SET build = this.build FROM old.this WHERE known.id IN (SELECT known "
    "  FROM link);"
    "CREATE TEMP TABLE better AS SELECT * FROM link l WHERE l.grade = 'confirmed' OR NOT "
    "  EXISTS (SELECT 1 FROM old.described d WHERE d.id = l.known AND d.grade = 'confirmed');"
    "UPDATE old.known SET plan_hash = this.plan_hash, engine = this.engine FROM old.this "
    "  WHERE known.id IN (SELECT known FROM better);"
    "DELETE FROM old.described WHERE id IN (SELECT known FROM better);"
    "INSERT INTO old.described SELECT * FROM new.finding WHERE id IN (SELECT id FROM better);"
    "UPDATE old.described SET id = better.known FROM better WHERE described.id = better.id;"
    "UPDATE old.night SET until_ns = max(until_ns, coalesce((SELECT max(at_ns) FROM link), "
    "  0)) WHERE id = (SELECT night FROM old.this);";
static const char forget_sql[] =
    "DROP TABLE IF EXISTS temp.replay; DROP TABLE IF EXISTS temp.link; DROP TABLE IF EXISTS "
    "temp.better;";

/* --- one night ---------------------------------------------------------------------- */

int trend_execute(struct trend *trend, const char *sql, const char *doing,
                  struct error *error)
{
    char *message = NULL;

    if (sqlite3_exec(store_database(trend->store), sql, NULL, NULL, &message) ==
        SQLITE_OK)
        return 0;
    error_set(error, "%s: %s", doing, message ? message : "out of memory");
    sqlite3_free(message);
    return -1;
}

struct measured {
    struct figures figures;
    int64_t edges;           /* -1: the device shows none */
    double half_ms, most_ms; /* -1: nothing was timed */
};

/* Nearest rank, in one pass over what is sorted. */
static int read_latency(const struct run_view *run, struct measured *measured,
                        struct error *error)
{
    static const char where[] =
        " FROM cases WHERE latency_us >= 0 AND verdict IN ('pass', "
        "'suspect', 'finding')";
    char sql[200];
    int64_t count, rank = 0;
    struct rows rows;

    snprintf(sql, sizeof sql, "SELECT count(*)%s", where);
    count = store_integer(run->store, 0, sql, "");
    snprintf(sql, sizeof sql, "SELECT latency_us%s ORDER BY latency_us", where);
    measured->half_ms = measured->most_ms = -1;
    rows = rows_of(run, sql);
    while (++rank <= (count * 99 + 99) / 100 && rows_next(&rows)) {
        if (rank == (count * 50 + 99) / 100)
            measured->half_ms = (double)rows_integer(&rows, 0) / 1000;
        if (rank == (count * 99 + 99) / 100)
            measured->most_ms = (double)rows_integer(&rows, 0) / 1000;
    }
    return rows_close(&rows, error);
}

/* What is folded below is read once before, so that a store that is damaged in its middle
 * leaves nothing behind. `cases` was read for the figures. */
static int try_to_read(const struct run_view *run, struct error *error)
{
    static const char *const whole[] = {
        "SELECT sum(length(detail)) FROM finding NOT INDEXED",
        "SELECT sum(length(text)) FROM suspicion NOT INDEXED",
        "SELECT sum(length(device)) FROM retest NOT INDEXED",
        "SELECT sum(length(hash)) FROM triage NOT INDEXED",
        "SELECT sum(length(reason)) FROM sitting NOT INDEXED"};
    struct rows rows;

    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++) {
        rows = rows_of(run, whole[i]);
        rows_next(&rows);
        if (rows_close(&rows, error) < 0)
            return -1;
    }
    return 0;
}

static int measure(const struct run_view *run, struct measured *measured,
                   struct error *error)
{
    measured->edges = store_integer(run->store, -1, "SELECT max(edges) FROM growth", "");
    return try_to_read(run, error) < 0 || figures_read(run, &measured->figures, error) < 0
               ? -1
               : read_latency(run, measured, error);
}

static const char *fact(struct store *store, const char *key, char *text, size_t size)
{
    if (store_get(store, key, text, size) < 0)
        text[0] = '\0';
    return text;
}

/* A negative figure is not known, and becomes NULL. */
static int write_night(struct trend *trend, const struct run_view *run,
                       const struct measured *measured, struct error *error)
{
    const struct figures *figures = &measured->figures;
    const struct covered *states = &figures->covered[0];
    char interface[600], model[200], device[600], started[32];
    int64_t at_ns;

    at_ns = strtoll(fact(run->store, "started_ns", started, sizeof started), NULL, 10);
    return store_write(
               trend->store, error,
               "INSERT INTO old.night SELECT NULL, ?1, ?2, ?3, ?4, max(?4, ?5), iif(instr(?6, "
               "'sha256 '), substr(?6, instr(?6, 'sha256 ') + 7, 64), ''), ?7, ?8, ?9, "
               "iif(?10 < 0, NULL, ?10), iif(?11 < 0, NULL, ?11), "
               "iif(?12 < 0, NULL, ?12), iif(?13 < 0, NULL, ?13), ?14, ?15",
               "tttiitiiiirrrtt", run->directory,
               fact(run->store, "interface", interface, sizeof interface),
               fact(run->store, "model_id", model, sizeof model), at_ns,
               store_integer(run->store, 0, "SELECT max(ended_ns) FROM sitting", ""),
               fact(run->store, "device", device, sizeof device), figures->cases,
               states->sent, states->planned, measured->edges,
               figures->rate_known ? figures->rate_per_s : -1.0, measured->half_ms,
               measured->most_ms, "", figures->verdict) < 0 ||
                   store_commit(trend->store, error) < 0
               ? -1
               : 0;
}

static const char reason_sql[] =
    "UPDATE old.night SET reason = coalesce((SELECT reason FROM new.sitting ORDER BY id DESC "
    "LIMIT 1), 'killed') WHERE id = (SELECT night FROM old.this)";

static int fold(struct trend *trend, const char *folder, struct error *error)
{
    return trend_execute(trend, this_sql, folder, error) < 0 ||
                   trend_execute(trend, reason_sql, folder, error) < 0 ||
                   trend_execute(trend, replays_sql, folder, error) < 0 ||
                   compare_pairs(trend->store, folder, error) < 0 ||
                   trend_execute(trend, seen_sql, folder, error) < 0
               ? -1
               : 0;
}

static int take_findings(struct trend *trend, const char *folder, struct error *error)
{
    struct error ignored;
    char path[4400];
    int status;

    snprintf(path, sizeof path, "%s/campaign.db", folder);
    if (store_attach(trend->store, path, "new", error) < 0)
        return -1;
    status = fold(trend, folder, error);
    compare_forget_pairs(trend->store);
    if (trend_execute(trend, forget_sql, folder, status ? &ignored : error) < 0 ||
        trend_execute(trend, "DETACH new", folder, status ? &ignored : error) < 0)
        status = -1;
    return status;
}

static int leave_out(struct trend *trend, const struct error *why)
{
    if (trend->left_out++ == 0)
        snprintf(trend->why_left_out, sizeof trend->why_left_out, "%.499s", why->text);
    return 0;
}

/* The store is closed before it is attached, so that one is open at a time. */
static int take_night(struct trend *trend, const char *folder, struct error *error)
{
    struct run_view run = {.directory = folder};
    struct measured measured;
    struct error why;
    char plan[80];
    bool written = false;
    int status = 0;

    if (!(run.store = store_open_run(folder, false, &why)))
        return leave_out(trend, &why);
    if (!fact(run.store, "plan_hash", plan, sizeof plan)[0])
        trend->not_begun++;
    else if (measure(&run, &measured, &why) < 0)
        leave_out(trend, &why);
    else
        written = (status = write_night(trend, &run, &measured, error)) == 0;
    store_close(run.store, NULL);
    trend->nights += written;
    return written ? take_findings(trend, folder, error) : status;
}

/* --- which ones --------------------------------------------------------------------- */

enum { DEEPEST = 3 };

struct found {
    char *path;
    int64_t started_ns;
};
struct list {
    struct found *runs;
    size_t count, capacity;
};

static int64_t started(const char *folder)
{
    struct store *store = store_open_run(folder, false, &(struct error){0});
    char text[32] = "";

    if (store)
        fact(store, "started_ns", text, sizeof text);
    store_close(store, NULL);
    return strtoll(text, NULL, 10);
}

static int add_run(struct list *list, const char *folder, struct error *error)
{
    if (list->count == list->capacity) {
        size_t larger = list->capacity ? 2 * list->capacity : 64;
        void *grown = realloc(list->runs, larger * sizeof *list->runs);

        if (!grown)
            return error_set(error, "out of memory");
        list->runs = grown;
        list->capacity = larger;
    }
    list->runs[list->count].path = strdup(folder);
    list->runs[list->count].started_ns = started(folder);
    return list->runs[list->count++].path ? 0 : error_set(error, "out of memory");
}

static bool holds_run(const char *folder)
{
    char path[4400];

    return snprintf(path, sizeof path, "%s/campaign.db", folder) < (int)sizeof path &&
           access(path, F_OK) == 0;
}

/* Links are not followed: `latest` would be a night twice. */
static int search(struct list *list, const char *folder, int depth, struct error *error)
{
    DIR *directory;
    struct dirent *entry;
    char path[4300];
    int status = 0;

    if (holds_run(folder))
        return add_run(list, folder, error);
    if (depth == 0)
        return 0;
    if (!(directory = opendir(folder)))
        return error_set(error, "%s: %s", folder, strerror(errno));
    while (status == 0 && (entry = readdir(directory)))
        if (entry->d_name[0] != '.' && entry->d_type == DT_DIR &&
            snprintf(path, sizeof path, "%s/%s", folder, entry->d_name) <
                (int)sizeof path)
            status = search(list, path, depth - 1, error);
    closedir(directory);
    return status;
}

static int by_start(const void *a, const void *b)
{
    const struct found *one = a, *other = b;

    if (one->started_ns != other->started_ns)
        return one->started_ns < other->started_ns ? -1 : 1;
    return strcmp(one->path, other->path);
}

/* A folder that is named twice, or within another that is, counts once. */
static bool is_repeated(const struct list *list, size_t i)
{
    return i > 0 && strcmp(list->runs[i].path, list->runs[i - 1].path) == 0;
}

static void trim(const char *folder, char path[4300])
{
    size_t length;

    snprintf(path, 4300, "%s", folder);
    length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        path[--length] = '\0';
}

int trend_read(const char *const *folders, size_t count, struct trend *trend,
               struct error *error)
{
    struct list list = {0};
    char path[4300];
    int status = 0;

    *trend = (struct trend){0};
    for (size_t i = 0; status == 0 && i < count; i++) {
        trim(folders[i], path);
        status = search(&list, path, DEEPEST, error);
    }
    if (status == 0 && (!(trend->store = store_create_in_memory(error)) ||
                        trend_execute(trend, tables_sql, "trend", error) < 0))
        status = -1;
    if (list.count)
        qsort(list.runs, list.count, sizeof *list.runs, by_start);
    for (size_t i = 0; status == 0 && i < list.count; i++)
        if (!is_repeated(&list, i))
            status = take_night(trend, list.runs[i].path, error);
    if (status == 0)
        status = trend_finish(trend, error);
    if (status == 0 && trend->nights + trend->left_out + trend->not_begun == 0)
        status = error_set(error, "%s: no run in it", folders[0]);
    for (size_t i = 0; i < list.count; i++)
        free(list.runs[i].path);
    free(list.runs);
    return status;
}

void trend_free(struct trend *trend)
{
    store_close(trend->store, &(struct error){0});
    *trend = (struct trend){0};
}
