/* `-percuss-segments` of a type: its groups are pieces of messages that span frames. */
#include "model/loader.h"

#include <string.h>

enum { PIECE_LIMIT = 1 << 24 };

/* The field of the piece with that name, or NONE. */
static uint32_t find_field(const struct model *model, uint32_t type, const char *text)
{
    const struct type *piece = &model->types[type];

    for (size_t i = 0; i < piece->count; i++) {
        if (strcmp(model->fields[piece->sequence[i]].name, text) == 0)
            return piece->sequence[i];
    }
    return NONE;
}

static int read_bytes(struct loader *loader, const struct yaml *map, uint32_t type,
                      struct segments *segments)
{
    const struct model *model = loader->model;
    const struct yaml *node = yaml_need(map, "bytes", YAML_SCALAR, loader->error);
    uint32_t field;

    if (!node)
        return -1;
    field = find_field(model, type, node->text);
    if (field == NONE) {
        yaml_complain(node, loader->error, "a field of type %s", model->types[type].name);
        return loader_suggest_field(loader, type, node->text);
    }
    if (model->fields[field].kind == FIELD_INTEGER ||
        model->fields[field].kind == FIELD_ARRAY ||
        model->rules[field].process != PROCESS_NONE)
        return yaml_complain(node, loader->error,
                             "bytes, a text or a group, not repeated, without a process");
    segments->bytes = model->rules[field].name;
    return 0;
}

static int read_field(struct loader *loader, const struct yaml *item, uint32_t type,
                      struct segment_field *into)
{
    const struct model *model = loader->model;
    uint32_t field = find_field(model, type, item->key);

    if (field == NONE) {
        yaml_refuse(item, loader->error, "key '%.80s': expected a field of type %s",
                    item->key, model->types[type].name);
        return loader_suggest_field(loader, type, item->key);
    }
    if (model->fields[field].kind != FIELD_INTEGER)
        return yaml_refuse(item, loader->error, "key '%.80s': expected an integer field",
                           item->key);
    if (item->kind != YAML_SCALAR)
        return yaml_complain(item, loader->error, "an expression");
    into->name = model->rules[field].name;
    into->value = loader_compile(loader, item, item->text, type);
    return into->value ? 0 : -1;
}

/* `{field: expression}`, in order. */
static int read_fields(struct loader *loader, const struct yaml *map, const char *key,
                       uint32_t type, struct segment_field *fields, size_t *count)
{
    const struct yaml *list = yaml_get(map, key);

    if (!list)
        return 0;
    if (list->kind != YAML_MAP || list->count > SEGMENT_FIELDS)
        return yaml_complain(list, loader->error,
                             "a map of at most %d fields and expressions",
                             SEGMENT_FIELDS);
    for (const struct yaml *item = list->child; item; item = item->next) {
        if (read_field(loader, item, type, &fields[(*count)++]) < 0)
            return -1;
    }
    return 0;
}

static int read_expression(struct loader *loader, const struct yaml *map, const char *key,
                           uint32_t type, struct expression **into)
{
    const struct yaml *node = yaml_get(map, key);

    if (!node)
        return 0;
    if (node->kind != YAML_SCALAR)
        return yaml_complain(node, loader->error, "an expression");
    *into = loader_compile(loader, node, node->text, type);
    return *into ? 0 : -1;
}

int loader_read_segments(struct loader *loader, uint32_t type)
{
    static const char *const keys[] = {"bytes", "maximum", "last",         "stream",
                                       "more",  "next",    "acknowledged", NULL};
    const struct yaml *map =
        yaml_get(loader->model->types[type].yaml, "-percuss-segments");
    struct segments *segments = &loader->model->segments;
    int64_t maximum = 0;

    if (!map)
        return 0;
    if (segments->present)
        return yaml_complain(map, loader->error, "one type with this key, not two");
    segments->present = true;
    segments->type = type;
    if (loader_check_keys(loader, map, keys) < 0 ||
        read_bytes(loader, map, type, segments) < 0 ||
        !yaml_need(map, "maximum", YAML_SCALAR, loader->error) ||
        yaml_read_integer(map, "maximum", 1, PIECE_LIMIT, &maximum, loader->error) < 0 ||
        !yaml_need(map, "last", YAML_SCALAR, loader->error) ||
        read_expression(loader, map, "last", type, &segments->last) < 0 ||
        read_expression(loader, map, "stream", type, &segments->stream) < 0 ||
        read_fields(loader, map, "more", type, segments->more, &segments->more_count) <
            0 ||
        read_fields(loader, map, "next", type, segments->next, &segments->next_count) < 0)
        return -1;
    segments->maximum = (size_t)maximum;
    return yaml_read_bool(map, "acknowledged", &segments->acknowledged, loader->error);
}
