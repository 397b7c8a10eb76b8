/* What the plan could touch and what was sent: the `coverage` rows. */
#ifndef PERCUSS_ENGINE_COVERAGE_H
#define PERCUSS_ENGINE_COVERAGE_H

#include "engine/recorder.h"

/* Counts the cases of the store, which holds all of them. */
int coverage_count(const struct campaign *campaign, struct store *store,
                   struct error *error);
/* The same of a run that is recorded. */
int coverage_write(struct recorder *recorder, struct error *error);

#endif
