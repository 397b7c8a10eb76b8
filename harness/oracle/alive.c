/* A valid exchange right after the case: does the device still answer at all? */
#include "oracle/shape.h"

#include <stdio.h>

static enum verdict judge(const struct exchange *exchange, struct judgement *judgement)
{
    char shape[120];

    if (!exchange->probed || exchange->probe_ok)
        return VERDICT_PASS;
    *judgement = (struct judgement){.kind = "hang"};
    shape_of(exchange->request, shape, sizeof shape);
    snprintf(judgement->cause, sizeof judgement->cause, "dead after %s", shape);
    snprintf(judgement->title, sizeof judgement->title,
             "no valid answer any more after %s", shape);
    snprintf(
        judgement->detail, sizeof judgement->detail,
        "After message '%s' (%s) valid requests were not answered rightly within the limit of "
        "%.1f ms, several times over.",
        exchange->message, exchange->expected_why, (double)exchange->limit_ns / 1e6);
    return VERDICT_SUSPECT;
}

extern const struct oracle_ops oracle_alive;
const struct oracle_ops oracle_alive = {
    .name = "alive",
    .summary = "a valid exchange right after the case is answered",
    .blind_to = "functions that the probe message does not use",
    .proven_by = 1u << PROVOKE_PAUSE,
    .judge = judge,
};
