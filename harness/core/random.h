/* Counter-based random numbers: every number is a pure function of (key, counter), so any
 * case can be computed without the ones before it. Thread-safe: there is no state. */
#ifndef PERCUSS_CORE_RANDOM_H
#define PERCUSS_CORE_RANDOM_H

#include <stdint.h>

uint64_t random_at(uint64_t key, uint64_t counter);
/* A number in [0, limit), limit > 0; the bias is below 2^-32 for limits below 2^32. */
uint64_t random_below(uint64_t key, uint64_t counter, uint64_t limit);
/* A key for a sub-stream. */
uint64_t random_key(uint64_t key, uint64_t stream);

/* A position in one stream, for code that draws several numbers in a row. */
struct random {
    uint64_t key, counter;
};
uint64_t random_next(struct random *random);
uint64_t random_next_below(struct random *random, uint64_t limit);

#endif
