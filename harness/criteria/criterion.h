/* One criterion file: from YAML to struct criterion, every key checked, every query
 * compiled. */
#ifndef PERCUSS_CRITERIA_CRITERION_H
#define PERCUSS_CRITERIA_CRITERION_H

#include "criteria/criteria.h"

/* Reads the document of one file into *criterion, which borrows its texts. `empty` is a
 * database with the store's schema and no rows: the queries are compiled against it;
 * the clauses must be in `frameworks`. -1 and *error with file and line. */
int criterion_read(const struct yaml_document *document, struct sqlite3 *empty,
                   struct frameworks *frameworks, struct criterion *criterion,
                   struct error *error);

/* True when `measured` keeps the criterion's limit. */
bool criterion_holds(const struct criterion *criterion, double measured);

#endif
