#include "engine/coverage.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One row; several streams may touch the same item. */
static int add(struct recorder *recorder, const char *kind, const char *name, uint64_t planned,
               uint64_t sent, struct error *error)
{
    return store_write(recorder->store, error,
                       "INSERT INTO coverage VALUES (?,?,?,?) ON CONFLICT (kind, name) DO UPDATE "
                       "SET planned = planned + excluded.planned, sent = sent + excluded.sent",
                       "ttii", kind, name, (int64_t)planned, (int64_t)sent);
}

static int add_stream(struct recorder *recorder, const struct stream *stream, uint64_t sent,
                      struct error *error)
{
    const struct session *session = recorder->campaign->session;
    const char *message = session->messages[stream->site.message].name;
    const char *state = session->states[stream->site.state].name;
    char path[200], name[420];

    if (add(recorder, "message", message, stream->count, sent, error) < 0 ||
        add(recorder, "state", state, stream->count, sent, error) < 0)
        return -1;
    if (!stream_path(stream, path, sizeof path)[0])
        return 0;
    snprintf(name, sizeof name, "%s/%s", message, path);
    return add(recorder, "field", name, stream->count, sent, error);
}

static bool is_limit(const char *label)
{
    static const char *const limits[] = {"min-1", "min", "max", "max+1"};

    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++)
        if (strcmp(label, limits[i]) == 0)
            return true;
    return false;
}

static int add_boundaries(struct recorder *recorder, size_t id, struct error *error)
{
    const struct stream *stream = &recorder->campaign->plan.streams[id];
    const struct session *session = recorder->campaign->session;
    char path[200], label[64], name[420];

    if (stream->anomaly != &anomaly_boundary)
        return 0;
    stream_path(stream, path, sizeof path);
    for (uint64_t k = 0; k < stream->count; k++) {
        int64_t sent;

        stream->anomaly->label(&stream->site, k, label, sizeof label);
        if (!is_limit(label))
            continue;
        sent = store_integer(recorder->store, 0,
                             "SELECT count(*) FROM boundary_sent WHERE stream = ? AND step = ?",
                             "ii", (int64_t)id, (int64_t)k);
        snprintf(name, sizeof name, "%s/%s[%s]", session->messages[stream->site.message].name,
                 path, label);
        if (add(recorder, "boundary", name, 1, (uint64_t)sent, error) < 0)
            return -1;
    }
    return 0;
}

/* One pass over the cases: counts by stream, and the boundary cases in a table of their own. */
static int count_cases(struct recorder *recorder, uint64_t *sent, struct error *error)
{
    sqlite3 *database = store_database(recorder->store);
    sqlite3_stmt *statement = NULL;

    if (sqlite3_exec(database,
                     "DELETE FROM coverage;"
                     "CREATE TEMP TABLE boundary_sent(stream INTEGER, step INTEGER);"
                     "INSERT INTO boundary_sent SELECT stream, step FROM cases WHERE sent_bytes > 0 "
                     "AND stream IN (SELECT id FROM stream WHERE anomaly = 'boundary');"
                     "CREATE INDEX temp.boundary_place ON boundary_sent(stream, step);",
                     NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(database,
                           "SELECT stream, count(*) FROM cases WHERE stream IS NOT NULL AND "
                           "sent_bytes > 0 GROUP BY stream",
                           -1, &statement, NULL) != SQLITE_OK)
        return error_set(error, "cannot count what was covered: %s", sqlite3_errmsg(database));
    while (sqlite3_step(statement) == SQLITE_ROW) {
        int64_t stream = sqlite3_column_int64(statement, 0);

        if (stream >= 0 && (size_t)stream < recorder->campaign->plan.stream_count)
            sent[stream] = (uint64_t)sqlite3_column_int64(statement, 1);
    }
    sqlite3_finalize(statement);
    return 0;
}

int coverage_write(struct recorder *recorder, struct error *error)
{
    const struct plan *plan = &recorder->campaign->plan;
    uint64_t *sent = calloc(plan->stream_count + 1, sizeof *sent);
    int status = -1;

    if (!sent)
        return error_set(error, "out of memory while counting coverage");
    if (recorder_commit(recorder, error) < 0 || count_cases(recorder, sent, error) < 0)
        goto out;
    for (size_t i = 0; i < plan->stream_count; i++)
        if (add_stream(recorder, &plan->streams[i], sent[i], error) < 0 ||
            add_boundaries(recorder, i, error) < 0)
            goto out;
    if (store_commit(recorder->store, error) < 0)
        goto out;
    sqlite3_exec(store_database(recorder->store), "DROP TABLE boundary_sent", NULL, NULL, NULL);
    status = 0;
out:
    free(sent);
    return status;
}
