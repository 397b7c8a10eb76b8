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

void tree_leave_open(struct tree *tree, uint32_t node)
{
    tree->nodes[node].ending = ENDING_RAW;
}

bool tree_has_digits(const struct tree *tree, uint32_t node)
{
    const struct codec *codec = tree->nodes[node].kind == FIELD_INTEGER
                                    ? tree->model->rules[tree->nodes[node].field].codec
                                    : NULL;

    return codec && codec->kind == CODEC_DIGITS;
}

int tree_set_digits(struct tree *tree, uint32_t node, struct view bytes)
{
    struct view kept;

    if (!tree_has_digits(tree, node) || tree_keep(tree, bytes, &kept) < 0)
        return -1;
    tree->nodes[node].bytes = kept;
    tree->nodes[node].pinned = true;
    return 0;
}

/* --- children ----------------------------------------------------------------------- */

/* The child and the one before it (TREE_NONE for the first). */
static uint32_t find_child(const struct tree *tree, uint32_t parent, size_t index,
                           uint32_t *before)
{
    uint32_t child;

    *before = TREE_NONE;
    if (parent >= tree->count || tree->nodes[parent].kind < FIELD_GROUP)
        return TREE_NONE;
    child = tree->nodes[parent].first_child;
    for (; child != TREE_NONE && index > 0; index--) {
        *before = child;
        child = tree->nodes[child].next;
    }
    return child;
}

static void copy_content(struct node *to, const struct node *from)
{
    to->integer = from->integer;
    to->bytes = from->bytes;
    to->pinned = from->pinned;
    to->ending = from->ending;
    to->encoded = from->encoded;
    to->looked_up = from->looked_up;
    to->rest = from->rest;
    to->little = from->little;
    to->declared = from->declared;
    to->lies = from->lies;
    to->content = from->content;
}

/* `from` may be the tree itself. */
static int copy_children(struct tree *tree, uint32_t to, const struct tree *from,
                         uint32_t source)
{
    struct place place = {to, TREE_NONE};
    uint32_t child = from->nodes[source].first_child;

    for (; child != TREE_NONE; child = from->nodes[child].next) {
        uint32_t copy = tree_append(tree, &place, from->nodes[child].field,
                                    (enum field_kind)from->nodes[child].kind);

        if (copy == TREE_NONE)
            return -1;
        copy_content(&tree->nodes[copy], &from->nodes[child]);
        if (copy_children(tree, copy, from, child) < 0)
            return -1;
    }
    return 0;
}

int tree_duplicate_child(struct tree *tree, uint32_t parent, size_t index)
{
    uint32_t before, child = find_child(tree, parent, index, &before), after, copy;
    struct place place = {parent, child};

    if (child == TREE_NONE)
        return -1;
    after = tree->nodes[child].next;
    copy = tree_append(tree, &place, tree->nodes[child].field,
                       (enum field_kind)tree->nodes[child].kind);
    if (copy == TREE_NONE)
        return -1;
    tree->nodes[copy].next = after;
    copy_content(&tree->nodes[copy], &tree->nodes[child]);
    return copy_children(tree, copy, tree, child);
}

static void unlink_child(struct tree *tree, uint32_t parent, uint32_t child,
                         uint32_t before)
{
    if (before == TREE_NONE)
        tree->nodes[parent].first_child = tree->nodes[child].next;
    else
        tree->nodes[before].next = tree->nodes[child].next;
    tree->nodes[child].next = TREE_NONE;
}

int tree_remove_child(struct tree *tree, uint32_t parent, size_t index)
{
    uint32_t before, child = find_child(tree, parent, index, &before);

    if (child == TREE_NONE)
        return -1;
    unlink_child(tree, parent, child, before);
    /* Where the last one goes without its terminator, the new last one does too. */
    if (before != TREE_NONE && tree->nodes[child].ending == ENDING_OPEN)
        tree->nodes[before].ending = ENDING_OPEN;
    tree->nodes[child].parent = TREE_NONE;
    tree->nodes[parent].child_count--;
    return 0;
}

static uint32_t last_child(const struct tree *tree, uint32_t parent)
{
    uint32_t child = tree->nodes[parent].first_child;

    while (child != TREE_NONE && tree->nodes[child].next != TREE_NONE)
        child = tree->nodes[child].next;
    return child;
}

/* The last element goes without its terminator as the last one did before. */
static void keep_last_open(struct tree *tree, uint32_t before, uint32_t now)
{
    if (before == now || tree->nodes[before].ending != ENDING_OPEN ||
        tree->nodes[now].field != tree->nodes[before].field ||
        tree->nodes[now].ending != ENDING_RULE)
        return;
    tree->nodes[before].ending = ENDING_RULE;
    tree->nodes[now].ending = ENDING_OPEN;
}

int tree_move_child(struct tree *tree, uint32_t parent, size_t index, size_t to)
{
    uint32_t before, child = find_child(tree, parent, index, &before), last;

    if (child == TREE_NONE || to >= tree->nodes[parent].child_count)
        return -1;
    last = last_child(tree, parent);
    unlink_child(tree, parent, child, before);
    tree->nodes[child].next = find_child(tree, parent, to, &before);
    if (before == TREE_NONE)
        tree->nodes[parent].first_child = child;
    else
        tree->nodes[before].next = child;
    keep_last_open(tree, last, last_child(tree, parent));
    return 0;
}

static void detach_children(struct tree *tree, uint32_t node)
{
    for (uint32_t child = tree->nodes[node].first_child; child != TREE_NONE;) {
        uint32_t next = tree->nodes[child].next;

        tree->nodes[child].parent = tree->nodes[child].next = TREE_NONE;
        child = next;
    }
    tree->nodes[node].first_child = TREE_NONE;
    tree->nodes[node].child_count = 0;
}

int tree_graft(struct tree *tree, uint32_t node, const struct tree *from, uint32_t source)
{
    if (node >= tree->count || source >= from->count ||
        tree->nodes[node].kind != FIELD_GROUP || from->nodes[source].kind != FIELD_GROUP)
        return -1;
    detach_children(tree, node);
    tree->nodes[node].integer = from->nodes[source].integer;
    tree->nodes[node].little = from->nodes[source].little;
    return copy_children(tree, node, from, source);
}

int tree_replace_group(struct tree *tree, uint32_t node, struct view bytes)
{
    struct view kept;

    if (node == 0 || node >= tree->count ||
        (tree->nodes[node].kind != FIELD_GROUP && tree->nodes[node].kind != FIELD_ARRAY))
        return -1;
    if (tree_keep(tree, bytes, &kept) < 0)
        return -1;
    detach_children(tree, node);
    if (tree->nodes[node].kind == FIELD_ARRAY)
        tree->nodes[node].ending = ENDING_RAW; /* the keys speak of one element */
    else if (tree->nodes[node].ending == ENDING_KEPT)
        tree->nodes[node].ending = ENDING_RULE;
    tree->nodes[node].kind = FIELD_BYTES;
    tree->nodes[node].bytes = kept;
    return 0;
}
