/* The joiners of recorded traffic: one for each direction of each connection that was
 * heard of last. One thread. */
#ifndef PERCUSS_RECORD_JOINS_H
#define PERCUSS_RECORD_JOINS_H

#include "model/segments.h"

/* Of more connections at once those that were silent longest are forgotten. */
enum { JOINS_STREAMS = 256, JOINS_MESSAGE = 64 << 20 };

struct joins {
    const struct model *model;
    struct joins_entry *entries[JOINS_STREAMS]; /* last used first */
    size_t count;
};

void joins_init(struct joins *joins, const struct model *model);
void joins_free(struct joins *joins); /* accepts all-zero */
/* The joiner of one direction of a connection (traffic_piece.connection); NULL when
 * memory is short. */
struct joiner *joins_of(struct joins *joins, uint64_t connection, bool reply);

#endif
