#include "model/program.h"

#include <string.h>

enum { STACK_SIZE = 34 };

/* The room an evaluation works in: its own tree's, or the first bound one's. */
static struct scratch *scratch_of(const struct expression *expression,
                                  const struct scope *scope)
{
    if (scope->tree)
        return scope->tree->scratch;
    for (uint32_t i = 0; i < expression->binding_count; i++) {
        if (scope->bindings[i].tree && scope->bindings[i].tree->scratch)
            return scope->bindings[i].tree->scratch;
    }
    return NULL;
}

static struct value bound(const struct binding *binding)
{
    if (!binding->tree)
        return binding->value;
    return binding->tree->count ? value_node(binding->tree, 0) : value_absent();
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

static unsigned taken(const struct instruction *instruction)
{
    switch (instruction->opcode) {
    case OP_SUBSTRING: return 3;
    case OP_LIST: return instruction->extra;
    default: return 2;
    }
}

/* Takes the `count` values at `items` into the scratch. */
static struct value list_of(const struct value *items, uint32_t count,
                            struct scratch *scratch)
{
    struct value *kept = scratch_take(scratch, count * sizeof *kept);

    if (!kept)
        return value_absent();
    memcpy(kept, items, count * sizeof *kept);
    return (struct value){.kind = VALUE_LIST, .count = count, .items = kept};
}

static struct value binary(const struct scope *scope, enum syntax_operator op,
                           struct value a, struct value b)
{
    if (op == OPERATOR_ADD && a.kind == VALUE_BYTES && b.kind == VALUE_BYTES)
        return value_join(a, b, scope->scratch);
    return value_binary(op, a, b);
}

/* What is done to the value on top of the stack. */
static struct value change(const struct scope *scope,
                           const struct instruction *instruction, struct value value)
{
    enum method method = (enum method)instruction->method;

    switch (instruction->opcode) {
    case OP_METHOD:
        return value_method(method, instruction->extra, value, scope->scratch);
    case OP_IO_OF: return scope_io_of(scope, method, value);
    case OP_SIZE_OF: return scope_size_of(value);
    case OP_PARENT:
        return value.kind == VALUE_NODE ? scope_parent_of(value.tree, value.node)
                                        : value_absent();
    case OP_ROOT:
        return value.kind == VALUE_NODE ? value_node(value.tree, 0) : value_absent();
    case OP_UNARY: return value_unary((enum syntax_operator)method, value);
    default: return value_truth(value_is_true(value));
    }
}

/* What makes one value of the `taken` topmost. */
static struct value reduce(const struct scope *scope,
                           const struct instruction *instruction,
                           const struct value *values)
{
    switch (instruction->opcode) {
    case OP_LIST: return list_of(values, instruction->extra, scope->scratch);
    case OP_SUBSTRING: return value_substring(values[0], values[1], values[2]);
    case OP_TO_I:
        return value_is_whole(values[1]) ? value_to_integer(values[0], values[1].integer)
                                         : value_absent();
    case OP_INDEX:
        return value_is_whole(values[1]) ? value_element(values[0], values[1].integer)
                                         : value_absent();
    default:
        return binary(scope, (enum syntax_operator)instruction->method, values[0],
                      values[1]);
    }
}

/* The instruction before the next one. */
static uint32_t branch(const struct expression *expression, uint32_t at,
                       struct value *stack, unsigned *top)
{
    const struct instruction *instruction = &expression->code[at];
    struct value *last = &stack[*top - 1];

    if (instruction->opcode == OP_JUMP)
        return instruction->extra - 1;
    if (instruction->opcode == OP_DECIDES) {
        bool decided = value_is_true(*last) == (instruction->method == OPERATOR_OR);

        if (decided)
            *last = value_truth(instruction->method == OPERATOR_OR);
        *top -= !decided;
        return decided ? instruction->extra - 1 : at;
    }
    if (last->kind == VALUE_ABSENT) /* the jump before `no` knows where all ends */
        return expression->code[instruction->extra - 1].extra - 1;
    --*top;
    return value_is_true(*last) ? at : instruction->extra - 1;
}

static struct value run(const struct expression *expression, const struct scope *scope)
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
            stack[top++] = bound(&scope->bindings[instruction->extra]);
            break;
        case OP_MEMBER:
            if (!step_to_child(&stack[top - 1], instruction->extra))
                stack[top - 1] = scope_member(scope, instruction, stack[top - 1]);
            break;
        case OP_PARENT:
        case OP_ROOT:
            if (instruction->method)
                stack[top - 1] = change(scope, instruction, stack[top - 1]);
            else
                stack[top++] = scope_load(expression, instruction, scope);
            break;
        case OP_UNARY:
        case OP_METHOD:
        case OP_IO_OF:
        case OP_SIZE_OF:
        case OP_TRUTH: stack[top - 1] = change(scope, instruction, stack[top - 1]); break;
        case OP_BINARY:
            if (quick_binary((enum syntax_operator)instruction->method, &stack[top - 2],
                             &stack[top - 1])) {
                top--;
                break;
            }
            /* fall through */
        case OP_INDEX:
        case OP_TO_I:
        case OP_SUBSTRING:
        case OP_LIST:
            top -= taken(instruction) - 1;
            stack[top - 1] = reduce(scope, instruction, &stack[top - 1]);
            break;
        case OP_JUMP:
        case OP_JUMP_UNLESS:
        case OP_DECIDES: at = branch(expression, at, stack, &top); break;
        default: stack[top++] = scope_load(expression, instruction, scope); break;
        }
    }
    return stack[0];
}

struct value program_run(const struct expression *expression, const struct scope *scope)
{
    struct scope own;

    if (scope->depth || !expression->makes_values)
        return run(expression, scope);
    own = *scope;
    own.scratch = scratch_of(expression, scope);
    if (own.scratch)
        own.scratch->used = own.scratch->runs = 0;
    return run(expression, &own);
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
