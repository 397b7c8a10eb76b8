/* What one message hands to the next: values of replies, and effects that are expected.
 */
#include "engine/exchange_parts.h"
#include "engine/runner_parts.h"

#include <string.h>

/* --- holes -------------------------------------------------------------------------- */

/* Fields that are wrong on purpose stay wrong when the message is emitted again. */
static void pin_violations(struct tree *tree)
{
    for (size_t i = 0; i < tree->violation_count; i++)
        if (tree->violations[i].node != TREE_NONE)
            tree->nodes[tree->violations[i].node].pinned = true;
}

static bool same_bytes(struct view a, struct view b)
{
    return a.length == b.length && (!a.length || memcmp(a.data, b.data, a.length) == 0);
}

/* Puts it into the node, unless the case changed that on purpose: then it is no longer
 * as in the exemplar. */
static bool fill_hole(struct tree *tree, uint32_t node, const struct node *exemplar,
                      const struct captured *value)
{
    const struct node *there = &tree->nodes[node];

    if (there->kind != exemplar->kind)
        return false;
    if (there->kind == FIELD_INTEGER && value->kind == CAPTURED_INTEGER &&
        there->integer == exemplar->integer) {
        tree_set_integer(tree, node, (uint64_t)value->integer, false);
        return true;
    }
    return (there->kind == FIELD_TEXT || there->kind == FIELD_BYTES) &&
           value->kind == CAPTURED_BYTES && same_bytes(there->bytes, exemplar->bytes) &&
           tree_set_bytes(tree, node, (struct view){value->bytes, value->length}) == 0;
}

/* As it was emitted: the bytes hang on the plan, not on what was agreed meanwhile. */
static struct view fill(struct runner *runner, const struct session_message *message,
                        struct view bytes, struct buffer *filled)
{
    struct tree *tree = &runner->fill_tree;
    bool changed = false;

    tree->context = message->tree.context;
    if (message->hole_count == 0 || tree_parse(tree, bytes, false) < 0)
        return bytes;
    pin_violations(tree);
    for (size_t i = 0; i < message->hole_count; i++) {
        const struct session_hole *hole = &message->holes[i];
        uint32_t node = tree_find(tree, hole->path);

        if (node != TREE_NONE)
            changed |= fill_hole(
                tree, node, &message->tree.nodes[tree_find(&message->tree, hole->path)],
                &runner->captured[hole->capture]);
    }
    buffer_clear(filled);
    if (!changed || tree_emit(tree, filled) < 0)
        return bytes;
    return buffer_view(filled);
}

/* The bytes to send: as logged, with what earlier replies gave put into the holes. */
struct view runner_fill_holes(struct runner *runner, const struct sequence_step *step,
                              struct view bytes)
{
    return fill(runner, &runner->campaign->session->messages[step->message], bytes,
                &runner->filled);
}

struct view exchange_fill_exemplar(struct runner *runner, unsigned message,
                                   struct view bytes)
{
    const struct session *session = runner->campaign->session;

    return session->greeting.capture_count
               ? fill(runner, &session->messages[message], bytes, &runner->greeted)
               : bytes;
}

/* --- captures ----------------------------------------------------------------------- */

static void capture(struct captured *captured, struct value value)
{
    if (value.kind == VALUE_INTEGER) {
        *captured = (struct captured){.kind = CAPTURED_INTEGER, .integer = value.integer};
    } else if (value.kind == VALUE_BYTES &&
               value.bytes.length <= sizeof captured->bytes) {
        captured->kind = CAPTURED_BYTES;
        captured->length = value.bytes.length;
        if (value.bytes.length)
            memcpy(captured->bytes, value.bytes.data, value.bytes.length);
    }
}

static void capture_all(struct runner *runner, const struct session_capture *captures,
                        size_t count, const struct tree *request,
                        const struct tree *reply)
{
    struct binding bindings[NAMES_COUNT];

    session_bind(bindings, request, reply, 0);
    for (size_t i = 0; i < count; i++)
        capture(&runner->captured[captures[i].capture],
                expression_evaluate(captures[i].value, bindings));
}

void runner_capture_values(struct runner *runner, const struct sequence_step *step,
                           const struct exchange_result *result)
{
    const struct session_message *message =
        &runner->campaign->session->messages[step->message];

    if (message->capture_count && result->outcome == OUTCOME_ACCEPT)
        capture_all(runner, message->captures, message->capture_count, &runner->request,
                    &runner->reply);
}

void exchange_learn_greeting(struct runner *runner)
{
    const struct session_greeting *greeting = &runner->campaign->session->greeting;

    capture_all(runner, greeting->captures, greeting->capture_count, NULL,
                &runner->wire.reply);
}

static bool is_greeted(const struct session_greeting *greeting, size_t capture)
{
    for (size_t i = 0; i < greeting->capture_count; i++)
        if (greeting->captures[i].capture == capture)
            return true;
    return false;
}

void runner_forget_captured(struct runner *runner)
{
    const struct session_greeting *greeting = &runner->campaign->session->greeting;

    for (size_t i = 0; i < SESSION_CAPTURES; i++)
        if (!runner->link->is_open || !is_greeted(greeting, i))
            runner->captured[i].kind = CAPTURED_NOTHING;
}

/* --- effects ------------------------------------------------------------------------ */

/* A valid request that was accepted, or perhaps carried out without an answer, may change
 * what the invariants watch. So may further whole requests behind the first. */
void runner_follow_effects(struct runner *runner, struct view bytes,
                           const struct exchange_result *result)
{
    const struct framing *framing = model_framing(runner->campaign->model);
    size_t length = result->expectation.frame_length;

    watch_follow(runner, &runner->request,
                 (result->expectation.outcomes & OUTCOME_ACCEPT) &&
                     result->outcome != OUTCOME_REJECT);
    if (result->expectation.valid && result->outcome != OUTCOME_REJECT)
        invariants_follow(runner, &runner->request, result->outcome == OUTCOME_ACCEPT);
    if (!framing_is_self_delimiting(framing) || result->expectation.status != FRAME_WHOLE)
        return;
    runner->fill_tree.context = runner->request.context;
    while (length < bytes.length) {
        struct view rest = view_slice(bytes, length, bytes.length);
        size_t before = framing_passed_over(framing, rest), next = 0;

        rest = view_slice(rest, before, rest.length);

        if (framing_split(framing, rest, &next) != FRAME_WHOLE || next == 0 ||
            tree_parse(&runner->fill_tree, view_slice(rest, 0, next), false) < 0)
            return;
        if (runner->fill_tree.violation_count == 0) {
            invariants_follow(runner, &runner->fill_tree, false);
            watch_follow(runner, &runner->fill_tree, true);
        }
        length += before + next;
    }
}
