/* Anomalies of the order of a group's fields and an array's elements. The tree itself is
 * changed, so lengths and checksums follow, and what refuses the message is the parser
 * behind them. */
#include "generate/anomaly.h"

#include <stdio.h>

enum { CHILDREN = 64 };

/* --- the children that can be told apart on the wire -------------------------------- */

struct child {
    size_t number; /* in wire order, as tree edits count */
    uint32_t node;
};

static size_t list_children(const struct site *site, struct child children[CHILDREN])
{
    const struct tree *tree = site_tree(site);
    const struct node *parent = site_node(site);
    size_t count = 0, number = 0;
    uint32_t child = parent->kind < FIELD_GROUP ? TREE_NONE : parent->first_child;

    for (; child != TREE_NONE && count < CHILDREN; child = tree->nodes[child].next) {
        const struct node *node = &tree->nodes[child];

        if (!node->looked_up && !node->rest && node->length)
            children[count++] = (struct child){number, child};
        number++;
    }
    return count;
}

/* Whether nobody can tell them apart when they change places. */
static bool look_alike(const struct site *site, uint32_t a, uint32_t b)
{
    const struct tree *tree = site_tree(site);
    const struct node *one = &tree->nodes[a], *other = &tree->nodes[b];
    struct view whole = buffer_view(&site->session->messages[site->message].bytes);

    if (one->kind == FIELD_INTEGER && other->kind == FIELD_INTEGER)
        return one->integer == other->integer &&
               tree_field(tree, a)->bits == tree_field(tree, b)->bits;
    return !one->encoded && view_equal(view_slice(whole, one->offset, one->length),
                                       view_slice(whole, other->offset, other->length));
}

static void child_label(const struct site *site, const struct child *child, char *text,
                        size_t size)
{
    const struct field *field = tree_field(site_tree(site), child->node);

    if (site_node(site)->kind == FIELD_ARRAY)
        snprintf(text, size, "element %zu", child->number);
    else
        snprintf(text, size, "%.24s", field ? field->name : "?");
}

/* --- missing ------------------------------------------------------------------------ */

/* Something of the message must be left. */
static size_t list_missing(const struct site *site, struct child children[CHILDREN])
{
    size_t whole = site->session->messages[site->message].bytes.length;
    size_t count = list_children(site, children), kept = 0;

    for (size_t i = 0; i < count; i++)
        if (site_tree(site)->nodes[children[i].node].length < whole)
            children[kept++] = children[i];
    return kept;
}

static uint64_t missing_count(const struct site *site)
{
    struct child children[CHILDREN];

    return list_missing(site, children);
}

static int missing_change(const struct site *site, uint64_t k, struct tree *tree)
{
    struct child children[CHILDREN];

    if (k >= list_missing(site, children))
        return -1;
    return tree_remove_child(tree, site->node, children[k].number);
}

static void missing_label(const struct site *site, uint64_t k, char *text, size_t size)
{
    struct child children[CHILDREN];
    char name[40] = "?";

    if (k < list_missing(site, children))
        child_label(site, &children[k], name, sizeof name);
    snprintf(text, size, "no %s", name);
}

extern const struct anomaly_ops anomaly_missing;
const struct anomaly_ops anomaly_missing = {
    .name = "missing",
    .applies = "groups, arrays",
    .summary = "a field or an element left out; lengths and checksums follow",
    .cwe = "CWE-230",
    .example = "a write request without its address",
    .count = missing_count,
    .change = missing_change,
    .label = missing_label,
};

/* --- duplicate ---------------------------------------------------------------------- */

static uint64_t duplicate_count(const struct site *site)
{
    struct child children[CHILDREN];

    return list_children(site, children);
}

static int duplicate_change(const struct site *site, uint64_t k, struct tree *tree)
{
    struct child children[CHILDREN];

    if (k >= list_children(site, children))
        return -1;
    return tree_duplicate_child(tree, site->node, children[k].number);
}

