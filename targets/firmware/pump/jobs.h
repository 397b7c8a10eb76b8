/*
 * A request holds a job while it is served; one that streams several objects keeps it
 * held until its last object went out. Owned by the main loop.
 */
#ifndef PUMP_JOBS_H
#define PUMP_JOBS_H

#include <stdbool.h>
#include <stdint.h>

#define JOBS_MAX 200

struct jobs {
    uint8_t taken;
    bool held; /* the current one is not to be given back yet */
};

/* Takes a job for one request; false if none is left. */
bool jobs_open(struct jobs *jobs);

/* Ends the request: gives the job back unless it is held. */
void jobs_close(struct jobs *jobs);

#endif
