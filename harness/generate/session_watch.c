/* What a session says about the oracles that watch: state, reboots, resources, leaks. */
#include "generate/session_loader.h"

#include <string.h>

enum { CANARY_MINIMUM = 8 };

static int check_count(struct session_loader *loader, const struct yaml *map,
                       size_t index)
{
    return index < SESSION_WATCHED
               ? 0
               : yaml_complain(map, loader->error, "at most %d entries", SESSION_WATCHED);
}

/* `read: MESSAGE`, one that is answered as a whole. */
static int read_message_name(struct session_loader *loader, const struct yaml *map,
                             const char *key, unsigned *message)
{
    const struct yaml *node = yaml_need(map, key, YAML_SCALAR, loader->error);

    if (!node || session_find_message(loader, node, message) < 0)
        return -1;
    return session_check_whole(loader, node, *message);
}

/* `id`, and `text`, which is the id where it is left out. */
static int read_names(struct session_loader *loader, const struct yaml *map,
                      const char **id, const char **text)
{
    if (!yaml_need(map, "id", YAML_SCALAR, loader->error) ||
        yaml_read_text(map, "id", id, loader->error) < 0)
        return -1;
    *text = *id;
    return yaml_read_text(map, "text", text, loader->error);
}

static int read_state_read(struct session_loader *loader, const struct yaml *map,
                           size_t index)
{
    static const char *const keys[] = {"read", "value", "model", NULL};
    struct session_state_read *entry = &loader->session->state_reads[index];

    if (check_count(loader, map, index) < 0 ||
        yaml_check_keys(map, keys, loader->error) < 0 ||
        read_message_name(loader, map, "read", &entry->read) < 0 ||
        session_read_expression(loader, map, "value", &entry->value) < 0)
        return -1;
    if (!entry->value && loader->session->messages[entry->read].vary != TREE_NONE)
        return yaml_complain(map, loader->error,
                             "a key `value`: this message varies, and so may its reply");
    return 0;
}

static int read_state_change(struct session_loader *loader, const struct yaml *map,
                             size_t index)
{
    static const char *const keys[] = {"when", "model", NULL};

    if (yaml_check_keys(map, keys, loader->error) < 0)
        return -1;
    return session_need_expression(loader, map, "when",
                                   &loader->session->state_changes[index].when);
}

static int read_reboot(struct session_loader *loader, const struct yaml *map,
                       size_t index)
{
    static const char *const keys[] = {"id",   "text",  "read", "value",
                                       "must", "model", NULL};
    static const char *const musts[] = {"stay", "rise", NULL};
    struct session_reboot *entry = &loader->session->reboots[index];
    int must = 0;

    if (check_count(loader, map, index) < 0 ||
        yaml_check_keys(map, keys, loader->error) < 0 ||
        read_names(loader, map, &entry->id, &entry->text) < 0 ||
        read_message_name(loader, map, "read", &entry->read) < 0 ||
        !yaml_need(map, "must", YAML_SCALAR, loader->error) ||
        yaml_read_choice(map, "must", musts, &must, loader->error) < 0)
        return -1;
    entry->may_rise = must == 1;
    return session_need_expression(loader, map, "value", &entry->value);
}

static int read_resource(struct session_loader *loader, const struct yaml *map,
                         size_t index)
{
    static const char *const keys[] = {"id",    "text",  "read", "value",
                                       "limit", "model", NULL};
    struct session_resource *entry = &loader->session->resources[index];

    if (check_count(loader, map, index) < 0 ||
        yaml_check_keys(map, keys, loader->error) < 0 ||
        read_names(loader, map, &entry->id, &entry->text) < 0 ||
        read_message_name(loader, map, "read", &entry->read) < 0 ||
        !yaml_need(map, "limit", YAML_SCALAR, loader->error) ||
        yaml_read_integer(map, "limit", 1, INT64_MAX, &entry->limit, loader->error) < 0)
        return -1;
    return session_need_expression(loader, map, "value", &entry->value);
}

/* Bytes, text, or a list of integers; long enough to be told from chance. */
static bool can_hold_canary(const struct tree *tree, uint32_t node)
{
    uint32_t first = tree->nodes[node].first_child;

    if (tree->nodes[node].length < CANARY_MINIMUM)
        return false;
    if (tree->nodes[node].kind == FIELD_ARRAY)
        return first != TREE_NONE && tree->nodes[first].kind == FIELD_INTEGER;
    return tree->nodes[node].kind == FIELD_BYTES || tree->nodes[node].kind == FIELD_TEXT;
}

