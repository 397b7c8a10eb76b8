/* Fingerprints of a store's rows, so that a changed row is named by its table and place:
 * rows.txt. A line a piece of a table, "SHA-256 TABLE FIRST-LAST", rows counted from 1 in
 * the order of the table's key; a piece is 16 rows, of a table with more than 4096 rows
 * 1024. Hashed, of each row and column, as 8 bytes big-endian: its type
 * (SQLite's number), then an integer, the bits of a real, or a length with the bytes
 * behind it; NULL has length 0. The first line is over the schema. One thread. */
#ifndef PERCUSS_BUNDLE_ROWS_H
#define PERCUSS_BUNDLE_ROWS_H

#include "record/store.h"

#include <stdio.h>

#define ROWS_FILE "rows.txt"

int rows_write(struct store *store, FILE *out, struct error *error);

#endif
