/* The store of one run: an SQLite file (record/schema.sql). Rows are batched into
 * transactions, committed by store_commit and by every 1,000th case; committed rows
 * survive SIGKILL and a full disk, and a power cut costs at most the last batches. While
 * open, a -wal and a -shm file lie beside it; store_close leaves the one file. One
 * thread. */
#ifndef PERCUSS_RECORD_STORE_H
#define PERCUSS_RECORD_STORE_H

#include "core/bytes.h"
#include "core/error.h"
#include "core/hash.h"

struct store;
struct sqlite3;

struct store *store_create(const char *path,
                           struct error *error); /* refuses an existing file */
struct store *store_open(const char *path, bool writable, struct error *error);
int store_close(struct store *store, struct error *error); /* commits; accepts NULL */
/* After an error the batch may be lost (store_pending is 0 then); what was committed is
 * not. */
int store_commit(struct store *store, struct error *error);
size_t store_pending(const struct store *store); /* cases written, not yet committed */
struct sqlite3 *store_database(
    struct store *store); /* for queries by criteria and reports */

int store_set(struct store *store, const char *key, const char *value,
              struct error *error);
/* The value into text; -1 when there is none. */
int store_get(struct store *store, const char *key, char *text, size_t size);

/* Inserts one row: `sql` has ? marks, `types` says what follows: i int64_t, r double, t
 * const char * (NULL stored as NULL), n nothing (NULL). Statements are prepared once and
 * kept. */
int store_write(struct store *store, struct error *error, const char *sql,
                const char *types, ...);
/* First column of the first row as an integer; `otherwise` when there is no row or it is
 * NULL. */
int64_t store_integer(struct store *store, int64_t otherwise, const char *sql,
                      const char *types, ...);

/* The hot path: one row of `cases`, nothing allocated, no text formatted. */
struct case_row {
    uint64_t number;
    int attempt;
    int64_t epoch, stream; /* stream < 0: NULL */
    uint64_t step;
    unsigned expected, outcome;
    const char *verdict; /* a static string */
    int64_t latency_us;  /* < 0: NULL */
    size_t sent_bytes, received_bytes;
    const struct hash
        *digest; /* of the case's canonical record (core/digest.h); NULL: none */
};
int store_case(struct store *store, const struct case_row *row, struct error *error);

#endif
