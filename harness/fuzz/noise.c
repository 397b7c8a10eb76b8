#include "fuzz/noise.h"

#include "core/clock.h"

#include <string.h>

enum { TURNS = 32, PAUSES = 5, IDLE = 8 };
static const int64_t pause_ns = CLOCK_MS / 2, rest_ns = CLOCK_MS / 5;
static const int64_t idle_ns = 5 * CLOCK_MS;

/* Fuzzers tell 1, 2, 3, 4-7, 8-15, 16-31, 32-127 and more apart. */
static unsigned class_of(uint8_t count)
{
    static const uint8_t ends[] = {0, 1, 2, 3, 7, 15, 31, 127, 255};
    unsigned class = 0;

    while (count > ends[class])
        class ++;
    return class;
}

/* `first`: the classes of the first turn; `fresh`: this is it. */
static void compare(struct noise *noise, uint8_t *first, bool fresh,
                    const struct coverage_map *coverage)
{
    for (size_t i = 0; i < COVERAGE_EDGES; i++) {
        uint8_t class = (uint8_t)class_of(coverage->edges[i]);

        if (fresh)
            first[i] = class;
        else if (first[i] != class)
            noise->is[i] = true;
    }
}

static void repeat(struct noise *noise, struct runner *runner, unsigned message,
                   struct coverage_map *coverage)
{
    static uint8_t first[COVERAGE_EDGES];
    struct error ignored;

    for (int turn = 0; turn < TURNS; turn++) {
        clock_sleep_until_ns(clock_now_ns() + turn % PAUSES * pause_ns);
        memset(coverage->edges, 0, sizeof coverage->edges);
        if (!exchange_valid(runner, message, NULL, &ignored))
            return;
        noise_rest();
        compare(noise, first, turn == 0, coverage);
    }
}

static void stay_idle(struct noise *noise, struct coverage_map *coverage)
{
    for (int turn = 0; turn < IDLE; turn++) {
        memset(coverage->edges, 0, sizeof coverage->edges);
        clock_sleep_until_ns(clock_now_ns() + idle_ns);
        for (size_t i = 0; i < COVERAGE_EDGES; i++)
            noise->is[i] |= coverage->edges[i] != 0;
    }
}

void noise_rest(void)
{
    clock_sleep_until_ns(clock_now_ns() + rest_ns);
}

void noise_learn(struct noise *noise, struct runner *runner)
{
    const struct session *session = runner->campaign->session;
    struct device *device = runner->device;
    struct coverage_map *coverage =
        device->ops->coverage ? device->ops->coverage(device) : NULL;

    *noise = (struct noise){0};
    if (!coverage)
        return;
    for (size_t i = 0; i < session->canary_count; i++)
        repeat(noise, runner, session->canary[i], coverage);
    stay_idle(noise, coverage);
    for (size_t i = 0; i < COVERAGE_EDGES; i++)
        noise->places += noise->is[i];
}

void noise_copy(const struct noise *noise, const struct coverage_map *coverage,
                uint8_t *map)
{
    for (size_t i = 0; i < COVERAGE_EDGES; i++)
        map[i] = noise->is[i] ? 0 : coverage->edges[i];
}
