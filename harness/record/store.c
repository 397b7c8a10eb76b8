#include "record/store.h"

#include "core/hash.h"
#include "record/schema.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BATCH_CASES = 1000, STATEMENTS = 128, STATEMENT_TRIES = 8, BUSY_MS = 2000 };

struct store {
    sqlite3 *database;
    sqlite3_stmt *insert_case, *begin, *commit;
    sqlite3_stmt *statements[STATEMENTS]; /* by the place of their text */
    size_t pending;                       /* cases of the open batch */
    bool writable, in_batch;
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
    if (store->in_batch && sqlite3_get_autocommit(database)) {
        store->in_batch = false;
        store->pending = 0;
    }
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
    static const char insert[] = "INSERT INTO cases VALUES (?,?,?,?,?,?,?,?,?,?,?,?)";

    if (execute(store, "PRAGMA journal_mode=WAL", error) ||
        execute(store, "PRAGMA synchronous=NORMAL", error) ||
        execute(store, "PRAGMA wal_autocheckpoint=4000", error) ||
        prepare(store, "BEGIN IMMEDIATE", &store->begin, error) ||
        prepare(store, "COMMIT", &store->commit, error) ||
        prepare(store, insert, &store->insert_case, error))
        return -1;
    return 0;
}

static struct store *open_database(const char *path, int flags, struct error *error)
{
    struct store *store = calloc(1, sizeof *store);

    if (!store || strlen(path) >= sizeof store->path) {
        error_set(error, "%s: %s", path, store ? "path too long" : "out of memory");
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
        free(store);
        return NULL;
    }
    sqlite3_extended_result_codes(store->database, 1);
    sqlite3_busy_timeout(store->database, BUSY_MS);
    return store;
}

static void discard(struct store *store)
{
    sqlite3_finalize(store->insert_case);
    sqlite3_finalize(store->begin);
    sqlite3_finalize(store->commit);
    for (size_t i = 0; i < STATEMENTS; i++)
        sqlite3_finalize(store->statements[i]);
    sqlite3_close_v2(store->database);
    free(store);
}

struct store *store_create(const char *path, struct error *error)
{
    char marks[96];
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
    snprintf(marks, sizeof marks, "PRAGMA application_id=%d; PRAGMA user_version=%d",
             SCHEMA_APPLICATION, SCHEMA_VERSION);
    /* One transaction: a store killed here is empty, never half a schema. */
    if (execute(store, "BEGIN", error) || execute(store, store_schema, error) ||
        execute(store, marks, error) || execute(store, "COMMIT", error) ||
        prepare_writing(store, error)) {
        discard(store);
        goto failed;
    }
    return store;
failed:
    unlink(path);
    return NULL;
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
        (check_version(store, error) || (writable && prepare_writing(store, error)))) {
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

static int begin_batch(struct store *store, struct error *error)
{
    if (store->in_batch)
        return 0;
    if (!store->writable)
        return error_set(error, "%s: opened for reading only", store->path);
    if (run(store, store->begin, "starting a batch", error))
        return -1;
    store->in_batch = true;
    return 0;
}

int store_commit(struct store *store, struct error *error)
{
    if (!store->in_batch)
        return 0;
    if (run(store, store->commit, "committing", error)) {
        /* Still open (a reader in the way) or rolled back; either way not committed. */
        return -1;
    }
    store->in_batch = false;
    store->pending = 0;
    return 0;
}

size_t store_pending(const struct store *store)
{
    return store->pending;
}

struct sqlite3 *store_database(struct store *store)
{
    return store->database;
}

int store_case(struct store *store, const struct case_row *row, struct error *error)
{
    sqlite3_stmt *insert = store->insert_case;

    if (begin_batch(store, error))
        return -1;
    sqlite3_bind_int64(insert, 1, (sqlite3_int64)row->number);
    sqlite3_bind_int(insert, 2, row->attempt);
    sqlite3_bind_int64(insert, 3, row->epoch);
    if (row->stream < 0)
        sqlite3_bind_null(insert, 4);
    else
        sqlite3_bind_int64(insert, 4, row->stream);
    sqlite3_bind_int64(insert, 5, (sqlite3_int64)row->step);
    sqlite3_bind_int(insert, 6, (int)row->expected);
    sqlite3_bind_int(insert, 7, (int)row->outcome);
    sqlite3_bind_text(insert, 8, row->verdict, -1, SQLITE_STATIC);
    if (row->latency_us < 0)
        sqlite3_bind_null(insert, 9);
    else
        sqlite3_bind_int64(insert, 9, row->latency_us);
    sqlite3_bind_int64(insert, 10, (sqlite3_int64)row->sent_bytes);
    sqlite3_bind_int64(insert, 11, (sqlite3_int64)row->received_bytes);
    if (row->digest)
        sqlite3_bind_blob(insert, 12, row->digest->bytes, HASH_SIZE, SQLITE_STATIC);
    else
        sqlite3_bind_null(insert, 12);
    if (run(store, insert, "writing a case", error))
        return -1;
    return ++store->pending >= BATCH_CASES ? store_commit(store, error) : 0;
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
    sqlite3_finalize(*slot);
    *slot = NULL;
    return prepare(store, sql, slot, error) ? NULL : *slot;
}

static int bind_all(struct store *store, sqlite3_stmt *statement, const char *types,
                    va_list values, struct error *error)
{
    int status = SQLITE_OK;
    int count = types ? (int)strlen(types) : 0;

    if (count != sqlite3_bind_parameter_count(statement))
        return error_set(error, "%s: %d values for: %s", store->path, count,
                         sqlite3_sql(statement));
    for (int i = 1; i <= count && status == SQLITE_OK; i++) {
        switch (types[i - 1]) {
        case 'i':
            status = sqlite3_bind_int64(statement, i, va_arg(values, int64_t));
            break;
        case 'r':
            status = sqlite3_bind_double(statement, i, va_arg(values, double));
            break;
        case 't':
            status = sqlite3_bind_text(statement, i, va_arg(values, const char *), -1,
                                       SQLITE_STATIC);
            break;
        case 'n': status = sqlite3_bind_null(statement, i); break;
        default:
            return error_set(error, "%s: type '%c' is not one of i r t n", store->path,
                             types[i - 1]);
        }
    }
    return status == SQLITE_OK ? 0 : fail(store, sqlite3_sql(statement), error);
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
    status = bind_all(store, statement, types, values, error);
    va_end(values);
    if (status == 0)
        status = run(store, statement, sql, error);
    sqlite3_clear_bindings(statement); /* the texts were only borrowed */
    return status;
}

int64_t store_integer(struct store *store, int64_t otherwise, const char *sql,
                      const char *types, ...)
{
    sqlite3_stmt *statement = statement_of(store, sql, NULL);
    int64_t value = otherwise;
    va_list values;

    if (!statement)
        return otherwise;
    va_start(values, types);
    if (bind_all(store, statement, types, values, NULL) == 0 &&
        sqlite3_step(statement) == SQLITE_ROW &&
        sqlite3_column_type(statement, 0) != SQLITE_NULL)
        value = sqlite3_column_int64(statement, 0);
    va_end(values);
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
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
