/* How much of a plan the campaign's link can carry. Borrows; any thread. */
#ifndef PERCUSS_ENGINE_CARRIED_H
#define PERCUSS_ENGINE_CARRIED_H

#include "engine/campaign.h"
#include "link/link.h"

/* Known before the link is opened, by bit of enum link_carries: enumerated cases that
 * stay gaps because the link lacks it. A case that lacks two counts for both. -1 and
 * *error when the link's settings are wrong. */
int carried_count_missing(const struct campaign *campaign, uint64_t missing[LINK_CARRIES],
                          struct error *error);

/* The same of `link` by anomaly, each of whose cases counts once, with what they lack:
 * "break 60 (break), half-close 90 (half-close)"; "" when it carries everything. */
const char *carried_missing_text(const struct campaign *campaign, const struct link *link,
                                 char *text, size_t size);

#endif
