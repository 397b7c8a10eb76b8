/* What the operators of expressions do to values. */
#include "model/program.h"

#include <math.h>
#include <string.h>

bool value_is_true(struct value value)
{
    switch (value.kind) {
    case VALUE_INTEGER:
    case VALUE_BOOL: return value.integer != 0;
    case VALUE_REAL: return value.real != 0;
    default: return false;
    }
}

static bool nodes_equal(const struct tree *a, uint32_t left, const struct tree *b,
                        uint32_t right)
{
    const struct node *one = &a->nodes[left], *two = &b->nodes[right];

    if (one->kind != two->kind || one->child_count != two->child_count)
        return false;
    if (one->kind == FIELD_INTEGER)
        return one->integer == two->integer;
    if (one->kind == FIELD_BYTES || one->kind == FIELD_TEXT)
        return view_equal(one->bytes, two->bytes);
    left = one->first_child;
    right = two->first_child;
    while (left != TREE_NONE && right != TREE_NONE) {
        if (!nodes_equal(a, left, b, right))
            return false;
        left = a->nodes[left].next;
        right = b->nodes[right].next;
    }
    return left == right;
}

static bool lists_equal(struct value a, struct value b)
{
    int64_t size = a.kind == VALUE_LIST ? (int64_t)a.count : (int64_t)b.count;

    for (int64_t i = 0; i < size; i++) {
        if (!value_equal(value_element(a, i), value_element(b, i)))
            return false;
    }
    return value_element(a, size).kind == VALUE_ABSENT &&
           value_element(b, size).kind == VALUE_ABSENT;
}

bool value_equal(struct value a, struct value b)
{
    if (a.kind == VALUE_ABSENT || b.kind == VALUE_ABSENT)
        return false;
    if (a.kind == VALUE_LIST || b.kind == VALUE_LIST)
        return lists_equal(a, b);
    if (a.kind == VALUE_NODE || b.kind == VALUE_NODE)
        return a.kind == b.kind && nodes_equal(a.tree, a.node, b.tree, b.node);
    if (a.kind == VALUE_BYTES || b.kind == VALUE_BYTES)
        return a.kind == b.kind && view_equal(a.bytes, b.bytes);
    if (a.kind == VALUE_REAL || b.kind == VALUE_REAL)
        return (a.kind == VALUE_REAL ? a.real : (double)a.integer) ==
               (b.kind == VALUE_REAL ? b.real : (double)b.integer);
    return a.integer == b.integer;
}

bool value_is_whole(struct value value)
{
    return value.kind == VALUE_INTEGER || value.kind == VALUE_BOOL;
}

static int64_t floor_divide(int64_t a, int64_t b)
{
    return a / b - (a % b != 0 && (a < 0) != (b < 0));
}

static struct value arithmetic(enum syntax_operator op, int64_t a, int64_t b)
{
    int64_t result = 0;
    bool overflow = false;

    switch (op) {
    case OPERATOR_ADD: overflow = __builtin_add_overflow(a, b, &result); break;
    case OPERATOR_SUBTRACT: overflow = __builtin_sub_overflow(a, b, &result); break;
    case OPERATOR_MULTIPLY: overflow = __builtin_mul_overflow(a, b, &result); break;
    case OPERATOR_DIVIDE:
    case OPERATOR_MODULO:
        overflow = b == 0 || (a == INT64_MIN && b == -1);
        if (!overflow)
            result =
                op == OPERATOR_DIVIDE ? floor_divide(a, b) : a - floor_divide(a, b) * b;
        break;
    case OPERATOR_SHIFT_LEFT:
        overflow = b < 0 || (b > 63 && a != 0);
        result = overflow || b > 63 ? 0 : (int64_t)((uint64_t)a << b);
        overflow |= b <= 63 && !overflow && result >> b != a;
        break;
    case OPERATOR_SHIFT_RIGHT:
        overflow = b < 0;
        result = overflow ? 0 : a >> (b > 63 ? 63 : b);
        break;
    case OPERATOR_BIT_AND: result = a & b; break;
    case OPERATOR_BIT_XOR: result = a ^ b; break;
    default: result = a | b; break;
    }
    return overflow ? value_absent() : value_integer(result);
}

