#include "engine/coverage.h"

#include "generate/items.h"

#include <sqlite3.h>
#include <stdlib.h>

struct counting {
    struct recorder *recorder;
    const uint64_t *sent; /* by stream */
    struct error *error;
};

/* Several streams may touch the same item. */
static int add(void *context, const struct item *item)
{
    const struct counting *counting = context;
    uint64_t sent = item->stream == PLAN_STACKED ? 0 : counting->sent[item->stream];

    return store_write(
        counting->recorder->store, counting->error,
        "INSERT INTO coverage VALUES (?,?,?,?,?) ON CONFLICT (kind, name) DO UPDATE "
        "SET planned = planned + excluded.planned, sent = sent + excluded.sent",
        "ttiit", item->kind, item->name, (int64_t)item->planned, (int64_t)sent,
        item->why);
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
    struct counting counting = {recorder, sent, error};
    int status = -1;

    if (!sent)
        return error_set(error, "out of memory while counting coverage");
    if (recorder_commit(recorder, error) < 0 || count_cases(recorder, sent, error) < 0)
        goto out;
    if (items_list(plan, add, &counting) == 0)
        status = store_commit(recorder->store, error);
out:
    free(sent);
    return status;
}
