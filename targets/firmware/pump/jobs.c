#include "jobs.h"

bool jobs_open(struct jobs *jobs)
{
    if (jobs->taken == JOBS_MAX) {
        return false;
    }
    jobs->taken++;
    jobs->held = false;
    return true;
}

void jobs_close(struct jobs *jobs)
{
    if (!jobs->held) {
        jobs->taken--;
    }
}
