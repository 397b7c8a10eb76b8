#include "model/program.h"
#include "model/real.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { STACK_SIZE = 34, REFERENCE_DEPTH = 16 };

static struct value absent(void)
{
    return (struct value){.kind = VALUE_ABSENT};
}

static struct value integer(int64_t number)
{
    return (struct value){.kind = VALUE_INTEGER, .integer = number};
}

static struct value truth(bool yes)
{
    return (struct value){.kind = VALUE_BOOL, .integer = yes};
}

static struct value node_value(const struct tree *tree, uint32_t node)
{
    return (struct value){.kind = VALUE_NODE, .tree = tree, .node = node};
}

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

        unsigned flags = tree->model->rules[node->field].flags;

        if (flags & RULE_REAL)
            return (struct value){.kind = VALUE_REAL,
                                  .real = real_from_bits(field->bits, node->integer)};
        if (!field->is_signed && node->integer > INT64_MAX)
            return absent(); /* beyond what expressions count in */
        if (flags & RULE_BOOL)
            return truth(node->integer != 0);
        return integer((int64_t)node->integer);
    }
    case FIELD_BYTES:
    case FIELD_TEXT: return (struct value){.kind = VALUE_BYTES, .bytes = node->bytes};
    default: return node_value(tree, index);
    }
}

static struct value element(struct value list, int64_t index)
{
    const struct node *node;
    uint32_t child;

    if (index < 0)
        return absent();
    if (list.kind == VALUE_BYTES)
        return (uint64_t)index < list.bytes.length ? integer(list.bytes.data[index])
                                                   : absent();
    if (list.kind != VALUE_NODE)
        return absent();
    node = &list.tree->nodes[list.node];
    if (node->kind != FIELD_ARRAY || index >= node->child_count)
        return absent();
    for (child = node->first_child; index > 0 && child != TREE_NONE; index--)
        child = list.tree->nodes[child].next;
    return child == TREE_NONE ? absent() : value_of_node(list.tree, child);
}

static int64_t size_of(struct value value)
{
    if (value.kind == VALUE_BYTES)
        return (int64_t)value.bytes.length;
    if (value.kind == VALUE_NODE && value.tree->nodes[value.node].kind == FIELD_ARRAY)
        return value.tree->nodes[value.node].child_count;
    return -1;
}

static struct value to_integer(struct value value, int base)
{
    char text[72], *end;
    long long number;
    int64_t plain;

    if (value_is_whole(value))
        return integer(value.integer);
    if (value.kind != VALUE_BYTES || value.bytes.length >= sizeof text ||
        (value.bytes.length && memchr(value.bytes.data, '_', value.bytes.length)))
        return absent();
    if (value.bytes.length)
        memcpy(text, value.bytes.data, value.bytes.length);
    text[value.bytes.length] = '\0';
    if (base == 0)
        return text_to_integer(text, &plain) < 0 ? absent() : integer(plain);
    errno = 0;
    number = strtoll(text, &end, base);
    return errno || end != text + value.bytes.length || isspace((unsigned char)text[0])
               ? absent()
               : integer(number);
}

static struct value method(const struct instruction *instruction, struct value value)
{
    int64_t size = size_of(value);

    switch (instruction->method) {
    case METHOD_SIZE: return size < 0 ? absent() : integer(size);
    case METHOD_FIRST: return element(value, 0);
    case METHOD_LAST: return element(value, size - 1);
    case METHOD_TO_I: return to_integer(value, (int)instruction->value);
    case METHOD_VALUE: return value_is_whole(value) ? value : absent();
    default: return absent();
    }
}

static const struct type *type_of_group(const struct tree *tree, uint32_t group)
{
    return &tree->model->types[(uint32_t)tree->nodes[group].integer];
}

/* A group's field, or one of its type's instances, computed on the spot. */
static struct value lookup(const struct scope *scope, const struct tree *tree,
                           uint32_t group, uint32_t name)
{
    uint32_t child = tree_child(tree, group, name);
    const struct type *type;
    struct scope inner;

    if (child != TREE_NONE)
        return value_of_node(tree, child);
    type = type_of_group(tree, group);
    for (size_t i = 0; i < type->instance_count; i++) {
        if (type->instances[i].name != name || scope->depth >= REFERENCE_DEPTH)
            continue;
        inner = *scope;
        inner.has_io &= tree == scope->tree && group == scope->group;
        inner.tree = tree;
        inner.group = group;
        inner.self = NULL;
        inner.depth++;
        return program_run(type->instances[i].value, &inner);
    }
    return absent();
}

