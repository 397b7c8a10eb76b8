#include "generate/session.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

const char *const session_names[] = {
    [NAME_REQUEST] = "request", [NAME_REPLY] = "reply", [NAME_VALUE] = "value", NULL};

const struct session_state *session_home(const struct session *session, unsigned message)
{
    const struct session_message *exemplar = &session->messages[message];

    for (size_t i = 0; exemplar->state_count && i < session->state_count; i++)
        if (strcmp(session->states[i].name, exemplar->states[0]) == 0)
            return &session->states[i];
    return &session->states[0];
}

bool session_belongs(const struct session *session, unsigned message, unsigned state)
{
    const struct session_message *m = &session->messages[message];

    if (m->state_count == 0)
        return state == 0;
    for (size_t i = 0; i < m->state_count; i++)
        if (strcmp(m->states[i], session->states[state].name) == 0)
            return true;
    return false;
}

static bool begins_with(const struct session_state *state,
                        const struct session_state *other, size_t length)
{
    if (other->path_count != length)
        return false;
    for (size_t i = 0; i < length; i++)
        if (state->path[i] != other->path[i])
            return false;
    return true;
}

unsigned session_state_behind(const struct session *session, unsigned state,
                              size_t length)
{
    if (length == session->states[state].path_count)
        return state;
    for (unsigned i = 0; i < session->state_count; i++)
        if (begins_with(&session->states[state], &session->states[i], length))
            return i;
    return UINT_MAX;
}

void session_bind(struct binding bindings[NAMES_COUNT], const struct tree *request,
                  const struct tree *reply, int64_t value)
{
    bindings[NAME_REQUEST] = (struct binding){"request", request, {.kind = VALUE_ABSENT}};
    bindings[NAME_REPLY] = (struct binding){"reply", reply, {.kind = VALUE_ABSENT}};
    bindings[NAME_VALUE] =
        (struct binding){"value", NULL, {.kind = VALUE_INTEGER, .integer = value}};
}

void session_learn(const struct session *session, const struct tree *request,
                   const struct tree *reply, struct context *context)
{
    struct binding bindings[NAMES_COUNT];

    if (session->context_count == 0 || reply->violation_count)
        return;
    session_bind(bindings, request, reply, 0);
    if (!expression_true(session->belongs, bindings))
        return;
    for (size_t i = 0; i < session->context_count; i++) {
        const struct session_context *entry = &session->contexts[i];

        if (!entry->when || expression_true(entry->when, bindings))
            context_take(context, session->model, entry->parameter,
                         expression_evaluate(entry->value, bindings));
    }
}

/* The clause of the field whose rule is broken. */
static const char *violated_clause(const struct tree *request)
{
    const struct violation *worst = request->violation_count ? tree_worst(request) : NULL;

    return worst && worst->field != TREE_NONE
               ? model_field(request->model, worst->field)->doc_ref
               : "";
}

/* The clause of the field that gives a frame its length, when there is one. */
static const char *framing_clause(const struct tree *request)
{
    const struct model *model = request->model;

    for (size_t i = 0;
         model_framing(model)->kind != FRAMING_TERMINATOR && i < model_fields(model); i++)
        if (model_field(model, i)->role == ROLE_LENGTH &&
            strcmp(model_field(model, i)->type_name, model_id(model)) == 0)
            return model_field(model, i)->doc_ref;
    return violated_clause(request);
}

static const char *broken_frame_text(const struct framing *framing,
                                     enum frame_status status)
{
    if (status == FRAME_PARTIAL)
        return "the frame is not complete";
    return framing->kind == FRAMING_TERMINATOR
               ? "the frame has no start, or its length is outside its limits"
               : "the frame's length is outside its limits";
}

/* The bytes are not a whole frame: nobody can accept them. But who looks for a start may
 * find a frame further on. */
static void expect_broken_frame(const struct framing *framing, struct view bytes,
                                const struct tree *request,
                                struct expectation *expectation)
{
    expectation->outcomes = OUTCOME_REJECT | OUTCOME_SILENCE | OUTCOME_CLOSE;
    if (bytes.length > framing->maximum)
        expectation->outcomes |= framing->beyond;
    if (framing_next_start(framing, bytes, 1) < bytes.length)
        expectation->outcomes |= OUTCOME_ACCEPT;
    expectation->valid = false;
    expectation->clause = framing_clause(request);
    snprintf(expectation->why, sizeof expectation->why, "%s",
             broken_frame_text(framing, expectation->status));
}

/* A frame that is nested deeper than is read here: a device may do better. */
static void expect_unread(struct expectation *expectation)
{
    expectation->outcomes = OUTCOME_UNKNOWN;
    expectation->valid = false;
    snprintf(expectation->why, sizeof expectation->why,
             "nested too deep to be read here");
}

/* The first rule that holds, among all or among those for any message; NULL when none
 * does. */
