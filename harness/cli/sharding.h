/* A campaign as one shard of it: what `shard` shows and `run --shard` runs. */
#ifndef PERCUSS_CLI_SHARDING_H
#define PERCUSS_CLI_SHARDING_H

#include "engine/campaign.h"

/* Cuts the campaign's cases to the shard's, whose .part and .parts are set. A shard ends
 * when its numbers are through: the campaign's budget, which is that of a whole run, does
 * not end it, and of the chance of a false finding it may spend its part. -1 and *error
 * when it cannot be cut. */
int sharding_apply(struct campaign *campaign, const struct shard *shard,
                   struct error *error);

#endif
