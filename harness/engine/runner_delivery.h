/* What deliveries mean for the steps of a case. */
#ifndef PERCUSS_ENGINE_RUNNER_DELIVERY_H
#define PERCUSS_ENGINE_RUNNER_DELIVERY_H

#include "engine/runner.h"

/* Steps [first, end) are a case. False: the link does not carry one of its deliveries.
 * Then it is not begun: a gap, which counts by what is missing. */
bool runner_carries(struct runner *runner, const struct sequence *sequence, size_t first,
                    size_t end);
/* Messages that do not say how long they are, sent together: each may have acted. */
void runner_follow_joined(struct runner *runner, const struct sequence *sequence,
                          size_t first, size_t end);

#endif
