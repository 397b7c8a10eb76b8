/* What the device holds has not grown, sample after sample, since it was warm. */
#include "oracle/shape.h"

#include <stdio.h>

/* Growth counts when it goes on: a device that takes what it needs, or that breathes, has
 * samples without a rise, or with a fall. */
enum { SAMPLES = 6, RISES = 4, RISES_A_FALL = 4 };

static bool grows(const struct growth *growth)
{
    return growth->warm && growth->now - growth->first >= growth->limit &&
           growth->samples >= SAMPLES && growth->rises >= RISES &&
           growth->rises >= RISES_A_FALL * growth->falls;
}

static enum verdict judge(const struct exchange *exchange, struct judgement *judgement)
{
    for (size_t i = 0; exchange->readings && i < exchange->readings->growth_count; i++) {
        const struct growth *growth = &exchange->readings->growths[i];

        if (!grows(growth))
            continue;
        *judgement = (struct judgement){.kind = "resource", .at_sample = true};
        snprintf(judgement->cause, sizeof judgement->cause, "%s grows", growth->id);
        snprintf(judgement->title, sizeof judgement->title,
                 "%s grows and is not given back", growth->id);
        snprintf(
            judgement->detail, sizeof judgement->detail,
            "%s: %lld %s when the device was warm, now %lld, after %u samples of which "
            "%u rose and %u fell; growth of %lld is the limit. Last message: '%s' (%s).",
            growth->text, (long long)growth->first, growth->unit, (long long)growth->now,
            growth->samples, growth->rises, growth->falls, (long long)growth->limit,
            exchange->message, exchange->expected_why);
        return VERDICT_SUSPECT;
    }
    return VERDICT_PASS;
}

extern const struct oracle_ops oracle_resources;
const struct oracle_ops oracle_resources = {
    .name = "resources",
    .summary = "memory, handles and the device's own counters do not grow on and on",
    .blind_to = "growth below the limits between two resets; memory of a program with a "
                "sanitizer; processes that the device starts itself",
    .gradual = true,
    .judge = judge,
};
