/* Phase 1 of loading: every type, enum, parameter and field gets its name and number, so
 * that phase 2 can resolve whatever refers to them. */
#include "model/loader.h"

#include <string.h>

int loader_check_identifier(struct loader *loader, const struct yaml *node,
                            const char *text)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789_";

    if (*text >= 'a' && *text <= 'z' && strspn(text, allowed) == strlen(text))
        return 0;
    if (text == node->text)
        return yaml_complain(node, loader->error, "an identifier of a-z, 0-9 and _");
    return yaml_refuse(node, loader->error,
                       "expected an identifier of a-z, 0-9 and _, found '%.80s'", text);
}

static int read_member(struct loader *loader, const struct yaml *item, int64_t *value,
                       const char **name)
{
    const struct yaml *id = item->kind == YAML_MAP ? yaml_get(item, "id") : item;
    static const char *const keys[] = {"id", "doc", "doc-ref", NULL};

    if (text_to_integer(item->key, value) < 0)
        return yaml_refuse(item, loader->error,
                           "key '%.80s': expected an integer as key of an enum member",
                           item->key);
    if (item->kind == YAML_MAP && loader_check_keys(loader, item, keys) < 0)
        return -1;
    if (!id || id->kind != YAML_SCALAR)
        return yaml_complain(item, loader->error, "the member's name");
    if (loader_check_identifier(loader, id, id->text) < 0)
        return -1;
    *name = loader_keep(loader, id->text);
    return *name ? 0 : -1;
}

static int read_enum(struct loader *loader, const struct yaml *map, uint32_t type)
{
    struct model *model = loader->model;
    struct enumeration *enumeration;
    const char *name = loader_keep(loader, map->key), **names;
    int64_t *values;
    size_t count = 0;

    if (map->kind != YAML_MAP || !map->count)
        return yaml_complain(map, loader->error, "a map of values and names");
    if (loader_check_identifier(loader, map, map->key) < 0)
        return -1;
    enumeration =
        loader_grow(loader, (void **)&model->enumerations, &model->enumeration_count,
                    &model->enumeration_capacity, sizeof *enumeration);
    values = arena_allocate(&model->arena, map->count * sizeof *values);
    names = arena_allocate(&model->arena, map->count * sizeof *names);
    if (!enumeration || !values || !names || !name)
        return loader_short_of_memory(loader);
    for (const struct yaml *item = map->child; item; item = item->next, count++) {
        if (read_member(loader, item, &values[count], &names[count]) < 0)
            return -1;
    }
    *enumeration = (struct enumeration){
        .name = name, .type = type, .values = values, .names = names, .count = count};
    return 0;
}

static int read_enums(struct loader *loader, const struct yaml *enums, uint32_t type)
{
    if (!enums)
        return 0;
    if (enums->kind != YAML_MAP)
        return yaml_complain(enums, loader->error, "a map of enums");
    for (const struct yaml *item = enums->child; item; item = item->next) {
        if (read_enum(loader, item, type) < 0)
            return -1;
    }
    return 0;
}

/* The types of parameters, and the limits of integers; u8 as far as expressions count. */
static const struct {
    const char *name;
    enum parameter_kind kind;
    int64_t minimum, maximum;
} parameter_types[] = {
    {"bool", PARAMETER_BOOL, 0, 1},
    {"b1", PARAMETER_BOOL, 0, 1},
    {"u1", PARAMETER_INTEGER, 0, UINT8_MAX},
    {"u2", PARAMETER_INTEGER, 0, UINT16_MAX},
    {"u4", PARAMETER_INTEGER, 0, UINT32_MAX},
    {"u8", PARAMETER_INTEGER, 0, INT64_MAX},
    {"s1", PARAMETER_INTEGER, INT8_MIN, INT8_MAX},
    {"s2", PARAMETER_INTEGER, INT16_MIN, INT16_MAX},
    {"s4", PARAMETER_INTEGER, INT32_MIN, INT32_MAX},
    {"s8", PARAMETER_INTEGER, INT64_MIN, INT64_MAX},
    {"f4", PARAMETER_REAL, 0, 0},
    {"f8", PARAMETER_REAL, 0, 0},
    {"str", PARAMETER_TEXT, 0, 0},
    {"bytes", PARAMETER_BYTES, 0, 0},
};
enum { PARAMETER_TYPES = sizeof parameter_types / sizeof *parameter_types };

