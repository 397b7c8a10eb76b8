/* What names, parameters and streams give while an expression runs on a tree. */
#include "model/program.h"
#include "model/real.h"

#include <string.h>

enum { REFERENCE_DEPTH = 32 };

uint32_t tree_child(const struct tree *tree, uint32_t group, uint32_t name)
{
    uint32_t child = tree->nodes[group].first_child;

    for (; child != TREE_NONE; child = tree->nodes[child].next) {
        if (tree->nodes[child].name == name)
            return child;
    }
    return TREE_NONE;
}

uint32_t tree_group_of(const struct tree *tree, uint32_t node)
{
    uint32_t parent = tree->nodes[node].parent;

    if (parent != TREE_NONE && tree->nodes[parent].kind == FIELD_ARRAY)
        parent = tree->nodes[parent].parent;
    return parent;
}

struct value value_of_node(const struct tree *tree, uint32_t index)
{
    const struct node *node = &tree->nodes[index];

    switch (node->kind) {
    case FIELD_INTEGER: {
        const struct field *field = &tree->model->fields[node->field];

        if (field->is_real)
            return (struct value){.kind = VALUE_REAL,
                                  .real = real_from_bits(field->bits, node->integer)};
        if (!field->is_signed && node->integer > INT64_MAX)
            return value_absent(); /* beyond what expressions count in */
        if (tree->model->rules[node->field].flags & RULE_BOOL)
            return value_truth(node->integer != 0);
        return value_integer((int64_t)node->integer);
    }
    case FIELD_BYTES:
    case FIELD_TEXT:
        return (struct value){.kind = VALUE_BYTES,
                              .is_text = node->kind == FIELD_TEXT,
                              .bytes = node->bytes};
    default: return value_node(tree, index);
    }
}

static const struct type *type_of_group(const struct tree *tree, uint32_t group)
{
    return &tree->model->types[(uint32_t)tree->nodes[group].integer];
}

/* --- names ------------------------------------------------------------------------- */

/* One more instance or argument: false when there were too many or they go in circles. */
static bool may_run(const struct scope *scope)
{
    return scope->depth < REFERENCE_DEPTH && scope->scratch &&
           scope->scratch->runs++ < RUNS_MAXIMUM;
}

static struct value instance_of(const struct scope *scope, const struct tree *tree,
                                uint32_t group, const struct instance *instance)
{
    struct scope inner = *scope;

    if (!may_run(scope))
        return value_absent();
    inner.has_io &= tree == scope->tree && group == scope->group;
    inner.tree = tree;
    inner.group = group;
    inner.self = NULL;
    inner.depth++;
    if (instance->condition && !value_is_true(program_run(instance->condition, &inner)))
        return value_absent();
    return program_run(instance->value, &inner);
}

static struct value parameter(const struct scope *scope, const struct tree *tree,
                              uint32_t group, uint32_t position);

/* A group's field, or one of its type's instances or parameters, computed on the spot. */
static struct value lookup(const struct scope *scope, const struct tree *tree,
                           uint32_t group, uint32_t name)
{
    uint32_t child = tree_child(tree, group, name);
    const struct instance *instance;
    const struct type *type;
    uint32_t position;

    if (child != TREE_NONE)
        return value_of_node(tree, child);
    type = type_of_group(tree, group);
    instance = type_instance(type, name);
    if (instance)
        return instance_of(scope, tree, group, instance);
    position = type_parameter(type, tree->model->names[name]);
    return position == NONE ? value_absent() : parameter(scope, tree, group, position);
}

struct value scope_member(const struct scope *scope,
                          const struct instruction *instruction, struct value value)
{
    if (value.kind == VALUE_NODE && value.tree->nodes[value.node].kind == FIELD_GROUP)
        return instruction->extra == NONE
                   ? value_absent()
                   : lookup(scope, value.tree, value.node, instruction->extra);
    return value_method((enum method)instruction->method, 0, value, scope->scratch);
}

int64_t tree_position(const struct tree *tree, uint32_t node)
{
    uint32_t parent = tree->nodes[node].parent;
    int64_t index = 0;

    if (parent == TREE_NONE || tree->nodes[parent].kind != FIELD_ARRAY)
        return -1;
    /* While a list is read its last element is asked for: no walk for each of them. */
    if (tree->nodes[node].next == TREE_NONE)
        return (int64_t)tree->nodes[parent].child_count - 1;
    for (uint32_t child = tree->nodes[parent].first_child;
         child != node && child != TREE_NONE; child = tree->nodes[child].next)
        index++;
    return index;
}

/* An argument is computed where the group stands: in its parent's scope. */
static struct value parameter(const struct scope *scope, const struct tree *tree,
                              uint32_t group, uint32_t position)
{
    const struct node *node = &tree->nodes[group];
    const struct variant *variant;
    struct scope outer = {
        .tree = tree, .scratch = scope->scratch, .depth = scope->depth + 1};

    if (node->field == TREE_NONE)
        return position == tree->model->direction ? value_truth(tree->reply)
                                                  : context_of(tree, position);
    variant = &tree->model->rules[node->field].variants[node->integer >> 32];
    if (position >= variant->argument_count || !may_run(scope))
        return value_absent();
    outer.group = tree_group_of(tree, group);
    outer.index = tree_position(tree, group);
    return program_run(variant->arguments[position], &outer);
}

