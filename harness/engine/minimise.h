/* Makes a failing sequence smaller: fewer messages first, then fewer changed fields. */
#ifndef PERCUSS_ENGINE_MINIMISE_H
#define PERCUSS_ENGINE_MINIMISE_H

#include "engine/runner.h"

/* Keeps the last message. Every step kept was seen to fail once as the target says. Stops
 * at the deadline or after a fixed number of trials with what it has. -1: the device is
 * lost. */
int minimise(struct runner *runner, struct sequence *sequence, bool sample,
             const struct target *target, int64_t deadline_ns, unsigned *trials,
             struct error *error);

#endif
