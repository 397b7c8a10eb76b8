/* The traceability matrix of an assessment as files: CSV (RFC 4180) and JSON. The same
 * store gives the same bytes. */
#ifndef PERCUSS_REPORT_MATRIX_H
#define PERCUSS_REPORT_MATRIX_H

#include "core/error.h"
#include "record/store.h"

#include <stdio.h>

/* A head and one row a chain (criteria/trace.h); cells are shown as
 * core/csv.h says, controls of texts from devices as escapes. -1 and *error when the
 * store cannot be read. */
int matrix_write_csv(struct store *store, FILE *out, struct error *error);
/* {"matrix": [{column: text, …}], "orphans": [{kind, item, lacks}], "components": [{ref,
 * name, version, supplier, end_of_support, findings}]}; `sent` and `findings` are
 * numbers. A column of the matrix with nothing in it is left out. */
int matrix_write_json(struct store *store, FILE *out, struct error *error);

#endif
