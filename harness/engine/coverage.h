/* What the plan could touch and what was sent: the `coverage` rows. */
#ifndef PERCUSS_ENGINE_COVERAGE_H
#define PERCUSS_ENGINE_COVERAGE_H

#include "engine/recorder.h"

int coverage_write(struct recorder *recorder, struct error *error);

#endif
