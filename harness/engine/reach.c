#include "engine/reach.h"

#include "core/outcome.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Features of replies have the highest bit, those of edges are small. */
#define REPLY (UINT64_C(1) << 63)

void reach_init(struct reach *reach, const struct session *session,
                struct coverage_map *map)
{
    *reach = (struct reach){.session = session, .map = map};
}

void reach_free(struct reach *reach)
{
    tally_free(&reach->cases);
    tally_free(&reach->traits);
    free(reach->features);
    *reach = (struct reach){0};
}

uint8_t reach_class(uint8_t count)
{
    static const uint8_t limits[] = {1, 2, 3, 7, 15, 31, 127, 255};
    unsigned index = 0;

    if (count == 0)
        return 0;
    while (count > limits[index])
        index++;
    return (uint8_t)(1u << index);
}

uint64_t reach_trait(uint64_t feature)
{
    return feature & REPLY ? feature : feature & ~UINT64_C(0xff);
}

uint32_t reach_edge(uint64_t trait)
{
    return (uint32_t)(trait >> 8);
}

void reach_note_idle(struct reach *reach)
{
    for (size_t i = 0; reach->map && i < COVERAGE_EDGES; i++)
        reach->idle[i] |= reach->map->edges[i] != 0;
}

void reach_restart(struct reach *reach)
{
    reach->state = 0;
}

void reach_begin(struct reach *reach)
{
    reach->count = 0;
    if (reach->map)
        memset(reach->map->edges, 0, COVERAGE_EDGES);
}

static int add(struct reach *reach, uint64_t feature)
{
    if (reach->count == reach->capacity) {
        size_t capacity = reach->capacity ? reach->capacity * 2 : 256;
        uint64_t *longer = realloc(reach->features, capacity * sizeof *longer);

        if (!longer)
            return -1;
        reach->features = longer;
        reach->capacity = capacity;
    }
    reach->features[reach->count++] = feature;
    return 0;
}

/* --- replies ------------------------------------------------------------------------ */

/* The state that `message`, accepted, leads to from this one: one that is reached by it
 * behind the same way. */
static unsigned next_state(const struct session *session, unsigned state,
                           unsigned message)
{
    const struct session_state *from = &session->states[state];

    for (unsigned i = 0; i < session->state_count; i++) {
        const struct session_state *to = &session->states[i];

        if (to->path_count == from->path_count + 1 &&
            to->path[from->path_count] == message &&
            (from->path_count == 0 ||
             memcmp(to->path, from->path, from->path_count * sizeof *to->path) == 0))
            return i;
    }
    return state;
}

int reach_reply(struct reach *reach, unsigned message, unsigned outcome,
                uint64_t reply_shape)
{
    uint64_t key =
        tally_key(tally_key(tally_key(reply_shape, message), outcome), reach->state);

    if (outcome == OUTCOME_ACCEPT)
        reach->state = next_state(reach->session, reach->state, message);
    else if (outcome == OUTCOME_CLOSE)
        reach->state = 0;
    return add(reach, key | REPLY);
}

/* --- the map ------------------------------------------------------------------------ */

/* Most of the map is empty: eight at a time. */
static int read_edges(struct reach *reach)
{
    for (size_t at = 0; at < COVERAGE_EDGES; at += 8) {
        uint8_t counts[8];

        memcpy(counts, reach->map->edges + at, sizeof counts);
        if (memcmp(counts, (const uint8_t[8]){0}, sizeof counts) == 0)
            continue;
        for (size_t i = 0; i < 8; i++)
            if (counts[i] && !reach->idle[at + i] &&
                add(reach, (uint64_t)(at + i) << 8 | reach_class(counts[i])) < 0)
                return -1;
    }
    return 0;
}

static int by_value(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

    return a < b ? -1 : a > b;
}

/* The same reply twice in a case is one feature of it. */
static void sort_once(struct reach *reach)
{
    size_t kept = 0;

    if (reach->count == 0)
        return;
    qsort(reach->features, reach->count, sizeof *reach->features, by_value);
    for (size_t i = 0; i < reach->count; i++)
        if (i == 0 || reach->features[i] != reach->features[kept - 1])
            reach->features[kept++] = reach->features[i];
    reach->count = kept;
}

static void note_news(const struct reach *reach, uint64_t feature,
                      struct reach_news *news)
{
    if (tally_count(&reach->cases, feature))
        return;
    if (feature & REPLY)
        news->replies++;
    else if (reach->taken[feature >> 8])
        news->counts++;
    else {
        news->edges++;
        news->edge = reach_trait(feature);
    }
}

int reach_read(struct reach *reach, struct reach_news *news)
{
    *news = (struct reach_news){0};
    if (reach->map && read_edges(reach) < 0)
        return -1;
    sort_once(reach);
    for (size_t i = 0; i < reach->count; i++)
        note_news(reach, reach->features[i], news);
    return 0;
}

int reach_learn(struct reach *reach)
{
    for (size_t i = 0; i < reach->count; i++) {
        uint64_t feature = reach->features[i];

        if (tally_add(&reach->cases, feature) == 0 ||
            tally_add(&reach->traits, reach_trait(feature)) == 0)
            return -1;
        if (feature & REPLY || reach->taken[feature >> 8])
            continue;
        reach->taken[feature >> 8] = true;
        reach->edges++;
    }
    return 0;
}
