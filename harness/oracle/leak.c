/* A reply says no more than it may: not longer than its request allows, nothing that
 * another exchange brought. */
#include "oracle/shape.h"

#include <stdio.h>
#include <string.h>

enum { TELLING = 8 };

static enum verdict judge_length(const struct exchange *exchange,
                                 struct judgement *judgement)
{
    const struct session *session = exchange->session;
    struct binding bindings[NAMES_COUNT];
    char shape[120];

    session_bind(bindings, exchange->request, exchange->reply, 0);
    for (size_t i = 0; i < session->reply_limit_count; i++) {
        const struct session_reply_limit *rule = &session->reply_limits[i];
        struct value bytes;

        if (rule->when && !expression_true(rule->when, bindings))
            continue;
        bytes = expression_evaluate(rule->bytes, bindings);
        if (bytes.kind != VALUE_INTEGER || bytes.integer < 0 ||
            exchange->received.length <= (uint64_t)bytes.integer)
            continue;
        *judgement = (struct judgement){.kind = "leak"};
        shape_of(exchange->reply, shape, sizeof shape);
        snprintf(judgement->cause, sizeof judgement->cause,
                 "reply longer than %s allows: %s", rule->id, shape);
        snprintf(judgement->title, sizeof judgement->title,
                 "reply longer than %s allows: %s", rule->id, shape);
        snprintf(judgement->detail, sizeof judgement->detail,
                 "Message '%s' (%s): the reply has %zu bytes, where %lld are allowed. %s",
                 exchange->message, exchange->expected_why, exchange->received.length,
                 (long long)bytes.integer, rule->text);
        snprintf(judgement->clause, sizeof judgement->clause, "%s", rule->clause);
        return VERDICT_SUSPECT;
    }
    return VERDICT_PASS;
}

/* A part of it tells as much: eight of its bytes do not come by chance. */
static bool shows(struct view received, const struct canary *canary)
{
    for (size_t i = 0; received.length && i + TELLING <= canary->length; i++)
        if (memmem(received.data, received.length, canary->bytes + i, TELLING))
            return true;
    return false;
}

static enum verdict judge_canaries(const struct exchange *exchange,
                                   struct judgement *judgement)
{
    char shape[120];

    for (size_t i = 0; i < exchange->canary_count; i++) {
        const struct canary *canary = &exchange->canaries[i];

        if (!shows(exchange->received, canary))
            continue;
        *judgement = (struct judgement){.kind = "leak"};
        shape_of(exchange->reply, shape, sizeof shape);
        snprintf(judgement->cause, sizeof judgement->cause,
                 "reply shows another exchange's bytes: %s", shape);
        snprintf(judgement->title, sizeof judgement->title,
                 "reply shows another exchange's bytes: %s", shape);
        snprintf(judgement->detail, sizeof judgement->detail,
                 "Message '%s' (%s): the reply has bytes in it that a valid exchange "
                 "before it brought into the device and that nothing else may show.",
                 exchange->message, exchange->expected_why);
        return VERDICT_SUSPECT;
    }
    return VERDICT_PASS;
}

static enum verdict judge(const struct exchange *exchange, struct judgement *judgement)
{
    if (exchange->readings || !exchange->reply)
        return VERDICT_PASS;
    if (judge_canaries(exchange, judgement) == VERDICT_SUSPECT)
        return VERDICT_SUSPECT;
    return judge_length(exchange, judgement);
}

extern const struct oracle_ops oracle_leak;
const struct oracle_ops oracle_leak = {
    .name = "leak",
    .summary = "a reply is no longer than allowed and shows nothing of other exchanges",
    .blind_to =
        "what leaks in a reply that is long enough for it and is no canary; bytes "
        "that are no frame; further replies to one request",
    .judge = judge,
};
