/* Frameworks: the laws, standards and guidances whose clauses the results may support.
 * One YAML file each (frameworks/ of the build, and of the user's own folder): rows with
 * a clause, a paraphrase, its edition, how and when it was verified, and the records that
 * support it. Criteria name clauses; a clause that no file has is refused. Immutable once
 * loaded; rows and texts live as long as the frameworks. */
#ifndef PERCUSS_CRITERIA_FRAMEWORKS_H
#define PERCUSS_CRITERIA_FRAMEWORKS_H

#include "core/yaml.h"

struct sqlite3;
struct store;

struct clause {
    const char *framework_id, *framework; /* "mdr", "MDR" */
    const char *clause, *paraphrase, *edition, *verified_on;
    const char *verification; /* "V": primary text read; "S": secondary source only */
    bool procurement; /* says something of the supplier, and nothing of the device */
    const struct yaml *readers; /* whose presentation shows it; NULL: everybody's */
    const struct yaml *records; /* tables of the store that support it, may be NULL */
    const struct yaml *row;
    bool named; /* by a criterion */
};

/* What a reader is told of the mark. */
const char *clause_mark(const struct clause *clause);

struct frameworks;
struct frameworks *frameworks_new(void); /* NULL: out of memory */
/* Adds every *.yaml of `folder`. `empty` is a database with the store's schema: a record
 * that is no table of it is refused. */
int frameworks_add_folder(struct frameworks *frameworks, const char *folder,
                          struct sqlite3 *empty, struct error *error);
void frameworks_free(struct frameworks *frameworks); /* accepts NULL */

size_t frameworks_count(const struct frameworks *frameworks);
const struct clause *frameworks_at(const struct frameworks *frameworks, size_t index);

/* The clause that a criterion names at `node`, key `framework_id`; NULL and *error with
 * file and line when there is none, or when it is for procurement only. */
const struct clause *frameworks_name(struct frameworks *frameworks,
                                     const char *framework_id, const struct yaml *node,
                                     struct error *error);
/* Puts all clauses into the store's table, in place of what is there. */
int frameworks_store(const struct frameworks *frameworks, struct store *store,
                     struct error *error);
/* Every clause must be supported by a criterion or by records. */
int frameworks_check_support(const struct frameworks *frameworks, struct error *error);

#endif