static int read_parameter_type(struct loader *loader, const struct yaml *node,
                               struct parameter *parameter)
{
    for (size_t i = 0; i < PARAMETER_TYPES; i++) {
        if (strcmp(parameter_types[i].name, node->text) != 0)
            continue;
        parameter->type = parameter_types[i].name;
        parameter->kind = parameter_types[i].kind;
        parameter->minimum = parameter_types[i].minimum;
        parameter->maximum = parameter_types[i].maximum;
        return 0;
    }
    return yaml_complain(
        node, loader->error,
        "bool, b1, u1, u2, u4, u8, s1, s2, s4, s8, f4, f8, str or bytes");
}

/* Only the root type of a file may have defaults: all others get arguments. */
static int read_parameter(struct loader *loader, const struct yaml *map, bool is_root,
                          struct parameter *parameter)
{
    static const char *const keys[] = {"id", "type", "enum", "doc", "doc-ref", NULL};
    static const char *const root_keys[] = {
        "id", "type", "enum", "doc", "doc-ref", "-percuss-default", NULL};
    const struct yaml *id, *kind;
    uint32_t name;

    if (loader_check_keys(loader, map, is_root ? root_keys : keys) < 0)
        return -1;
    id = yaml_need(map, "id", YAML_SCALAR, loader->error);
    kind = yaml_need(map, "type", YAML_SCALAR, loader->error);
    if (!id || !kind || loader_check_identifier(loader, id, id->text) < 0 ||
        read_parameter_type(loader, kind, parameter) < 0 ||
        loader_name(loader, id->text, &name) < 0)
        return -1;
    parameter->name = loader->model->names[name];
    parameter->enumeration = NONE;
    return 0;
}

static int read_parameters(struct loader *loader, const struct yaml *list, uint32_t index)
{
    struct parameter *parameters;
    size_t count = 0;

    if (!list)
        return 0;
    if (list->kind != YAML_LIST)
        return yaml_complain(list, loader->error, "a list of parameters");
    parameters =
        arena_allocate(&loader->model->arena, (list->count + 1) * sizeof *parameters);
    if (!parameters)
        return loader_short_of_memory(loader);
    for (const struct yaml *item = list->child; item; item = item->next) {
        if (read_parameter(loader, item, loader->model->types[index].parent == NONE,
                           &parameters[count++]) < 0)
            return -1;
    }
    loader->model->types[index].parameters = parameters;
    loader->model->types[index].parameter_count = count;
    return 0;
}

uint32_t loader_add_field(struct loader *loader, uint32_t type, uint32_t name)
{
    struct model *model = loader->model;
    size_t capacity = model->field_capacity, count = model->field_count;
    struct field *field =
        loader_grow(loader, (void **)&model->fields, &model->field_count,
                    &model->field_capacity, sizeof *field);
    struct rule *rule =
        loader_grow(loader, (void **)&model->rules, &count, &capacity, sizeof *rule);

    if (!field || !rule)
        return NONE;
    *field = (struct field){.name = model->names[name],
                            .type_name = model->types[type].name,
                            .doc = "",
                            .doc_ref = "",
                            .on_invalid = OUTCOME_REJECT};
    *rule = (struct rule){.name = name,
                          .type = type,
                          .enumeration = NONE,
                          .shape = {.kind = SHAPE_UNKNOWN, .bits = -1}};
    return (uint32_t)model->field_count - 1;
}

static int read_sequence_item(struct loader *loader, const struct yaml *item,
                              uint32_t type, uint32_t *sequence, size_t position)
{
    const struct model *model = loader->model;
    const struct yaml *id = yaml_need(item, "id", YAML_SCALAR, loader->error);
    uint32_t name;

    if (!id || loader_check_identifier(loader, id, id->text) < 0 ||
        loader_name(loader, id->text, &name) < 0)
        return -1;
    for (size_t i = 0; i < position; i++) {
        if (model->rules[sequence[i]].name == name)
            return yaml_complain(id, loader->error,
                                 "an id that is not there yet in this seq");
    }
    sequence[position] = loader_add_field(loader, type, name);
    if (sequence[position] == NONE)
        return -1;
    loader->model->rules[sequence[position]].yaml = item;
    return 0;
}

