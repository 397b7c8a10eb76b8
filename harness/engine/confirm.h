/* From a suspicion to a finding: replay against control, search back, minimise. */
#ifndef PERCUSS_ENGINE_CONFIRM_H
#define PERCUSS_ENGINE_CONFIRM_H

#include "engine/decision.h"
#include "engine/evidence.h"

struct confirmation {
    struct decision decision;
    struct sequence sequence; /* the minimised reproducer */
    int oracle;
    struct judgement
        judgement;            /* of the last replay that failed; else of the suspicion */
    bool sample;              /* the invariants are read at its end */
    unsigned trials;          /* sequences run in all */
    struct evidence evidence; /* of the replays that `decision` counts */
};
void confirmation_init(struct confirmation *confirmation);
void confirmation_free(struct confirmation *confirmation);

/* What is to be confirmed, and how hard to try. */
struct claim {
    const struct sequence *log; /* sent since the last verified reset, the suspect last */
    int oracle;
    const struct judgement *judgement;
    bool alone;          /* the last case is tried, but nothing before it */
    int64_t deadline_ns; /* the search gives up */
    int64_t give_up_ns;  /* a measurement has no further look at its data; 0: it has */
};

/* The search goes back at most campaign->window cases; a measurement spends of *level.
 * -1: the device is lost or this machine failed. */
int confirm(struct runner *runner, const struct claim *claim, struct level *level,
            struct confirmation *confirmation, struct error *error);

/* The last case of `log` up to which a replay shows the same oracle's suspicion: the
 * culprit of a failure that was seen only at the next sample. Returns the number of cases
 * from the end (1: the last one); 0 when replaying does not show it. */
size_t confirm_locate(struct runner *runner, const struct sequence *log, size_t cases,
                      int oracle, struct judgement *judgement, struct error *error);

/* One replay of a sequence after a reset. 1: its last case failed as the target says, or
 * the device broke down so on the way there; 0: not; -1: lost. What it looked like goes
 * into `evidence` (NULL: nowhere). */
int confirm_trial(struct runner *runner, const struct sequence *sequence, size_t first,
                  size_t end, bool sample, const struct target *target,
                  struct judgement *judgement, struct evidence *evidence,
                  struct error *error);
/* The same with as many messages of valid traffic, which fails at its end too. */
int confirm_control(struct runner *runner, size_t messages, bool sample, int oracle,
                    struct error *error);

#endif
