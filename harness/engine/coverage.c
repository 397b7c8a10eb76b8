#include "engine/coverage.h"

#include "generate/inventory.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

/* What became of the cases of each item. A case that was sent again in a repeated epoch
 * is one case; one of which only the way to its state was sent is none. */
enum fate { FATE_SENT, FATE_EXCLUDED, FATE_SKIPPED, FATES };
static const struct {
    const char *verdicts, *why; /* why: of an item all of whose cases went that way */
} fates[] = {
    [FATE_SENT] = {"'pass', 'suspect', 'finding'", "none of its cases was reached"},
    [FATE_EXCLUDED] = {"'excluded'", "kept off the wire: see what was excluded"},
    [FATE_SKIPPED] = {"'skipped'", "left out: its cases led to a finding that is known"},
};

/* One pass over the cases. */
static int count_cases(const struct campaign *campaign, struct store *store,
                       enum fate fate, uint64_t *cases, struct error *error)
{
    sqlite3 *database = store_database(store);
    sqlite3_stmt *statement = NULL;
    char sql[300];

    snprintf(sql, sizeof sql,
             "SELECT stream, count(*) FROM (SELECT stream FROM cases WHERE stream IS NOT "
             "NULL AND verdict IN (%s) GROUP BY number) GROUP BY stream",
             fates[fate].verdicts);
    if (sqlite3_prepare_v2(database, sql, -1, &statement, NULL) != SQLITE_OK)
        return error_set(error, "cannot count what was covered: %s",
                         sqlite3_errmsg(database));
    while (sqlite3_step(statement) == SQLITE_ROW) {
        int64_t stream = sqlite3_column_int64(statement, 0);

        if (stream >= 0 && (size_t)stream < campaign->plan.stream_count)
            cases[stream] = (uint64_t)sqlite3_column_int64(statement, 1);
    }
    sqlite3_finalize(statement);
    return 0;
}

static int take_inventory(const struct campaign *campaign, struct store *store,
                          enum fate fate, struct inventory *inventory,
                          struct error *error)
{
    const struct plan *plan = &campaign->plan;
    uint64_t *cases = calloc(plan->stream_count + 1, sizeof *cases);
    int status = -1;

    if (!cases)
        return error_set(error, "out of memory while counting coverage");
    if (count_cases(campaign, store, fate, cases, error) == 0) {
        status = inventory_make(inventory, plan, cases);
        if (status < 0)
            error_set(error, "out of memory while counting coverage");
    }
    free(cases);
    return status;
}

/* Why an item has no case that was sent. All inventories have the same rows. */
static const char *why_not(const struct inventory inventories[FATES], size_t row)
{
    const struct inventory_row *sent = &inventories[FATE_SENT].rows[row];

    if (sent->sent || !sent->planned)
        return sent->why;
    for (unsigned fate = FATE_EXCLUDED; fate < FATES; fate++)
        if (inventories[fate].rows[row].sent)
            return fates[fate].why;
    return fates[FATE_SENT].why;
}

static int write_row(struct store *store, const struct inventory_row *row,
                     const char *why, struct error *error)
{
    return store_write(store, error, "INSERT INTO coverage VALUES (?,?,?,?,?)", "ttiit",
                       item_kinds[row->kind], row->name, (int64_t)row->planned,
                       (int64_t)row->sent, why);
}

int coverage_count(const struct campaign *campaign, struct store *store,
                   struct error *error)
{
    struct inventory inventories[FATES] = {0};
    int status = -1;

    if (store_write(store, error, "DELETE FROM coverage", "") < 0)
        return -1;
    for (unsigned fate = 0; fate < FATES; fate++)
        if (take_inventory(campaign, store, (enum fate)fate, &inventories[fate], error) <
            0)
            goto out;
    for (size_t i = 0; i < inventories[FATE_SENT].count; i++)
        if (write_row(store, &inventories[FATE_SENT].rows[i], why_not(inventories, i),
                      error) < 0)
            goto out;
    status = store_commit(store, error);
out:
    for (unsigned fate = 0; fate < FATES; fate++)
        inventory_free(&inventories[fate]);
    return status;
}

int coverage_write(struct recorder *recorder, struct error *error)
{
    return recorder_commit(recorder, error) < 0
               ? -1
               : coverage_count(recorder->campaign, recorder->store, error);
}
