/* What the files assessment*.c share. */
#ifndef PERCUSS_CRITERIA_ASSESSMENT_PARTS_H
#define PERCUSS_CRITERIA_ASSESSMENT_PARTS_H

#include "criteria/assessment.h"

/* assessment_declared.c: everything but the runs, into the store. */
int assessment_read_declared(struct assessment *assessment, const struct yaml *root,
                             struct error *error);
/* assessment_trace.c: what the work is for, from the files that are named. */
int assessment_read_trace(struct assessment *assessment, const struct yaml *root,
                          struct error *error);
/* assessment_places.c: where the findings of the runs, which are there, failed. */
int assessment_take_places(struct assessment *assessment, const struct yaml *root,
                           struct error *error);
/* assessment_runs.c: the list, and what the runs' stores say. */
int assessment_read_runs(struct assessment *assessment, const struct yaml *root,
                         struct error *error);
int assessment_take_runs(struct assessment *assessment, struct error *error);

/* A text that says something; absent leaves *value NULL, unless it is `needed`. */
int assessment_text(const struct yaml *map, const char *key, bool needed,
                    const char **value, struct error *error);
/* What `node` names, beside the assessment's file unless it is absolute. It is noted in
 * assessment->paths. */
int assessment_path(struct assessment *assessment, const struct yaml *node, char *path,
                    size_t size, struct error *error);

/* assessment_validation.c: the record of an entry of `validation`. One that percuss
 * qualify wrote must be of the version and host that the entry states, whole, and without
 * a failed check; `text` gets what it did not check, or that it is no such record. */
int assessment_check_validation(const char *path, const struct yaml *entry, char *text,
                                size_t size, struct error *error);

#endif
