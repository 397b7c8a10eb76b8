#include "engine/minimise_message.h"

#include <string.h>

enum { LENGTH_TRIES = 8, RAW_TRIES = 16, MESSAGE_MAXIMUM = 1 << 20 };

static size_t last_step(const struct simplifier *simplifier)
{
    return simplifier->sequence->count - 1;
}

static const struct tree *exemplar_of(const struct simplifier *simplifier, size_t step)
{
    const struct session *session = simplifier->runner->campaign->session;

    return &session->messages[simplifier->sequence->steps[step].message].tree;
}

/* The sequence with other bytes in one step. 1: it fails too, and stays. */
static int try_bytes(const struct simplifier *simplifier, size_t step, struct view bytes)
{
    const struct sequence *sequence = simplifier->sequence;
    struct sequence candidate;
    int status = -1;

    if (view_equal(bytes, sequence_bytes(sequence, step)) || bytes.length == 0)
        return 0;
    sequence_init(&candidate);
    if (sequence_append_range(&candidate, sequence, 0, step) == 0 &&
        sequence_append(&candidate, &sequence->steps[step], bytes) == 0 &&
        sequence_append_range(&candidate, sequence, step + 1, sequence->count) == 0)
        status = simplifier->try(simplifier->context, &candidate);
    sequence_free(&candidate);
    return status;
}

/* --- earlier messages --------------------------------------------------------------- */

static int restore_exemplars(const struct simplifier *simplifier)
{
    const struct session *session = simplifier->runner->campaign->session;
    int status = 0;

    for (size_t i = 0; i < last_step(simplifier) && status >= 0; i++) {
        const struct sequence_step *step = &simplifier->sequence->steps[i];
        const struct session_message *message = &session->messages[step->message];

        if (step->fuzzed && !message->pieces)
            status = try_bytes(simplifier, i, buffer_view(&message->bytes));
    }
    return status < 0 ? -1 : 0;
}

/* --- one message as a tree ---------------------------------------------------------- */

/* Everything that was wrong stays wrong, but a checksum follows again. */
static void pin_broken(struct tree *tree)
{
    for (size_t i = 0; i < tree->violation_count; i++)
        if (tree->violations[i].node != TREE_NONE &&
            tree->violations[i].kind != VIOLATION_CHECKSUM)
            tree->nodes[tree->violations[i].node].pinned = true;
}

/* The last message in runner->fill_tree, to be changed. */
static struct tree *read_last(const struct simplifier *simplifier)
{
    size_t last = last_step(simplifier);
    struct tree *tree = &simplifier->runner->fill_tree;

    tree->context = exemplar_of(simplifier, last)->context;
    if (tree_parse(tree, sequence_bytes(simplifier->sequence, last), false) < 0)
        return NULL;
    pin_broken(tree);
    return tree;
}

static int try_tree(const struct simplifier *simplifier, struct tree *tree)
{
    struct buffer *bytes = &simplifier->runner->filled;

    buffer_clear(bytes);
    if (tree_emit(tree, bytes) < 0)
        return 0;
    return try_bytes(simplifier, last_step(simplifier), buffer_view(bytes));
}

static bool is_made_by_emission(const struct field *field)
{
    return field->role == ROLE_CHECKSUM || field->role == ROLE_SEQUENCE;
}

static bool holds_bytes(const struct node *node)
{
    return node->kind == FIELD_BYTES || node->kind == FIELD_TEXT;
}

/* --- fields as the exemplar has them ------------------------------------------------ */

static int revert_field(const struct simplifier *simplifier, uint32_t node)
{
    const struct tree *exemplar = exemplar_of(simplifier, last_step(simplifier));
    const struct node *right = &exemplar->nodes[node];
    struct tree *tree = read_last(simplifier);
    char path[200];
    uint32_t there;

    if (!tree)
        return 0;
    there = tree_find(tree, tree_path(exemplar, node, path, sizeof path));
    if (there == TREE_NONE || tree->nodes[there].kind != right->kind)
        return 0;
    if (right->kind == FIELD_INTEGER) {
        if (tree->nodes[there].integer == right->integer)
            return 0;
        tree_set_integer(tree, there, right->integer, true);
    } else if (view_equal(tree->nodes[there].bytes, right->bytes) ||
               tree_set_bytes(tree, there, right->bytes) < 0) {
        return 0;
    }
    return try_tree(simplifier, tree);
}

static int revert_fields(const struct simplifier *simplifier)
{
    const struct tree *exemplar = exemplar_of(simplifier, last_step(simplifier));
    int status = 0;

    for (uint32_t node = 1; node < exemplar->count && status >= 0; node++) {
        const struct field *field = tree_field(exemplar, node);
        const struct node *right = &exemplar->nodes[node];

        if (field && !is_made_by_emission(field) &&
            (right->kind == FIELD_INTEGER || holds_bytes(right)))
            status = revert_field(simplifier, node);
    }
    return status < 0 ? -1 : 0;
}

/* --- strings and lists as short as they can be -------------------------------------- */

static size_t length_of(const struct node *node)
{
    return node->kind == FIELD_ARRAY ? node->child_count : node->bytes.length;
}

