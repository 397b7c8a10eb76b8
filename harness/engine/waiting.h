/* Soft suspicions that wait for their confirmation, in the order in which they were seen:
 * confirming takes many replays and resets, and a hard failure that is a few cases away
 * needs neither to be known. They wait in an open epoch, whose log their replays come
 * from, and never beyond it: a run that is killed repeats that epoch and sees them again.
 * Owned by the sitting. One thread. */
#ifndef PERCUSS_ENGINE_WAITING_H
#define PERCUSS_ENGINE_WAITING_H

#include "engine/findings.h"

enum { WAITING = 256 };

struct waiting_suspicion {
    struct suspicion suspicion; /* its name and judgement are those below */
    struct judgement judgement;
    char name[320];
    size_t end; /* of the log when it was seen */
};

struct waiting {
    struct waiting_suspicion *list; /* WAITING */
    size_t count;
    int64_t until_ns; /* the first of them waits no longer */
};

int waiting_init(struct waiting *waiting, struct error *error);
void waiting_free(struct waiting *waiting);

/* Whether one of this kind may wait: the device goes on as it is, and what was seen was
 * done by the last case. */
bool waiting_may(int oracle, const struct judgement *judgement);
/* Copies it; there is room (waiting_is_due is asked behind each case). `end`: of the log.
 * `deadline_ns`: the end of the run's time, 0: open. */
void waiting_put(struct waiting *waiting, const struct suspicion *suspicion, size_t end,
                 int64_t deadline_ns);
/* True when they must wait no longer: there is no more room, or the first has waited
 * three seconds, or an eighth of what was left of the run's time. */
bool waiting_is_due(const struct waiting *waiting);

#endif
