#include "engine/coverage.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One row; several streams may touch the same item. */
static int add(struct recorder *recorder, const char *kind, const char *name,
               uint64_t planned, uint64_t sent, struct error *error)
{
    return store_write(
        recorder->store, error,
        "INSERT INTO coverage VALUES (?,?,?,?) ON CONFLICT (kind, name) DO UPDATE "
        "SET planned = planned + excluded.planned, sent = sent + excluded.sent",
        "ttii", kind, name, (int64_t)planned, (int64_t)sent);
}

static int add_stream(struct recorder *recorder, const struct stream *stream,
                      uint64_t sent, struct error *error)
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

/* Every limit of a bounded field is a stream of its own. */
static int add_boundary(struct recorder *recorder, const struct stream *stream,
                        uint64_t sent, struct error *error)
{
    char path[200], label[64], name[420];

    if (stream->anomaly != &anomaly_limit)
        return 0;
    stream->anomaly->label(&stream->site, stream->first, label, sizeof label);
    snprintf(name, sizeof name, "%s/%s[%s]",
             recorder->campaign->session->messages[stream->site.message].name,
             stream_path(stream, path, sizeof path), label);
    return add(recorder, "boundary", name, stream->count, sent, error);
}

/* One pass over the cases. */
static int count_cases(struct recorder *recorder, uint64_t *sent, struct error *error)
{
    sqlite3 *database = store_database(recorder->store);
    sqlite3_stmt *statement = NULL;

    if (sqlite3_exec(database, "DELETE FROM coverage", NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(
            database,
            /* A case that was sent again in a repeated epoch is one case. */
            "SELECT stream, count(*) FROM (SELECT stream FROM cases WHERE stream IS NOT "
            "NULL AND sent_bytes > 0 GROUP BY number) GROUP BY stream",
            -1, &statement, NULL) != SQLITE_OK)
        return error_set(error, "cannot count what was covered: %s",
                         sqlite3_errmsg(database));
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
            add_boundary(recorder, &plan->streams[i], sent[i], error) < 0)
            goto out;
    status = store_commit(recorder->store, error);
out:
    free(sent);
    return status;
}
