#include "engine/minimise_message.h"

#include <string.h>

enum { LENGTH_TRIES = 8, RAW_TRIES = 20, MESSAGE_MAXIMUM = 1 << 20 };

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

/* A message may have tens of thousands of fields: looking at each costs time, too. */
static bool is_over(const struct simplifier *simplifier)
{
    return simplifier->is_over(simplifier->context);
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

/* Right is what fits the rest of the message, not what the exemplar has. */
static bool follows_others(const struct field *field)
{
    return field->role == ROLE_LENGTH || field->role == ROLE_COUNT ||
           field->role == ROLE_DERIVED;
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
    if (follows_others(tree_field(tree, there))) {
        if (!tree->nodes[there].pinned)
            return 0;
        tree->nodes[there].pinned = false;
    } else if (right->kind == FIELD_INTEGER) {
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

    for (uint32_t node = 1; node < exemplar->count && status >= 0 && !is_over(simplifier);
         node++) {
        const struct field *field = tree_field(exemplar, node);
        const struct node *right = &exemplar->nodes[node];

        if (field && !is_made_by_emission(field) &&
            (right->kind == FIELD_INTEGER || holds_bytes(right)))
            status = revert_field(simplifier, node);
    }
    return status < 0 ? -1 : 0;
}

/* --- strings and lists as short as they can be -------------------------------------- */

/* A string, a list, or what is left over at the end of a group. */
static bool has_length(const struct tree *tree, uint32_t node)
{
    const struct node *there = &tree->nodes[node];

    return (tree_field(tree, node) || there->rest) &&
           (holds_bytes(there) || there->kind == FIELD_ARRAY);
}

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
        if (tree_remove_child(tree, node, count - 1) < 0)
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

    for (uint32_t node = 1; node < count && !is_over(simplifier); node++) {
        size_t length;

        tree = read_last(simplifier);
        if (!tree || node >= tree->count || !has_length(tree, node))
            continue;
        length = length_of(&tree->nodes[node]);
        if (length > 1 && shorten(simplifier, node, length) < 0)
            return -1;
    }
    return 0;
}

/* --- bytes that no grammar holds ---------------------------------------------------- */

/* The innermost group around what breaks the structure, 0 for the whole message;
 * TREE_NONE when nothing does. */
static uint32_t broken_group(const struct tree *tree)
{
    for (size_t i = 0; i < tree->violation_count; i++) {
        const struct violation *violation = &tree->violations[i];
        bool surplus = violation->kind == VIOLATION_SURPLUS;
        uint32_t node = violation->node;

        if (node == TREE_NONE || (!surplus && violation->kind != VIOLATION_TRUNCATED &&
                                  violation->kind != VIOLATION_NO_CASE))
            continue;
        node = surplus ? node : tree->nodes[node].parent;
        while (node && node != TREE_NONE &&
               (tree->nodes[node].kind != FIELD_GROUP || tree->nodes[node].encoded))
            node = tree->nodes[node].parent;
        return node == TREE_NONE ? 0 : node;
    }
    return TREE_NONE;
}

/* The bytes of the group in the last message. */
static struct view group_bytes(const struct simplifier *simplifier,
                               const struct tree *tree, uint32_t group)
{
    struct view whole = sequence_bytes(simplifier->sequence, last_step(simplifier));

    return group
               ? view_slice(whole, tree->nodes[group].offset, tree->nodes[group].content)
               : whole;
}

/* Of the whole message bytes go as they are, and with them perhaps its right checksum;
 * what goes from a group inside is followed by lengths and checksums. */
static int try_content(const struct simplifier *simplifier, struct tree *tree,
                       uint32_t group, struct view content)
{
    if (group && tree_replace_group(tree, group, content) < 0)
        return 0;
    if (!group && tree_parse(tree, content, false) < 0)
        return 0;
    if (!group)
        pin_broken(tree);
    return try_tree(simplifier, tree);
}

/* The content without the `chunk` bytes that stand `behind` its end. 1: it fails too; 0:
 * not; -1: the device is lost. */
static int try_without(const struct simplifier *simplifier, size_t behind, size_t chunk)
{
    struct tree *tree = read_last(simplifier);
    uint32_t group = tree ? broken_group(tree) : TREE_NONE;
    struct buffer less = buffer_make(MESSAGE_MAXIMUM);
    struct view content;
    int status = 0;

    if (group == TREE_NONE)
        return 0;
    content = group_bytes(simplifier, tree, group);
    if (content.length >= behind + chunk && buffer_append(&less, content) == 0) {
        buffer_erase(&less, content.length - behind - chunk, chunk);
        status = try_content(simplifier, tree, group, buffer_view(&less));
        if (status == 0 && group == 0)
            status = try_bytes(simplifier, last_step(simplifier), buffer_view(&less));
    }
    buffer_free(&less);
    return status;
}

static size_t broken_length(const struct simplifier *simplifier)
{
    struct tree *tree = read_last(simplifier);
    uint32_t group = tree ? broken_group(tree) : TREE_NONE;

    return group == TREE_NONE ? 0 : group_bytes(simplifier, tree, group).length;
}

/* Takes chunks out from the end on, halves first. */
static int drop_bytes(const struct simplifier *simplifier)
{
    int tries = RAW_TRIES;

    for (size_t chunk = broken_length(simplifier) / 2; chunk > 0; chunk /= 2) {
        size_t behind = 0;

        while (!is_over(simplifier) && behind + chunk < broken_length(simplifier) &&
               tries-- > 0) {
            int fails = try_without(simplifier, behind, chunk);

            if (fails < 0)
                return -1;
            if (!fails)
                behind += chunk;
        }
    }
    return 0;
}

int minimise_messages(const struct simplifier *simplifier)
{
    const struct session *session = simplifier->runner->campaign->session;
    unsigned last = simplifier->sequence->steps[last_step(simplifier)].message;

    if (restore_exemplars(simplifier) < 0)
        return -1;
    /* A piece of a message does not have the exemplar's fields. */
    if (session->messages[last].pieces)
        return 0;
    return revert_fields(simplifier) < 0 || shorten_all(simplifier) < 0 ||
                   drop_bytes(simplifier) < 0
               ? -1
               : 0;
}
