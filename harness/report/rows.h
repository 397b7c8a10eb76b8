/* The rows of a query, one after the other, for reports. Failures are kept and told at
 * the end, so that loops stay simple. The texts live until the next row. */
#ifndef PERCUSS_REPORT_ROWS_H
#define PERCUSS_REPORT_ROWS_H

#include "report/report.h"

#include <jansson.h>

struct rows {
    struct sqlite3_stmt *statement;
    struct sqlite3 *database;
    bool failed;
    char reason[200];
};

struct rows rows_of(const struct run_view *run, const char *sql);
/* Before the first row: the text that ?1, ?2 … stands for; it must live as long. */
void rows_bind(struct rows *rows, int mark, const char *text);
bool rows_next(struct rows *rows); /* false at the end, and after a failure */
const char *rows_text(struct rows *rows, int column); /* "" for NULL */
int64_t rows_integer(struct rows *rows, int column);  /* 0 for NULL */
double rows_real(struct rows *rows, int column);
bool rows_is_null(struct rows *rows, int column);
int rows_columns(struct rows *rows);
const char *rows_name(struct rows *rows, int column); /* of the column */
/* Gives everything back; -1 and *error when the query failed at any time. */
int rows_close(struct rows *rows, struct error *error);
/* All rows of a query as objects: their columns' names, values as they are stored. NULL
 * and *error when it failed. */
json_t *rows_list(const struct run_view *run, const char *sql, struct error *error);

#endif
