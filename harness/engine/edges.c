#include "engine/edges.h"

#include <stdlib.h>

void edges_free(struct edges *edges)
{
    free(edges->list);
    *edges = (struct edges){0};
}

int edges_add(struct edges *edges, uint64_t trait)
{
    if (edges->count == edges->capacity) {
        size_t capacity = edges->capacity ? edges->capacity * 2 : 64;
        struct edge *longer = realloc(edges->list, capacity * sizeof *longer);

        if (!longer)
            return -1;
        edges->list = longer;
        edges->capacity = capacity;
    }
    edges->list[edges->count++] = (struct edge){.trait = trait};
    return 0;
}

static struct edge *latest_below(const struct edges *edges)
{
    for (size_t i = edges->count; i-- > 0;)
        if (edges->list[i].turns < edges->limit)
            return &edges->list[i];
    return NULL;
}

uint64_t edges_draw(struct edges *edges)
{
    struct edge *edge = latest_below(edges);

    if (edges->count == 0)
        return EDGES_NONE;
    if (!edge) {
        edges->limit = edges->limit ? edges->limit * 2 : EDGES_TURNS;
        edge = latest_below(edges);
    }
    edge->turns++;
    return edge->trait;
}

void edges_count(struct edges *edges, uint64_t trait)
{
    for (size_t i = 0; i < edges->count; i++)
        edges->list[i].turns += edges->list[i].trait == trait;
}
