/* How much of a plan the campaign's link can carry, known before it is opened. */
#ifndef PERCUSS_ENGINE_CARRIED_H
#define PERCUSS_ENGINE_CARRIED_H

#include "engine/campaign.h"

/* By bit of enum link_carries: enumerated cases that stay gaps because the link lacks it.
 * A case that lacks two counts for both. -1 and *error when the link's settings are
 * wrong. */
int carried_count_missing(const struct campaign *campaign, uint64_t missing[LINK_CARRIES],
                          struct error *error);

#endif
