#include "record/store.h"

#include "record/queue.h"
#include "record/schema.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STATEMENTS = 128, STATEMENT_TRIES = 8, BUSY_MS = 2000 };

struct store {
    sqlite3 *database;
    sqlite3_stmt *begin, *commit;
    sqlite3_stmt *statements[STATEMENTS]; /* by the place of their text */
    struct queue queue;                   /* rows of the open batch not yet in SQLite */
    bool writable, in_batch, has_failed;
    struct error failure; /* of a flush that nobody asked for; for the next writer */
    char path[4096];
};

/* What to do about it, where the user can do something. */
static const char *advice(int status)
{
    switch (status & 0xff) {
    case SQLITE_FULL: return "; free some disk space, then resume the run";
    case SQLITE_BUSY: return "; another process is writing to it";
    case SQLITE_READONLY: return "; the file or its folder is write-protected";
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT: return "; this is not a percuss store, or it is damaged";
    default: return "";
    }
}

static int fail(struct store *store, const char *doing, struct error *error)
{
    sqlite3 *database = store->database;
    int status = sqlite3_extended_errcode(database);

    error_set(error, "%s: %s: %s%s", store->path, doing, sqlite3_errmsg(database),
              advice(status));
    /* Some failures (a full disk) make SQLite roll the open batch back by itself. */
    if (store->in_batch && sqlite3_get_autocommit(database))
        store->in_batch = false;
    return -1;
}

static int execute(struct store *store, const char *sql, struct error *error)
{
    if (sqlite3_exec(store->database, sql, NULL, NULL, NULL) != SQLITE_OK)
        return fail(store, sql, error);
    return 0;
}

static int64_t pragma(struct store *store, const char *sql, int64_t otherwise)
{
    sqlite3_stmt *statement = NULL;
    int64_t value = otherwise;

    if (sqlite3_prepare_v2(store->database, sql, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return value;
}

static int prepare(struct store *store, const char *sql, sqlite3_stmt **statement,
                   struct error *error)
{
    if (sqlite3_prepare_v3(store->database, sql, -1, SQLITE_PREPARE_PERSISTENT, statement,
                           NULL) != SQLITE_OK)
        return fail(store, sql, error);
    return 0;
}

/* Write-ahead log: a commit is one append to the log, which SIGKILL cannot undo. With
 * synchronous=NORMAL only a checkpoint (about every 16 MiB) syncs, so that a power cut
 * may cost the last batches but never leaves a damaged file. */
static int prepare_writing(struct store *store, struct error *error)
{
    if (execute(store, "PRAGMA journal_mode=WAL", error) ||
        execute(store, "PRAGMA synchronous=NORMAL", error) ||
        execute(store, "PRAGMA wal_autocheckpoint=4000", error) ||
        prepare(store, "BEGIN IMMEDIATE", &store->begin, error) ||
        prepare(store, "COMMIT", &store->commit, error))
        return -1;
    return 0;
}

static struct store *open_database(const char *path, int flags, struct error *error)
{
    struct store *store = calloc(1, sizeof *store);

    if (!store || queue_init(&store->queue) < 0 || strlen(path) >= sizeof store->path) {
        error_set(error, "%s: %s", path,
                  store && store->queue.rows.data ? "path too long" : "out of memory");
        if (store)
            queue_free(&store->queue);
        free(store);
        return NULL;
    }
    memcpy(store->path, path, strlen(path) + 1);
    store->writable = flags & SQLITE_OPEN_READWRITE;
    if (sqlite3_open_v2(path, &store->database, flags | SQLITE_OPEN_NOMUTEX, NULL) !=
        SQLITE_OK) {
        error_set(error, "%s: %s", path,
                  store->database ? sqlite3_errmsg(store->database) : "out of memory");
        sqlite3_close(store->database);
        queue_free(&store->queue);
        free(store);
        return NULL;
    }
    sqlite3_extended_result_codes(store->database, 1);
    sqlite3_busy_timeout(store->database, BUSY_MS);
    return store;
}

static void discard(struct store *store)
{
    queue_free(&store->queue);
    sqlite3_finalize(store->begin);
    sqlite3_finalize(store->commit);
    for (size_t i = 0; i < STATEMENTS; i++)
        sqlite3_finalize(store->statements[i]);
    sqlite3_close_v2(store->database);
    free(store);
}

/* One transaction: a store whose maker is killed here is empty, never half a schema. */
static int make_schema(struct store *store, struct error *error)
{
    char marks[96];

    snprintf(marks, sizeof marks, "PRAGMA application_id=%d; PRAGMA user_version=%d",
             SCHEMA_APPLICATION, SCHEMA_VERSION);
    return execute(store, "BEGIN", error) || execute(store, store_schema, error) ||
                   execute(store, marks, error) || execute(store, "COMMIT", error)
               ? -1
               : 0;
}

struct store *store_create(const char *path, struct error *error)
{
    struct store *store;
    int file = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);

    if (file < 0) {
        error_set(error, "%s: %s", path, strerror(errno));
        return NULL;
    }
    close(file);
    store = open_database(path, SQLITE_OPEN_READWRITE, error);
    if (!store)
        goto failed;
    if (make_schema(store, error) || prepare_writing(store, error)) {
        discard(store);
        goto failed;
    }
    return store;
failed:
    unlink(path);
    return NULL;
}

static bool is_empty(struct store *store)
{
    return pragma(store, "PRAGMA application_id", -1) == 0 &&
           pragma(store, "SELECT count(*) FROM sqlite_master", -1) == 0;
}

static int check_version(struct store *store, struct error *error)
{
    int64_t application = pragma(store, "PRAGMA application_id", -1);
    int64_t version = pragma(store, "PRAGMA user_version", -1);

    if (application == -1)
        return fail(store, "reading", error);
    if (application != SCHEMA_APPLICATION)
        return error_set(error, "%s: not a percuss store (its application_id is %lld)",
                         store->path, (long long)application);
    if (version != SCHEMA_VERSION)
        return error_set(error,
                         "%s: schema version %lld, this percuss reads %d: use the "
                         "percuss that wrote it",
                         store->path, (long long)version, SCHEMA_VERSION);
    return 0;
}

struct store *store_open(const char *path, bool writable, struct error *error)
{
    int flags = writable ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
    struct store *store = open_database(path, flags, error);

    if (store &&
        ((writable && is_empty(store) && make_schema(store, error)) ||
         check_version(store, error) || (writable && prepare_writing(store, error)))) {
        discard(store);
        store = NULL;
    }
    return store;
}

/* One file in the end: folding the log in and leaving WAL mode lets anyone read it, also
 * from a write-protected folder. When a reader holds it, the -wal file stays, which is no
 * loss. */
int store_close(struct store *store, struct error *error)
{
    int status = 0;

    if (!store)
        return 0;
    status = store_commit(store, error);
    for (size_t i = 0; i < STATEMENTS; i++)
        sqlite3_reset(store->statements[i]);
    if (store->writable) {
        sqlite3_busy_timeout(store->database, 0);
        sqlite3_exec(store->database, "PRAGMA journal_mode=DELETE", NULL, NULL, NULL);
    }
    discard(store);
    return status;
}

static int run(struct store *store, sqlite3_stmt *statement, const char *doing,
               struct error *error)
{
    int status = sqlite3_step(statement), result = 0;

    if (status != SQLITE_DONE && status != SQLITE_ROW)
        result = fail(store, doing, error);
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
                     : fail(store, sqlite3_sql(statement), error);
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
    return prepare(store, sql, slot, error) ? NULL : *slot;
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
