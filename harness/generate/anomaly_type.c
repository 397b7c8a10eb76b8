/* Anomalies of what a group is: the content of another type where a switch chose this
 * one, and a type that contains itself again and again. */
#include "generate/anomaly.h"

#include <stdio.h>
#include <string.h>

/* --- confuse ------------------------------------------------------------------------ */

enum { DONORS = 32 };

/* A group of some exemplar that the same switch made another type. */
struct donor {
    unsigned message;
    uint32_t node;
};

static const struct tree *donor_tree(const struct site *site, const struct donor *donor)
{
    return &site->session->messages[donor->message].tree;
}

static const char *donor_type(const struct site *site, const struct donor *donor)
{
    return tree_type(donor_tree(site, donor), donor->node);
}

static bool is_new_type(const struct site *site, const struct donor *donors, size_t count,
                        const struct donor *donor)
{
    const char *type = donor_type(site, donor);

    if (strcmp(type, tree_type(site_tree(site), site->node)) == 0)
        return false;
    for (size_t i = 0; i < count; i++)
        if (strcmp(type, donor_type(site, &donors[i])) == 0)
            return false;
    return true;
}

/* One for each type that the switch chooses anywhere in the session. */
static size_t list_donors(const struct site *site, struct donor donors[DONORS])
{
    const struct session *session = site->session;
    const struct field *field = tree_field(site_tree(site), site->node);
    uint32_t id = site_node(site)->field;
    size_t count = 0;

    if (!field || !field->chosen || site_node(site)->kind != FIELD_GROUP)
        return 0;
    for (unsigned m = 0; m < session->message_count; m++)
        for (uint32_t node = 1; node < session->messages[m].tree.count; node++) {
            const struct node *other = &session->messages[m].tree.nodes[node];
            struct donor donor = {m, node};

            if (other->field == id && other->kind == FIELD_GROUP && !other->looked_up &&
                count < DONORS && is_new_type(site, donors, count, &donor))
                donors[count++] = donor;
        }
    return count;
}

static uint64_t confuse_count(const struct site *site)
{
    struct donor donors[DONORS];

    return list_donors(site, donors);
}

static int confuse_change(const struct site *site, uint64_t k, struct tree *tree)
{
    struct donor donors[DONORS];

    if (k >= list_donors(site, donors))
        return -1;
    return tree_graft(tree, site->node, donor_tree(site, &donors[k]), donors[k].node);
}

static void confuse_label(const struct site *site, uint64_t k, char *text, size_t size)
{
    struct donor donors[DONORS];

    if (k < list_donors(site, donors))
        snprintf(text, size, "%.56s inside", donor_type(site, &donors[k]));
    else
        snprintf(text, size, "?");
}

extern const struct anomaly_ops anomaly_confuse;
const struct anomaly_ops anomaly_confuse = {
    .name = "confuse",
    .applies = "switches",
    .summary = "the content of one case of a switch under the selector of another",
    .cwe = "CWE-843",
    .example = "the body of a write under the function code of a read",
    .count = confuse_count,
    .change = confuse_change,
    .label = confuse_label,
};

/* --- nest --------------------------------------------------------------------------- */

static const unsigned depths[] = {2, 4, 16, 64, 256, 1000};
enum { DEPTHS = sizeof depths / sizeof depths[0] };

/* The nearest group around this one that has its type, TREE_NONE without one. */
static uint32_t same_type_around(const struct tree *tree, uint32_t node)
{
    const char *type = tree_type(tree, node);
    uint32_t around = tree->nodes[node].parent;

    while (around != TREE_NONE && (tree->nodes[around].kind != FIELD_GROUP ||
                                   strcmp(tree_type(tree, around), type) != 0))
        around = tree->nodes[around].parent;
    return around;
}

/* As deep as what may be sent holds. */
static uint64_t nest_count(const struct site *site)
{
    const struct node *node = site_node(site);
    uint32_t around;
    size_t each, count = 0;

    if (node->kind != FIELD_GROUP || !*tree_type(site_tree(site), site->node))
        return 0;
    around = same_type_around(site_tree(site), site->node);
    if (around == TREE_NONE)
        return 0;
    each = site_tree(site)->nodes[around].length - node->length;
    while (count < DEPTHS && each * depths[count] <= site_room(site))
        count++;
    return count;
}

/* The groups on the way from `around` down to `node`, by their place among the children:
 * a copy of `around` is made of new nodes. */
enum { WAY = 64 };

static size_t find_way(const struct tree *tree, uint32_t around, uint32_t node,
                       size_t way[WAY])
{
    size_t count = 0;

    for (; node != around && count < WAY; node = tree->nodes[node].parent) {
        uint32_t child = tree->nodes[tree->nodes[node].parent].first_child;

        for (way[count] = 0; child != node; child = tree->nodes[child].next)
            way[count]++;
        count++;
    }
    return node == around ? count : 0;
}

static uint32_t go_way(const struct tree *tree, uint32_t node, const size_t *way,
                       size_t count)
{
    while (count-- > 0 && node != TREE_NONE) {
        node = tree->nodes[node].first_child;
        for (size_t i = way[count]; i > 0 && node != TREE_NONE; i--)
            node = tree->nodes[node].next;
    }
    return node;
}

/* Each level is a copy of the exemplar's own outer group, in place of its inner one. */
static int nest_change(const struct site *site, uint64_t k, struct tree *tree)
{
    uint32_t around = same_type_around(site_tree(site), site->node), inner = site->node;
    size_t way[WAY], count;

    if (k >= DEPTHS || around == TREE_NONE)
        return -1;
    count = find_way(site_tree(site), around, site->node, way);
    for (unsigned level = 0; level < depths[k]; level++) {
        if (inner == TREE_NONE || tree_graft(tree, inner, site_tree(site), around) < 0)
            return -1;
        inner = go_way(tree, inner, way, count);
    }
    return 0;
}

static void nest_label(const struct site *site, uint64_t k, char *text, size_t size)
{
    (void)site;
    snprintf(text, size, "%u deeper", depths[k < DEPTHS ? k : 0]);
}

extern const struct anomaly_ops anomaly_nest;
const struct anomaly_ops anomaly_nest = {
    .name = "nest",
    .applies = "groups",
    .summary = "a type that contains itself, many levels deep; lengths follow",
    .cwe = "CWE-674",
    .example = "a sequence in a sequence, 1000 times",
    .count = nest_count,
    .change = nest_change,
    .label = nest_label,
};
