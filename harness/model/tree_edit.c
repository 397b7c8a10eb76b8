/* Changing a tree: values, bytes, and the elements of arrays. */
#include "model/nodes.h"

#include <stdlib.h>

void tree_set_integer(struct tree *tree, uint32_t node, uint64_t value, bool pin)
{
    const struct field *field = tree_field(tree, node);

    if (!field || tree->nodes[node].kind != FIELD_INTEGER)
        return;
    tree->nodes[node].integer = field_fit(field, value);
    tree->nodes[node].bytes = (struct view){0};
    tree->nodes[node].pinned = pin;
    tree->nodes[node].lies = false;
}

void tree_lie(struct tree *tree, uint32_t node, uint32_t value)
{
    const struct field *field = tree_field(tree, node);

    if (!field || tree->nodes[node].kind != FIELD_INTEGER)
        return;
    tree->nodes[node].lies = true;
    tree->nodes[node].content = (uint32_t)field_fit(field, value);
}

int tree_set_bytes(struct tree *tree, uint32_t node, struct view bytes)
{
    struct view kept;

    if (tree->nodes[node].kind != FIELD_BYTES && tree->nodes[node].kind != FIELD_TEXT)
        return -1;
    if (tree_keep(tree, bytes, &kept) < 0)
        return -1;
    tree->nodes[node].bytes = kept;
    tree->nodes[node].declared = false;
    if (tree->nodes[node].ending == ENDING_KEPT)
        tree->nodes[node].ending = ENDING_RULE;
    return 0;
}

/* The element and the one before it (TREE_NONE for the first). */
static uint32_t find_element(const struct tree *tree, uint32_t array, size_t index,
                             uint32_t *before)
{
    uint32_t child;

    *before = TREE_NONE;
    if (tree->nodes[array].kind != FIELD_ARRAY)
        return TREE_NONE;
    child = tree->nodes[array].first_child;
    for (; child != TREE_NONE && index > 0; index--) {
        *before = child;
        child = tree->nodes[child].next;
    }
    return child;
}

static void copy_content(struct tree *tree, uint32_t from, uint32_t to)
{
    tree->nodes[to].integer = tree->nodes[from].integer;
    tree->nodes[to].bytes = tree->nodes[from].bytes;
    tree->nodes[to].pinned = tree->nodes[from].pinned;
    tree->nodes[to].ending = tree->nodes[from].ending;
    tree->nodes[to].encoded = tree->nodes[from].encoded;
    tree->nodes[to].looked_up = tree->nodes[from].looked_up;
    tree->nodes[to].rest = tree->nodes[from].rest;
    tree->nodes[to].little = tree->nodes[from].little;
    tree->nodes[to].declared = tree->nodes[from].declared;
    tree->nodes[to].lies = tree->nodes[from].lies;
    tree->nodes[to].content = tree->nodes[from].content;
}

static int copy_children(struct tree *tree, uint32_t from, uint32_t to)
{
    struct place place = {to, TREE_NONE};
    uint32_t child = tree->nodes[from].first_child;

    for (; child != TREE_NONE; child = tree->nodes[child].next) {
        uint32_t copy = tree_append(tree, &place, tree->nodes[child].field,
                                    (enum field_kind)tree->nodes[child].kind);

        if (copy == TREE_NONE)
            return -1;
        copy_content(tree, child, copy);
        if (copy_children(tree, child, copy) < 0)
            return -1;
    }
    return 0;
}

int tree_duplicate_element(struct tree *tree, uint32_t array, size_t index)
{
    uint32_t before, element = find_element(tree, array, index, &before), after, copy;
    struct place place = {array, element};

    if (element == TREE_NONE)
        return -1;
    after = tree->nodes[element].next;
    copy = tree_append(tree, &place, tree->nodes[element].field,
                       (enum field_kind)tree->nodes[element].kind);
    if (copy == TREE_NONE)
        return -1;
    tree->nodes[copy].next = after;
    copy_content(tree, element, copy);
    return copy_children(tree, element, copy);
}

int tree_remove_element(struct tree *tree, uint32_t array, size_t index)
{
    uint32_t before, element = find_element(tree, array, index, &before);

    if (element == TREE_NONE)
        return -1;
    if (before == TREE_NONE)
        tree->nodes[array].first_child = tree->nodes[element].next;
    else
        tree->nodes[before].next = tree->nodes[element].next;
    /* Where the last one goes without its terminator, the new last one does too. */
    if (before != TREE_NONE && tree->nodes[element].ending == ENDING_OPEN)
        tree->nodes[before].ending = ENDING_OPEN;
    tree->nodes[element].next = TREE_NONE;
    tree->nodes[element].parent = TREE_NONE;
    tree->nodes[array].child_count--;
    return 0;
}

int tree_replace_group(struct tree *tree, uint32_t node, struct view bytes)
{
    struct view kept;
    uint32_t child;

    if (node == 0 || node >= tree->count ||
        (tree->nodes[node].kind != FIELD_GROUP && tree->nodes[node].kind != FIELD_ARRAY))
        return -1;
    if (tree_keep(tree, bytes, &kept) < 0)
        return -1;
    for (child = tree->nodes[node].first_child; child != TREE_NONE;) {
        uint32_t next = tree->nodes[child].next;

        tree->nodes[child].parent = tree->nodes[child].next = TREE_NONE;
        child = next;
    }
    if (tree->nodes[node].kind == FIELD_ARRAY)
        tree->nodes[node].ending = ENDING_RAW; /* the keys speak of one element */
    else if (tree->nodes[node].ending == ENDING_KEPT)
        tree->nodes[node].ending = ENDING_RULE;
    tree->nodes[node].kind = FIELD_BYTES;
    tree->nodes[node].first_child = TREE_NONE;
    tree->nodes[node].child_count = 0;
    tree->nodes[node].bytes = kept;
    return 0;
}
