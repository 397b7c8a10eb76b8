/* What the parts of a merge share. */
#ifndef PERCUSS_BUNDLE_MERGE_PARTS_H
#define PERCUSS_BUNDLE_MERGE_PARTS_H

#include "bundle/merge.h"
#include "engine/bucket.h"

void merge_complain(struct merge *merge, const char *kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Names what is twice, and what is missing. */
void merge_check_ranges(struct merge *merge);

/* One shard on its way into the run; its store is attached as `shard`. */
struct merge_into {
    const struct campaign *campaign;
    struct store *store;
    const char *directory; /* of the run */
    const struct merge_shard *shard;
    size_t index, count;      /* its place, from 0, and how many there are */
    int64_t sittings, epochs; /* that the run has so far: they go on from there */
    double seconds;           /* that the shards before it worked */
    unsigned segments, live;  /* numbers of capture files that are taken */
    struct buckets *buckets;  /* of the run */
};

/* Runs one statement with the parameters ?1 … in the store's database. */
int merge_run(struct merge_into *into, const char *sql, const int64_t *values,
              struct error *error);

/* All but findings, facts and files. */
int merge_rows(struct merge_into *into, struct error *error);
/* Findings of the same cause are one; their reproducers, and what became of suspicions.
 */
int merge_findings(struct merge_into *into, struct error *error);
/* The captures, under numbers that go on; their rows. */
int merge_captures(struct merge_into *into, struct error *error);
/* The facts of all shards as those of the run. */
int merge_facts(const struct merge *merge, const struct campaign *campaign,
                struct store *store, const char *directory, struct error *error);

#endif
