/* From a suspicion to a finding: replay against control, search back, minimise. */
#ifndef PERCUSS_ENGINE_CONFIRM_H
#define PERCUSS_ENGINE_CONFIRM_H

#include "engine/evidence.h"

struct confirmation {
    bool confirmed;           /* p <= alpha */
    bool repeated;            /* at least one replay failed in the same way */
    struct sequence sequence; /* the minimised reproducer */
    int oracle;
    struct judgement
        judgement; /* of the last replay that failed; else of the suspicion */
    bool sample;   /* the invariants are read at its end */
    int replays, failures, controls, control_failures;
    double p;
    unsigned trials;          /* sequences run in all */
    struct evidence evidence; /* of the replays that `replays` counts */
};
void confirmation_init(struct confirmation *confirmation);
void confirmation_free(struct confirmation *confirmation);

/* `log`: what was sent since the last verified reset, the suspect case last. The search
 * goes back at most campaign->window cases and gives up at the deadline. -1: the device
 * is lost or this machine failed. */
int confirm(struct runner *runner, const struct sequence *log, int oracle,
            const struct judgement *suspicion, int64_t deadline_ns,
            struct confirmation *confirmation, struct error *error);

/* The last case of `log` up to which a replay shows the same oracle's suspicion: the
 * culprit of a failure that was seen only at the next sample. Returns the number of cases
 * from the end (1: the last one); 0 when replaying does not show it. */
size_t confirm_locate(struct runner *runner, const struct sequence *log, size_t cases,
                      int oracle, struct judgement *judgement, struct error *error);

/* One replay of a sequence after a reset. 1: failed as the target says; 0: not; -1: lost.
 * What it looked like goes into `evidence` (NULL: nowhere). */
int confirm_trial(struct runner *runner, const struct sequence *sequence, size_t first,
                  size_t end, bool sample, const struct target *target,
                  struct judgement *judgement, struct evidence *evidence,
                  struct error *error);
/* The same with as many messages of valid traffic. */
int confirm_control(struct runner *runner, size_t messages, bool sample, int oracle,
                    struct error *error);

#endif
