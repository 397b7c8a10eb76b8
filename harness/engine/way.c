#include "engine/way.h"

#include "engine/runner.h"

#include <stdlib.h>
#include <string.h>

enum { LESSONS = 16 };

struct way {
    size_t count;
    bool edge[COVERAGE_EDGES];
};

static struct coverage_map *map_of(const struct runner *runner)
{
    struct device *device = runner->device;

    return device->ops->coverage ? device->ops->coverage(device) : NULL;
}

/* All canary messages, over a connection of their own. */
static bool walk(struct runner *runner, struct coverage_map *map, struct error *error)
{
    const struct session *session = runner->campaign->session;

    wire_disconnect(&runner->wire);
    memset(map->edges, 0, sizeof map->edges);
    for (size_t i = 0; i < session->canary_count; i++)
        if (!exchange_valid(runner, session->canary[i], NULL, error))
            return false;
    return true;
}

/* The first walk makes the way, each other one leaves out what it does not share. */
static void narrow(struct way *way, const struct coverage_map *map, bool first)
{
    way->count = 0;
    for (size_t i = 0; i < COVERAGE_EDGES; i++) {
        way->edge[i] = map->edges[i] && (first || way->edge[i]);
        way->count += way->edge[i];
    }
}

void way_learn(struct runner *runner, struct error *error)
{
    struct coverage_map *map = map_of(runner);
    bool complete = map != NULL;

    way_forget(runner);
    if (map)
        runner->way = calloc(1, sizeof *runner->way);
    for (int i = 0; runner->way && complete && i < LESSONS; i++) {
        complete = walk(runner, map, error);
        narrow(runner->way, map, i == 0);
    }
    if (runner->way && (!complete || runner->way->count == 0))
        way_forget(runner);
}

void way_begin(struct runner *runner)
{
    struct coverage_map *map = runner->way ? map_of(runner) : NULL;

    if (map)
        memset(map->edges, 0, sizeof map->edges);
}

bool way_is_taken(const struct runner *runner)
{
    const struct coverage_map *map = runner->way ? map_of(runner) : NULL;

    for (size_t i = 0; map && i < COVERAGE_EDGES; i++)
        if (runner->way->edge[i] && !map->edges[i])
            return false;
    return true;
}

void way_forget(struct runner *runner)
{
    free(runner->way);
    runner->way = NULL;
}

size_t way_text(const struct runner *runner, char hash[HASH_TEXT])
{
    const struct way *way = runner->way;
    struct hash_state *state = way ? hash_begin() : NULL;
    struct hash whole;

    hash[0] = '\0';
    if (!state)
        return 0;
    for (size_t i = 0; i < COVERAGE_EDGES; i++)
        if (way->edge[i])
            hash_add_integer(state, i);
    whole = hash_end(state);
    hash_to_text(&whole, hash);
    return way->count;
}
