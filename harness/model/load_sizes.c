/* Between phases 1 and 2: what each field holds, and the sizes that are always the same,
 * so that expressions can be checked and `sizeof` is a constant. */
#include "model/loader.h"

#include <string.h>

/* A size or count in the file: 0, or -1 when it is not constant (yet). */
static int read_constant(struct loader *loader, const struct yaml *node, uint32_t type,
                         int64_t *value)
{
    struct expression *expression;
    struct value constant;
    int status = -1;

    if (node->kind != YAML_SCALAR)
        return -1;
    if (text_to_integer(node->text, value) == 0)
        return *value < 0 || *value > INT32_MAX ? -1 : 0;
    expression = program_compile(node->text, loader->model, type, NULL, NULL);
    if (expression && loader_constant(expression, &constant) &&
        constant.kind == VALUE_INTEGER && constant.integer >= 0 &&
        constant.integer <= INT32_MAX) {
        *value = constant.integer;
        status = 0;
    }
    expression_free(expression);
    return status;
}

static int64_t bits_of_contents(const struct yaml *contents)
{
    size_t length = 0;
    int64_t byte;

    if (contents->kind == YAML_SCALAR)
        return (int64_t)strlen(contents->text) * 8;
    for (const struct yaml *item = contents->child; item; item = item->next) {
        if (item->kind != YAML_SCALAR)
            return -1;
        length += yaml_is_integer(item, &byte) ? 1 : strlen(item->text);
    }
    return (int64_t)length * 8;
}

/* One value of the field, whatever its condition and repetition; -1: it varies. */
static int64_t bits_of_value(struct loader *loader, const struct rule *rule)
{
    const struct yaml *type = yaml_get(rule->yaml, "type");
    const struct yaml *size = yaml_get(rule->yaml, "size");
    const struct yaml *contents = yaml_get(rule->yaml, "contents");
    int64_t value;

    if (contents)
        return bits_of_contents(contents);
    if (size)
        return read_constant(loader, size, rule->type, &value) < 0 ? -1 : value * 8;
    if (!type || type->kind != YAML_SCALAR)
        return -1;
    if (type_is_built_in(type->text, strlen(type->text), &value))
        return value;
    return rule->shape.kind == SHAPE_GROUP ? loader->model->types[rule->shape.type].bits
                                           : -1;
}

/* Keys that leave a field's size alone; any other makes it vary. */
static bool is_plain(const struct yaml *map)
{
    static const char *const plain[] = {"id",       "type",     "doc",         "doc-ref",
                                        "size",     "contents", "enum",        "valid",
                                        "encoding", "repeat",   "repeat-expr", NULL};

    for (const struct yaml *child = map->child; child; child = child->next) {
        size_t i = 0;

        while (plain[i] && strcmp(plain[i], child->key) != 0)
            i++;
        if (!plain[i] && child->key[0] != '-')
            return false;
    }
    return true;
}

static int64_t bits_of_field(struct loader *loader, uint32_t field)
{
    struct rule *rule = &loader->model->rules[field];
    const struct yaml *count = yaml_get(rule->yaml, "repeat-expr");
    int64_t elements = 1;

    rule->shape.bits = is_plain(rule->yaml) ? bits_of_value(loader, rule) : -1;
    if (!rule->shape.is_array || rule->shape.bits < 0)
        return rule->shape.bits;
    if (!count || read_constant(loader, count, rule->type, &elements) < 0)
        return -1;
    return rule->shape.bits * elements;
}

/* Fields that are not bits begin at whole bytes. */
static int64_t bits_of_type(struct loader *loader, uint32_t type)
{
    const struct type *facts = &loader->model->types[type];
    int64_t total = 0;
    bool fixed = true;

    for (size_t i = 0; i < facts->count; i++) {
        const struct yaml *yaml = loader->model->rules[facts->sequence[i]].yaml;
        const struct yaml *kind = yaml_get(yaml, "type");
        int64_t bits = bits_of_field(loader, facts->sequence[i]);

        fixed &= bits >= 0 && total + bits < INT64_C(1) << 40;
        if (!fixed)
            continue;
        if (!kind || kind->kind != YAML_SCALAR || *kind->text != 'b')
            total = (total + 7) / 8 * 8;
        total += bits;
    }
    return fixed ? total : -1;
}

static void find_shape(struct model *model, struct rule *rule)
{
    const struct yaml *type = yaml_get(rule->yaml, "type");
    const char *text = type && type->kind == YAML_SCALAR ? type->text : NULL;
    uint32_t found = NONE;
    int64_t bits;

    rule->shape.is_array = yaml_get(rule->yaml, "repeat") != NULL;
    if (type && !text)
        return;
    if (!type || type_is_built_in(text, strlen(text), &bits)) {
        rule->shape.kind = SHAPE_LEAF;
        return;
    }
    found = model_find_type(model, rule->type, text, strcspn(text, "("));
    if (found == NONE)
        return;
    rule->shape.kind = model->types[found].codec ? SHAPE_LEAF : SHAPE_GROUP;
    rule->shape.type = found;
}

/* A pass settles what the passes before it made known; each settles a type or is the
 * last.
 */
int loader_measure(struct loader *loader)
{
    struct model *model = loader->model;
    bool changed = true;

    for (size_t i = 0; i < model->field_count; i++)
        find_shape(model, &model->rules[i]);
    while (changed) {
        changed = false;
        for (uint32_t i = 0; i < model->type_count; i++) {
            const struct type *type = &model->types[i];
            int64_t bits = type->bits < 0 && !type->codec ? bits_of_type(loader, i) : -1;

            if (bits < 0)
                continue;
            model->types[i].bits = bits;
            changed = true;
        }
    }
    return 0;
}
