/* Fingerprints of a store's rows, so that a changed row is named by its table and place:
 * a line a piece of a table, "SHA-256 TABLE FIRST-LAST", rows counted from 1 in
 * the order of the table's key; a piece is 16 rows, of a table with more than 4096 rows
 * 1024. Hashed, of each row and column, as 8 bytes big-endian: its type
 * (SQLite's number), then an integer, the bits of a real, or a length with the bytes
 * behind it; NULL has length 0. The first line is over the schema. One thread. */
#ifndef PERCUSS_BUNDLE_FINGERPRINTS_H
#define PERCUSS_BUNDLE_FINGERPRINTS_H

#include "bundle/verification.h"
#include "record/store.h"

/* The fingerprints; the caller frees them. NULL and *error: memory, or the store cannot
 * be read. */
char *fingerprints_text(struct store *store, struct error *error);
/* Says in `all` which pieces of the store `name` are missing, added, or not as they were.
 * How many pieces there are. */
size_t fingerprints_compare(const char *then, const char *now, const char *name,
                            struct verification *all);

#endif
