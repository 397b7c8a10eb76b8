/* Anomalies of fields that say something about the rest of their message: lengths,
 * counts, derived values, separators. What they say does not fit it. */
#include "generate/values.h"

#include <stdio.h>

/* A length, count, derived value or separator that does not fit the rest of the
 * message. */
static void list_lies(const struct field *field, struct values *values)
{
    uint64_t value = values->original;

    if (field->role != ROLE_LENGTH && field->role != ROLE_COUNT &&
        field->role != ROLE_DERIVED && field->role != ROLE_SEPARATOR)
        return;
    values_add(values, value + 1, "one more");
    values_add(values, value - 1, "one less");
    values_add(values, 0, "zero");
    values_add(values, UINT64_MAX, "all ones");
    values_add(values, value * 2, "double");
    values_add(values, value / 2, "half");
    values_add(values, value + 2, "two more");
    values_add(values, value - 2, "two less");
    values_add(values, value + 256, "256 more");
    values_add(values, value ^ (values->mask / 2 + 1), "top bit flipped");
    if (field->bits % 8 == 0)
        values_add(values, values_swapped(value, field->bits), "bytes swapped");
}

static uint64_t lie_count(const struct site *site)
{
    struct values values;

    values_fill(site, list_lies, VALUES, &values);
    return values.count;
}

/* A separator that is changed goes on being the message's: its lie is one that is
 * declared and not used. */
static int lie_change(const struct site *site, uint64_t k, struct tree *tree)
{
    const struct field *field = tree_field(site_tree(site), site->node);
    struct values values;

    if (!field || field->role != ROLE_SEPARATOR)
        return values_change(site, list_lies, k, tree);
    values_fill(site, list_lies, VALUES, &values);
    if (k >= values.count || site->node >= tree->count)
        return -1;
    tree_lie(tree, site->node, (uint32_t)values.list[k]);
    return 0;
}

static void lie_label(const struct site *site, uint64_t k, char *text, size_t size)
{
    values_label(site, list_lies, k, text, size);
}

extern const struct anomaly_ops anomaly_lie;
const struct anomaly_ops anomaly_lie = {
    .name = "lie",
    .applies = "lengths, counts",
    .summary = "a length, count or separator that does not fit its message",
    .cwe = "CWE-130",
    .example = "byte count 4 becomes 5",
    .count = lie_count,
    .change = lie_change,
    .label = lie_label,
};

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
        values_add(values, values->original + step, NULL);
        values_add(values, values->original - step, NULL);
    }
    values_add(values, values->original * 2, "double");
    values_add(values, values->original / 2, "half");
    values_add(values, values->original + 256, "256 more");
    values_add(values, UINT64_MAX, "all ones");
}

static uint64_t alone_count(const struct site *site)
{
    struct values values;

    if (!has_dependent_sibling(site_tree(site), site->node))
        return 0;
    values_fill(site, list_alone, VALUES, &values);
    return values.count;
}

/* The field changes and what is computed from it does not follow. */
static int alone_change(const struct site *site, uint64_t k, struct tree *tree)
{
    uint32_t sibling;

    if (values_change(site, list_alone, k, tree) < 0)
        return -1;
    sibling = tree->nodes[tree->nodes[site->node].parent].first_child;
    for (; sibling != TREE_NONE; sibling = tree->nodes[sibling].next)
        if (depends_on_others(tree_field(tree, sibling)))
            tree->nodes[sibling].pinned = true;
    return 0;
}

static void alone_label(const struct site *site, uint64_t k, char *text, size_t size)
{
    values_label(site, list_alone, k, text, size);
}

extern const struct anomaly_ops anomaly_alone;
const struct anomaly_ops anomaly_alone = {
    .name = "alone",
    .applies = "integers",
    .summary = "a field changes, and the lengths and counts beside it do not follow",
    .cwe = "CWE-130",
    .example = "quantity 10 becomes 20 with two bytes of coils",
    .count = alone_count,
    .change = alone_change,
    .label = alone_label,
};

/* --- pair --------------------------------------------------------------------------- */

/* The next field behind this one that says something about the rest of the message. */
static uint32_t partner_of(const struct site *site)
{
    const struct tree *tree = site_tree(site);

    if (!depends_on_others(tree_field(tree, site->node)) ||
        tree->nodes[site->node].kind != FIELD_INTEGER)
        return TREE_NONE;
    for (uint32_t node = site->node + 1; node < tree->count; node++)
        if (depends_on_others(tree_field(tree, node)) &&
            tree->nodes[node].kind == FIELD_INTEGER && !tree->nodes[node].looked_up)
            return node;
    return TREE_NONE;
}

/* What becomes of a pair: `times` the value plus `more`; -1 times: the partner's value.
 */
static const struct pair {
    const char *label;
    struct {
        int times, more;
    } here, there;
} pairs[] = {
    {"one more, one less", {1, 1}, {1, -1}}, {"one less, one more", {1, -1}, {1, 1}},
    {"both one more", {1, 1}, {1, 1}},       {"both one less", {1, -1}, {1, -1}},
    {"both zero", {0, 0}, {0, 0}},           {"both all ones", {0, -1}, {0, -1}},
    {"zero, all ones", {0, 0}, {0, -1}},     {"all ones, zero", {0, -1}, {0, 0}},
    {"both doubled", {2, 0}, {2, 0}},        {"exchanged", {-1, 0}, {-1, 0}},
};
enum { PAIRS = sizeof pairs / sizeof pairs[0] };

static uint64_t pair_count(const struct site *site)
{
    return partner_of(site) == TREE_NONE ? 0 : PAIRS;
}

static uint64_t pair_value(int times, int more, uint64_t own, uint64_t other)
{
    return (times < 0 ? other : own * (uint64_t)times) + (uint64_t)(int64_t)more;
}

static int pair_change(const struct site *site, uint64_t k, struct tree *tree)
{
    const struct pair *pair = &pairs[k < PAIRS ? k : 0];
    uint32_t partner = partner_of(site);
    uint64_t here, there;

    if (partner == TREE_NONE || partner >= tree->count)
        return -1;
    here = site_node(site)->integer;
    there = site_tree(site)->nodes[partner].integer;
    tree_set_integer(tree, site->node,
                     pair_value(pair->here.times, pair->here.more, here, there), true);
    tree_set_integer(tree, partner,
                     pair_value(pair->there.times, pair->there.more, there, here), true);
    return 0;
}

static void pair_label(const struct site *site, uint64_t k, char *text, size_t size)
{
    const struct field *field = tree_field(site_tree(site), partner_of(site));

    snprintf(text, size, "with %.24s: %s", field->name, pairs[k < PAIRS ? k : 0].label);
}

extern const struct anomaly_ops anomaly_pair;
const struct anomaly_ops anomaly_pair = {
    .name = "pair",
    .applies = "lengths, counts",
    .summary = "two lengths or counts of a message that lie together",
    .cwe = "CWE-130",
    .example = "the frame's length one more, the byte count one less",
    .count = pair_count,
    .change = pair_change,
    .label = pair_label,
};
