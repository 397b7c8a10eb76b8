/* Writing to a store in batches, and reading it. */
#include "record/store_parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { STATEMENT_TRIES = 8 };

static int run(struct store *store, sqlite3_stmt *statement, const char *doing,
               struct error *error)
{
    int status = sqlite3_step(statement), result = 0;

    if (status != SQLITE_DONE && status != SQLITE_ROW)
        result = store_fail(store, doing, error);
    sqlite3_reset(statement);
    return result;
}

static int report_failure(struct store *store, struct error *error)
{
    if (!store->has_failed)
        return 0;
    store->has_failed = false;
    return error_set(error, "%s", store->failure.text);
}

static int begin_batch(struct store *store, struct error *error)
{
    if (report_failure(store, error) < 0)
        return -1;
    if (store->in_batch)
        return 0;
    if (!store->writable)
        return error_set(error, "%s: opened for reading only", store->path);
    if (run(store, store->begin, "starting a batch", error))
        return -1;
    store->in_batch = true;
    return 0;
}

/* Writes the rows that wait. After the first that SQLite refuses the rest is dropped. */
static int flush(struct store *store, struct error *error)
{
    size_t offset = 0;
    int status = SQLITE_OK, result = 0;
    sqlite3_stmt *statement;

    while (result == 0 &&
           (statement = queue_next(&store->queue, &offset, &status)) != NULL) {
        result = status == SQLITE_OK
                     ? run(store, statement, sqlite3_sql(statement), error)
                     : store_fail(store, sqlite3_sql(statement), error);
        sqlite3_clear_bindings(statement); /* the texts lie in the queue */
    }
    queue_clear(&store->queue);
    return result;
}

/* For a reader. What goes wrong is told to the next writer. */
static void flush_unasked(struct store *store)
{
    if (flush(store, &store->failure) < 0)
        store->has_failed = true;
}

int store_commit(struct store *store, struct error *error)
{
    if (report_failure(store, error) < 0)
        return -1;
    if (!store->in_batch)
        return 0;
    if (flush(store, error) < 0)
        return -1;
    /* A failed commit is still open (a reader in the way) or rolled back. */
    if (run(store, store->commit, "committing", error))
        return -1;
    store->in_batch = false;
    return 0;
}

struct sqlite3 *store_database(struct store *store)
{
    flush_unasked(store);
    return store->database;
}

int store_case(struct store *store, const struct case_row *row, struct error *error)
{
    return store_write(
        store, error, "INSERT INTO cases VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
        "iiiuiiituiiid", (int64_t)row->number, (int64_t)row->attempt, row->epoch,
        row->stream, (int64_t)row->step, (int64_t)row->expected, (int64_t)row->outcome,
        row->verdict, row->latency_us, (int64_t)row->sent_bytes,
        (int64_t)row->received_bytes, (int64_t)row->resent, row->record);
}

/* The kept statement for this text. Texts are literals, so that where one lies tells it
 * from the others; the comparison is for those that are not. A text that finds all its
 * slots taken pushes another one out. */
static sqlite3_stmt *statement_of(struct store *store, const char *sql,
                                  struct error *error)
{
    size_t place = (uintptr_t)sql / 8;
    sqlite3_stmt **slot = &store->statements[place % STATEMENTS];

    for (size_t i = 0; i < STATEMENT_TRIES; i++) {
        sqlite3_stmt **next = &store->statements[(place + i) % STATEMENTS];

        if (*next && strcmp(sqlite3_sql(*next), sql) == 0)
            return *next;
        if (!*next) {
            slot = next;
            break;
        }
    }
    if (*slot)
        flush_unasked(store); /* a row that waits may be for the one that goes */
    sqlite3_finalize(*slot);
    *slot = NULL;
    return store_prepare(store, sql, slot, error) ? NULL : *slot;
}

/* A row for the queue; `types` is checked against what it knows and the statement. */
static int add(struct store *store, sqlite3_stmt *statement, const char *types,
               va_list values, struct error *error)
{
    size_t count = strlen(types), known = strspn(types, "iurtdn");

    if (known < count)
        return error_set(error, "%s: type '%c' is not one of i u r t d n", store->path,
                         types[known]);
    if ((int)count != sqlite3_bind_parameter_count(statement))
        return error_set(error, "%s: %zu values for: %s", store->path, count,
                         sqlite3_sql(statement));
    return queue_add(&store->queue, statement, types, values) < 0
               ? error_set(error, "%s: out of memory for a row", store->path)
               : 0;
}

int store_write(struct store *store, struct error *error, const char *sql,
                const char *types, ...)
{
    sqlite3_stmt *statement;
    va_list values;
    int status;

    if (begin_batch(store, error))
        return -1;
    statement = statement_of(store, sql, error);
    if (!statement)
        return -1;
    va_start(values, types);
    status = add(store, statement, types, values, error);
    va_end(values);
    if (status == 0 && queue_is_full(&store->queue))
        status = flush(store, error);
    return status;
}

int64_t store_integer(struct store *store, int64_t otherwise, const char *sql,
                      const char *types, ...)
{
    sqlite3_stmt *statement = statement_of(store, sql, NULL);
    int64_t value = otherwise;
    size_t offset = 0;
    int status = SQLITE_OK;
    va_list values;

    flush_unasked(store);
    if (!statement)
        return otherwise;
    va_start(values, types);
    if (add(store, statement, types, values, NULL) == 0 &&
        queue_next(&store->queue, &offset, &status) && status == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW &&
        sqlite3_column_type(statement, 0) != SQLITE_NULL)
        value = sqlite3_column_int64(statement, 0);
    va_end(values);
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    queue_clear(&store->queue);
    return value;
}

int store_set(struct store *store, const char *key, const char *value,
              struct error *error)
{
    return store_write(store, error, "INSERT OR REPLACE INTO run VALUES (?,?)", "tt", key,
                       value);
}

int store_get(struct store *store, const char *key, char *text, size_t size)
{
    sqlite3_stmt *statement =
        statement_of(store, "SELECT value FROM run WHERE key=?", NULL);
    int status = -1;

    flush_unasked(store);
    if (!statement)
        return -1;
    sqlite3_bind_text(statement, 1, key, -1, SQLITE_STATIC);
    if (sqlite3_step(statement) == SQLITE_ROW) {
        snprintf(text, size, "%s", (const char *)sqlite3_column_text(statement, 0));
        status = 0;
    }
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return status;
}

bool store_is_server(struct store *store)
{
    char role[16];

    return store_get(store, "link_role", role, sizeof role) == 0 &&
           strcmp(role, "server") == 0;
}
