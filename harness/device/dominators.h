/* Dominators of a directed graph: which node lies on every way from a root to another
 * one. Lengauer and Tarjan's algorithm (1979), O(edges log nodes) whatever the graph,
 * without recursion. Pure. */
#ifndef PERCUSS_DEVICE_DOMINATORS_H
#define PERCUSS_DEVICE_DOMINATORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DOMINATOR_LIMIT = 1 << 26 }; /* nodes, and edges */
#define DOMINATOR_NONE UINT32_MAX   /* of a root, and of what two roots reach apart */
#define DOMINATOR_UNREACHED (UINT32_MAX - 1) /* no root leads there */

struct graph {
    uint32_t nodes;
    const uint32_t *first; /* nodes + 1 entries: node n's edges are to[first[n]] up to,
                              and without, to[first[n + 1]] */
    const uint32_t *to;
    const bool *is_root;
};

/* dominator[n]: the nearest other node that is on every way from any root to n. -1:
 * memory, or beyond the limit. */
int dominators_find(const struct graph *graph, uint32_t *dominator);

#endif
