#include "engine/coverage.h"

#include "generate/inventory.h"

#include <sqlite3.h>
#include <stdlib.h>

static int write_row(struct recorder *recorder, const struct inventory_row *row,
                     struct error *error)
{
    return store_write(recorder->store, error, "INSERT INTO coverage VALUES (?,?,?,?,?)",
                       "ttiit", item_kinds[row->kind], row->name, (int64_t)row->planned,
                       (int64_t)row->sent, row->why);
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
    struct inventory inventory = {0};
    int status = -1;

    if (!sent)
        return error_set(error, "out of memory while counting coverage");
    if (recorder_commit(recorder, error) < 0 || count_cases(recorder, sent, error) < 0)
        goto out;
    if (inventory_make(&inventory, plan, sent) < 0) {
        error_set(error, "out of memory while counting coverage");
        goto out;
    }
    for (size_t i = 0; i < inventory.count; i++)
        if (write_row(recorder, &inventory.rows[i], error) < 0)
            goto out;
    status = store_commit(recorder->store, error);
out:
    inventory_free(&inventory);
    free(sent);
    return status;
}
