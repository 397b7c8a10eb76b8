#include "generate/items.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const item_kinds[] = {
    "state", "transition", "state-message", "message", "field", "boundary", NULL};

struct lister {
    const struct plan *plan;
    item_taker *take;
    void *context;
};

static int touched(const struct lister *lister, const char *kind, const char *name,
                   uint32_t stream)
{
    struct item item = {kind, name, stream, lister->plan->streams[stream].count, ""};

    return lister->take(lister->context, &item);
}

static int untouched(const struct lister *lister, const char *kind, const char *name,
                     const char *why)
{
    struct item item = {kind, name, PLAN_STACKED, 0, why};

    return lister->take(lister->context, &item);
}

/* --- states ------------------------------------------------------------------------- */

/* What goes on around the messages of a stream. An anomaly that goes to another state has
 * a stream for each case. */
static struct arrangement arrangement_of(const struct stream *stream)
{
    struct arrangement arrangement = arrangement_plain;

    if (stream->anomaly->arrange)
        stream->anomaly->arrange(&stream->site, stream->first, &arrangement);
    return arrangement;
}

/* Each message that leads to the state, where the state before it has a name. */
static int list_transitions(const struct lister *lister, unsigned state, uint32_t stream)
{
    const struct session *session = lister->plan->session;
    const struct session_state *reached = &session->states[state];
    unsigned before = 0;
    char name[ITEM_NAME];

    for (size_t i = 0; i < reached->path_count; i++) {
        unsigned after = session_state_behind(session, state, i + 1);
        int status = 0;

        if (after == UINT_MAX)
            continue;
        snprintf(name, sizeof name, "%s -> %s (%s)", session->states[before].name,
                 session->states[after].name, session->messages[reached->path[i]].name);
        status = touched(lister, "transition", name, stream);
        if (status)
            return status;
        before = after;
    }
    return 0;
}

/* A case that leaves out a part of the way, or goes it in another order, is in no state
 * that has a name. */
static int list_state(const struct lister *lister, uint32_t stream)
{
    const struct session *session = lister->plan->session;
    const struct site *site = &lister->plan->streams[stream].site;
    struct arrangement arrangement = arrangement_of(&lister->plan->streams[stream]);
    unsigned state = arrangement.state == UINT_MAX ? site->state : arrangement.state;
    char name[ITEM_NAME];
    int status;

    if (arrangement.skip != UINT_MAX || arrangement.swap != UINT_MAX)
        return 0;
    status = touched(lister, "state", session->states[state].name, stream);
    if (status == 0)
        status = list_transitions(lister, state, stream);
    snprintf(name, sizeof name, "%s/%s", session->states[state].name,
             session->messages[site->message].name);
    return status ? status : touched(lister, "state-message", name, stream);
}

/* --- fields ------------------------------------------------------------------------- */

static void name_field(const struct session *session, unsigned message, uint32_t node,
                       char name[ITEM_NAME])
{
    char path[256];

    snprintf(name, ITEM_NAME, "%s/%s", session->messages[message].name,
             tree_path(&session->messages[message].tree, node, path, sizeof path));
}

static int list_field(const struct lister *lister, uint32_t id)
{
    const struct stream *stream = &lister->plan->streams[id];
    char name[ITEM_NAME], label[64], boundary[ITEM_NAME + sizeof label + 2];
    int status;

    if (stream->site.node == 0)
        return 0;
    name_field(lister->plan->session, stream->site.message, stream->site.node, name);
    status = touched(lister, "field", name, id);
    if (status || stream->anomaly != &anomaly_limit)
        return status;
    /* Every limit of a bounded field is a stream of its own. */
    stream->anomaly->label(&stream->site, stream->first, label, sizeof label);
    snprintf(boundary, sizeof boundary, "%s[%s]", name, label);
    return touched(lister, "boundary", boundary, id);
}

static bool has_limit(const struct limit *limits, size_t count, const char *label)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(limits[i].label, label) == 0)
            return true;
    return false;
}

/* The first values outside the limits that the field cannot hold. */
static int list_impossible(const struct lister *lister, const struct field *field,
                           const char *name)
{
    static const char *const labels[] = {"min-1", "min", "max", "max+1"};
    struct limit limits[LIMITS];
    size_t count = field_limits(field, limits);
    char boundary[ITEM_NAME + 16], why[120];

    snprintf(why, sizeof why,
             "%s holds no such value: its limits are %" PRId64 "..%" PRId64, field->name,
             field->minimum, field->maximum);
    for (size_t i = 0; count && i < LIMITS; i++) {
        int status = 0;

        snprintf(boundary, sizeof boundary, "%s[%s]", name, labels[i]);
        if (!has_limit(limits, count, labels[i]))
            status = untouched(lister, "boundary", boundary, why);
        if (status)
            return status;
    }
    return 0;
}

/* Why no anomaly works on a field. */
static const char *why_untouched(const struct node *node)
{
    if (node->looked_up)
        return "a parse instance: it reads bytes that other fields are";
    if (node->rest)
        return "read by parse instances: what leads there is changed";
    return "nothing is in it that could be changed";
}

static bool is_leaf(const struct node *node)
{
    return node->kind < FIELD_GROUP && node->field != TREE_NONE;
}

static int list_other_fields(const struct lister *lister, unsigned message,
                             const bool *has_stream)
{
    const struct tree *tree = &lister->plan->session->messages[message].tree;
    char name[ITEM_NAME];

    for (uint32_t node = 1; node < tree->count; node++) {
        const struct field *field = tree_field(tree, node);
        int status = 0;

        if (!is_leaf(&tree->nodes[node]))
            continue;
        name_field(lister->plan->session, message, node, name);
        if (!has_stream[node])
            status = untouched(lister, "field", name, why_untouched(&tree->nodes[node]));
        else if (tree->nodes[node].kind == FIELD_INTEGER)
            status = list_impossible(lister, field, name);
        if (status)
            return status;
    }
    return 0;
}

/* --- messages ----------------------------------------------------------------------- */

static int list_message(const struct lister *lister, unsigned message)
{
    const struct plan *plan = lister->plan;
    const struct session_message *exemplar = &plan->session->messages[message];
    bool *has_stream;
    int status;

    if (!exemplar->fuzz)
        return untouched(lister, "message", exemplar->name,
                         "fuzz: false: it is sent, and never changed");
    has_stream = calloc(exemplar->tree.count, sizeof *has_stream);
    if (!has_stream)
        return -1;
    for (size_t i = 0; i < plan->stream_count; i++)
        if (plan->streams[i].site.message == message)
            has_stream[plan->streams[i].site.node] = true;
    status = list_other_fields(lister, message, has_stream);
    free(has_stream);
    return status;
}

int items_list(const struct plan *plan, item_taker *take, void *context)
{
    struct lister lister = {plan, take, context};
    int status = 0;

    for (uint32_t i = 0; status == 0 && i < plan->stream_count; i++) {
        const struct site *site = &plan->streams[i].site;

        status =
            touched(&lister, "message", site->session->messages[site->message].name, i);
        if (status == 0)
            status = list_state(&lister, i);
        if (status == 0)
            status = list_field(&lister, i);
    }
    for (unsigned m = 0; status == 0 && m < plan->session->message_count; m++)
        status = list_message(&lister, m);
    return status;
}
