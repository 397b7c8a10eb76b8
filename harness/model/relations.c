/* Makes dependent fields follow from what they depend on: lengths and counts from the
 * content, derived fields from their `valid` expressions. Pinned fields keep their value.
 */
#include "model/nodes.h"

enum { DERIVED_PASSES = 4 };

static int64_t floor_divide(int64_t a, int64_t b)
{
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

static bool is_small(int64_t value)
{
    return value > -(INT64_C(1) << 20) * (1 << 20) && value < (INT64_C(1) << 40);
}

/* f(x), or -1 when x is beyond any real size. */
static int64_t forward(const struct linear *linear, int64_t x)
{
    int64_t product;

    if (!is_small(x) || __builtin_mul_overflow(linear->scale, x, &product) ||
        __builtin_add_overflow(product, linear->shift, &product))
        return -1;
    return floor_divide(product, linear->divisor) + linear->offset;
}

/* The value whose f is `size`. Where a division leaves a choice: the present value if it
 * fits, else the one that fills the last unit (8 bits for 1 byte, 2 bytes for 1
 * register). */
static int64_t invert(const struct linear *linear, int64_t size, int64_t present)
{
    int64_t numerator, largest, whole;

    if (forward(linear, present) == size)
        return present;
    numerator =
        (size - linear->offset) * linear->divisor + linear->divisor - 1 - linear->shift;
    largest = floor_divide(numerator, linear->scale);
    whole = floor_divide(largest, linear->divisor) * linear->divisor;
    return linear->divisor > 1 && forward(linear, whole) == size ? whole : largest;
}

static bool set(struct node *node, const struct field *field, uint64_t value)
{
    value = field_fit(field, value);
    if (node->pinned || node->integer == value)
        return false;
    node->integer = value;
    node->bytes = (struct view){0};
    return true;
}

static bool settle_source(struct tree *tree, uint32_t index)
{
    const struct node *node = &tree->nodes[index];
    const struct rule *rule = &tree->model->rules[node->field];
    bool array = node->kind == FIELD_ARRAY;
    const struct linear *linear = array ? &rule->count_from : &rule->size_from;
    struct node *source;
    uint32_t place;

    if (!(rule->flags & (array ? RULE_INVERTS_COUNT : RULE_INVERTS_SIZE)) ||
        !tree_is_written(tree, index))
        return false;
    place = tree_locate(tree, tree_group_of(tree, index), &linear->source);
    if (place == TREE_NONE || tree->nodes[place].kind != FIELD_INTEGER)
        return false;
    source = &tree->nodes[place];
    return set(source, &tree->model->fields[source->field],
               (uint64_t)invert(linear, array ? node->child_count : node->length,
                                (int64_t)source->integer));
}

static bool settle_derived(struct tree *tree, uint32_t index)
{
    struct node *node = &tree->nodes[index];
    const struct rule *rule = &tree->model->rules[node->field];
    struct scope scope = {.tree = tree, .index = -1};
    struct value self;
    uint64_t integer;

    if (node->kind != FIELD_INTEGER || node->pinned || !tree_is_written(tree, index))
        return false;
    scope.group = tree_group_of(tree, index);
    self = value_of_node(tree, index);
    scope.self = &self;
    if (!field_hold(&tree->model->fields[node->field], program_run(rule->equal, &scope),
                    &integer))
        return false;
    return set(node, &tree->model->fields[node->field], integer);
}

bool tree_settle(struct tree *tree)
{
    const struct rule *rules = tree->model->rules;
    bool changed = false, again = true, derives = false;

    /* Backwards, so that of several dependants the first has the last word. */
    for (uint32_t i = (uint32_t)tree->count; i-- > 1;) {
        unsigned flags = rules[tree->nodes[i].field].flags;

        derives |= (flags & RULE_DERIVES) != 0;
        if (flags & (RULE_INVERTS_SIZE | RULE_INVERTS_COUNT))
            changed |= settle_source(tree, i);
    }
    for (int pass = 0; derives && again && pass < DERIVED_PASSES; pass++) {
        again = false;
        for (uint32_t i = 1; i < tree->count; i++) {
            if (rules[tree->nodes[i].field].flags & RULE_DERIVES)
                again |= settle_derived(tree, i);
        }
        changed |= again;
    }
    return changed;
}
