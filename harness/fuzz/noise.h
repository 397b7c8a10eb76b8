/* What a device's map shows of itself and not of what was sent: places whose counts
 * differ when the same valid exchange is done again, and those that count while nothing
 * is sent. A fuzzer would take them for something new again and again. One thread. */
#ifndef PERCUSS_FUZZ_NOISE_H
#define PERCUSS_FUZZ_NOISE_H

#include "engine/runner.h"

struct noise {
    bool is[COVERAGE_EDGES];
    size_t places; /* how many of them are */
};

/* What a device does right behind its answer belongs to it: waits a moment before a map
 * is looked at. */
void noise_rest(void);
/* Does each of the session's canary messages a few times. A device without a map has no
 * noise. */
void noise_learn(struct noise *noise, struct runner *runner);
/* The device's edges but for the noise. */
void noise_copy(const struct noise *noise, const struct coverage_map *coverage,
                uint8_t *map);

#endif