static void duplicate_label(const struct site *site, uint64_t k, char *text, size_t size)
{
    struct child children[CHILDREN];
    char name[40] = "?";

    if (k < list_children(site, children))
        child_label(site, &children[k], name, sizeof name);
    snprintf(text, size, "%s twice", name);
}

extern const struct anomaly_ops anomaly_duplicate;
const struct anomaly_ops anomaly_duplicate = {
    .name = "duplicate",
    .applies = "groups, arrays",
    .summary = "a field or an element twice; lengths and checksums follow",
    .cwe = "CWE-237",
    .example = "a write request with two addresses",
    .count = duplicate_count,
    .change = duplicate_change,
    .label = duplicate_label,
};

/* --- swap --------------------------------------------------------------------------- */

/* Those that change places with the one behind them. */
static size_t list_swaps(const struct site *site, struct child children[CHILDREN])
{
    size_t count = list_children(site, children), kept = 0;

    for (size_t i = 0; i + 1 < count; i++)
        if (!look_alike(site, children[i].node, children[i + 1].node))
            children[kept++] = children[i];
    return kept;
}

static uint64_t swap_count(const struct site *site)
{
    struct child children[CHILDREN];

    return list_swaps(site, children);
}

static int swap_change(const struct site *site, uint64_t k, struct tree *tree)
{
    struct child children[CHILDREN];

    if (k >= list_swaps(site, children))
        return -1;
    return tree_move_child(tree, site->node, children[k].number, children[k].number + 1);
}

static void swap_label(const struct site *site, uint64_t k, char *text, size_t size)
{
    struct child children[CHILDREN];
    char name[40] = "?";

    if (k < list_swaps(site, children))
        child_label(site, &children[k], name, sizeof name);
    snprintf(text, size, "%s behind the next", name);
}

extern const struct anomaly_ops anomaly_swap;
const struct anomaly_ops anomaly_swap = {
    .name = "swap",
    .applies = "groups, arrays",
    .summary = "two neighbouring fields or elements that change places",
    .cwe = "CWE-237",
    .example = "the quantity before the address",
    .count = swap_count,
    .change = swap_change,
    .label = swap_label,
};

/* --- reorder ------------------------------------------------------------------------ */

enum order { ORDER_REVERSED, ORDER_LAST_FIRST, ORDER_FIRST_LAST, ORDERS };

/* Of two children every order is a swap. */
static uint64_t reorder_count(const struct site *site)
{
    struct child children[CHILDREN];
    size_t count = list_children(site, children);

    for (size_t i = 1; i < count; i++)
        if (count > 2 && !look_alike(site, children[0].node, children[i].node))
            return ORDERS;
    return 0;
}

static int reorder_change(const struct site *site, uint64_t k, struct tree *tree)
{
    size_t last = tree->nodes[site->node].child_count;

    if (tree->nodes[site->node].kind < FIELD_GROUP || last-- < 2)
        return -1;
    if (k == ORDER_LAST_FIRST)
        return tree_move_child(tree, site->node, last, 0);
    if (k == ORDER_FIRST_LAST)
        return tree_move_child(tree, site->node, 0, last);
    for (size_t i = 0; i < last; i++)
        if (tree_move_child(tree, site->node, 0, last - i) < 0)
            return -1;
    return 0;
}

static void reorder_label(const struct site *site, uint64_t k, char *text, size_t size)
{
    static const char *const labels[] = {[ORDER_REVERSED] = "reversed",
                                         [ORDER_LAST_FIRST] = "the last one first",
                                         [ORDER_FIRST_LAST] = "the first one last"};

    (void)site;
    snprintf(text, size, "%s", k < ORDERS ? labels[k] : "?");
}

extern const struct anomaly_ops anomaly_reorder;
const struct anomaly_ops anomaly_reorder = {
    .name = "reorder",
    .applies = "groups, arrays",
    .summary = "the fields of a group, or the elements of an array, in another order",
    .cwe = "CWE-237",
    .example = "value, address, function",
    .count = reorder_count,
    .change = reorder_change,
    .label = reorder_label,
};
