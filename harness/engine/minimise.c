#include "engine/minimise.h"

#include "core/clock.h"
#include "engine/confirm.h"

enum { DELIVERY_TRIALS = 6, SEQUENCE_TRIALS = 60, FIELD_TRIALS = 8 };

struct minimiser {
    struct runner *runner;
    bool sample;
    const struct target *target;
    int64_t deadline_ns;
    unsigned *trials, left;
    struct error *error;
};

/* 1: the candidate fails too. 0 also when the time is up. */
static int still_fails(struct minimiser *minimiser, const struct sequence *candidate)
{
    if (minimiser->left == 0 || clock_now_ns() > minimiser->deadline_ns)
        return 0;
    minimiser->left--;
    ++*minimiser->trials;
    return confirm_trial(minimiser->runner, candidate, 0, candidate->count,
                         minimiser->sample, minimiser->target, NULL, minimiser->error);
}

static void exchange_sequences(struct sequence *a, struct sequence *b)
{
    struct sequence other = *a;

    *a = *b;
    *b = other;
}

/* --- whole and at once -------------------------------------------------------------- */

static size_t count_deliveries(const struct sequence *sequence, size_t first, size_t end)
{
    size_t count = 0;

    for (size_t i = first; i < end; i++)
        count += !delivery_is_whole(&sequence->steps[i].delivery);
    return count;
}

/* Steps [first, end) without their deliveries, where it fails all the same: then those
 * were not the cause. */
static int deliver_plainly(struct minimiser *minimiser, struct sequence *sequence,
                           size_t first, size_t end)
{
    struct sequence candidate;
    int fails;

    if (count_deliveries(sequence, first, end) == 0)
        return 0;
    sequence_init(&candidate);
    if (sequence_append_range(&candidate, sequence, 0, sequence->count) < 0) {
        sequence_free(&candidate);
        return error_set(minimiser->error, "out of memory while minimising");
    }
    for (size_t i = first; i < end; i++)
        candidate.steps[i].delivery = (struct delivery){.way = DELIVERY_WHOLE};
    fails = still_fails(minimiser, &candidate);
    if (fails > 0)
        exchange_sequences(sequence, &candidate);
    sequence_free(&candidate);
    return fails < 0 ? -1 : 0;
}

/* All of them, else one by one. */
static int drop_deliveries(struct minimiser *minimiser, struct sequence *sequence)
{
    size_t before = count_deliveries(sequence, 0, sequence->count);

    if (deliver_plainly(minimiser, sequence, 0, sequence->count) < 0)
        return -1;
    for (size_t i = 0; before > 1 && i < sequence->count; i++)
        if (deliver_plainly(minimiser, sequence, i, i + 1) < 0)
            return -1;
    return 0;
}

/* --- fewer messages ----------------------------------------------------------------- */

/* Takes out chunks, halves first, then smaller ones: what is left still fails. */
static int drop_messages(struct minimiser *minimiser, struct sequence *sequence)
{
    struct sequence candidate;
    int status = 0;

    sequence_init(&candidate);
    for (size_t chunk = sequence->count / 2; chunk > 0 && status == 0; chunk /= 2) {
        size_t place = 0;

        while (place + 1 < sequence->count && status == 0) {
            size_t end =
                place + chunk < sequence->count - 1 ? place + chunk : sequence->count - 1;
            int fails;

            sequence_clear(&candidate);
            if (sequence_append_range(&candidate, sequence, 0, place) < 0 ||
                sequence_append_range(&candidate, sequence, end, sequence->count) < 0) {
                status = error_set(minimiser->error, "out of memory while minimising");
                break;
            }
            fails = still_fails(minimiser, &candidate);
            if (fails < 0)
                status = -1;
            else if (fails)
                exchange_sequences(sequence, &candidate);
            else
                place = end;
        }
    }
    sequence_free(&candidate);
    return status;
}

/* --- fewer changes ------------------------------------------------------------------ */

static bool is_made_by_emission(const struct field *field)
{
    return field->role == ROLE_CHECKSUM || field->role == ROLE_SEQUENCE;
}

/* Everything that was wrong stays wrong, but a checksum follows again. */
static void pin_broken(struct tree *tree)
{
    for (size_t i = 0; i < tree->violation_count; i++)
        if (tree->violations[i].node != TREE_NONE &&
            tree->violations[i].kind != VIOLATION_CHECKSUM)
            tree->nodes[tree->violations[i].node].pinned = true;
}

/* The last message with the field at `path` set back to the exemplar's value. 0: nothing
 * to do. */
static int revert_field(struct minimiser *minimiser, const struct sequence *sequence,
                        const struct tree *exemplar, uint32_t node,
                        struct sequence *candidate)
{
    struct runner *runner = minimiser->runner;
    struct tree *tree = &runner->fill_tree;
    struct sequence_step step = sequence->steps[sequence->count - 1];
    char path[200];
    uint32_t there;

    tree_path(exemplar, node, path, sizeof path);
    tree->context = exemplar->context;
    if (tree_parse(tree, sequence_bytes(sequence, sequence->count - 1), false) < 0)
        return 0;
    there = tree_find(tree, path);
    if (there == TREE_NONE || tree->nodes[there].kind != FIELD_INTEGER ||
        tree->nodes[there].integer == exemplar->nodes[node].integer)
        return 0;
    pin_broken(tree);
    tree_set_integer(tree, there, exemplar->nodes[node].integer, true);
    buffer_clear(&runner->filled);
    if (tree_emit(tree, &runner->filled) < 0)
        return 0;
    sequence_clear(candidate);
    if (sequence_append_range(candidate, sequence, 0, sequence->count - 1) < 0 ||
        sequence_append(candidate, &step, buffer_view(&runner->filled)) < 0)
        return error_set(minimiser->error, "out of memory while minimising");
    return 1;
}

static int revert_fields(struct minimiser *minimiser, struct sequence *sequence)
{
    const struct session *session = minimiser->runner->campaign->session;
    const struct session_message *message =
        &session->messages[sequence->steps[sequence->count - 1].message];
    const struct tree *exemplar = &message->tree;
    struct sequence candidate;
    int status = 0;

    /* A piece of a message does not have the exemplar's fields. */
    if (message->pieces)
        return 0;
    sequence_init(&candidate);
    for (uint32_t node = 1; node < exemplar->count && status == 0; node++) {
        const struct field *field = tree_field(exemplar, node);
        int made;

        if (!field || exemplar->nodes[node].kind != FIELD_INTEGER ||
            is_made_by_emission(field))
            continue;
        made = revert_field(minimiser, sequence, exemplar, node, &candidate);
        if (made > 0)
            made = still_fails(minimiser, &candidate);
        if (made < 0)
            status = -1;
        else if (made > 0)
            exchange_sequences(sequence, &candidate);
    }
    sequence_free(&candidate);
    return status;
}

int minimise(struct runner *runner, struct sequence *sequence, bool sample,
             const struct target *target, int64_t deadline_ns, unsigned *trials,
             struct error *error)
{
    struct minimiser minimiser = {.runner = runner,
                                  .sample = sample,
                                  .target = target,
                                  .deadline_ns = deadline_ns,
                                  .trials = trials,
                                  .left = DELIVERY_TRIALS,
                                  .error = error};

    if (drop_deliveries(&minimiser, sequence) < 0)
        return -1;
    minimiser.left = SEQUENCE_TRIALS;
    if (sequence->count > 1 && drop_messages(&minimiser, sequence) < 0)
        return -1;
    minimiser.left = FIELD_TRIALS;
    return revert_fields(&minimiser, sequence);
}
