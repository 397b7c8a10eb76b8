/* The reply keeps the model, the session's rules, and what the request deserves. */
#include "oracle/shape.h"

#include <stdio.h>

static enum verdict accuse(const struct exchange *exchange, const char *kind,
                           const char *cause, const char *detail, const char *clause,
                           struct judgement *judgement)
{
    *judgement = (struct judgement){.kind = kind};
    snprintf(judgement->cause, sizeof judgement->cause, "%s", cause);
    snprintf(judgement->title, sizeof judgement->title, "%s", cause);
    snprintf(judgement->detail, sizeof judgement->detail, "Message '%s' (%s): %s",
             exchange->message, exchange->expected_why, detail);
    snprintf(judgement->clause, sizeof judgement->clause, "%s", clause);
    return VERDICT_SUSPECT;
}

/* Success where a refusal is due, or the other way round. */
static enum verdict judge_outcome(const struct exchange *exchange,
                                  struct judgement *judgement)
{
    char cause[200], detail[300], expected[48], shape[120];

    if (exchange->outcome & exchange->expected || !exchange->reply)
        return VERDICT_PASS;
    shape_of(exchange->request, shape, sizeof shape);
    outcome_text(exchange->expected, expected, sizeof expected);
    if (exchange->outcome == OUTCOME_ACCEPT) {
        snprintf(cause, sizeof cause, "success reply to a malformed %s", shape);
        snprintf(detail, sizeof detail, "a success reply, where %s was due", expected);
        return accuse(exchange, "accepted-malformed", cause, detail,
                      exchange->expected_clause, judgement);
    }
    snprintf(cause, sizeof cause, "refusal where %s is due: %s", expected, shape);
    snprintf(detail, sizeof detail, "a refusal, where %s was due", expected);
    return accuse(exchange, "conformance", cause, detail, exchange->expected_clause,
                  judgement);
}

static enum verdict judge_grammar(const struct exchange *exchange,
                                  struct judgement *judgement)
{
    char cause[200], shape[120], why[200];
    const struct violation *worst;
    const struct field *field;

    if (exchange->reply->violation_count == 0)
        return VERDICT_PASS;
    worst = tree_worst(exchange->reply);
    field = worst->field == TREE_NONE ? NULL
                                      : model_field(exchange->reply->model, worst->field);
    snprintf(cause, sizeof cause, "reply breaks its grammar: %s",
             shape_of(exchange->reply, shape, sizeof shape));
    violation_text(exchange->reply, worst, why, sizeof why);
    return accuse(exchange, "conformance", cause, why, field ? field->doc_ref : "",
                  judgement);
}

static enum verdict judge_rules(const struct exchange *exchange,
                                struct judgement *judgement)
{
    const struct session *session = exchange->session;
    struct binding bindings[NAMES_COUNT];
    char cause[200], shape[120];

    session_bind(bindings, exchange->request, exchange->reply, 0);
    if (!expression_true(session->belongs, bindings))
        return accuse(exchange, "conformance", "reply does not belong to its request",
                      expression_text(session->belongs), "", judgement);
    for (size_t i = 0; i < session->conform_count; i++) {
        const struct session_conform *rule = &session->conforms[i];

        if ((rule->when && !expression_true(rule->when, bindings)) ||
            expression_true(rule->rule, bindings))
            continue;
        snprintf(cause, sizeof cause, "reply breaks rule %s: %s", rule->id,
                 shape_of(exchange->request, shape, sizeof shape));
        return accuse(exchange, "conformance", cause, rule->text, rule->clause,
                      judgement);
    }
    return VERDICT_PASS;
}

static enum verdict judge(const struct exchange *exchange, struct judgement *judgement)
{
    if (exchange->readings || !exchange->reply)
        return VERDICT_PASS;
    if (judge_outcome(exchange, judgement) == VERDICT_SUSPECT ||
        judge_grammar(exchange, judgement) == VERDICT_SUSPECT)
        return VERDICT_SUSPECT;
    /* What echoes a message that is no message has no rules to keep. */
    if (exchange->request->violation_count == 0 &&
        judge_rules(exchange, judgement) == VERDICT_SUSPECT)
        return VERDICT_SUSPECT;
    if (exchange->extra_replies)
        return accuse(exchange, "conformance", "more than one reply",
                      "further frames came after the reply", "", judgement);
    return VERDICT_PASS;
}

const struct oracle_ops oracle_conformance = {
    .name = "conformance",
    .summary =
        "the reply keeps the model and the session's rules, and malformed is refused",
    .blind_to = "wrong values that the specification allows",
    .judge = judge,
};
