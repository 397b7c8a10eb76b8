/* Edges in the order in which they were new, and whose turn it is to be gone on from:
 * each has as many turns, the latest first, and when all have had them, twice as many. So
 * what has just been reached is followed up at once, and nothing is given up for good.
 * One thread. */
#ifndef PERCUSS_ENGINE_EDGES_H
#define PERCUSS_ENGINE_EDGES_H

#include <stddef.h>
#include <stdint.h>

/* Enough to hit one value of a small field, more often than not. */
enum { EDGES_TURNS = 512 };

struct edges {
    struct edge {
        uint64_t trait;
        uint64_t turns; /* so far */
    } * list;
    size_t count, capacity;
    uint64_t limit; /* turns of each before they are doubled */
};

void edges_free(struct edges *edges);               /* all zero is empty */
int edges_add(struct edges *edges, uint64_t trait); /* -1: memory */
/* Whose turn it is; EDGES_NONE while there is none. */
uint64_t edges_draw(struct edges *edges);
/* One turn more is counted as taken. */
void edges_count(struct edges *edges, uint64_t trait);
#define EDGES_NONE UINT64_MAX

#endif