static struct value member(const struct scope *scope,
                           const struct instruction *instruction, struct value value)
{
    if (value.kind == VALUE_NODE && value.tree->nodes[value.node].kind == FIELD_GROUP)
        return instruction->extra == NONE
                   ? absent()
                   : lookup(scope, value.tree, value.node, instruction->extra);
    return method(instruction, value);
}

static int64_t position_of(const struct tree *tree, uint32_t node)
{
    uint32_t parent = tree->nodes[node].parent;
    int64_t index = 0;

    if (parent == TREE_NONE || tree->nodes[parent].kind != FIELD_ARRAY)
        return -1;
    for (uint32_t child = tree->nodes[parent].first_child;
         child != node && child != TREE_NONE; child = tree->nodes[child].next)
        index++;
    return index;
}

/* An argument is computed where the group stands: in its parent's scope. */
static struct value parameter(const struct scope *scope, uint32_t position)
{
    const struct tree *tree = scope->tree;
    const struct node *group = &tree->nodes[scope->group];
    const struct variant *variant;
    struct scope outer = {.tree = tree, .depth = scope->depth + 1};

    if (group->field == TREE_NONE)
        return truth(tree->reply);
    variant = &tree->model->rules[group->field].variants[group->integer >> 32];
    if (position >= variant->argument_count || scope->depth >= REFERENCE_DEPTH)
        return absent();
    outer.group = tree_group_of(tree, scope->group);
    outer.index = position_of(tree, scope->group);
    return program_run(variant->arguments[position], &outer);
}

static struct value bound(const struct binding *binding)
{
    if (!binding->tree)
        return binding->value;
    return binding->tree->count ? node_value(binding->tree, 0) : absent();
}

static struct value parent_of(const struct tree *tree, uint32_t group)
{
    uint32_t parent = tree_group_of(tree, group);

    return parent == TREE_NONE ? absent() : node_value(tree, parent);
}

static struct value load(const struct expression *expression,
                         const struct instruction *instruction, const struct scope *scope)
{
    switch (instruction->opcode) {
    case OP_BOOL: return truth(instruction->value != 0);
    case OP_REAL: return (struct value){.kind = VALUE_REAL, .real = instruction->real};
    case OP_TEXT:
        return (struct value){
            .kind = VALUE_BYTES,
            .bytes = {(const uint8_t *)expression->texts + instruction->value,
                      instruction->extra}};
    case OP_FIELD: return lookup(scope, scope->tree, scope->group, instruction->extra);
    case OP_PARAMETER: return parameter(scope, instruction->extra);
    case OP_ROOT: return node_value(scope->tree, 0);
    case OP_PARENT: return parent_of(scope->tree, scope->group);
    case OP_SELF: return scope->self ? *scope->self : absent();
    case OP_POSITION: return scope->index < 0 ? absent() : integer(scope->index);
    case OP_IO_SIZE: return scope->has_io ? integer(scope->io_size) : absent();
    case OP_IO_POS: return scope->has_io ? integer(scope->io_pos) : absent();
    case OP_IO_EOF:
        return scope->has_io ? truth(scope->io_pos >= scope->io_size) : absent();
    default: return absent();
    }
}

/* The common case of a path's step, without copying values around: a field of a group. */
static bool step_to_child(struct value *value, uint32_t name)
{
    const struct tree *tree = value->tree;
    uint32_t child;

    if (value->kind != VALUE_NODE || tree->nodes[value->node].kind != FIELD_GROUP)
        return false;
    child = tree_child(tree, value->node, name);
    if (child == TREE_NONE)
        return false;
    if (tree->nodes[child].kind == FIELD_GROUP)
        value->node = child;
    else
        *value = value_of_node(tree, child);
    return true;
}

