/* Instances: values that are computed, and parse instances, which look at bytes that the
 * type's seq does not reach, or reads as something else. */
#include "model/loader.h"

#include <string.h>

enum { REFERENCE_DEPTH = 16 };

static int read_value(struct loader *loader, const struct yaml *item, struct type *type)
{
    static const char *const keys[] = {"value", "enum", "if", "doc", "doc-ref", NULL};
    struct instance *instance = &type->instances[type->instance_count++];

    if (loader_check_keys(loader, item, keys) < 0 ||
        !yaml_need(item, "value", YAML_SCALAR, loader->error))
        return -1;
    instance->yaml = item;
    return loader_name(loader, item->key, &instance->name);
}

static int read_parsed(struct loader *loader, const struct yaml *item, uint32_t index)
{
    uint32_t name, field;
    struct type *type;

    if (item->kind != YAML_MAP)
        return yaml_complain(item, loader->error, "a map with value or pos");
    if (!yaml_need(item, "pos", YAML_SCALAR, loader->error) ||
        loader_name(loader, item->key, &name) < 0)
        return -1;
    field = loader_add_field(loader, index, name);
    if (field == NONE)
        return -1;
    loader->model->rules[field].yaml = item;
    loader->model->rules[field].flags |= RULE_INSTANCE;
    type = &loader->model->types[index];
    type->parsed[type->parsed_count++] = field;
    return 0;
}

int loader_read_instances(struct loader *loader, const struct yaml *map, uint32_t index)
{
    struct arena *arena = &loader->model->arena;
    struct type *type = &loader->model->types[index];

    if (!map)
        return 0;
    if (map->kind != YAML_MAP)
        return yaml_complain(map, loader->error, "a map of instances");
    type->instances = arena_allocate(arena, (map->count + 1) * sizeof *type->instances);
    type->parsed = arena_allocate(arena, (map->count + 1) * sizeof *type->parsed);
    if (!type->instances || !type->parsed)
        return loader_short_of_memory(loader);
    for (const struct yaml *item = map->child; item; item = item->next) {
        if (loader_check_identifier(loader, item, item->key) < 0)
            return -1;
        if (yaml_get(item, "value")
                ? read_value(loader, item, &loader->model->types[index]) < 0
                : read_parsed(loader, item, index) < 0)
            return -1;
    }
    return 0;
}

/* What only the bytes of a message tell has no place in emission. */
static int check_keys(const struct loader *loader, const struct yaml *map)
{
    static const char *const only_seq[] = {"id", "-percuss-checksum", "-percuss-sequence",
                                           "-percuss-emit"};

    for (size_t i = 0; i < sizeof only_seq / sizeof *only_seq; i++) {
        const struct yaml *node = yaml_get(map, only_seq[i]);

        if (node)
            return yaml_complain(node, loader->error, "a field of a seq under it");
    }
    return 0;
}

int loader_read_position(struct loader *loader, uint32_t field)
{
    static const char *const streams[] = {"_io", "_parent._io", "_root._io", NULL};
    struct rule *rule = &loader->model->rules[field];
    const struct yaml *position = yaml_get(rule->yaml, "pos");
    const struct yaml *io = yaml_get(rule->yaml, "io");
    int choice = 0;

    if (!(rule->flags & RULE_INSTANCE)) {
        if (position || io)
            return yaml_complain(position ? position : io, loader->error,
                                 "an instance around it, not a field of a seq");
        return 0;
    }
    if (check_keys(loader, rule->yaml) < 0 ||
        yaml_read_choice(rule->yaml, "io", streams, &choice, loader->error) < 0)
        return -1;
    rule->io = (enum stream_choice)choice;
    rule->position = loader_compile(loader, position, position->text, rule->type);
    return rule->position ? 0 : -1;
}

/* --- what may refer to them -----------------------------------------------------------
 */

/* Whether the expression reads a parse instance of its own type from `first` on, directly
 * or through value instances. */
static bool reads_parsed(const struct model *model, const struct type *type,
                         const struct expression *expression, size_t first,
                         unsigned depth)
{
    for (uint32_t at = 0; expression && at < expression->count && depth < REFERENCE_DEPTH;
         at++) {
        uint32_t name = expression->code[at].extra;
        const struct instance *instance;

        if (expression->code[at].opcode != OP_FIELD)
            continue;
        for (size_t i = first; i < type->parsed_count; i++) {
            if (model->rules[type->parsed[i]].name == name)
                return true;
        }
        instance = type_instance(type, name);
        if (instance &&
            (reads_parsed(model, type, instance->value, first, depth + 1) ||
             reads_parsed(model, type, instance->condition, first, depth + 1)))
            return true;
    }
    return false;
}

static bool needs_parsed(const struct model *model, uint32_t field, size_t first)
{
    const struct rule *rule = &model->rules[field];
    const struct type *type = &model->types[rule->type];
    const struct expression *const expressions[] = {
        rule->condition, rule->size,        rule->count,    rule->until,
        rule->switch_on, rule->process_key, rule->position, rule->equal,
        rule->minimum,   rule->maximum,     rule->test};

    for (size_t i = 0; i < sizeof expressions / sizeof *expressions; i++) {
        if (reads_parsed(model, type, expressions[i], first, 0))
            return true;
    }
    for (size_t i = 0; i < rule->any_of_count; i++) {
        if (reads_parsed(model, type, rule->any_of[i], first, 0))
            return true;
    }
    for (size_t i = 0; i < rule->variant_count; i++) {
        const struct variant *variant = &rule->variants[i];

        for (size_t k = 0; k < variant->argument_count; k++) {
            if (reads_parsed(model, type, variant->arguments[k], first, 0))
                return true;
        }
    }
    return false;
}

static int check_order(const struct loader *loader, uint32_t field, size_t first)
{
    const struct yaml *node = loader->model->rules[field].yaml;

    if (!needs_parsed(loader->model, field, first))
        return 0;
    return error_set(loader->error,
                     "%s:%u: field '%s': expected no parse instance that is read later "
                     "(they are read in their order, after the seq)",
                     node->file, node->line, loader->model->fields[field].name);
}

int loader_check_order(struct loader *loader, uint32_t index)
{
    const struct type *type = &loader->model->types[index];

    for (size_t i = 0; i < type->count; i++) {
        if (check_order(loader, type->sequence[i], 0) < 0)
            return -1;
    }
    for (size_t i = 0; i < type->parsed_count; i++) {
        if (check_order(loader, type->parsed[i], i) < 0)
            return -1;
    }
    return 0;
}

int loader_add_rest(struct loader *loader)
{
    struct model *model = loader->model;
    bool looks = false;
    uint32_t name;

    model->rest_field = NONE;
    for (size_t i = 0; i < model->type_count; i++)
        looks |= model->types[i].parsed_count > 0;
    if (!looks)
        return 0;
    if (loader_name(loader, "_rest", &name) < 0)
        return -1;
    model->rest_field = loader_add_field(loader, 0, name);
    if (model->rest_field == NONE)
        return -1;
    model->fields[model->rest_field].kind = FIELD_BYTES;
    model->fields[model->rest_field].element = FIELD_BYTES;
    model->fields[model->rest_field].doc = "bytes behind a seq that instances look at";
    model->rules[model->rest_field].extent = EXTENT_REST;
    return 0;
}
