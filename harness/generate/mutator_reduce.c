/* Inputs made right again, and made smaller. */
#include "generate/mutator_parts.h"

/* --- repair ------------------------------------------------------------------------- */

enum { REPAIRS = 4 };

static int repair_once(struct mutator *mutator, struct view input, struct buffer *out)
{
    struct view messages[INPUT_MESSAGES];
    size_t count = input_split(mutator->framing, input, messages, INPUT_MESSAGES);

    buffer_clear(out);
    for (size_t i = 0; i < count; i++) {
        buffer_clear(&mutator->bytes);
        if (mutator_read(mutator, messages[i]) < 0 || mutator->tree.count < 2 ||
            tree_emit(&mutator->tree, &mutator->bytes) < 0 ||
            mutator->bytes.length == 0) {
            buffer_clear(&mutator->bytes);
            if (buffer_append(&mutator->bytes, messages[i]) < 0)
                return -1;
        }
        if (input_append(mutator->framing, buffer_view(&mutator->bytes), out) < 0)
            return -1;
    }
    return 0;
}

/* What has another length may be cut into other messages: until nothing changes. */
int mutator_repair(struct mutator *mutator, struct view input, struct buffer *out)
{
    struct buffer *room = &mutator->room;

    if (repair_once(mutator, input, out) < 0)
        return -1;
    for (int i = 0; i < REPAIRS; i++) {
        buffer_clear(room);
        if (buffer_append(room, buffer_view(out)) < 0 ||
            repair_once(mutator, buffer_view(room), out) < 0)
            return -1;
        if (view_equal(buffer_view(room), buffer_view(out)))
            return 0;
    }
    buffer_clear(out);
    return buffer_append(out, input);
}

/* --- smaller ------------------------------------------------------------------------ */

enum { REDUCTIONS = 128 };

/* How many elements the arrays of the message in mutator->tree have; the one before which
 * `k` others are found into *element. */
static size_t count_elements(const struct tree *tree, size_t k, uint32_t *element)
{
    size_t count = 0;

    for (uint32_t i = 1; i < tree->count; i++) {
        const struct node *node = &tree->nodes[i];

        if (node->parent == TREE_NONE || tree->nodes[node->parent].kind != FIELD_ARRAY ||
            node->looked_up)
            continue;
        if (count++ == k)
            *element = i;
    }
    return count;
}

static size_t whole_messages(size_t count)
{
    return count > 1 ? count : 0;
}

size_t mutator_reductions(struct mutator *mutator, struct view input)
{
    size_t count = input_split(mutator->framing, input, mutator->parts, INPUT_MESSAGES);
    size_t total = whole_messages(count);
    uint32_t element;

    for (size_t i = 0; i < count && total < REDUCTIONS; i++)
        if (mutator_read(mutator, mutator->parts[i]) == 0)
            total += count_elements(&mutator->tree, SIZE_MAX, &element);
    return total < REDUCTIONS ? total : REDUCTIONS;
}

/* The message without its k-th element; *k is less by those of the messages before. */
static bool drop_element(struct mutator *mutator, struct view *message, size_t *k)
{
    struct tree *tree = &mutator->tree;
    uint32_t element = TREE_NONE;
    size_t count;

    if (mutator_read(mutator, *message) < 0)
        return false;
    count = count_elements(tree, *k, &element);
    if (element == TREE_NONE) {
        *k -= count;
        return false;
    }
    buffer_clear(&mutator->bytes);
    *k = 0;
    if (tree_remove_child(tree, tree->nodes[element].parent,
                          mutator_place(tree, element)) < 0 ||
        tree_emit(tree, &mutator->bytes) < 0)
        return true;
    *message = buffer_view(&mutator->bytes);
    return true;
}

int mutator_reduce(struct mutator *mutator, struct view input, size_t k,
                   struct buffer *out)
{
    struct view *parts = mutator->parts;
    size_t count = input_split(mutator->framing, input, parts, INPUT_MESSAGES);
    size_t left_out = k < whole_messages(count) ? k : SIZE_MAX;
    bool found = left_out != SIZE_MAX;

    buffer_clear(out);
    if (!found)
        k -= whole_messages(count);
    for (size_t i = 0; i < count && !found; i++)
        found = drop_element(mutator, &parts[i], &k);
    for (size_t i = 0; i < count; i++)
        if (i != left_out && input_append(mutator->framing, parts[i], out) < 0)
            return -1;
    if (found && out->length && out->length < input.length)
        return 1;
    buffer_clear(out);
    return 0;
}
