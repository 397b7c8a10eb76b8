#include "engine/carried.h"

#include "engine/wire.h"

#include <stdio.h>
#include <string.h>

/* What one case of a stream needs and this link and campaign lack. */
static unsigned case_lacks(const struct campaign *campaign, const struct link *link,
                           const struct stream *stream, uint64_t k)
{
    struct arrangement arrangement = {.repeat = 1};

    stream->anomaly->arrange(&stream->site, k, &arrangement);
    return wire_lacks(campaign, link, &arrangement.delivery);
}

static void count_stream(const struct campaign *campaign, const struct link *link,
                         const struct stream *stream, uint64_t missing[LINK_CARRIES])
{
    for (uint64_t k = stream->first; k < stream->first + stream->count; k++) {
        unsigned lacks = case_lacks(campaign, link, stream, k);

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

/* How many cases of this anomaly stay gaps; *lacks is what they need, all together. */
static uint64_t count_anomaly(const struct campaign *campaign, const struct link *link,
                              const struct anomaly_ops *anomaly, unsigned *lacks)
{
    uint64_t cases = 0;

    *lacks = 0;
    for (size_t i = 0; anomaly->arrange && i < campaign->plan.stream_count; i++) {
        const struct stream *stream = &campaign->plan.streams[i];

        if (stream->anomaly != anomaly)
            continue;
        for (uint64_t k = stream->first; k < stream->first + stream->count; k++) {
            unsigned one = case_lacks(campaign, link, stream, k);

            cases += one != 0;
            *lacks |= one;
        }
    }
    return cases;
}

const char *carried_missing_text(const struct campaign *campaign, const struct link *link,
                                 char *text, size_t size)
{
    char lacked[120];
    unsigned lacks;
    size_t used = 0;

    if (size)
        text[0] = '\0';
    for (size_t i = 0; anomaly_kinds[i] && used < size; i++) {
        uint64_t cases = count_anomaly(campaign, link, anomaly_kinds[i], &lacks);

        if (cases)
            used += (size_t)snprintf(text + used, size - used, "%s%s %llu (%s)",
                                     used ? ", " : "", anomaly_kinds[i]->name,
                                     (unsigned long long)cases,
                                     carries_text(lacks, lacked, sizeof lacked));
    }
    return text;
}
