/* What the guided engine's files share: guided.c makes the cases and keeps the corpus,
 * guided_open.c begins with the seeds. */
#ifndef PERCUSS_ENGINE_GUIDED_PARTS_H
#define PERCUSS_ENGINE_GUIDED_PARTS_H

#include "engine/edges.h"
#include "engine/guided.h"
#include "engine/kin.h"
#include "engine/pool.h"
#include "engine/reach.h"
#include "generate/mutator.h"

struct guided {
    struct runner *runner;
    struct recorder *recorder;
    const struct campaign *campaign;
    const struct framing *framing;
    char folder[1000];
    struct mutator *mutator;
    struct kin kin;
    struct pool pool;
    struct reach reach;
    struct edges fresh;
    struct buffer *seeds;
    size_t seed_count, seed_capacity, next_seed;

    /* The case in hand. */
    struct buffer input, made, alone;
    struct reach_news news;
    struct pool_entry *parent; /* NULL: a seed */
    char other[POOL_NAME], how[80];
    uint64_t key;
    bool unsettled; /* its last message breaks the grammar */
    int64_t began_ns, cost_ns;
};

/* One more input to begin with; `context`: the engine. -1: memory. */
int guided_add_seed(void *context, struct view input);

#endif
