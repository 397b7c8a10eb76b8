/* What people said of findings: a log in the store that only grows. Each entry holds the
 * hash of the one before it, so that a changed, missing or reordered one shows; a
 * correction is another entry. The store's triggers refuse to change or delete one. */
#ifndef PERCUSS_RECORD_TRIAGE_H
#define PERCUSS_RECORD_TRIAGE_H

#include "record/store.h"

/* The keys of entries, and what a disposition may be; NULL-terminated. */
extern const char *const triage_keys[];         /* disposition, bucket, note */
extern const char *const triage_dispositions[]; /* open, fixed, … */

struct triage_entry {
    const char *by, *finding, *key, *value, *why;
    int64_t at_ns;
};
/* Appends and commits. -1 also when the finding is not there. */
int triage_append(struct store *store, const struct triage_entry *entry,
                  struct error *error);
/* -1 and *error, which names the first entry that does not fit, when the log was
 * altered. */
int triage_verify(struct store *store, struct error *error);

#endif