static const struct session_expect *find_rule(const struct session *session,
                                              const struct tree *request, bool open,
                                              bool always_only)
{
    unsigned opening = open ? OPENING_BEHIND : OPENING_BEFORE;
    struct binding bindings[NAMES_COUNT];

    session_bind(bindings, request, NULL, 0);
    for (size_t i = 0; i < session->expect_count; i++) {
        const struct session_expect *rule = &session->expects[i];

        if ((rule->always || !always_only) && (rule->opens & opening) &&
            (!rule->when || expression_true(rule->when, bindings)))
            return rule;
    }
    return NULL;
}

bool session_goes_on(const struct session *session, const struct tree *request, bool open)
{
    const struct session_expect *rule =
        request->violation_count ? NULL : find_rule(session, request, open, false);

    return rule && rule->goes_on;
}

static void expect_by_rule(const struct session_expect *rule,
                           struct expectation *expectation)
{
    expectation->outcomes = rule->outcomes;
    expectation->several = rule->several;
    expectation->clause = rule->clause;
    snprintf(expectation->why, sizeof expectation->why, "%s", rule->id);
}

static void expect_invalid(const struct session *session, const struct tree *request,
                           bool open, struct expectation *expectation)
{
    const struct session_expect *rule = find_rule(session, request, open, true);

    expectation->valid = false;
    if (rule) {
        expect_by_rule(rule, expectation);
        return;
    }
    expectation->outcomes = tree_outcomes(request);
    expectation->clause = violated_clause(request);
    violation_text(request, tree_worst(request), expectation->why,
                   sizeof expectation->why);
}

static void expect_valid(const struct session *session, const struct tree *request,
                         bool open, struct expectation *expectation)
{
    const struct session_expect *rule = find_rule(session, request, open, false);

    expectation->valid = true;
    if (rule) {
        expect_by_rule(rule, expectation);
        return;
    }
    expectation->outcomes = OUTCOME_ACCEPT | OUTCOME_REJECT;
    memcpy(expectation->why, "valid", sizeof "valid");
}

/* Whether the way to the message's own state opens the connection. */
static bool is_open_at_home(const struct session *session, unsigned message)
{
    const struct session_state *home = session_home(session, message);

    for (size_t i = 0; i < home->path_count; i++)
        if (session_opens(session, &session->messages[home->path[i]].tree))
            return true;
    return false;
}

bool session_is_sound(const struct session *session, unsigned message)
{
    struct expectation expectation;

    expect_valid(session, &session->messages[message].tree,
                 is_open_at_home(session, message), &expectation);
    return (expectation.outcomes & (OUTCOME_ACCEPT | OUTCOME_SILENCE)) != 0;
}

static bool is_deviation(const struct session *session, const struct tree *reply,
                         const struct violation *violation)
{
    char text[300] = "";

    violation_text(reply, violation, text, sizeof text);
    for (size_t i = 0; i < session->deviation_count; i++)
        if (strcmp(session->deviations[i].breaks, text) == 0)
            return true;
    return false;
}

void session_forgive(const struct session *session, struct tree *reply)
{
    size_t kept = 0;

    for (size_t i = 0; session->deviation_count && i < reply->violation_count; i++)
        if (!is_deviation(session, reply, &reply->violations[i]))
            reply->violations[kept++] = reply->violations[i];
    if (session->deviation_count)
        reply->violation_count = kept;
}

bool session_greets(const struct session *session, const struct tree *reply)
{
    struct binding bindings[NAMES_COUNT];

    session_bind(bindings, NULL, reply, 0);
    return reply->violation_count == 0 &&
           (!session->greeting.when || expression_true(session->greeting.when, bindings));
}

bool session_opens(const struct session *session, const struct tree *request)
{
    struct binding bindings[NAMES_COUNT];

    session_bind(bindings, request, NULL, 0);
    return session->opens && expression_true(session->opens, bindings);
}

void session_expect(const struct session *session, struct view bytes, bool open,
                    struct joiner *joiner, struct tree *request,
                    struct expectation *expectation)
{
    const struct framing *framing = model_framing(session->model);
    size_t before = framing_passed_over(framing, bytes);
    struct view message = view_slice(bytes, before, bytes.length);
    int parsed;

    *expectation = (struct expectation){.clause = "", .frame_length = bytes.length};
    expectation->status = framing_split(framing, message, &expectation->frame_length);
    parsed = joiner_read(joiner, message, false, request, &expectation->frame_length);
    if (expectation->status == FRAME_WHOLE)
        expectation->frame_length += before;
    /* Only silence leaves the lower limit to who knows that the pause has come. */
    if (framing->kind == FRAMING_SILENCE && expectation->status == FRAME_WHOLE &&
        expectation->frame_length < framing->minimum)
        expectation->status = FRAME_INVALID;
    if (parsed < 0 && expectation->status == FRAME_WHOLE) {
        expect_unread(expectation);
        return;
    }
    if (expectation->status != FRAME_WHOLE) {
        expect_broken_frame(framing, bytes, request, expectation);
        return;
    }
    if (request->violation_count == 0)
        expect_valid(session, request, open, expectation);
    else
        expect_invalid(session, request, open, expectation);
    /* What stands behind the frame is refused on its own. */
    if (expectation->frame_length < bytes.length)
        expectation->outcomes |= OUTCOME_REJECT | OUTCOME_CLOSE;
}