/* The common operators on two integers that cannot overflow. */
static bool quick_binary(enum syntax_operator op, struct value *a, const struct value *b)
{
    if (a->kind != VALUE_INTEGER || b->kind != VALUE_INTEGER)
        return false;
    switch (op) {
    case OPERATOR_BIT_AND: a->integer &= b->integer; return true;
    case OPERATOR_BIT_OR: a->integer |= b->integer; return true;
    case OPERATOR_EQUAL: a->integer = a->integer == b->integer; break;
    case OPERATOR_NOT_EQUAL: a->integer = a->integer != b->integer; break;
    case OPERATOR_LESS: a->integer = a->integer < b->integer; break;
    case OPERATOR_LESS_EQUAL: a->integer = a->integer <= b->integer; break;
    case OPERATOR_GREATER: a->integer = a->integer > b->integer; break;
    case OPERATOR_GREATER_EQUAL: a->integer = a->integer >= b->integer; break;
    default: return false;
    }
    a->kind = VALUE_BOOL;
    return true;
}

struct value program_run(const struct expression *expression, const struct scope *scope)
{
    struct value stack[STACK_SIZE];
    unsigned top = 0; /* stack[top - 1] is the last value */

    for (uint32_t at = 0; at < expression->count; at++) {
        const struct instruction *instruction = &expression->code[at];

        switch (instruction->opcode) {
        case OP_INTEGER:
            stack[top].kind = VALUE_INTEGER;
            stack[top++].integer = instruction->value;
            break;
        case OP_BINDING:
            if (scope->bindings[instruction->extra].tree &&
                scope->bindings[instruction->extra].tree->count) {
                stack[top].kind = VALUE_NODE;
                stack[top].tree = scope->bindings[instruction->extra].tree;
                stack[top++].node = 0;
            } else {
                stack[top++] = bound(&scope->bindings[instruction->extra]);
            }
            break;
        case OP_MEMBER:
            if (!step_to_child(&stack[top - 1], instruction->extra))
                stack[top - 1] = member(scope, instruction, stack[top - 1]);
            break;
        case OP_PARENT:
            if (instruction->method)
                stack[top - 1] = stack[top - 1].kind == VALUE_NODE
                                     ? parent_of(stack[top - 1].tree, stack[top - 1].node)
                                     : absent();
            else
                stack[top++] = parent_of(scope->tree, scope->group);
            break;
        case OP_INDEX:
            top--;
            stack[top - 1] = value_is_whole(stack[top])
                                 ? element(stack[top - 1], stack[top].integer)
                                 : absent();
            break;
        case OP_UNARY:
            stack[top - 1] =
                value_unary((enum syntax_operator)instruction->method, stack[top - 1]);
            break;
        case OP_BINARY:
            top--;
            if (!quick_binary((enum syntax_operator)instruction->method, &stack[top - 1],
                              &stack[top]))
                stack[top - 1] = value_binary((enum syntax_operator)instruction->method,
                                              stack[top - 1], stack[top]);
            break;
        case OP_JUMP: at = instruction->extra - 1; break;
        case OP_JUMP_UNLESS:
            top--;
            if (stack[top].kind == VALUE_ABSENT) {
                stack[top++] = absent(); /* the jump before `no` knows where all ends */
                at = expression->code[instruction->extra - 1].extra - 1;
            } else if (!value_is_true(stack[top])) {
                at = instruction->extra - 1;
            }
            break;
        case OP_DECIDES:
            if (value_is_true(stack[top - 1]) == (instruction->method == OPERATOR_OR)) {
                stack[top - 1] = truth(instruction->method == OPERATOR_OR);
                at = instruction->extra - 1;
            } else {
                top--;
            }
            break;
        case OP_TRUTH: stack[top - 1] = truth(value_is_true(stack[top - 1])); break;
        default: stack[top++] = load(expression, instruction, scope); break;
        }
    }
    return stack[0];
}

struct value expression_evaluate(const struct expression *expression,
                                 const struct binding *bindings)
{
    struct scope scope = {.bindings = bindings, .index = -1};

    return program_run(expression, &scope);
}

bool expression_true(const struct expression *expression, const struct binding *bindings)
{
    return value_is_true(expression_evaluate(expression, bindings));
}
