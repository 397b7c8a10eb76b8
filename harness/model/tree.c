#include "model/nodes.h"

#include <stdlib.h>
#include <string.h>

/* A quarter of a gigabyte: copies of copies would fill any memory. */
enum { NODES_MAXIMUM = 1 << 22 };

void tree_init(struct tree *tree, const struct model *model)
{
    *tree = (struct tree){.model = model, .own = buffer_make(OWN_MAXIMUM)};
}

void tree_free(struct tree *tree)
{
    free(tree->nodes);
    free(tree->violations);
    free(tree->scratch);
    buffer_free(&tree->own);
    buffer_free(&tree->encoded);
    *tree = (struct tree){.model = tree->model, .own = tree->own};
}

static int reserve_nodes(struct tree *tree, size_t count)
{
    size_t capacity = tree->capacity ? tree->capacity : 32;
    struct node *nodes;

    if (count <= tree->capacity)
        return 0;
    if (count > NODES_MAXIMUM)
        return -1;
    if (!tree->scratch)
        tree->scratch = malloc(sizeof *tree->scratch);
    if (!tree->scratch)
        return -1;
    while (capacity < count)
        capacity *= 2;
    nodes = realloc(tree->nodes, capacity * sizeof *nodes);
    if (!nodes)
        return -1;
    tree->nodes = nodes;
    tree->capacity = capacity;
    return 0;
}

static int reserve_violations(struct tree *tree, size_t count)
{
    struct violation *violations;

    if (count <= tree->violation_capacity)
        return 0;
    violations = realloc(tree->violations, count * sizeof *violations);
    if (!violations)
        return -1;
    tree->violations = violations;
    tree->violation_capacity = count;
    return 0;
}

int tree_begin(struct tree *tree, const struct model *model, bool reply)
{
    tree->model = model;
    tree->reply = reply;
    tree->count = 0;
    tree->violation_count = 0;
    tree->own.maximum = OWN_MAXIMUM;
    buffer_clear(&tree->own);
    if (reserve_nodes(tree, 1) < 0)
        return -1;
    tree->nodes[0] = (struct node){.field = TREE_NONE,
                                   .parent = TREE_NONE,
                                   .first_child = TREE_NONE,
                                   .next = TREE_NONE,
                                   .kind = FIELD_GROUP};
    tree->count = 1;
    return 0;
}

uint32_t tree_append(struct tree *tree, struct place *place, uint32_t field,
                     enum field_kind kind)
{
    uint32_t index = (uint32_t)tree->count;
    uint32_t name = field == TREE_NONE ? TREE_NONE : tree->model->rules[field].name;

    if (tree->count == tree->capacity && reserve_nodes(tree, tree->count + 1) < 0)
        return TREE_NONE;
    tree->count++;
    tree->nodes[index] = (struct node){.field = field,
                                       .name = name,
                                       .parent = place->parent,
                                       .first_child = TREE_NONE,
                                       .next = TREE_NONE,
                                       .kind = (uint8_t)kind};
    if (place->last == TREE_NONE)
        tree->nodes[place->parent].first_child = index;
    else
        tree->nodes[place->last].next = index;
    tree->nodes[place->parent].child_count++;
    place->last = index;
    return index;
}

static bool points_into(const uint8_t *data, const uint8_t *start, size_t length)
{
    return start && (uintptr_t)data >= (uintptr_t)start &&
           (uintptr_t)data < (uintptr_t)start + length;
}

/* Moves views of the bytes at `from` to the same bytes at `to`. */
static void rebase(struct tree *tree, const uint8_t *from, size_t length,
                   const uint8_t *to)
{
    for (size_t i = 0; i < tree->count; i++) {
        struct view *bytes = &tree->nodes[i].bytes;

        if (bytes->data && points_into(bytes->data, from, length))
            bytes->data = to + ((uintptr_t)bytes->data - (uintptr_t)from);
    }
}

int tree_reserve(struct tree *tree, size_t extra)
{
    const uint8_t *before = tree->own.data;
    struct buffer grown;

    if (tree->own.capacity - tree->own.length >= extra)
        return 0;
    grown = buffer_make(OWN_MAXIMUM);
    if (buffer_reserve(&grown, tree->own.length + extra) < 0)
        return -1;
    buffer_append(&grown, buffer_view(&tree->own)); /* reserved: cannot fail */
    rebase(tree, before, tree->own.length, grown.data);
    free(tree->own.data);
    tree->own = grown;
    return 0;
}

int tree_keep(struct tree *tree, struct view bytes, struct view *kept)
{
    size_t offset = tree->own.length;
    bool inside = bytes.data && points_into(bytes.data, tree->own.data, tree->own.length);
    size_t place = inside ? (size_t)(bytes.data - tree->own.data) : 0;

    if (tree_reserve(tree, bytes.length ? bytes.length : 1) < 0)
        return -1;
    if (inside)
        bytes.data = tree->own.data + place;
    if (bytes.length)
        memcpy(tree->own.data + offset, bytes.data, bytes.length);
    tree->own.length += bytes.length;
    *kept = (struct view){tree->own.data + offset, bytes.length};
    return 0;
}

int tree_copy(struct tree *to, const struct tree *from)
{
    if (reserve_nodes(to, from->count) < 0 ||
        reserve_violations(to, from->violation_count) < 0)
        return -1;
    to->own.maximum = OWN_MAXIMUM;
    buffer_clear(&to->own);
    to->count = 0; /* nothing to rebase while the own bytes are replaced */
    if (buffer_append(&to->own, buffer_view(&from->own)) < 0)
        return -1;
    if (from->count)
        memcpy(to->nodes, from->nodes, from->count * sizeof *to->nodes);
    if (from->violation_count)
        memcpy(to->violations, from->violations,
               from->violation_count * sizeof *to->violations);
    to->model = from->model;
    to->reply = from->reply;
    if (from->context.known)
        to->context = from->context;
    else
        to->context.known = 0;
    to->count = from->count;
    to->violation_count = from->violation_count;
    if (from->own.length)
        rebase(to, from->own.data, from->own.length, to->own.data);
    return 0;
}

