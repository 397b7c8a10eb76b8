/* What one message hands to the next: values of replies, and effects that are expected.
 */
#include "engine/runner_parts.h"

/* --- holes and captures ------------------------------------------------------------- */

/* Fields that are wrong on purpose stay wrong when the message is emitted again. */
static void pin_violations(struct tree *tree)
{
    for (size_t i = 0; i < tree->violation_count; i++)
        if (tree->violations[i].node != TREE_NONE)
            tree->nodes[tree->violations[i].node].pinned = true;
}

/* The bytes to send: as logged, with what earlier replies gave put into the holes. */
struct view runner_fill_holes(struct runner *runner, const struct sequence_step *step,
                              struct view bytes)
{
    const struct session_message *message =
        &runner->campaign->session->messages[step->message];
    struct tree *tree = &runner->fill_tree;
    bool changed = false;

    /* As it was emitted: the bytes hang on the plan, not on what was agreed meanwhile. */
    tree->context = message->tree.context;
    if (message->hole_count == 0 || tree_parse(tree, bytes, false) < 0)
        return bytes;
    pin_violations(tree);
    for (size_t i = 0; i < message->hole_count; i++) {
        const struct session_hole *hole = &message->holes[i];
        uint32_t there = tree_find(&message->tree, hole->path),
                 node = tree_find(tree, hole->path);

        /* A hole that the case changed on purpose keeps its change. */
        if (!runner->has_captured[hole->capture] || node == TREE_NONE ||
            tree->nodes[node].kind != FIELD_INTEGER ||
            tree->nodes[node].integer != message->tree.nodes[there].integer)
            continue;
        tree_set_integer(tree, node, (uint64_t)runner->captured[hole->capture], false);
        changed = true;
    }
    buffer_clear(&runner->filled);
    if (!changed || tree_emit(tree, &runner->filled) < 0)
        return bytes;
    return buffer_view(&runner->filled);
}

void runner_capture_values(struct runner *runner, const struct sequence_step *step,
                           const struct exchange_result *result)
{
    const struct session_message *message =
        &runner->campaign->session->messages[step->message];
    struct binding bindings[NAMES_COUNT];

    if (message->capture_count == 0 || result->outcome != OUTCOME_ACCEPT)
        return;
    session_bind(bindings, &runner->request, &runner->reply, 0);
    for (size_t i = 0; i < message->capture_count; i++) {
        struct value value = expression_evaluate(message->captures[i].value, bindings);

        if (value.kind != VALUE_INTEGER)
            continue;
        runner->captured[message->captures[i].capture] = value.integer;
        runner->has_captured[message->captures[i].capture] = true;
    }
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