struct value scope_parent_of(const struct tree *tree, uint32_t group)
{
    uint32_t parent = tree_group_of(tree, group);

    return parent == TREE_NONE ? value_absent() : value_node(tree, parent);
}

struct value scope_size_of(struct value value)
{
    int64_t bits;

    if (value.kind != VALUE_NODE || value.tree->nodes[value.node].kind != FIELD_GROUP)
        return value_absent();
    bits = type_of_group(value.tree, value.node)->bits;
    return bits < 0 ? value_absent() : value_integer((bits + 7) / 8);
}

/* --- _io --------------------------------------------------------------------------- */

/* The group whose bytes a group is parsed from: itself if it is sized, or one around it.
 */
static uint32_t stream_of(const struct tree *tree, uint32_t group)
{
    while (tree->nodes[group].parent != TREE_NONE) {
        uint32_t field = tree->nodes[group].field;

        if (tree->nodes[group].kind == FIELD_GROUP && field != TREE_NONE &&
            tree->model->rules[field].extent != EXTENT_NONE)
            return group;
        group = tree->nodes[group].parent;
    }
    return group;
}

/* Where a group's own stream begins: one that was decoded counts for itself. */
static int64_t start_of(const struct tree *tree, uint32_t stream)
{
    uint32_t field = tree->nodes[stream].field;

    return field != TREE_NONE && tree->model->rules[field].flags & RULE_PROCESSED
               ? 0
               : tree->nodes[stream].offset;
}

/* Where what has been parsed of a node ends. */
static uint32_t end_of(const struct tree *tree, uint32_t index, bool inside)
{
    const struct node *node = &tree->nodes[index];
    uint32_t last = TREE_NONE;

    if (!inside && node->length)
        return node->offset + node->length;
    for (uint32_t child = node->first_child; child != TREE_NONE;
         child = tree->nodes[child].next)
        last = child;
    if (last != TREE_NONE)
        return end_of(tree, last, false);
    return inside ? (uint32_t)start_of(tree, index) : node->offset + node->length;
}

static struct value stream_fact(enum method method, int64_t size, int64_t pos)
{
    if (method == METHOD_EOF)
        return value_truth(pos >= size);
    return value_integer(method == METHOD_SIZE ? size : pos);
}

/* Where a stream is read on when the one inside it that is being read ends. */
static int64_t position_in(const struct scope *scope, const struct tree *tree,
                           uint32_t stream)
{
    uint32_t inner =
        scope->has_io && tree == scope->tree ? stream_of(tree, scope->group) : stream;

    while (inner != stream && tree->nodes[inner].parent != TREE_NONE) {
        uint32_t outer = stream_of(tree, tree->nodes[inner].parent);

        if (outer == stream)
            return (int64_t)tree->nodes[inner].offset + tree->nodes[inner].length;
        inner = outer;
    }
    return end_of(tree, stream, true);
}

struct value scope_io_of(const struct scope *scope, enum method method,
                         struct value value)
{
    const struct tree *tree = value.tree;
    uint32_t stream;

    if (value.kind != VALUE_NODE)
        return value_absent();
    stream = stream_of(tree, value.node);
    if (scope->has_io && tree == scope->tree && stream == stream_of(tree, scope->group))
        return stream_fact(method, scope->io_size, scope->io_pos);
    return stream_fact(method, tree->nodes[stream].content,
                       position_in(scope, tree, stream) - start_of(tree, stream));
}

struct value scope_load(const struct expression *expression,
                        const struct instruction *instruction, const struct scope *scope)
{
    switch (instruction->opcode) {
    case OP_BOOL: return value_truth(instruction->value != 0);
    case OP_REAL: return (struct value){.kind = VALUE_REAL, .real = instruction->real};
    case OP_TEXT:
        return (struct value){
            .kind = VALUE_BYTES,
            .is_text = instruction->method != 0,
            .bytes = {(const uint8_t *)expression->texts + instruction->value,
                      instruction->extra}};
    case OP_FIELD: return lookup(scope, scope->tree, scope->group, instruction->extra);
    case OP_PARAMETER:
        return parameter(scope, scope->tree, scope->group, instruction->extra);
    case OP_ROOT: return value_node(scope->tree, 0);
    case OP_PARENT: return scope_parent_of(scope->tree, scope->group);
    case OP_SELF: return scope->self ? *scope->self : value_absent();
    case OP_POSITION:
        return scope->index < 0 ? value_absent() : value_integer(scope->index);
    case OP_IO:
        return scope->has_io ? stream_fact((enum method)instruction->method,
                                           scope->io_size, scope->io_pos)
                             : value_absent();
    default: return value_absent();
    }
}
