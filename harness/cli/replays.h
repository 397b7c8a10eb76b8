/* Findings of earlier runs replayed on a campaign's device, into the store of a new run
 * (table retest). One thread. */
#ifndef PERCUSS_CLI_REPLAYS_H
#define PERCUSS_CLI_REPLAYS_H

#include "cli/earlier.h"

/* What became of one finding. */
struct retested {
    int64_t replays, failures; /* 0 replays: none was made */
    char why[300];             /* what was seen, or why none was made */
};

struct replays {
    struct campaign *campaign;
    const char *out; /* the new run's folder */
    const struct earlier_finding *findings;
    struct retested *results; /* one for each */
    size_t count;
    int64_t times;
    bool until_one_fails; /* no more of a finding then */
    int64_t deadline_ns;  /* no finding is begun behind it; 0: none */
    bool show;            /* a line for each on stderr */
};

/* -1: the device is lost, or this machine failed. What was replayed until then stays, and
 * is not replayed again by the next sitting. Ends early when a stop is wanted. */
int replays_make(struct replays *replays, struct error *error);

#endif
