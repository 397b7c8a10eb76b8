/* Requests that must not act have left the declared state as it was. */
#include "oracle/shape.h"

#include <stdio.h>
#include <string.h>

static enum verdict judge(const struct exchange *exchange, struct judgement *judgement)
{
    const struct readings *readings = exchange->readings;
    char shape[120], before[HASH_TEXT], now[HASH_TEXT];

    if (!readings || !readings->state.read || !readings->state.judged ||
        memcmp(&readings->state.before, &readings->state.now, sizeof(struct hash)) == 0)
        return VERDICT_PASS;
    shape_of(exchange->request, shape, sizeof shape);
    hash_to_text(&readings->state.before, before);
    hash_to_text(&readings->state.now, now);
    *judgement = (struct judgement){.kind = "state", .at_sample = true};
    snprintf(judgement->cause, sizeof judgement->cause, "state changed by %s", shape);
    snprintf(judgement->title, sizeof judgement->title, "state changed by %s", shape);
    snprintf(judgement->detail, sizeof judgement->detail,
             "The declared state hashed to %.16s and hashes to %.16s, though nothing was "
             "sent in between that may act. Last message: '%s' (%s).",
             before, now, exchange->message, exchange->expected_why);
    snprintf(judgement->clause, sizeof judgement->clause, "%s",
             exchange->expected_clause);
    return VERDICT_SUSPECT;
}

extern const struct oracle_ops oracle_state;
const struct oracle_ops oracle_state = {
    .name = "state",
    .summary = "requests that must not act leave the declared state unchanged",
    .blind_to = "state that no declared read shows; effects in the same stretch as a "
                "change that was accepted",
    .judge = judge,
};