static int read_canary(struct session_loader *loader, const struct yaml *map,
                       size_t index)
{
    static const char *const keys[] = {"message", "field", "model", NULL};
    struct session_canary *entry = &loader->session->canaries[index];
    const struct yaml *field;
    const struct tree *tree;

    if (check_count(loader, map, index) < 0 ||
        yaml_check_keys(map, keys, loader->error) < 0 ||
        read_message_name(loader, map, "message", &entry->message) < 0 ||
        !(field = yaml_need(map, "field", YAML_SCALAR, loader->error)))
        return -1;
    tree = &loader->session->messages[entry->message].tree;
    entry->node = tree_find(tree, field->text);
    if (entry->node == TREE_NONE || !can_hold_canary(tree, entry->node))
        return yaml_complain(field, loader->error,
                             "a field of that message that is bytes, text or a list of "
                             "integers, and at least %d bytes long in it",
                             CANARY_MINIMUM);
    return 0;
}

static int read_reply_limit(struct session_loader *loader, const struct yaml *map,
                            size_t index)
{
    static const char *const keys[] = {"id",     "text",  "when", "bytes",
                                       "clause", "model", NULL};
    struct session_reply_limit *entry = &loader->session->reply_limits[index];

    entry->clause = "";
    if (yaml_check_keys(map, keys, loader->error) < 0 ||
        read_names(loader, map, &entry->id, &entry->text) < 0 ||
        yaml_read_text(map, "clause", &entry->clause, loader->error) < 0 ||
        session_read_expression(loader, map, "when", &entry->when) < 0)
        return -1;
    return session_need_expression(loader, map, "bytes", &entry->bytes);
}

/* Beside reads or invariants the reason would be untrue. */
static int read_no_state_reads(struct session_loader *loader)
{
    struct session *session = loader->session;
    const struct yaml *why = session_last_with(loader, "no-state-reads");

    if (!why)
        return 0;
    if (session->state_read_count || session->invariant_count)
        return yaml_refuse(why, loader->error,
                           "key 'no-state-reads': the session reads state: it has "
                           "`state-reads` or `invariants`");
    if (why->kind != YAML_SCALAR || !why->text[strspn(why->text, " \t\r\n")])
        return yaml_complain(why, loader->error,
                             "why the protocol offers nothing to read");
    session->no_state_reads = why->text;
    return 0;
}

static int read_wrong_parity(struct session_loader *loader)
{
    static const char *const choices[] = {"messages", "bytes", NULL};
    int choice = 0;

    for (size_t i = 0; i < loader->memory->file_count; i++)
        if (yaml_read_choice(yaml_root(loader->memory->files[i]), "wrong-parity", choices,
                             &choice, loader->error) < 0)
            return -1;
    loader->session->wrong_parity_bytes = choice;
    return 0;
}

int session_read_watched(struct session_loader *loader)
{
    struct session *session = loader->session;
    const struct {
        const char *key;
        size_t size;
        void **array;
        size_t *count;
        int (*visit)(struct session_loader *, const struct yaml *, size_t);
    } lists[] = {
        {"state-reads", sizeof *session->state_reads, (void **)&session->state_reads,
         &session->state_read_count, read_state_read},
        {"state-changes", sizeof *session->state_changes,
         (void **)&session->state_changes, &session->state_change_count,
         read_state_change},
        {"reboots", sizeof *session->reboots, (void **)&session->reboots,
         &session->reboot_count, read_reboot},
        {"resources", sizeof *session->resources, (void **)&session->resources,
         &session->resource_count, read_resource},
        {"canaries", sizeof *session->canaries, (void **)&session->canaries,
         &session->canary_field_count, read_canary},
        {"reply-limits", sizeof *session->reply_limits, (void **)&session->reply_limits,
         &session->reply_limit_count, read_reply_limit},
    };

    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        if (session_read_entries(loader, lists[i].key, YAML_LIST, lists[i].size,
                                 lists[i].array, lists[i].count, lists[i].visit) < 0)
            return -1;
    return read_wrong_parity(loader) < 0 ? -1 : read_no_state_reads(loader);
}
