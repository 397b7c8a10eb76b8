/* Anomalies of one integer field: each is a list of values, computed from the field's
 * description and the exemplar's value. */
#include "generate/anomaly.h"

#include <stdio.h>
#include <string.h>

enum { VALUES = 256, SMALL_STEPS = 16 };

struct values {
    uint64_t list[VALUES];
    const char *labels[VALUES]; /* NULL: the value itself is the label */
    size_t count;
    uint64_t mask, largest, original;
};

static uint64_t width_mask(const struct field *field)
{
    return field->bits >= 64 ? UINT64_MAX : (UINT64_C(1) << field->bits) - 1;
}

static uint64_t type_maximum(const struct field *field)
{
    return field->largest ? field->largest : width_mask(field);
}

/* Adds a value once, never the exemplar's own. */
static void add(struct values *values, uint64_t value, const char *label)
{
    value &= values->mask;
    if (values->largest && value > values->largest)
        value %= values->largest + 1;
    if (value == values->original || values->count == VALUES)
        return;
    for (size_t i = 0; i < values->count; i++)
        if (values->list[i] == value)
            return;
    values->labels[values->count] = label;
    values->list[values->count++] = value;
}

/* A boundary is listed even when it is the exemplar's own value or listed already: each
 * label is one boundary to be covered. */
static void add_boundary(struct values *values, int64_t value, const char *label)
{
    values->labels[values->count] = label;
    values->list[values->count++] = (uint64_t)value & values->mask;
}

static bool representable(const struct field *field, int64_t value)
{
    if (field->is_signed)
        return field->bits >= 64 || (value >= -(INT64_C(1) << (field->bits - 1)) &&
                                     value < INT64_C(1) << (field->bits - 1));
    return value >= 0 && (uint64_t)value <= type_maximum(field);
}

/* --- the lists ---------------------------------------------------------------------- */

static void list_small_steps(const struct field *field, struct values *values)
{
    if (field->role == ROLE_CHECKSUM || field->role == ROLE_SEQUENCE)
        return;
    for (uint64_t step = 1; step <= SMALL_STEPS; step++) {
        add(values, values->original + step, NULL);
        add(values, values->original - step, NULL);
    }
}

size_t field_limits(const struct field *field, struct limit limits[LIMITS])
{
    size_t count = 0;

    if (!field->has_bounds)
        return 0;
    if (field->minimum != INT64_MIN && representable(field, field->minimum - 1))
        limits[count++] = (struct limit){field->minimum - 1, "min-1"};
    limits[count++] = (struct limit){field->minimum, "min"};
    limits[count++] = (struct limit){field->maximum, "max"};
    if (field->maximum != INT64_MAX && representable(field, field->maximum + 1))
        limits[count++] = (struct limit){field->maximum + 1, "max+1"};
    return count;
}

/* What AC-04 counts. */
static void list_limits(const struct field *field, struct values *values)
{
    struct limit limits[LIMITS];
    size_t count = field_limits(field, limits);

    for (size_t i = 0; i < count; i++)
        add_boundary(values, limits[i].value, limits[i].label);
}

static void list_boundaries(const struct field *field, struct values *values)
{
    uint64_t top = type_maximum(field), half = top / 2;

    if (field->has_bounds) {
        add(values, (uint64_t)field->minimum + 1, "min+1");
        add(values, (uint64_t)field->maximum - 1, "max-1");
    }
    add(values, 0, "type-min");
    add(values, top, "type-max");
    add(values, 1, "1");
    add(values, top - 1, "type-max-1");
    add(values, half, "half");
    add(values, half + 1, "half+1");
}

static void list_powers(const struct field *field, struct values *values)
{
    if (field->role == ROLE_CHECKSUM || field->role == ROLE_SEQUENCE)
        return;
    for (unsigned bit = 1; bit < field->bits; bit++) {
        uint64_t power = UINT64_C(1) << bit;

        add(values, power, NULL);
        add(values, power - 1, NULL);
        add(values, power + 1, NULL);
    }
}

