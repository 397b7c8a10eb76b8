/* The trace of an assessment: its matrix, one row a chain from threat to retest; its
 * orphans: what leads nowhere or comes from nowhere; and the components of the SBOM. Read
 * from the assessment's store (views trace_… of record/schema.sql). One thread. */
#ifndef PERCUSS_CRITERIA_TRACE_H
#define PERCUSS_CRITERIA_TRACE_H

#include "core/error.h"
#include "record/store.h"

/* The columns of a row, in the order of the chain. */
enum trace_column {
    TRACE_THREAT,
    TRACE_THREAT_TITLE,
    TRACE_CONTROL,
    TRACE_CONTROL_TITLE,
    TRACE_REQUIREMENT,
    TRACE_REQUIREMENT_TITLE,
    TRACE_INTERFACE,
    TRACE_CASES, /* patterns MESSAGE/PATH of the requirement */
    TRACE_SENT,  /* how many of them were sent, over all runs */
    TRACE_FOUND, /* run and finding, "none found", "not tested", "does not apply: …" */
    TRACE_FINDING_TITLE,
    TRACE_COMPONENT,
    TRACE_COMPONENT_NAME,
    TRACE_COMPONENT_VERSION,
    TRACE_END_OF_SUPPORT,
    TRACE_COMPONENT_BY, /* map or triage */
    TRACE_HAZARD,
    TRACE_HAZARD_TITLE,
    TRACE_HARM,     /* the finding's; of a row without one the hazard's */
    TRACE_SEVERITY, /* as harm */
    TRACE_DISPOSITION,
    TRACE_APPROVER,
    TRACE_DATE, /* of the approval, UTC */
    TRACE_RETEST,
    TRACE_COLUMNS
};
extern const char
    *const trace_names[TRACE_COLUMNS + 1]; /* "threat", …; NULL-terminated */
extern const char *const trace_headings[TRACE_COLUMNS + 1]; /* "Threat", … */

/* "" where there is nothing; "not stated" for the version and end of support of a
 * component whose SBOM does not tell them. Texts live until the next row. */
struct trace_row {
    const char *text[TRACE_COLUMNS];
};

struct trace;
/* NULL and *error when the store cannot be read. */
struct trace *trace_open(struct store *store, struct error *error);
bool trace_next(struct trace *trace, struct trace_row *row); /* false at the end */
/* -1 and *error when a row could not be read; accepts NULL. */
int trace_close(struct trace *trace, struct error *error);

/* One orphan after the other, by kind. -1 and *error when the store cannot be read. */
struct trace_orphan {
    const char *kind; /* threat control requirement hazard case finding */
    const char *item, *lacks;
};
int trace_each_orphan(struct store *store,
                      void (*take)(const struct trace_orphan *orphan, void *context),
                      void *context, struct error *error);

/* The same of components, by name. */
struct trace_component {
    const char *ref, *name;
    const char *version, *supplier, *end_of_support; /* or "not stated" */
    int64_t findings;
};
int trace_each_component(struct store *store,
                         void (*take)(const struct trace_component *component,
                                      void *context),
                         void *context, struct error *error);

#endif
