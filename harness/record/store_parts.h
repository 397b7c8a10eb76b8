/* What the parts of a store share: its instance. */
#ifndef PERCUSS_RECORD_STORE_PARTS_H
#define PERCUSS_RECORD_STORE_PARTS_H

#include "record/queue.h"
#include "record/store.h"

#include <sqlite3.h>

enum { STATEMENTS = 128 };

struct store {
    sqlite3 *database;
    sqlite3_stmt *begin, *commit;
    sqlite3_stmt *statements[STATEMENTS]; /* by the place of their text */
    struct queue queue;                   /* rows of the open batch not yet in SQLite */
    bool writable, in_batch, has_failed;
    struct error failure; /* of a flush that nobody asked for; for the next writer */
    char path[4096];
};

/* What SQLite says went wrong while `doing`, and what to do about it; returns -1. */
int store_fail(struct store *store, const char *doing, struct error *error);
int store_prepare(struct store *store, const char *sql, sqlite3_stmt **statement,
                  struct error *error);

#endif