static int try_length(const struct simplifier *simplifier, uint32_t node, size_t length)
{
    struct tree *tree = read_last(simplifier);

    if (!tree || node >= tree->count)
        return 0;
    if (tree->nodes[node].kind != FIELD_ARRAY) {
        if (tree_set_bytes(tree, node, view_slice(tree->nodes[node].bytes, 0, length)) <
            0)
            return 0;
        return try_tree(simplifier, tree);
    }
    for (size_t count = tree->nodes[node].child_count; count > length; count--)
        if (tree_remove_element(tree, node, count - 1) < 0)
            return 0;
    return try_tree(simplifier, tree);
}

/* Halves the distance between what fails and what does not. */
static int shorten(const struct simplifier *simplifier, uint32_t node, size_t length)
{
    size_t low = 0; /* shortest not tried yet */

    for (int tries = 0; low < length && tries < LENGTH_TRIES; tries++) {
        size_t middle = tries == 0 ? 0 : low + (length - low) / 2;
        int fails = try_length(simplifier, node, middle);

        if (fails < 0)
            return -1;
        if (fails)
            length = middle;
        else
            low = middle + 1;
    }
    return 0;
}

static int shorten_all(const struct simplifier *simplifier)
{
    struct tree *tree = read_last(simplifier);
    uint32_t count = tree ? tree->count : 0;

    for (uint32_t node = 1; node < count; node++) {
        size_t length;

        tree = read_last(simplifier);
        if (!tree || node >= tree->count || !tree_field(tree, node) ||
            (!holds_bytes(&tree->nodes[node]) && tree->nodes[node].kind != FIELD_ARRAY))
            continue;
        length = length_of(&tree->nodes[node]);
        if (length > 1 && shorten(simplifier, node, length) < 0)
            return -1;
    }
    return 0;
}

/* --- bytes that no grammar holds ---------------------------------------------------- */

static bool breaks_structure(const struct tree *tree)
{
    for (size_t i = 0; i < tree->violation_count; i++)
        if (tree->violations[i].kind == VIOLATION_TRUNCATED ||
            tree->violations[i].kind == VIOLATION_SURPLUS ||
            tree->violations[i].kind == VIOLATION_NO_CASE)
            return true;
    return false;
}

/* `bytes` with the checksums that their tree asks for, in *out. */
static int repair(const struct simplifier *simplifier, struct view bytes,
                  struct buffer *out)
{
    struct tree *tree = &simplifier->runner->fill_tree;

    buffer_clear(out);
    tree->context = exemplar_of(simplifier, last_step(simplifier))->context;
    if (tree_parse(tree, bytes, false) < 0)
        return -1;
    pin_broken(tree);
    return tree_emit(tree, out);
}

static int try_without(const struct simplifier *simplifier, size_t place, size_t chunk,
                       bool repaired)
{
    struct view bytes = sequence_bytes(simplifier->sequence, last_step(simplifier));
    struct buffer less = buffer_make(MESSAGE_MAXIMUM);
    struct buffer *out = &simplifier->runner->filled;
    int status = -1;

    if (buffer_append(&less, bytes) == 0) {
        buffer_erase(&less, place, chunk);
        status = 0;
        if (!repaired)
            status = try_bytes(simplifier, last_step(simplifier), buffer_view(&less));
        else if (repair(simplifier, buffer_view(&less), out) == 0)
            status = try_bytes(simplifier, last_step(simplifier), buffer_view(out));
    }
    buffer_free(&less);
    return status;
}

/* Takes chunks out from the end on, halves first. */
static int drop_bytes(const struct simplifier *simplifier, bool repaired)
{
    int tries = RAW_TRIES;

    for (size_t chunk =
             sequence_bytes(simplifier->sequence, last_step(simplifier)).length / 2;
         chunk > 0; chunk /= 2) {
        size_t end = sequence_bytes(simplifier->sequence, last_step(simplifier)).length;

        while (end > chunk && tries-- > 0) {
            int fails = try_without(simplifier, end - chunk, chunk, repaired);

            if (fails < 0)
                return -1;
            end -= chunk;
        }
    }
    return 0;
}

static int minimise_raw(const struct simplifier *simplifier)
{
    struct view bytes = sequence_bytes(simplifier->sequence, last_step(simplifier));
    struct buffer *out = &simplifier->runner->filled;
    struct tree *tree = read_last(simplifier);
    int repaired;

    if (!tree || !breaks_structure(tree))
        return 0;
    if (repair(simplifier, bytes, out) < 0)
        return drop_bytes(simplifier, false);
    repaired = view_equal(buffer_view(out), bytes)
                   ? 1
                   : try_bytes(simplifier, last_step(simplifier), buffer_view(out));
    return repaired < 0 ? -1 : drop_bytes(simplifier, repaired);
}

int minimise_messages(const struct simplifier *simplifier)
{
    const struct session *session = simplifier->runner->campaign->session;
    const struct sequence_step *last =
        &simplifier->sequence->steps[last_step(simplifier)];

    if (restore_exemplars(simplifier) < 0)
        return -1;
    /* A piece of a message does not have the exemplar's fields. */
    if (session->messages[last->message].pieces)
        return 0;
    return revert_fields(simplifier) < 0 || shorten_all(simplifier) < 0 ||
                   minimise_raw(simplifier) < 0
               ? -1
               : 0;
}
