/* Several shards of one plan (generate/shard.h) made into one run, which reports, judges
 * and verifies as if it had been made in one place. What does not belong together is
 * named, each accident by its kind, and nothing is then made. The shards are only read.
 * One thread. */
#ifndef PERCUSS_BUNDLE_MERGE_H
#define PERCUSS_BUNDLE_MERGE_H

#include "bundle/folder.h"
#include "criteria/criteria.h"
#include "engine/campaign.h"
#include "record/store.h"

struct merge_shard {
    char *folder;        /* as named; owned */
    struct store *store; /* open only to read */
    struct shard shard;
    struct selection numbers; /* its ranges; nothing else is set */
};

struct merge {
    struct merge_shard *shards; /* ascending by their first number */
    size_t count;
    /* Called for each accident; the kind is a short name such as "missing". */
    void (*accident)(void *context, const char *kind, const char *text);
    void *context; /* its own */
    size_t accidents;
};

/* Opens what are shards among the folders, and names what is none: "not a run", "not a
 * shard", "merged already", "double" (the same folder twice). -1 and *error when memory
 * is short; close it either way. */
int merge_open(struct merge *merge, const char *const *folders, size_t count,
               struct error *error);
/* Names each shard that is "unfinished" or "altered", and what does not fit: "double",
 * "overlapping", "missing", "other plan", "other campaign", "other criteria", "other
 * selection", "other range", "other percuss", "other device", "other link". `campaign`:
 * with the shards' selection of streams. -1 and *error when a folder cannot be read. */
int merge_check(struct merge *merge, const struct campaign *campaign,
                struct error *error);
/* Makes the run in a new folder; of no use to anybody when it fails. Its criteria are not
 * judged yet. The order of the shards is that of their numbers, however they were named.
 */
int merge_write(struct merge *merge, const struct campaign *campaign,
                const char *directory, struct error *error);
void merge_close(struct merge *merge);

#endif
