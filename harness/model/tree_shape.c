/* What kind of message a tree is. */
#include "core/random.h"
#include "model/tree.h"

/* Elements of arrays have the same fields again and again: each counts once. Two that
 * share a bit are taken for one another, which only makes a kind coarser. */
enum { FIELDS = 1024 };

static bool is_new(uint64_t *seen, uint32_t field)
{
    uint64_t bit = UINT64_C(1) << field % 64, *word = &seen[field % FIELDS / 64];
    bool new = !(*word & bit);

    *word |= bit;
    return new;
}

static bool is_named(const struct tree *tree, const struct node *node)
{
    return node->kind == FIELD_INTEGER &&
           model_enum_name(tree->model, node->field, (int64_t)node->integer);
}

uint64_t tree_shape(const struct tree *tree)
{
    uint64_t seen[FIELDS / 64] = {0};
    uint64_t shape = tree->violation_count ? tree->violations[0].kind + 2u : 1;

    for (size_t i = 1; i < tree->count; i++) {
        const struct node *node = &tree->nodes[i];

        if (node->field == TREE_NONE || !is_new(seen, node->field))
            continue;
        shape = random_key(shape, node->field);
        if (is_named(tree, node))
            shape = random_key(shape, node->integer);
    }
    return shape ? shape : 1;
}
