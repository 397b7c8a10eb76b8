#include "cli/sharding.h"

int sharding_apply(struct campaign *campaign, const struct shard *shard,
                   struct error *error)
{
    campaign->shard = *shard;
    if (campaign->engine == CAMPAIGN_GUIDED)
        return error_set(error, "the guided engine has no numbers to share: each case "
                                "follows from what was seen before");
    if (shard_cut(&campaign->shard, &campaign->selection, &campaign->plan, error) < 0)
        return -1;
    campaign->budget_ns = 0;
    campaign->until = NULL;
    campaign->alpha /= shard->parts;
    return 0;
}
