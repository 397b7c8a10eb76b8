#include "engine/classes.h"

#include <sqlite3.h>
#include <stdio.h>

void classes_free(struct classes *classes)
{
    tally_free(&classes->seen);
}

int classes_load(struct classes *classes, struct recorder *recorder, struct error *error)
{
    sqlite3 *database = store_database(recorder->store);
    sqlite3_stmt *statement = NULL;

    if (sqlite3_prepare_v2(database, "SELECT id FROM response_class", -1, &statement,
                           NULL) != SQLITE_OK)
        return error_set(error, "cannot read the response classes: %s",
                         sqlite3_errmsg(database));
    while (sqlite3_step(statement) == SQLITE_ROW)
        tally_add(&classes->seen, (uint64_t)sqlite3_column_int64(statement, 0));
    sqlite3_finalize(statement);
    return 0;
}

/* Positive, as the store's identifiers are. */
static uint64_t identify(const struct case_result *result)
{
    uint64_t key =
        tally_key(tally_key(result->reply_shape, result->last_message), result->outcome);

    return key >> 1;
}

int classes_note(struct classes *classes, struct recorder *recorder, uint64_t number,
                 const struct case_result *result, struct error *error)
{
    uint64_t id = identify(result);
    char shape[20];

    if (result->messages == 0 || tally_add(&classes->seen, id) > 1)
        return 0;
    snprintf(shape, sizeof shape, "%016llx", (unsigned long long)result->reply_shape);
    return store_write(
        recorder->store, error, "INSERT OR IGNORE INTO response_class VALUES (?,?,?,?,?)",
        "ititi", (int64_t)id,
        recorder->campaign->session->messages[result->last_message].name,
        (int64_t)result->outcome, result->reply_shape ? shape : "", (int64_t)number);
}
