/* Tables as text, RFC 4180: a head that names columns, then rows. Whoever wrote the text,
 * every complaint names file and line. The table owns its cells, which live until
 * csv_close; read-only once parsed. */
#ifndef PERCUSS_CORE_CSV_H
#define PERCUSS_CORE_CSV_H

#include "core/bytes.h"
#include "core/error.h"

#include <stdio.h>

enum { CSV_COLUMNS = 64, CSV_ROWS = 100000 };

/* A column that a table may have; in a head, case does not matter, and a blank or '_'
 * stands for '-'. */
struct csv_column {
    const char *name; /* "risk-control" */
    bool needed;      /* the table has it, and each of its cells says something */
};

struct csv;

/* `columns` ends with {NULL}; what the head names beyond them is refused, unless its name
 * begins with "x-": such a column is passed over. Rows whose cells are all empty are left
 * out, blanks around a cell cut off. A byte order mark is passed over. NULL and *error
 * ("name:line: …") when the text is no such table. */
struct csv *csv_parse(const char *name, struct view text,
                      const struct csv_column *columns, struct error *error);
size_t csv_rows(const struct csv *csv);
/* Of row `row` (from 0): the cell of columns[column]; "" when the table has no such
 * column. */
const char *csv_cell(const struct csv *csv, size_t row, size_t column);
unsigned csv_line(const struct csv *csv, size_t row); /* where the row begins, from 1 */
/* "name:line: column 'x': expected …, found '…'" into *error; returns -1. */
int csv_complain(const struct csv *csv, size_t row, size_t column, struct error *error,
                 const char *expected_format, ...) __attribute__((format(printf, 5, 6)));
void csv_close(struct csv *csv); /* accepts NULL */

/* One cell and what parts it from its neighbour, quoted where RFC 4180 asks for it. A
 * cell that a spreadsheet would take for a formula gets an apostrophe before it. */
struct csv_out {
    FILE *file;
    bool begun; /* a cell stands in this line */
};
void csv_put(struct csv_out *out, const char *text); /* UTF-8; NULL as "" */
void csv_end(struct csv_out *out);                   /* of the line */

#endif
