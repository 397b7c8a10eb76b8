#include "report/trend_parts.h"

#include "report/figures.h"
#include "report/history_parts.h"
#include "report/rows.h"

#include <stdlib.h>
#include <string.h>

/* --- one night ---------------------------------------------------------------------- */

/* What stands beside the history's `night`, by its name. */
static const char tables_sql[] =
    "CREATE TABLE old.measured(night TEXT PRIMARY KEY, model TEXT, until_ns INTEGER, cases "
    "  INTEGER, states INTEGER, planned INTEGER, edges INTEGER, rate REAL, half_ms REAL, "
    "  most_ms REAL, verdict TEXT);";

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

static int measure(const struct run_view *run, struct measured *measured,
                   struct error *error)
{
    measured->edges = store_integer(run->store, -1, "SELECT max(edges) FROM growth", "");
    return figures_read(run, &measured->figures, error) < 0
               ? -1
               : read_latency(run, measured, error);
}

/* A negative figure is not known, and becomes NULL. */
static int write_night(struct trend *trend, const struct night_entry *night,
                       struct store *store, const struct measured *measured,
                       struct error *error)
{
    const struct figures *figures = &measured->figures;
    const struct covered *states = &figures->covered[0];
    char model[200] = "";
    int64_t ended, found;

    store_get(store, "model_id", model, sizeof model);
    ended = store_integer(store, 0, "SELECT max(ended_ns) FROM sitting", "");
    found = store_integer(
        store, 0, "SELECT CAST(max(found_after_s) * 1e9 AS INTEGER) FROM finding", "");
    return store_write(
               trend->history.store, error,
               "INSERT INTO old.measured VALUES (?1, ?2, max(?3, ?4), ?5, ?6, ?7, "
               "iif(?8 < 0, NULL, ?8), iif(?9 < 0, NULL, ?9), iif(?10 < 0, NULL, ?10), "
               "iif(?11 < 0, NULL, ?11), ?12)",
               "ttiiiiiirrrt", night->name, model, ended, night->started_ns + found,
               figures->cases, states->sent, states->planned, measured->edges,
               figures->rate_known ? figures->rate_per_s : -1.0, measured->half_ms,
               measured->most_ms, figures->verdict) < 0 ||
                   store_commit(trend->history.store, error) < 0
               ? -1
               : 0;
}

/* 1; 0: it cannot be measured, and is left out; one that cannot be folded is left to
 * history_take. */
static int measure_night(struct trend *trend, const struct night_entry *night,
                         struct error *error)
{
    struct run_view run = {.directory = night->path};
    struct measured measured;
    struct error why;
    int status = 1;

    if (!(run.store = store_open_run(night->path, false, &why)))
        return 1;
    if (measure(&run, &measured, &why) < 0) {
        history_leave_out(&trend->history, &why);
        status = 0;
    } else if (write_night(trend, night, run.store, &measured, error) < 0) {
        status = -1;
    }
    store_close(run.store, NULL);
    return status;
}

/* --- all of them -------------------------------------------------------------------- */

enum { DEEPEST = 3 };

static int take_nights(struct trend *trend, const struct night_list *list,
                       struct error *error)
{
    int status = 0;

    for (size_t i = 0; status >= 0 && i < list->count; i++) {
        struct night_entry night = list->nights[i];

        night.name = night.path; /* it may lie in any of several folders */
        status = measure_night(trend, &night, error);
        if (status == 1)
            status = history_take(&trend->history, &night, error);
    }
    return status < 0 ? -1 : 0;
}

int trend_read(const char *const *folders, size_t count, struct trend *trend,
               struct error *error)
{
    struct night_list list = {0};
    int status = 0;

    *trend = (struct trend){0};
    for (size_t i = 0; status == 0 && i < count; i++)
        status = night_list_search(&list, folders[i], DEEPEST, NULL, error);
    night_list_sort(&list);
    if (status == 0 && list.count == 0)
        status = error_set(error, "%s: no run in it", folders[0]);
    if (status == 0 &&
        (history_begin(&trend->history, error) < 0 ||
         history_execute(&trend->history, tables_sql, "trend", error) < 0 ||
         take_nights(trend, &list, error) < 0 ||
         history_close(&trend->history, error) < 0 || trend_finish(trend, error) < 0))
        status = -1;
    night_list_free(&list);
    return status;
}

void trend_free(struct trend *trend)
{
    history_free(&trend->history);
    *trend = (struct trend){0};
}