static struct value real_arithmetic(enum syntax_operator op, double a, double b)
{
    struct value result = {.kind = VALUE_REAL};

    switch (op) {
    case OPERATOR_ADD: result.real = a + b; break;
    case OPERATOR_SUBTRACT: result.real = a - b; break;
    case OPERATOR_MULTIPLY: result.real = a * b; break;
    case OPERATOR_DIVIDE:
        if (b == 0)
            return value_absent();
        result.real = a / b;
        break;
    case OPERATOR_MODULO:
        if (b == 0)
            return value_absent();
        result.real = fmod(a, b);
        if (result.real != 0 && (result.real < 0) != (b < 0))
            result.real += b;
        break;
    default: return value_absent();
    }
    return result;
}

int value_compare(struct value a, struct value b)
{
    if (value_is_whole(a) && value_is_whole(b))
        return (a.integer > b.integer) - (a.integer < b.integer);
    if (a.kind == VALUE_BYTES && b.kind == VALUE_BYTES) {
        size_t shared = a.bytes.length < b.bytes.length ? a.bytes.length : b.bytes.length;
        int order = shared ? memcmp(a.bytes.data, b.bytes.data, shared) : 0;

        if (order == 0)
            order = (a.bytes.length > b.bytes.length) - (a.bytes.length < b.bytes.length);
        return (order > 0) - (order < 0);
    }
    if ((value_is_whole(a) || a.kind == VALUE_REAL) &&
        (value_is_whole(b) || b.kind == VALUE_REAL)) {
        double x = a.kind == VALUE_REAL ? a.real : (double)a.integer;
        double y = b.kind == VALUE_REAL ? b.real : (double)b.integer;

        return isnan(x) || isnan(y) ? 2 : (x > y) - (x < y);
    }
    return 2;
}

static struct value comparison(enum syntax_operator op, struct value a, struct value b)
{
    int order;

    if (op == OPERATOR_EQUAL)
        return value_truth(value_equal(a, b));
    if (op == OPERATOR_NOT_EQUAL)
        return value_truth(!value_equal(a, b));
    order = value_compare(a, b);
    if (order == 2)
        return value_absent();
    switch (op) {
    case OPERATOR_LESS: return value_truth(order < 0);
    case OPERATOR_LESS_EQUAL: return value_truth(order <= 0);
    case OPERATOR_GREATER: return value_truth(order > 0);
    default: return value_truth(order >= 0);
    }
}

struct value value_binary(enum syntax_operator op, struct value a, struct value b)
{
    if (op == OPERATOR_AND)
        return value_truth(value_is_true(a) && value_is_true(b));
    if (op == OPERATOR_OR)
        return value_truth(value_is_true(a) || value_is_true(b));
    if (a.kind == VALUE_ABSENT || b.kind == VALUE_ABSENT)
        return value_absent();
    if (op >= OPERATOR_LESS)
        return comparison(op, a, b);
    if (value_is_whole(a) && value_is_whole(b))
        return arithmetic(op, a.integer, b.integer);
    if ((value_is_whole(a) || a.kind == VALUE_REAL) &&
        (value_is_whole(b) || b.kind == VALUE_REAL))
        return real_arithmetic(op, a.kind == VALUE_REAL ? a.real : (double)a.integer,
                               b.kind == VALUE_REAL ? b.real : (double)b.integer);
    return value_absent();
}

struct value value_unary(enum syntax_operator op, struct value a)
{
    if (a.kind == VALUE_ABSENT)
        return value_absent();
    if (op == OPERATOR_NOT)
        return value_truth(!value_is_true(a));
    if (op == OPERATOR_NEGATE && a.kind == VALUE_REAL) {
        a.real = -a.real;
        return a;
    }
    if (!value_is_whole(a))
        return value_absent();
    return op == OPERATOR_INVERT ? value_integer(~a.integer)
                                 : arithmetic(OPERATOR_SUBTRACT, 0, a.integer);
}
