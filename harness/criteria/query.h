/* The SQL of criteria: one SELECT with one column that can only read. Whoever wrote it,
 * it can change neither the store nor any other file, and it ends. Not shared between
 * threads. */
#ifndef PERCUSS_CRITERIA_QUERY_H
#define PERCUSS_CRITERIA_QUERY_H

#include "core/error.h"
#include <stdbool.h>
#include <stddef.h>

struct sqlite3;

/* Compiles without running: -1 and *error ("no such column: …") when it is not such a
 * query. */
int query_check(struct sqlite3 *database, const char *sql, struct error *error);

/* The first column of the first row; *known is false when there is no row, it is NULL or
 * no number. `limit` is what `:limit` stands for. -1 and *error when the query fails. */
int query_number(struct sqlite3 *database, const char *sql, double limit, double *value,
                 bool *known, struct error *error);

/* The same as text, cut to `size`; "" when there is none. */
int query_text(struct sqlite3 *database, const char *sql, double limit, char *text,
               size_t size, struct error *error);

#endif
