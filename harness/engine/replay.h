/* One replay of a reproducer on a device, by the model, and what a run keeps of a retest.
 * One thread. */
#ifndef PERCUSS_ENGINE_REPLAY_H
#define PERCUSS_ENGINE_REPLAY_H

#include "engine/reproducer.h"
#include "record/store.h"

enum replay_result {
    REPLAY_PASSED,    /* nothing failed */
    REPLAY_AS_BEFORE, /* it failed as the finding says */
    REPLAY_OTHERWISE, /* it failed, in another way */
    REPLAY_UNSENT     /* all of it was kept off the wire: nothing is shown */
};

/* The last failure. */
struct replay_seen {
    struct judgement judgement;
    char oracle[32];
};

/* Restores the device and sends the reproducer's messages. `any`: whatever fails is as
 * before, since it is a case and no finding. -1 and *error when the device is lost or
 * this machine failed; *error also says why nothing was sent. */
int replay_once(struct runner *runner, const struct reproducer *reproducer, bool any,
                struct replay_seen *seen, struct error *error);

/* A finding's replays on `device` as a row of `retest` (record/schema.sql). */
int replay_record(struct store *store, const struct reproducer *reproducer,
                  const char *device, int64_t replays, int64_t failures,
                  struct error *error);

#endif
