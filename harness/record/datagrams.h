/* The datagrams of one direction between two ends, in order: a hash of each, not their
 * bytes. One thread. */
#ifndef PERCUSS_RECORD_DATAGRAMS_H
#define PERCUSS_RECORD_DATAGRAMS_H

#include "core/bytes.h"

struct datagrams {
    uint64_t *hashes; /* the first eight bytes of each one's SHA-256 */
    size_t count, capacity;
    bool cut; /* bytes of one are missing in the capture: none of it can be compared */
};

/* Empty datagrams are passed over, as the link does it. -1 when memory is short. */
int datagrams_add(struct datagrams *datagrams, struct view bytes, size_t missing);
void datagrams_free(struct datagrams *datagrams);
/* The first of `part` that is not in `whole`, or part->count when all are, in the same
 * order. */
size_t datagrams_follow(const struct datagrams *part, const struct datagrams *whole);

#endif
