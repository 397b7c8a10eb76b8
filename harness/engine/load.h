/* A load test: valid messages at a multiple of the rate that the device declares, for a
 * stretch of time, with the oracles asked and all that is watched read every few seconds.
 * One thread. */
#ifndef PERCUSS_ENGINE_LOAD_H
#define PERCUSS_ENGINE_LOAD_H

#include "engine/runner.h"

struct load_result {
    uint64_t messages, looks; /* how many were sent, how often was looked */
    double seconds;           /* from the first to the last, looks included */
    double percent;           /* of the declared rate, on average over that time */
    bool held;                /* nothing failed; else: */
    char failure[300];
};

/* Restores the device, then sends its canary messages in turn at `percent` of the
 * campaign's `maximum_rate` (which must not be 0), a little more to make up for the
 * looks. Ends after `duration_ns`, at the first failure, or when `stop` says so. -1 and
 * *error: nothing could be sent. */
int load_run(struct runner *runner, unsigned percent, int64_t duration_ns,
             bool (*stop)(void), struct load_result *result, struct error *error);

#endif
