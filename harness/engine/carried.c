#include "engine/carried.h"

#include "engine/wire.h"
#include "link/link.h"

#include <string.h>

static void count_stream(const struct campaign *campaign, const struct link *link,
                         const struct stream *stream, uint64_t missing[LINK_CARRIES])
{
    for (uint64_t k = stream->first; k < stream->first + stream->count; k++) {
        struct arrangement arrangement = {.repeat = 1};
        unsigned lacks;

        stream->anomaly->arrange(&stream->site, k, &arrangement);
        lacks = wire_lacks(campaign, link, &arrangement.delivery);
        for (unsigned bit = 0; bit < LINK_CARRIES; bit++)
            missing[bit] += lacks >> bit & 1;
    }
}

int carried_count_missing(const struct campaign *campaign, uint64_t missing[LINK_CARRIES],
                          struct error *error)
{
    struct link *link = link_create(campaign->link, error);

    memset(missing, 0, LINK_CARRIES * sizeof *missing);
    if (!link)
        return -1;
    for (size_t i = 0; i < campaign->plan.stream_count; i++)
        if (campaign->plan.streams[i].anomaly->arrange)
            count_stream(campaign, link, &campaign->plan.streams[i], missing);
    link_free(link);
    return 0;
}
