/* Where the bytes of a field end: terminators and padding. */
#include "model/nodes.h"

#include <string.h>

size_t ending_content(const struct ending *ending, struct view bytes)
{
    const uint8_t *end = NULL;
    size_t length = bytes.length;

    if (ending->padded && !(ending->terminated && ending->pad == ending->terminator)) {
        while (length && bytes.data[length - 1] == ending->pad)
            length--;
    }
    if (ending->terminated && length)
        end = memchr(bytes.data, ending->terminator, length);
    return end ? (size_t)(end - bytes.data) + ending->include : length;
}

static unsigned depth_of(const struct tree *tree, uint32_t node)
{
    unsigned depth = 0;

    while (tree->nodes[node].parent != TREE_NONE) {
        node = tree->nodes[node].parent;
        depth++;
    }
    return depth;
}

/* Whether node `a` stands before node `b` in the message; neither holds the other. */
static bool stands_before(const struct tree *tree, uint32_t a, uint32_t b)
{
    unsigned depth_a = depth_of(tree, a), depth_b = depth_of(tree, b);

    for (; depth_a > depth_b; depth_a--)
        a = tree->nodes[a].parent;
    for (; depth_b > depth_a; depth_b--)
        b = tree->nodes[b].parent;
    while (a != b && tree->nodes[a].parent != tree->nodes[b].parent) {
        a = tree->nodes[a].parent;
        b = tree->nodes[b].parent;
    }
    if (a == b || tree->nodes[a].parent == TREE_NONE)
        return false;
    for (uint32_t child = tree->nodes[tree->nodes[a].parent].first_child; child != b;
         child = tree->nodes[child].next) {
        if (child == a)
            return true;
    }
    return false;
}

uint8_t tree_separator(const struct tree *tree, uint32_t group, uint32_t node,
                       const struct ending *ending)
{
    uint32_t place =
        ending->declared ? tree_locate(tree, group, ending->declared) : TREE_NONE;

    if (place == TREE_NONE || tree->nodes[place].kind != FIELD_INTEGER ||
        (node != TREE_NONE && !stands_before(tree, place, node)))
        return ending->terminator;
    return (uint8_t)tree->nodes[place].integer;
}

bool tree_terminator(const struct tree *tree, uint32_t node, uint8_t *byte)
{
    const struct rule *rule;

    if (node == 0 || tree->nodes[node].kind == FIELD_ARRAY ||
        tree->nodes[node].kind == FIELD_INTEGER)
        return false;
    rule = &tree->model->rules[tree->nodes[node].field];
    *byte = tree_separator(tree, tree_group_of(tree, node), node, &rule->ending);
    return (rule->flags & RULE_ENDS) && rule->ending.terminated;
}

size_t tree_separators(const struct tree *tree, uint32_t node, uint8_t *separators,
                       size_t most)
{
    size_t count = 0;

    for (; node != TREE_NONE && node != 0; node = tree->nodes[node].parent) {
        const struct rule *rule = &tree->model->rules[tree->nodes[node].field];
        uint8_t byte;

        if (tree->nodes[node].kind == FIELD_ARRAY || count == most ||
            !(rule->ending.terminated || rule->flags & RULE_SEPARATOR))
            continue;
        byte = tree_separator(tree, tree_group_of(tree, node), node, &rule->ending);
        if (!count || !memchr(separators, byte, count))
            separators[count++] = byte;
    }
    return count;
}

size_t tree_declared_from(const struct tree *tree)
{
    for (uint32_t i = 1; i < tree->count; i++) {
        const struct ending *ending = &tree->model->rules[tree->nodes[i].field].ending;

        if (ending->declared && !tree->nodes[i].looked_up &&
            tree_separator(tree, tree_group_of(tree, i), i, ending) != ending->terminator)
            return tree->nodes[i].offset;
    }
    return SIZE_MAX;
}

static bool ending_gives_bytes(const struct rule *rule, const struct node *node)
{
    if (!(rule->flags & RULE_ENDS))
        return false;
    switch (node->ending) {
    case ENDING_RULE: return rule->ending.consume;
    case ENDING_KEPT:
        return node->kind == FIELD_GROUP ? node->bytes.length > 0 : node->integer > 0;
    default: return false;
    }
}

static bool gives_bytes(const struct tree *tree, uint32_t index)
{
    const struct node *node = &tree->nodes[index];

    if (node->looked_up)
        return false;
    if (node->kind == FIELD_INTEGER)
        return true;
    if (node->kind != FIELD_ARRAY &&
        ending_gives_bytes(&tree->model->rules[node->field], node))
        return true;
    if (node->kind < FIELD_GROUP)
        return node->bytes.length > 0;
    for (uint32_t child = node->first_child; child != TREE_NONE;
         child = tree->nodes[child].next) {
        if (gives_bytes(tree, child))
            return true;
    }
    return false;
}

static bool owns_stream(const struct tree *tree, uint32_t index)
{
    const struct node *node = &tree->nodes[index];

    return node->field == TREE_NONE ||
           (node->kind == FIELD_GROUP &&
            tree->model->rules[node->field].extent != EXTENT_NONE);
}

bool tree_goes_on(const struct tree *tree, uint32_t node)
{
    uint32_t parent = tree->nodes[node].parent;

    for (; parent != TREE_NONE; node = parent, parent = tree->nodes[node].parent) {
        for (uint32_t next = tree->nodes[node].next; next != TREE_NONE;
             next = tree->nodes[next].next) {
            if (gives_bytes(tree, next))
                return true;
        }
        if (owns_stream(tree, parent))
            return false;
    }
    return false;
}
