/* Every case of a run made again, from model, session and seed, and held against the
 * digest of what was sent. One thread. */
#ifndef PERCUSS_BUNDLE_REGENERATE_H
#define PERCUSS_BUNDLE_REGENERATE_H

#include "bundle/evidence.h"
#include "generate/plan.h"

void regenerate_cases(struct evidence_folder *evidence, const struct plan *plan,
                      struct verification *all);

#endif