/* A leaf's bytes with the ending that is kept behind them. */
static struct view whole_bytes(const struct node *node)
{
    bool kept = node->kind < FIELD_GROUP && node->ending == ENDING_KEPT;

    return (struct view){node->bytes.data,
                         node->bytes.length + (kept ? (size_t)node->integer : 0)};
}

int tree_own_bytes(struct tree *tree)
{
    size_t needed = 0;

    for (size_t i = 0; i < tree->count; i++) {
        if (!points_into(tree->nodes[i].bytes.data, tree->own.data, tree->own.length))
            needed += whole_bytes(&tree->nodes[i]).length;
    }
    if (needed && tree_reserve(tree, needed) < 0)
        return -1;
    for (size_t i = 0; i < tree->count; i++) {
        struct view *bytes = &tree->nodes[i].bytes;
        struct view whole = whole_bytes(&tree->nodes[i]);

        if (!whole.length) {
            bytes->data = bytes->data ? (const uint8_t *)"" : NULL;
            continue;
        }
        if (points_into(bytes->data, tree->own.data, tree->own.length))
            continue;
        if (tree_keep(tree, whole, &whole) < 0)
            return -1;
        bytes->data = whole.data;
    }
    return 0;
}

/* The field that was handed to the group's type as its parameter, TREE_NONE when it was
 * something else. */
static uint32_t argument_of(const struct tree *tree, uint32_t group, uint32_t position)
{
    const struct node *node = &tree->nodes[group];
    const struct variant *variant;
    const struct expression *argument;

    if (node->field == TREE_NONE)
        return TREE_NONE;
    variant = &tree->model->rules[node->field].variants[node->integer >> 32];
    if (position >= variant->argument_count)
        return TREE_NONE;
    argument = variant->arguments[position];
    return expression_is_field(argument)
               ? tree_child(tree, tree_group_of(tree, group), argument->code[0].extra)
               : TREE_NONE;
}

uint32_t tree_locate(const struct tree *tree, uint32_t group, const struct path *path)
{
    for (unsigned i = 0; i < path->count && group != TREE_NONE; i++) {
        if (path->steps[i] == STEP_ROOT)
            group = 0;
        else if (path->steps[i] == STEP_PARENT)
            group = tree_group_of(tree, group);
        else if (path->steps[i] == STEP_ARGUMENT)
            group = argument_of(tree, group, path->names[i]);
        else if (path->steps[i] == STEP_FIRST)
            group = tree->nodes[group].kind == FIELD_ARRAY
                        ? tree->nodes[group].first_child
                        : TREE_NONE;
        else
            group = tree_child(tree, group, path->names[i]);
    }
    return group;
}

/* Removed nodes keep their place in the array but hang on nothing; parse instances are
 * for reading. */
bool tree_is_written(const struct tree *tree, uint32_t node)
{
    if (tree->nodes[node].looked_up)
        return false;
    while (node != 0 && node != TREE_NONE)
        node = tree->nodes[node].parent;
    return node == 0;
}

const struct field *tree_field(const struct tree *tree, uint32_t node)
{
    uint32_t field = tree->nodes[node].field;

    return field == TREE_NONE ? NULL : &tree->model->fields[field];
}

const struct variant *tree_variant(const struct rule *rule, const struct scope *scope)
{
    const struct variant *fallback = NULL;
    struct value on;

    if (!rule->switch_on)
        return rule->variants;
    on = program_run(rule->switch_on, scope);
    for (size_t i = 0; i < rule->variant_count; i++) {
        const struct variant *variant = &rule->variants[i];

        if (variant->is_default)
            fallback = variant;
        else if (variant->text.data
                     ? on.kind == VALUE_BYTES && view_equal(on.bytes, variant->text)
                     : (on.kind == VALUE_INTEGER || on.kind == VALUE_BOOL) &&
                           on.integer == variant->key)
            return variant;
    }
    return fallback;
}

bool tree_decide_order(struct tree *tree, uint32_t group, const struct scope *scope)
{
    uint32_t type = (uint32_t)tree->nodes[group].integer;
    const struct variant *variant = tree_variant(tree->model->types[type].order, scope);

    tree->nodes[group].little = variant && !variant->big_endian;
    return variant != NULL;
}

bool tree_is_big_endian(const struct tree *tree, uint32_t group, uint32_t field)
{
    const struct rule *rule = &tree->model->rules[field];
    uint32_t from = tree->model->types[rule->type].defaults.order_from;

    if (!(rule->flags & RULE_ORDER))
        return tree->model->fields[field].big_endian;
    while (group != TREE_NONE && (tree->nodes[group].kind != FIELD_GROUP ||
                                  (uint32_t)tree->nodes[group].integer != from))
        group = tree_group_of(tree, group);
    return group == TREE_NONE || !tree->nodes[group].little;
}

uint64_t field_fit(const struct field *field, uint64_t value)
{
    uint64_t sign;

    if (field->largest)
        return value % (field->largest + 1);
    if (field->bits == 0 || field->bits >= 64)
        return value;
    value &= (UINT64_C(1) << field->bits) - 1;
    sign = UINT64_C(1) << (field->bits - 1);
    return field->is_signed ? (value ^ sign) - sign : value;
}
