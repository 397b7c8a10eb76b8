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
