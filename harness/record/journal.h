/* The journal of announced cases: written, not queued, before the link sends, so that it
 * survives SIGKILL. A fixed-size memory-mapped file; entries since the last journal_reset
 * stay readable by the next process. The engine resets it after each committed batch.
 * Open it before the store: it is locked, so that two processes cannot work on one run.
 * One thread. */
#ifndef PERCUSS_RECORD_JOURNAL_H
#define PERCUSS_RECORD_JOURNAL_H

#include "core/bytes.h"
#include "core/error.h"

struct journal;
struct journal_entry {
    uint64_t number;
    uint32_t attempt;
    uint64_t epoch;
};

/* Opens or makes the file; room for at least `capacity` entries between two resets.
 * *error when the file is not a journal, is damaged, is locked by another process, or the
 * disk is full. */
struct journal *journal_open(const char *path, size_t capacity, struct error *error);
/* -1 when full: the caller commits its batch and resets first. */
int journal_announce(struct journal *journal, const struct journal_entry *entry);
size_t journal_count(const struct journal *journal);
struct journal_entry journal_entry_at(const struct journal *journal, size_t index);
void journal_reset(struct journal *journal);
void journal_close(struct journal *journal); /* accepts NULL; keeps the file */

#endif
