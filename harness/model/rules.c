/* Whether a parsed value keeps the rules of its field: `valid`, `contents`, checksums. */
#include "model/nodes.h"
#include "model/real.h"

#include <math.h>

static bool begins_stream(const struct tree *tree, uint32_t group)
{
    uint32_t field = tree->nodes[group].field;

    return field != TREE_NONE && (tree->model->rules[field].flags & RULE_PROCESSED);
}

/* Where in the stream the bytes that it covers begin. */
static size_t checksum_start(const struct tree *tree, uint32_t index)
{
    const struct node *node = &tree->nodes[index];
    const struct checksum *checksum = tree->model->rules[node->field].checksum;
    uint32_t from;

    switch (checksum->from) {
    case FROM_MESSAGE: return 0;
    case FROM_TYPE:
        return begins_stream(tree, node->parent) ? 0 : tree->nodes[node->parent].offset;
    default:
        from = tree_child(tree, node->parent, checksum->from_name);
        /* In a changed tree it may stand behind. */
        return from == TREE_NONE || tree->nodes[from].offset > node->offset
                   ? node->offset
                   : tree->nodes[from].offset;
    }
}

static uint64_t added(const struct tree *tree, uint32_t index,
                      const struct checksum *checksum)
{
    struct scope scope = {.tree = tree, .group = tree_group_of(tree, index), .index = -1};
    struct value value = {.kind = VALUE_INTEGER};

    if (checksum->plus)
        value = program_run(checksum->plus, &scope);
    return value.kind == VALUE_INTEGER ? (uint64_t)value.integer : 0;
}

static uint64_t sum_of(const struct tree *tree, const struct checksum *checksum,
                       uint32_t index, struct view covered, size_t hole)
{
    return checksum->kind == CHECKSUM_INTERNET
               ? checksum_internet(covered, hole, added(tree, index, checksum))
               : checksum_of(checksum, covered);
}

/* The bytes that the checksum at a node covers. */
static struct view covered_by(const struct tree *tree, struct view stream, uint32_t index)
{
    const struct node *node = &tree->nodes[index], *group = &tree->nodes[node->parent];
    const struct checksum *checksum = tree->model->rules[node->field].checksum;
    size_t start = checksum_start(tree, index), end = node->offset;

    if (checksum->kind == CHECKSUM_INTERNET)
        end = begins_stream(tree, node->parent) ? stream.length
                                                : (size_t)group->offset + group->length;
    return view_slice(stream, start, end > start ? end - start : 0);
}

uint64_t rule_checksum(const struct tree *tree, struct view stream, uint32_t index)
{
    const struct node *node = &tree->nodes[index];
    struct view covered = covered_by(tree, stream, index);

    return field_fit(&tree->model->fields[node->field],
                     sum_of(tree, tree->model->rules[node->field].checksum, index,
                            covered,
                            node->offset - (size_t)(covered.data - stream.data)));
}

bool rule_checksum_fits(const struct tree *tree, struct view stream, uint32_t index)
{
    const struct node *node = &tree->nodes[index];
    const struct checksum *checksum = tree->model->rules[node->field].checksum;
    uint64_t sum = rule_checksum(tree, stream, index);

    /* Of the two zeros of this arithmetic either will do (RFC 1624, 3). */
    return sum == node->integer ||
           (checksum->kind == CHECKSUM_INTERNET && sum == 0 && node->integer == 0xffff);
}

uint64_t tree_mistaken_checksum(const struct tree *tree, uint32_t index,
                                struct view message, enum checksum_mistake mistake)
{
    const struct node *node = &tree->nodes[index];
    struct checksum checksum = *tree->model->rules[node->field].checksum;
    struct view covered = covered_by(tree, message, index);
    size_t hole = node->offset - (size_t)(covered.data - message.data);

    if (mistake == CHECKSUM_ENDS_EARLY && covered.length)
        covered.length--;
    if (mistake == CHECKSUM_BEGINS_LATE) {
        covered = view_slice(covered, 1, covered.length);
        hole--;
    }
    if (mistake == CHECKSUM_OTHER_START) {
        checksum.initial = ~checksum.initial;
        checksum.plus = NULL; /* a pseudo-header is what is forgotten */
    }
    return field_fit(&tree->model->fields[node->field],
                     sum_of(tree, &checksum, index, covered, hole));
}

