/* From a suspicion to a yes or no: which of what was sent shows it again, and whether
 * that fails more often than valid traffic does. It asks replays and controls of whoever
 * calls, a device (confirm.c) or a simulation (its test), so that what is proven of the
 * one holds for the other. No I/O; one thread.
 *
 * The level. A campaign declares alpha: the chance that a device without a defect,
 * however flaky, gets one finding or more. The i-th suspicion that is measured may be
 * wrong with alpha / (i (i + 1)); these add up to alpha over any number of them, and i is
 * known before its first replay, so that no result decides its own level. Suspicions that
 * are not measured cannot become findings and spend nothing.
 *
 * What chooses is not what measures. The search back and the shrinking try many
 * sequences, and the luckiest goes on: their failures therefore count for nothing. The
 * measurement is made of replays and controls that come afterwards, each on a restored
 * device. Without a defect they fail alike, whatever was chosen, and Fisher's exact test
 * holds its level.
 *
 * One measurement has up to four looks at its data, each after twice as many pairs as the
 * one before. They share its level as 1/2, 1/4, 1/8, 1/8 (Bonferroni: more than their sum
 * is not spent). What always fails is done at the first look, which has as few pairs as
 * can reach its share: 1 / C(2n, n). Giving up early, at any time, spends nothing.
 *
 * What is certain needs no test and spends nothing. It is replayed `pairs` times to see
 * how steady it is: confirmed when three of five fail, as AC-16 asks. */
#ifndef PERCUSS_ENGINE_DECISION_H
#define PERCUSS_ENGINE_DECISION_H

#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a campaign may spend and has spent. */
struct level {
    double alpha;
    uint64_t tests; /* measurements begun so far, earlier sittings included */
};
double level_of_test(const struct level *level, uint64_t test); /* from 1 */
double level_spent(const struct level *level);

/* 1: failed as suspected; 0: did not; -1: nothing can be tried any more (*error). */
struct trials {
    void *context;
    /* Once more the last `cases` cases, or the reproducer (`cases` 0), on a restored
     * device; and as much valid traffic. */
    int (*replay)(void *context, size_t cases, struct error *error);
    int (*control)(void *context, size_t cases, struct error *error);
    /* Makes the reproducer from the last `cases` cases. 0 or -1. */
    int (*shrink)(void *context, size_t cases, struct error *error);
    bool (*late)(void *context); /* true: no longer search */
    /* True: no further look at the data; NULL: there is time. Optional. */
    bool (*over)(void *context);
};

struct search {
    size_t cases;  /* how many there are to go back to */
    size_t window; /* at most so many; 1: the last one alone */
    int64_t pairs; /* a measurement has at least so many replays and controls */
    bool certain;  /* a hard oracle saw it: it happened, and is no matter of chance */
};

struct decision {
    bool confirmed;
    bool repeated; /* at least one replay failed in the same way */
    int replays, failures, controls, control_failures; /* of the measurement */
    double p;      /* Fisher's exact test, one-sided */
    double alpha;  /* what p was held against: this look's share of the test's level */
    uint64_t test; /* which measurement of the campaign it was; 0: none was made */
};

/* Whether a suspicion is worth a search of what was sent before it, when `tries` earlier
 * ones of its cause did not confirm where it was seen: the first four, then every fourth.
 * The others are tried alone, so that noise costs little, and never given up: a defect
 * that shares its words with noise is hit again. */
bool decision_searches(uint32_t tries);

int decide(const struct trials *trials, const struct search *search, struct level *level,
           struct decision *decision, struct error *error);

#endif