static int read_sequence(struct loader *loader, const struct yaml *list, uint32_t index)
{
    uint32_t *sequence;
    size_t count = 0;

    if (!list)
        return 0;
    if (list->kind != YAML_LIST)
        return yaml_complain(list, loader->error, "a list of fields");
    sequence =
        arena_allocate(&loader->model->arena, (list->count + 1) * sizeof *sequence);
    if (!sequence)
        return loader_short_of_memory(loader);
    for (const struct yaml *item = list->child; item; item = item->next, count++) {
        if (read_sequence_item(loader, item, index, sequence, count) < 0)
            return -1;
    }
    loader->model->types[index].sequence = sequence;
    loader->model->types[index].count = count;
    return 0;
}

static int read_nested(struct loader *loader, const struct yaml *types, uint32_t index,
                       uint32_t file)
{
    if (!types)
        return 0;
    if (types->kind != YAML_MAP)
        return yaml_complain(types, loader->error, "a map of types");
    for (const struct yaml *item = types->child; item; item = item->next) {
        const char *name = loader_keep(loader, item->key);

        if (!name || loader_read_type(loader, item, name, index, file) < 0)
            return -1;
    }
    return 0;
}

static int read_defaults(struct loader *loader, const struct yaml *map, uint32_t index,
                         struct type *type)
{
    static const char *const keys[] = {"endian", "bit-endian", "encoding", NULL};
    const struct yaml *meta = yaml_get(map, "meta");

    if (type->parent == NONE)
        type->defaults.order_from = NONE;
    else
        type->defaults = loader->model->types[type->parent].defaults;
    if (meta && type->parent != NONE && loader_check_keys(loader, meta, keys) < 0)
        return -1;
    return loader_read_defaults(loader, meta, index, &type->defaults);
}

int loader_read_type(struct loader *loader, const struct yaml *map, const char *name,
                     uint32_t parent, uint32_t file)
{
    static const char *const root_keys[] = {"meta",
                                            "doc",
                                            "doc-ref",
                                            "params",
                                            "seq",
                                            "types",
                                            "enums",
                                            "instances",
                                            "-percuss-framing",
                                            "-percuss-segments",
                                            "-percuss-invalid",
                                            NULL};
    static const char *const nested_keys[] = {"meta",
                                              "doc",
                                              "doc-ref",
                                              "params",
                                              "seq",
                                              "types",
                                              "enums",
                                              "instances",
                                              "-percuss-invalid",
                                              "-percuss-codec",
                                              "-percuss-segments",
                                              NULL};
    struct model *model = loader->model;
    struct type type = {
        .name = name, .parent = parent, .file = file, .bits = -1, .yaml = map};
    uint32_t index = (uint32_t)model->type_count;
    struct type *slot;

    if (loader_check_keys(loader, map, parent == NONE ? root_keys : nested_keys) < 0 ||
        loader_check_identifier(loader, map, name) < 0 ||
        loader_read_docs(loader, map, &type.doc, &type.doc_ref) < 0 ||
        loader_read_outcomes(loader, map, &type.has_outcomes, &type.outcomes) < 0 ||
        loader_read_codec(loader, map, &type) < 0 ||
        read_defaults(loader, map, index, &type) < 0)
        return -1;
    slot = loader_grow(loader, (void **)&model->types, &model->type_count,
                       &model->type_capacity, sizeof *slot);
    if (!slot)
        return -1;
    *slot = type;
    if (type.codec)
        return 0; /* what is inside says the same again, for other tools */
    if (read_enums(loader, yaml_get(map, "enums"), index) < 0 ||
        read_parameters(loader, yaml_get(map, "params"), index) < 0 ||
        loader_read_instances(loader, yaml_get(map, "instances"), index) < 0 ||
        read_sequence(loader, yaml_get(map, "seq"), index) < 0)
        return -1;
    return read_nested(loader, yaml_get(map, "types"), index, file);
}
