/* Making, opening and closing a store's file. */
#include "record/schema.h"
#include "record/store_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BUSY_MS = 2000, PATH_SIZE = 4200 };

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

int store_fail(struct store *store, const char *doing, struct error *error)
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
        return store_fail(store, sql, error);
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

int store_prepare(struct store *store, const char *sql, sqlite3_stmt **statement,
                  struct error *error)
{
    if (sqlite3_prepare_v3(store->database, sql, -1, SQLITE_PREPARE_PERSISTENT, statement,
                           NULL) != SQLITE_OK)
        return store_fail(store, sql, error);
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
        store_prepare(store, "BEGIN IMMEDIATE", &store->begin, error) ||
        store_prepare(store, "COMMIT", &store->commit, error))
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
    /* Others may be attached, only to read, which takes a URI; a path that looks like one
     * stays a path. */
    store = open_database(
        path, SQLITE_OPEN_READWRITE | (strncmp(path, "file:", 5) ? SQLITE_OPEN_URI : 0),
        error);
    if (!store)
        goto failed;
    /* Nothing is synced before there is a row: a power cut here costs no evidence. */
    if (execute(store, "PRAGMA synchronous=OFF", error) ||
        prepare_writing(store, error) || make_schema(store, error)) {
        discard(store);
        goto failed;
    }
    return store;
failed:
    unlink(path);
    return NULL;
}

struct store *store_create_in_memory(struct error *error)
{
    struct store *store =
        open_database(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_URI, error);

    if (store && (make_schema(store, error) || prepare_writing(store, error))) {
        discard(store);
        return NULL;
    }
    return store;
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
        return store_fail(store, "reading", error);
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

struct store *store_open_run(const char *directory, bool writable, struct error *error)
{
    char path[PATH_SIZE];
    int length = snprintf(path, sizeof path, "%s/campaign.db", directory);

    if (length >= 0 && (size_t)length < sizeof path && access(path, R_OK) == 0)
        return store_open(path, writable, error);
    error_set(error, "%s holds no run: there is no campaign.db", directory);
    return NULL;
}

/* --- beside another ----------------------------------------------------------------- */

/* Only to read: as a URI, in which everything but the plainest letters is escaped. */
static void read_only_uri(const char *path, char *uri, size_t size)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789/-_.";
    size_t used = (size_t)snprintf(uri, size, "file:");

    for (; *path && used + 16 < size; path++)
        used +=
            (size_t)(strchr(plain, *path) ? snprintf(uri + used, size - used, "%c", *path)
                                          : snprintf(uri + used, size - used, "%%%02x",
                                                     (unsigned char)*path));
    snprintf(uri + used, size - used, "?mode=ro");
}

int store_attach(struct store *store, const char *path, const char *name,
                 struct error *error)
{
    char uri[3 * PATH_SIZE + 32], sql[80];
    sqlite3_stmt *statement = NULL;
    bool done;

    read_only_uri(path, uri, sizeof uri);
    snprintf(sql, sizeof sql, "ATTACH ? AS %s", name);
    done = sqlite3_prepare_v2(store->database, sql, -1, &statement, NULL) == SQLITE_OK &&
           sqlite3_bind_text(statement, 1, uri, -1, SQLITE_STATIC) == SQLITE_OK &&
           sqlite3_step(statement) == SQLITE_DONE;
    if (!done)
        error_set(error, "%s: %s", path, sqlite3_errmsg(store->database));
    sqlite3_finalize(statement);
    return done ? 0 : -1;
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
