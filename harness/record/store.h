/* The store of one run: an SQLite file (record/schema.sql). Rows wait in memory
 * (record/queue.h) and are written by store_commit, in one transaction: committed rows
 * survive SIGKILL and a full disk, and a power cut costs at most the last batches.
 * Whatever reads here sees the rows written before. While open, a -wal and a -shm file
 * lie beside it; store_close leaves the one file. One thread. */
#ifndef PERCUSS_RECORD_STORE_H
#define PERCUSS_RECORD_STORE_H

#include "core/bytes.h"
#include "core/error.h"

struct store;
struct sqlite3;

struct store *store_create(const char *path,
                           struct error *error); /* refuses an existing file */
/* One that is gone with store_close, and beside which others may be attached. */
struct store *store_create_in_memory(struct error *error);
/* Another store's file, only to read, under `name` (an SQL identifier) in the statements
 * of one in memory, or one that store_create made. Its schema is the caller's to look at,
 * with store_open. */
int store_attach(struct store *store, const char *path, const char *name,
                 struct error *error);
/* For writing, an empty file (its maker was killed) becomes a store without rows. */
struct store *store_open(const char *path, bool writable, struct error *error);
/* The same of a run's folder. */
struct store *store_open_run(const char *directory, bool writable, struct error *error);
int store_close(struct store *store, struct error *error); /* commits; accepts NULL */
/* Writes what waits. A row that SQLite refuses is an error here and not where it was
 * written; after one the rest of the batch is lost, what was committed is not. */
int store_commit(struct store *store, struct error *error);
struct sqlite3 *store_database(
    struct store *store); /* for queries by criteria and reports */

int store_set(struct store *store, const char *key, const char *value,
              struct error *error);
/* The value into text; -1 when there is none. */
int store_get(struct store *store, const char *key, char *text, size_t size);
/* The fact `link_role` is "server": the device connected to percuss. */
bool store_is_server(struct store *store);

/* One row, with the next commit: `sql` has ? marks, `types` (both literals) says what
 * follows: i int64_t, u int64_t (negative stored as NULL), r double, t const char * (NULL
 * stored as NULL), d struct view (its SHA-256; of no bytes: NULL), n nothing (NULL).
 * Values are copied, statements prepared once and kept. */
int store_write(struct store *store, struct error *error, const char *sql,
                const char *types, ...);
/* First column of the first row as an integer; `otherwise` when there is no row or it is
 * NULL. */
int64_t store_integer(struct store *store, int64_t otherwise, const char *sql,
                      const char *types, ...);

/* One row of `cases`. */
struct case_row {
    uint64_t number;
    int attempt;
    int64_t epoch, stream; /* stream < 0: NULL */
    uint64_t step;
    unsigned expected, outcome;
    const char *verdict; /* a static string */
    int64_t latency_us;  /* < 0: NULL */
    size_t sent_bytes, received_bytes;
    uint64_t resent;
    struct view record; /* canonical (core/digest.h): its hash is stored; empty: none */
};
int store_case(struct store *store, const struct case_row *row, struct error *error);

#endif
