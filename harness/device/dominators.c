#include "device/dominators.h"

#include <stdlib.h>
#include <string.h>

#define NONE DOMINATOR_NONE

/* Everything below but `number`, `start` and `from` is told in numbers of a depth-first
 * walk, 0 for an imagined root above all roots. */
struct walk {
    const struct graph *graph;
    uint32_t count;           /* numbers given */
    uint32_t *number, *node;  /* of a node; back again */
    uint32_t *start, *from;   /* the nodes that lead to a node, as graph.first and .to */
    uint32_t *parent, *semi;  /* in the walk's tree; the semidominator */
    uint32_t *ancestor;       /* the forest that grows backwards */
    uint32_t *label;          /* of least semidominator on the way up in that forest */
    uint32_t *bucket, *next;  /* numbers with the same semidominator, as lists */
    uint32_t *result, *stack; /* dominators; places of work */
};

static int take_memory(struct walk *walk)
{
    size_t nodes = (size_t)walk->graph->nodes + 1, edges = walk->graph->first[nodes - 1];
    uint32_t **const arrays[] = {&walk->number, &walk->node,     &walk->parent,
                                 &walk->semi,   &walk->ancestor, &walk->label,
                                 &walk->bucket, &walk->next,     &walk->result};

    if (nodes > DOMINATOR_LIMIT || edges > DOMINATOR_LIMIT)
        return -1;
    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++) {
        *arrays[i] = malloc(nodes * sizeof(uint32_t));
        if (!*arrays[i])
            return -1;
        memset(*arrays[i], 0xff, nodes * sizeof(uint32_t));
    }
    walk->start = calloc(nodes + 1, sizeof(uint32_t));
    walk->from = malloc((edges + 1) * sizeof(uint32_t));
    walk->stack = malloc(2 * (nodes + edges) * sizeof(uint32_t));
    return walk->start && walk->from && walk->stack ? 0 : -1;
}

static void give_back(struct walk *walk)
{
    uint32_t *const arrays[] = {walk->number,   walk->node,  walk->start,  walk->from,
                                walk->parent,   walk->semi,  walk->bucket, walk->next,
                                walk->ancestor, walk->label, walk->result, walk->stack};

    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++)
        free(arrays[i]);
}

/* Counting sort of the edges by where they lead. */
static void turn_edges(struct walk *walk)
{
    const struct graph *graph = walk->graph;
    uint32_t edges = graph->first[graph->nodes];

    for (uint32_t i = 0; i < edges; i++)
        walk->start[graph->to[i] + 1]++;
    for (uint32_t i = 0; i < graph->nodes; i++)
        walk->start[i + 1] += walk->start[i];
    for (uint32_t n = 0; n < graph->nodes; n++)
        for (uint32_t i = graph->first[n]; i < graph->first[n + 1]; i++)
            walk->from[walk->start[graph->to[i]]++] = n;
    /* Each start now stands at its end, which is where the next one begins. */
    memmove(walk->start + 1, walk->start, graph->nodes * sizeof(uint32_t));
    walk->start[0] = 0;
}

static void visit(struct walk *walk, uint32_t root)
{
    const struct graph *graph = walk->graph;
    size_t depth = 0;

    walk->stack[depth++] = root;
    walk->stack[depth++] = 0;
    while (depth) {
        uint32_t parent = walk->stack[--depth], node = walk->stack[--depth];

        if (walk->number[node] != NONE)
            continue;
        walk->number[node] = walk->count;
        walk->node[walk->count] = node;
        walk->parent[walk->count] = parent;
        for (uint32_t i = graph->first[node]; i < graph->first[node + 1]; i++) {
            walk->stack[depth++] = graph->to[i];
            walk->stack[depth++] = walk->count;
        }
        walk->count++;
    }
}

/* The number of least semidominator above `v` in the forest; the way up becomes short. */
static uint32_t evaluate(struct walk *walk, uint32_t v)
{
    size_t depth = 0;
    uint32_t above = v;

    if (walk->ancestor[v] == NONE)
        return walk->label[v];
    while (walk->ancestor[walk->ancestor[above]] != NONE) {
        walk->stack[depth++] = above;
        above = walk->ancestor[above];
    }
    while (depth) {
        uint32_t one = walk->stack[--depth], up = walk->ancestor[one];

        if (walk->semi[walk->label[up]] < walk->semi[walk->label[one]])
            walk->label[one] = walk->label[up];
        walk->ancestor[one] = walk->ancestor[up];
    }
    return walk->label[v];
}

static void settle_bucket(struct walk *walk, uint32_t parent)
{
    for (uint32_t v = walk->bucket[parent]; v != NONE; v = walk->next[v]) {
        uint32_t u = evaluate(walk, v);

        walk->result[v] = walk->semi[u] < walk->semi[v] ? u : parent;
    }
    walk->bucket[parent] = NONE;
}

static void find_semidominator(struct walk *walk, uint32_t w)
{
    uint32_t node = walk->node[w];

    walk->semi[w] = walk->graph->is_root[node] ? 0 : w;
    for (uint32_t i = walk->start[node]; i < walk->start[node + 1]; i++) {
        uint32_t from = walk->number[walk->from[i]], u;

        if (from == NONE)
            continue;
        u = evaluate(walk, from);
        if (walk->semi[u] < walk->semi[w])
            walk->semi[w] = walk->semi[u];
    }
}

static void solve(struct walk *walk)
{
    for (uint32_t i = 0; i < walk->count; i++)
        walk->semi[i] = walk->label[i] = i;
    for (uint32_t w = walk->count - 1; w > 0; w--) {
        find_semidominator(walk, w);
        walk->next[w] = walk->bucket[walk->semi[w]];
        walk->bucket[walk->semi[w]] = w;
        walk->ancestor[w] = walk->parent[w];
        settle_bucket(walk, walk->parent[w]);
    }
    for (uint32_t w = 1; w < walk->count; w++)
        if (walk->result[w] != walk->semi[w])
            walk->result[w] = walk->result[walk->result[w]];
}

int dominators_find(const struct graph *graph, uint32_t *dominator)
{
    struct walk walk = {.graph = graph, .count = 1};
    int status = take_memory(&walk);

    if (status == 0) {
        turn_edges(&walk);
        for (uint32_t n = 0; n < graph->nodes; n++)
            if (graph->is_root[n])
                visit(&walk, n);
        solve(&walk);
        for (uint32_t n = 0; n < graph->nodes; n++) {
            uint32_t number = walk.number[n];

            dominator[n] = number == NONE        ? DOMINATOR_UNREACHED
                           : walk.result[number] ? walk.node[walk.result[number]]
                                                 : NONE;
        }
    }
    give_back(&walk);
    return status;
}