static void list_choices(const struct field *field, struct values *values)
{
    for (size_t i = 0; i < field->choice_count; i++)
        add(values, (uint64_t)field->choices[i], NULL);
    for (size_t i = 0; i < field->choice_count; i++) {
        add(values, (uint64_t)field->choices[i] + 1, NULL);
        add(values, (uint64_t)field->choices[i] - 1, NULL);
    }
}

static void list_bit_flips(const struct field *field, struct values *values)
{
    for (unsigned bit = 0; bit < field->bits; bit++)
        add(values, values->original ^ UINT64_C(1) << bit, NULL);
}

static uint64_t swap_bytes(uint64_t value, unsigned bits)
{
    uint8_t bytes[8];
    size_t width = bits / 8;

    bytes_write_be(bytes, width, value);
    return bytes_read_le(bytes, width);
}

/* A length, count, derived value, checksum or separator that does not fit the rest of the
 * message. */
static void list_lies(const struct field *field, struct values *values)
{
    uint64_t value = values->original;

    if (field->role != ROLE_LENGTH && field->role != ROLE_COUNT &&
        field->role != ROLE_DERIVED && field->role != ROLE_CHECKSUM &&
        field->role != ROLE_SEPARATOR)
        return;
    add(values, value + 1, "one more");
    add(values, value - 1, "one less");
    add(values, 0, "zero");
    add(values, UINT64_MAX, "all ones");
    add(values, value * 2, "double");
    add(values, value / 2, "half");
    add(values, value + 2, "two more");
    add(values, value - 2, "two less");
    add(values, value + 256, "256 more");
    add(values, value ^ (values->mask / 2 + 1), "top bit flipped");
    if (field->bits % 8 == 0)
        add(values, swap_bytes(value, field->bits), "bytes swapped");
}

/* --- the table entries -------------------------------------------------------------- */

typedef void lister(const struct field *field, struct values *values);

static void fill(const struct site *site, lister *list, struct values *values)
{
    const struct node *node = site_node(site);
    const struct field *field =
        node->field == TREE_NONE ? NULL : model_field(site->session->model, node->field);

    values->count = 0;
    if (!field || node->kind != FIELD_INTEGER || field->bits == 0)
        return;
    values->mask = width_mask(field);
    values->largest = field->largest;
    values->original = node->integer & values->mask;
    list(field, values);
}

/* A separator that is changed goes on being the message's: its lie is one that is
 * declared and not used. */
static void set(const struct site *site, lister *list, uint64_t value, struct tree *tree)
{
    const struct field *field = tree_field(tree, site->node);

    if (list == list_lies && field && field->role == ROLE_SEPARATOR)
        tree_lie(tree, site->node, (uint32_t)value);
    else
        tree_set_integer(tree, site->node, value, true);
}

static int change(const struct site *site, lister *list, uint64_t k, struct tree *tree)
{
    struct values values;

    fill(site, list, &values);
    if (k >= values.count || site->node >= tree->count)
        return -1;
    set(site, list, values.list[k], tree);
    return 0;
}

static void label(const struct site *site, lister *list, uint64_t k, char *text,
                  size_t size)
{
    struct values values;

    fill(site, list, &values);
    if (k >= values.count)
        snprintf(text, size, "?");
    else if (values.labels[k])
        snprintf(text, size, "%s", values.labels[k]);
    else
        snprintf(text, size, "0x%llx", (unsigned long long)values.list[k]);
}

#define INTEGER_ANOMALY(id, lister_function, each_apart, id_text, summary_text,          \
                        cwe_text, example_text)                                          \
    static uint64_t id##_count(const struct site *site)                                  \
    {                                                                                    \
        struct values values;                                                            \
        fill(site, lister_function, &values);                                            \
        return values.count;                                                             \
    }                                                                                    \
    static int id##_change(const struct site *site, uint64_t k, struct tree *tree)       \
    {                                                                                    \
        return change(site, lister_function, k, tree);                                   \
    }                                                                                    \
    static void id##_label(const struct site *site, uint64_t k, char *text, size_t size) \
    {                                                                                    \
        label(site, lister_function, k, text, size);                                     \
    }                                                                                    \
    extern const struct anomaly_ops anomaly_##id;                                        \
    const struct anomaly_ops anomaly_##id = {.name = id_text,                            \
                                             .apart = each_apart,                        \
                                             .summary = summary_text,                    \
                                             .cwe = cwe_text,                            \
                                             .example = example_text,                    \
                                             .count = id##_count,                        \
                                             .change = id##_change,                      \
                                             .label = id##_label}

