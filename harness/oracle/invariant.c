/* What only valid, accepted requests may change has not changed otherwise. */
#include "oracle/shape.h"

#include <stdio.h>

static bool holds(const struct invariant_sample *sample)
{
    return !sample->read || sample->any || sample->actual == sample->expected[0] ||
           sample->actual == sample->expected[1];
}

static enum verdict judge(const struct exchange *exchange, struct judgement *judgement)
{
    for (size_t i = 0; i < exchange->sample_count; i++) {
        const struct invariant_sample *sample = &exchange->samples[i];
        char shape[120];

        if (holds(sample))
            continue;
        *judgement = (struct judgement){.kind = "invariant", .at_sample = true};
        shape_of(exchange->request, shape, sizeof shape);
        snprintf(judgement->cause, sizeof judgement->cause, "%s changed by %s",
                 sample->invariant->id, shape);
        snprintf(judgement->title, sizeof judgement->title, "%s changed by %s",
                 sample->invariant->id, shape);
        snprintf(
            judgement->detail, sizeof judgement->detail,
            "%s: it was %lld and is %lld, and no valid, accepted request explains it. Last "
            "message: '%s' (%s).%s%s",
            sample->invariant->text, (long long)sample->expected[0],
            (long long)sample->actual, exchange->message, exchange->expected_why,
            sample->invariant->hazard[0] ? " Hazard: " : "", sample->invariant->hazard);
        return VERDICT_SUSPECT;
    }
    return VERDICT_PASS;
}

extern const struct oracle_ops oracle_invariant;
const struct oracle_ops oracle_invariant = {
    .name = "invariant",
    .summary = "values that only valid requests may change have not changed otherwise",
    .blind_to = "state that no declared invariant reads",
    .judge = judge,
};
