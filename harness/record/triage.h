/* What people said of findings: a log in the store that only grows. Each entry holds the
 * hash of the one before it, so that a changed, missing or reordered one shows; a
 * correction is another entry. The store's triggers refuse to change or delete one. */
#ifndef PERCUSS_RECORD_TRIAGE_H
#define PERCUSS_RECORD_TRIAGE_H

#include "record/store.h"

/* The keys of entries, NULL-terminated. `approval` is somebody's
 * word that what was said before it stands: later entries (notes and buckets apart) are
 * not covered by it. */
extern const char *const triage_keys[];

/* Whether `value` is what the key takes: -1 and *error, which says what is expected. */
int triage_check(const char *key, const char *value, struct error *error);

struct triage_entry {
    const char *by, *finding, *key, *value, *why;
    int64_t at_ns;
};
/* Appends and commits. -1 also when the finding is not there, or the
 * value is not what the key takes. */
int triage_append(struct store *store, const struct triage_entry *entry,
                  struct error *error);
/* -1 and *error, which names the first entry that does not fit, when the log was
 * altered. */
int triage_verify(struct store *store, struct error *error);

#endif
