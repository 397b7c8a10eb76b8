/* Changes of what a message is made of: elements and fields that move, subtrees from
 * elsewhere, and the anomalies of the catalogue. */
#include "generate/mutator_parts.h"

enum { SHAPE_TRIES = 8, COPIES = 8 };

/* --- order -------------------------------------------------------------------------- */

static bool is_element(const struct tree *tree, uint32_t node)
{
    return tree->nodes[tree->nodes[node].parent].kind == FIELD_ARRAY;
}

/* A child of an array; now and then of a group. */
static uint32_t find_child(const struct tree *tree, struct random *random)
{
    bool any = once_in(random, 4);

    for (int i = 0; i < SHAPE_TRIES; i++) {
        uint32_t node = mutator_node(tree, random, UINT32_MAX);

        if (node != TREE_NONE && (any || is_element(tree, node)))
            return node;
    }
    return TREE_NONE;
}

static bool copy_child(struct tree *tree, uint32_t parent, size_t place,
                       struct random *random)
{
    size_t copies = once_in(random, 4) ? 1 + pick(random, COPIES) : 1;

    while (copies > 0 && tree_duplicate_child(tree, parent, place) == 0)
        copies--;
    return copies == 0;
}

bool mutator_order(struct mutator *mutator, const struct source *source, size_t most)
{
    struct tree *tree = &mutator->tree;
    uint32_t child = find_child(tree, source->random), parent;
    size_t place, count;

    (void)most;
    if (child == TREE_NONE)
        return false;
    parent = tree->nodes[child].parent;
    place = mutator_place(tree, child);
    count = tree->nodes[parent].child_count;
    switch (pick(source->random, count > 1 ? 3 : 2)) {
    case 0: return copy_child(tree, parent, place, source->random);
    case 1: return tree_remove_child(tree, parent, place) == 0;
    default:
        return tree_move_child(tree, parent, place, pick(source->random, count)) == 0;
    }
}

/* --- splice ------------------------------------------------------------------------- */

static uint32_t type_of(const struct node *node)
{
    return (uint32_t)node->integer;
}

/* Groups of one type fit wherever they stand; of the same switch, now and then, whatever
 * it chose. Other fields have to be the same. */
static bool fits(const struct node *here, const struct node *there, bool confuse)
{
    if (here->kind != there->kind || here->field == TREE_NONE || there->looked_up ||
        there->rest)
        return false;
    if (here->kind == FIELD_GROUP && type_of(here) == type_of(there))
        return true;
    return here->field == there->field && (here->kind != FIELD_GROUP || confuse);
}

/* One that fits, looked for from anywhere on. */
static uint32_t find_source(const struct tree *from, const struct node *here,
                            struct random *random)
{
    bool confuse = once_in(random, 8);
    size_t start = from->count ? pick(random, from->count) : 0;

    for (size_t i = 0; i < from->count; i++) {
        uint32_t node = (uint32_t)((start + i) % from->count);

        if (node && fits(here, &from->nodes[node], confuse))
            return node;
    }
    return TREE_NONE;
}

static bool graft(struct tree *tree, uint32_t node, const struct tree *from,
                  uint32_t source)
{
    uint64_t shape = tree->nodes[node].integer;
    bool same = type_of(&tree->nodes[node]) == type_of(&from->nodes[source]);

    if (tree_graft(tree, node, from, source) < 0)
        return false;
    if (same) /* the case of the switch is that of the field it stands in now */
        tree->nodes[node].integer = shape;
    return true;
}

/* An element becomes one more in front of itself, half of the times. */
static uint32_t make_place(struct tree *tree, uint32_t node, struct random *random)
{
    uint32_t copy = (uint32_t)tree->count;

    if (!is_element(tree, node) || once_in(random, 2))
        return node;
    return tree_duplicate_child(tree, tree->nodes[node].parent,
                                mutator_place(tree, node)) == 0
               ? copy
               : node;
}

static bool take(struct tree *tree, uint32_t node, const struct tree *from,
                 uint32_t source)
{
    const struct node *there = &from->nodes[source];

    switch (there->kind) {
    case FIELD_GROUP: return graft(tree, node, from, source);
    case FIELD_INTEGER:
        tree_set_integer(tree, node, there->integer, tree->nodes[node].pinned);
        return true;
    default: return tree_set_bytes(tree, node, there->bytes) == 0;
    }
}

bool mutator_splice(struct mutator *mutator, const struct source *source, size_t most)
{
    const unsigned kinds =
        1u << FIELD_GROUP | 1u << FIELD_INTEGER | 1u << FIELD_BYTES | 1u << FIELD_TEXT;
    const struct tree *from = mutator_donor(mutator, source->random);
    struct tree *tree = &mutator->tree;

    (void)most;
    for (int i = 0; from && i < SHAPE_TRIES; i++) {
        uint32_t node = mutator_node(tree, source->random, kinds), there;

        if (node == TREE_NONE)
            return false;
        there = find_source(from, &tree->nodes[node], source->random);
        if (there != TREE_NONE)
            return take(tree, make_place(tree, node, source->random), from, there);
    }
    return false;
}

/* --- anomalies ---------------------------------------------------------------------- */

/* The message as it came, where an anomaly looks for its exemplar. */
static int keep_original(struct mutator *mutator)
{
    struct tree *original = &mutator->around.messages[0].tree;

    return original->count ? 0 : tree_copy(original, &mutator->tree);
}

/* Only as the first change: its exemplar is the message before. */
bool mutator_anomaly(struct mutator *mutator, const struct source *source, size_t most)
{
    struct site site = {.session = &mutator->around};

    (void)most;
    if (mutator->changed || keep_original(mutator) < 0)
        return false;
    for (int i = 0; i < SHAPE_TRIES; i++) {
        const struct anomaly_ops *kind =
            mutator->anomalies[pick(source->random, mutator->anomaly_count)];
        uint64_t count;

        site.node = mutator_node(&mutator->tree, source->random, UINT32_MAX);
        if (site.node == TREE_NONE)
            return false;
        count = kind->count(&site);
        if (count)
            return kind->change(&site, random_next_below(source->random, count),
                                &mutator->tree) == 0;
    }
    return false;
}
