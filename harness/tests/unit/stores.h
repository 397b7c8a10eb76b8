/* Stores that a test fills itself. */
#ifndef PERCUSS_TESTS_STORES_H
#define PERCUSS_TESTS_STORES_H

#include "record/store.h"
#include "scratch.h"

#include <sqlite3.h>

/* A new one: FOLDER/campaign.db, or in memory if there is no folder. */
static inline struct store *need_store(const char *folder)
{
    struct error error = {""};
    char path[SCRATCH_PATH];
    struct store *store;

    if (folder)
        scratch_path(folder, "campaign.db", path);
    store = folder ? store_create(path, &error) : store_create_in_memory(&error);
    if (!store)
        fail_msg("%s", error.text);
    return store;
}

static inline void end_store(struct store *store)
{
    struct error error = {""};

    if (store_close(store, &error) < 0)
        fail_msg("%s", error.text);
}

static inline void execute(struct store *store, const char *sql)
{
    char *message = NULL;

    if (sqlite3_exec(store_database(store), sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s in: %s", message, sql);
}

/* One statement, in which ?1 is the text. */
static inline void execute_with(struct store *store, const char *sql, const char *text)
{
    sqlite3_stmt *statement = NULL;

    if (sqlite3_prepare_v2(store_database(store), sql, -1, &statement, NULL) != SQLITE_OK)
        fail_msg("%s in: %s", sqlite3_errmsg(store_database(store)), sql);
    if (sqlite3_bind_parameter_count(statement) == 1)
        sqlite3_bind_text(statement, 1, text, -1, SQLITE_STATIC);
    assert_int_equal(sqlite3_step(statement), SQLITE_DONE);
    sqlite3_finalize(statement);
}

#endif
