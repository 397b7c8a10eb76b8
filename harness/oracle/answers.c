/* Every request that is due an answer gets one, in time, and keeps its connection. */
#include "oracle/shape.h"

#include <stdio.h>

static void describe(const struct exchange *exchange, const char *kind, const char *what,
                     struct judgement *judgement)
{
    char shape[120], expected[48];

    *judgement = (struct judgement){.kind = kind};
    shape_of(exchange->request, shape, sizeof shape);
    snprintf(judgement->cause, sizeof judgement->cause, "%s: %s", what, shape);
    snprintf(judgement->title, sizeof judgement->title, "%s to %s", what, shape);
    snprintf(
        judgement->detail, sizeof judgement->detail,
        "Message '%s' (%s): %s, where %s was due; a valid exchange right after it worked.",
        exchange->message, exchange->expected_why, what,
        outcome_text(exchange->expected, expected, sizeof expected));
    snprintf(judgement->clause, sizeof judgement->clause, "%s",
             exchange->expected_clause);
}

static enum verdict judge(const struct exchange *exchange, struct judgement *judgement)
{
    if (exchange->readings || (exchange->probed && !exchange->probe_ok))
        return VERDICT_PASS;
    if (exchange->outcome == OUTCOME_SILENCE && !(exchange->expected & OUTCOME_SILENCE)) {
        describe(exchange, "hang", "no answer", judgement);
        return VERDICT_SUSPECT;
    }
    if (exchange->outcome == OUTCOME_CLOSE && !(exchange->expected & OUTCOME_CLOSE)) {
        describe(exchange, "close", "connection closed instead of an answer", judgement);
        return VERDICT_SUSPECT;
    }
    if (exchange->latency_ns > exchange->limit_ns) {
        describe(exchange, "hang", "late answer", judgement);
        return VERDICT_SUSPECT;
    }
    return VERDICT_PASS;
}

extern const struct oracle_ops oracle_answers;
const struct oracle_ops oracle_answers = {
    .name = "answers",
    .summary = "a request that is due an answer gets it within the limit",
    .blind_to = "answers that are in time but wrong",
    .judge = judge,
};