INTEGER_ANOMALY(small_step, list_small_steps, false, "small-step",
                "values near the valid one", "CWE-193", "address 352 becomes 351");
INTEGER_ANOMALY(limit, list_limits, true, "limit",
                "the field's limits and the first values outside them", "CWE-1284",
                "quantity 1..125 becomes 0, 1, 125, 126");
INTEGER_ANOMALY(boundary, list_boundaries, false, "boundary",
                "the limits of the field's type, and just inside its own", "CWE-190",
                "quantity becomes 0, 65535, 32767");
INTEGER_ANOMALY(power_of_two, list_powers, false, "power-of-two",
                "powers of two and their neighbours", "CWE-190",
                "quantity becomes 0x4000");
INTEGER_ANOMALY(choice, list_choices, false, "choice",
                "the other members of an enumeration, and between", "CWE-20",
                "sub-function 0 becomes 1, 2, 10");
INTEGER_ANOMALY(bit_flip, list_bit_flips, false, "bit-flip", "each bit flipped", "CWE-20",
                "0x0001 becomes 0x8001");
INTEGER_ANOMALY(lie, list_lies, false, "lie",
                "a length, count, checksum or separator that does not fit its message",
                "CWE-130", "byte count 4 becomes 5");

/* --- alone -------------------------------------------------------------------------- */

static bool depends_on_others(const struct field *field)
{
    return field && (field->role == ROLE_LENGTH || field->role == ROLE_COUNT ||
                     field->role == ROLE_DERIVED);
}

/* Whether a field next to this one is computed from its neighbours. */
static bool has_dependent_sibling(const struct tree *tree, uint32_t node)
{
    uint32_t parent = tree->nodes[node].parent;
    uint32_t sibling = parent == TREE_NONE ? TREE_NONE : tree->nodes[parent].first_child;

    for (; sibling != TREE_NONE; sibling = tree->nodes[sibling].next)
        if (sibling != node && depends_on_others(tree_field(tree, sibling)))
            return true;
    return false;
}

static void list_alone(const struct field *field, struct values *values)
{
    if (field->role == ROLE_CHECKSUM || field->role == ROLE_SEQUENCE)
        return;
    for (uint64_t step = 1; step <= 8; step++) {
        add(values, values->original + step, NULL);
        add(values, values->original - step, NULL);
    }
    add(values, values->original * 2, "double");
    add(values, values->original / 2, "half");
    add(values, values->original + 256, "256 more");
    add(values, UINT64_MAX, "all ones");
}

static uint64_t alone_count(const struct site *site)
{
    struct values values;

    if (!has_dependent_sibling(site_tree(site), site->node))
        return 0;
    fill(site, list_alone, &values);
    return values.count;
}

/* The field changes and what is computed from it does not follow. */
static int alone_change(const struct site *site, uint64_t k, struct tree *tree)
{
    uint32_t sibling;

    if (change(site, list_alone, k, tree) < 0)
        return -1;
    sibling = tree->nodes[tree->nodes[site->node].parent].first_child;
    for (; sibling != TREE_NONE; sibling = tree->nodes[sibling].next)
        if (depends_on_others(tree_field(tree, sibling)))
            tree->nodes[sibling].pinned = true;
    return 0;
}

static void alone_label(const struct site *site, uint64_t k, char *text, size_t size)
{
    label(site, list_alone, k, text, size);
}

extern const struct anomaly_ops anomaly_alone;
const struct anomaly_ops anomaly_alone = {
    .name = "alone",
    .summary = "a field changes, and the lengths and counts beside it do not follow",
    .cwe = "CWE-130",
    .example = "quantity 10 becomes 20 with two bytes of coils",
    .count = alone_count,
    .change = alone_change,
    .label = alone_label,
};