bool rule_process_key(const struct rule *rule, const struct scope *scope,
                      struct process_key *key)
{
    struct value value;

    *key = (struct process_key){.number = 0};
    if (!rule->process_key)
        return true;
    value = program_run(rule->process_key, scope);
    if (value.kind == VALUE_BYTES && rule->process == PROCESS_XOR) {
        key->bytes = value.bytes;
        return true;
    }
    key->number = value.integer;
    return value.kind == VALUE_INTEGER;
}

static bool in_choices(const struct field *field, uint64_t value)
{
    for (size_t i = 0; i < field->choice_count; i++) {
        if ((uint64_t)field->choices[i] == value)
            return true;
    }
    return false;
}

static bool in_bounds(const struct field *field, uint64_t value)
{
    if (!field->is_signed && value > INT64_MAX)
        return field->maximum == INT64_MAX && field->bits == 64;
    return (int64_t)value >= field->minimum && (int64_t)value <= field->maximum;
}

static bool real_of(struct value value, double *real)
{
    *real = value.kind == VALUE_REAL ? value.real : (double)value.integer;
    return value.kind == VALUE_REAL || value_is_whole(value);
}

bool field_hold(const struct field *field, struct value value, uint64_t *integer)
{
    double real;

    *integer = (uint64_t)value.integer;
    if (!field->is_real)
        return value_is_whole(value);
    if (!real_of(value, &real))
        return false;
    *integer = real_to_bits(field->bits, real);
    return true;
}

/* -1, 0 or 1; 2 when the two cannot be ordered: a NaN, or no numbers. */
static int order(struct value a, struct value b)
{
    double x, y;

    if (a.kind == VALUE_REAL || b.kind == VALUE_REAL)
        return real_of(a, &x) && real_of(b, &y) && !isnan(x) && !isnan(y)
                   ? (x > y) - (x < y)
                   : 2;
    if (!value_is_whole(a) || !value_is_whole(b))
        return 2;
    return (a.integer > b.integer) - (a.integer < b.integer);
}

static bool expressions_hold(const struct rule *rule, const struct scope *scope)
{
    const struct value *self = scope->self;
    bool any = rule->any_of_count == 0;

    if (rule->equal && !value_equal(program_run(rule->equal, scope), *self))
        return false;
    if (rule->minimum) {
        int relation = order(*self, program_run(rule->minimum, scope));

        if (relation == 2 || relation < 0)
            return false;
    }
    if (rule->maximum && order(*self, program_run(rule->maximum, scope)) > 0)
        return false;
    for (size_t i = 0; i < rule->any_of_count && !any; i++)
        any = value_equal(program_run(rule->any_of[i], scope), *self);
    return any && (!rule->test || value_is_true(program_run(rule->test, scope)));
}

bool rule_contents_fit(const struct tree *tree, uint32_t index)
{
    const struct node *node = &tree->nodes[index];
    const struct rule *rule = &tree->model->rules[node->field];

    if (!(rule->flags & RULE_SEPARATOR))
        return view_equal(node->bytes, rule->contents);
    return node->bytes.length == 1 &&
           node->bytes.data[0] ==
               tree_separator(tree, tree_group_of(tree, index), index, &rule->ending);
}

bool rule_holds(const struct tree *tree, uint32_t index, struct scope *scope)
{
    const struct node *node = &tree->nodes[index];
    const struct field *field = &tree->model->fields[node->field];
    const struct rule *rule = &tree->model->rules[node->field];
    struct value self;
    uint64_t number;
    bool holds;

    if (rule->codec && node->bytes.data &&
        codec_read(rule->codec, node->bytes, &number) < 0)
        return false;
    if (rule->contents.data && !rule_contents_fit(tree, index))
        return false;
    if (field->has_bounds && !in_bounds(field, node->integer))
        return false;
    if (field->choices_bind && !in_choices(field, node->integer))
        return false;
    if (!rule->equal && !rule->minimum && !rule->maximum && !rule->test &&
        !rule->any_of_count)
        return true;
    self = value_of_node(tree, index);
    scope->self = &self;
    holds = expressions_hold(rule, scope);
    scope->self = NULL;
    return holds;
}
