/* What every key of a session file is read with: expressions, names, lists that several
 * files add to. */
#include "generate/session_loader.h"

#include "core/suggest.h"

#include <string.h>

int session_out_of_memory(struct session_loader *loader)
{
    return error_set(loader->error, "out of memory while reading a session");
}

/* Compiles the expression under `key`; absent gives NULL and 0. */
int session_read_expression(struct session_loader *loader, const struct yaml *map,
                            const char *key, struct expression **expression)
{
    const struct yaml *node = yaml_get(map, key);

    *expression = NULL;
    if (!node)
        return 0;
    if (node->kind != YAML_SCALAR)
        return yaml_complain(node, loader->error, "an expression");
    if (loader->memory->expression_count == SESSION_EXPRESSIONS)
        return yaml_complain(node, loader->error, "at most %d expressions",
                             SESSION_EXPRESSIONS);
    *expression = expression_compile_node(node, loader->session->model, session_names,
                                          loader->error);
    if (!*expression)
        return -1;
    loader->memory->expressions[loader->memory->expression_count++] = *expression;
    return 0;
}

int session_need_expression(struct session_loader *loader, const struct yaml *map,
                            const char *key, struct expression **expression)
{
    if (!yaml_need(map, key, YAML_SCALAR, loader->error))
        return -1;
    return session_read_expression(loader, map, key, expression);
}

int session_find_message(struct session_loader *loader, const struct yaml *node,
                         unsigned *index)
{
    const char *text = node->kind == YAML_SCALAR ? node->text : "";
    struct suggestion suggestion = suggest_for(text, strlen(text));

    for (size_t i = 0; i < loader->session->message_count; i++) {
        suggest_offer(&suggestion, loader->session->messages[i].name);
        if (strcmp(loader->session->messages[i].name, text) == 0) {
            *index = (unsigned)i;
            return 0;
        }
    }
    yaml_complain(node, loader->error, "the name of a message under `messages`");
    return suggest_append(&suggestion, loader->error);
}

int session_read_message_list(struct session_loader *loader, const struct yaml *list,
                              const unsigned **messages, size_t *count)
{
    unsigned *array;
    size_t used = 0;

    if (list->kind != YAML_LIST)
        return yaml_complain(list, loader->error, "a list of message names");
    array = arena_allocate(&loader->memory->arena, (list->count + 1) * sizeof *array);
    if (!array)
        return session_out_of_memory(loader);
    for (const struct yaml *item = list->child; item; item = item->next)
        if (session_find_message(loader, item, &array[used++]) < 0)
            return -1;
    *messages = array;
    *count = used;
    return 0;
}

/* The last file that has `key` decides a scalar or list that is not joined. */
const struct yaml *session_last_with(const struct session_loader *loader, const char *key)
{
    const struct yaml *found = NULL;

    for (size_t i = 0; i < loader->memory->file_count; i++) {
        const struct yaml *node = yaml_get(yaml_root(loader->memory->files[i]), key);

        found = node ? node : found;
    }
    return found;
}

/* Runs `visit` over the entries of `key` in all files, base first, skipping those that
 * name another model; `kind` is what `key` must be. Returns how many were visited, or -1.
 */
long session_visit_entries(struct session_loader *loader, const char *key,
                           enum yaml_kind kind,
                           int (*visit)(struct session_loader *, const struct yaml *,
                                        size_t index))
{
    size_t index = 0;

    for (size_t i = 0; i < loader->memory->file_count; i++) {
        const struct yaml *list = yaml_get(yaml_root(loader->memory->files[i]), key);

        if (!list)
            continue;
        if (list->kind != kind)
            return yaml_complain(list, loader->error,
                                 kind == YAML_MAP ? "a map" : "a list");
        for (const struct yaml *entry = list->child; entry; entry = entry->next) {
            const struct yaml *model;

            if (kind == YAML_LIST && entry->kind != YAML_MAP)
                return yaml_complain(entry, loader->error, "a map");
            model = entry->kind == YAML_MAP ? yaml_get(entry, "model") : NULL;
            if (model && model->kind != YAML_SCALAR)
                return yaml_complain(model, loader->error, "a model's id");
            if (model && strcmp(model->text, model_id(loader->session->model)) != 0)
                continue;
            if (visit && visit(loader, entry, index) < 0)
                return -1;
            index++;
        }
    }
    return (long)index;
}

/* Counts the entries of `key`, allocates as many of `size`, and visits them. */
int session_read_entries(struct session_loader *loader, const char *key,
                         enum yaml_kind kind, size_t size, void **array, size_t *count,
                         int (*visit)(struct session_loader *, const struct yaml *,
                                      size_t index))
{
    long entries = session_visit_entries(loader, key, kind, NULL);

    if (entries < 0)
        return -1;
    *array = arena_allocate(&loader->memory->arena, ((size_t)entries + 1) * size);
    if (!*array)
        return session_out_of_memory(loader);
    *count = (size_t)entries;
    return session_visit_entries(loader, key, kind, visit) < 0 ? -1 : 0;
}
