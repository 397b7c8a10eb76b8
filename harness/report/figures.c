#include "report/figures.h"

#include "core/clock.h"
#include "core/escape.h"
#include "criteria/criteria.h"
#include "engine/decision.h"
#include "generate/items.h"
#include "report/rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char figures_unconfirmed[] =
    "SELECT count(*) AS suspicions, oracle, cause, count(test) AS measured, "
    "min(number) AS first_case FROM suspicion "
    "WHERE result NOT IN ('finding', 'duplicate') GROUP BY oracle, cause "
    "ORDER BY count(*) DESC, oracle, cause";

const char figures_skipped[] =
    "WITH latest AS (SELECT stream, verdict, max(attempt) FROM cases GROUP BY number),"
    " skipped AS (SELECT stream, count(*) AS cases FROM latest WHERE verdict = 'skipped'"
    " GROUP BY stream) "
    "SELECT k.finding AS finding, coalesce(sum(c.cases), 0) AS cases, k.scope AS scope, CASE k.scope WHEN 'stream' THEN "
    "s.state || '/' || s.message || CASE s.path WHEN '' THEN '' ELSE '/' || s.path END || "
    "' [' || s.anomaly || ']' WHEN 'field' THEN s.field ELSE s.message END AS what, "
    "max(k.hits) AS hits, min(k.from_case) AS from_case FROM skip k JOIN stream s ON s.id = k.stream "
    "LEFT JOIN skipped c ON c.stream = k.stream GROUP BY k.finding, k.scope, what "
    "ORDER BY k.finding, min(k.from_case), what";

const char figures_reached[] =
    "WITH last AS (SELECT edges, blocks, features, corpus FROM growth "
    "ORDER BY sitting DESC, after_case DESC LIMIT 1) "
    "SELECT 'corpus' AS name, printf('%d inputs', corpus) AS text FROM last "
    "UNION ALL SELECT 'edges of the code', coalesce(edges, 'the device shows none') FROM last "
    "UNION ALL SELECT 'blocks of the code', coalesce(blocks || ' run, start-up included', "
    "'the device shows none') FROM last "
    "UNION ALL SELECT 'features', features FROM last";

bool figures_is_guided(const struct run_view *run)
{
    char engine[16];

    return store_get(run->store, "engine", engine, sizeof engine) == 0 &&
           strcmp(engine, "guided") == 0;
}

static void read_cases(const struct run_view *run, struct figures *figures,
                       struct rows *rows)
{
    *rows = rows_of(
        run, "WITH latest AS (SELECT verdict, max(attempt) FROM cases GROUP BY "
             "number) SELECT sum(verdict IN ('pass', 'suspect', 'finding')), "
             "sum(verdict = 'skipped'), sum(verdict = 'excluded'), "
             "sum(verdict = 'interrupted'), (SELECT count(*) FROM cases WHERE "
             "verdict IN ('pass', 'suspect', 'finding')), (SELECT sum(resent) FROM "
             "cases) FROM latest");
    if (!rows_next(rows))
        return;
    figures->cases = rows_integer(rows, 0);
    figures->skipped = rows_integer(rows, 1);
    figures->excluded = rows_integer(rows, 2);
    figures->interrupted = rows_integer(rows, 3);
    figures->sendings = rows_integer(rows, 4);
    figures->resent = rows_integer(rows, 5);
}

static void read_suspicions(const struct run_view *run, struct figures *figures,
                            struct rows *rows)
{
    *rows = rows_of(
        run, "SELECT count(*), sum(result = 'finding'), sum(result = 'duplicate'), "
             "(SELECT count(*) FROM finding), coalesce(max(test), 0), (SELECT "
             "CAST(value AS REAL) FROM run WHERE key = 'alpha'), (SELECT CAST(value AS "
             "REAL) FROM run WHERE key = 'alpha_spent') FROM suspicion");
    if (!rows_next(rows))
        return;
    figures->suspicions = rows_integer(rows, 0);
    figures->confirmed = rows_integer(rows, 1);
    figures->duplicates = rows_integer(rows, 2);
    figures->unconfirmed = figures->suspicions - figures->confirmed - figures->duplicates;
    figures->findings = rows_integer(rows, 3);
    figures->tests = rows_integer(rows, 4);
    figures->alpha = rows_real(rows, 5);
    /* In a merged run each shard spent its own part. */
    figures->spent =
        rows_is_null(rows, 6)
            ? level_spent(&(struct level){figures->alpha, (uint64_t)figures->tests})
            : rows_real(rows, 6);
}

/* A sitting that was killed has no end; without the run's own count its time is not
 * known. */
static void read_active(const struct run_view *run, struct figures *figures,
                        struct rows *rows)
{
    char text[64];

    *rows = rows_of(run, "SELECT count(*), sum(ended_ns IS NULL), "
                         "sum(max(ended_ns - started_ns, 0)) / 1e9 FROM sitting");
    if (store_get(run->store, "active_seconds", text, sizeof text) == 0) {
        figures->active_s = strtod(text, NULL);
        figures->active_known = figures->active_s >= 0;
        return;
    }
    if (!rows_next(rows))
        return;
    figures->active_s = rows_real(rows, 2);
    figures->active_known = rows_integer(rows, 0) > 0 && rows_integer(rows, 1) == 0;
}

static void read_coverage(const struct run_view *run, struct figures *figures,
                          struct rows *rows)
{
    for (size_t i = 0; i < FIGURES_COVERED; i++)
        figures->covered[i].kind = item_kinds[i];
    *rows = rows_of(run, "SELECT kind, sum(planned > 0), sum(planned > 0 AND sent > 0), "
                         "sum(planned <= 0) FROM coverage GROUP BY kind");
    while (rows_next(rows))
        for (size_t i = 0; i < FIGURES_COVERED; i++)
            if (strcmp(rows_text(rows, 0), item_kinds[i]) == 0)
                figures->covered[i] =
                    (struct covered){item_kinds[i], rows_integer(rows, 1),
                                     rows_integer(rows, 2), rows_integer(rows, 3)};
}

int figures_read(const struct run_view *run, struct figures *figures, struct error *error)
{
    static void (*const readers[])(const struct run_view *, struct figures *,
                                   struct rows *) = {read_cases, read_suspicions,
                                                     read_active, read_coverage};
    struct rows rows;

    *figures = (struct figures){0};
    for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++) {
        readers[i](run, figures, &rows);
        if (rows_close(&rows, error))
            return -1;
    }
    figures->rate_known = figures->active_known && figures->active_s > 0;
    if (figures->rate_known)
        figures->rate_per_s = (double)figures->sendings / figures->active_s;
    figures->exit = criteria_exit(run->store, PHASE_RUN, &figures->verdict);
    return 0;
}

const char *figures_fact(const struct run_view *run, const char *key, char *text,
                         size_t size)
{
    if (store_get(run->store, key, text, size) || !text[0])
        snprintf(text, size, "not recorded");
    return text;
}

const char *figures_time(int64_t wall_ns, char *text, size_t size)
{
    if (wall_ns > 0)
        clock_format_utc(wall_ns, text, (int)size);
    else
        snprintf(text, size, "not recorded");
    return text;
}

char *figures_replay_command(const struct run_view *run, const char *reproducer)
{
    char *command = NULL, *path = NULL;
    size_t size;
    FILE *out;

    if (asprintf(&path, "%s/%s", run->directory, reproducer) < 0)
        return NULL;
    out = open_memstream(&command, &size);
    if (out) {
        fputs("percuss replay ", out);
        escape_shell(out, path);
        fclose(out);
    }
    free(path);
    return command;
}
