/* A message from named values: walks the grammar as parsing does, but takes each field
 * from the map or from its default. */
#include "model/builder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int build_type(struct builder *builder, uint32_t group);
static int build_value(struct builder *builder, struct place *place, uint32_t group,
                       uint32_t id, int64_t index, const struct yaml *given);

int builder_no_memory(const struct builder *builder)
{
    return yaml_refuse(builder->values, builder->error, "memory is short");
}

static const struct yaml *take(struct builder *builder)
{
    size_t position = 0;

    for (const struct yaml *item = builder->values->child; item;
         item = item->next, position++) {
        if (strcmp(item->key, builder->path) == 0) {
            builder->used[position] = true;
            return item;
        }
    }
    return NULL;
}

/* Some value below the present path, or for it, is named. */
static bool is_named(const struct builder *builder)
{
    size_t length = strlen(builder->path);

    for (const struct yaml *item = builder->values->child; item; item = item->next) {
        if (strncmp(item->key, builder->path, length) == 0 &&
            (!item->key[length] || item->key[length] == '.' || item->key[length] == '['))
            return true;
    }
    return false;
}

struct scope builder_scope(const struct builder *builder, uint32_t group, int64_t index)
{
    return (struct scope){.tree = builder->tree, .group = group, .index = index};
}

static int build_integer(struct builder *builder, struct place *place, uint32_t group,
                         uint32_t id, int64_t index, const struct yaml *given)
{
    int64_t value = 0;
    uint32_t node;

    if (!given)
        value = builder_default_integer(builder, group, id, index);
    else if (builder_given_integer(builder, id, given, &value) < 0)
        return -1;
    node = tree_append(builder->tree, place, id, FIELD_INTEGER);
    if (node == TREE_NONE)
        return builder_no_memory(builder);
    builder->tree->nodes[node].integer =
        field_fit(&builder->model->fields[id], (uint64_t)value);
    return 0;
}

/* What may end with its stream does: a list's last element goes without its separator. */
static enum node_ending built_ending(const struct builder *builder, uint32_t id)
{
    const struct rule *rule = &builder->model->rules[id];

    return rule->extent == EXTENT_TERMINATED && !rule->ending.include &&
                   !rule->ending.eos_error
               ? ENDING_OPEN
               : ENDING_RULE;
}

static int build_bytes(struct builder *builder, struct place *place, uint32_t group,
                       uint32_t id, int64_t index, const struct yaml *given)
{
    struct buffer bytes = buffer_make(MESSAGE_MAXIMUM);
    enum field_kind kind = builder->model->fields[id].element;
    struct view kept;
    int status = builder_bytes(builder, group, id, index, given, &bytes);
    uint32_t node;

    if (status == 0) {
        node = tree_append(builder->tree, place, id,
                           kind == FIELD_TEXT ? kind : FIELD_BYTES);
        if (node == TREE_NONE || tree_keep(builder->tree, buffer_view(&bytes), &kept) < 0)
            status = builder_no_memory(builder);
        else {
            builder->tree->nodes[node].bytes = kept;
            builder->tree->nodes[node].declared =
                !given && (builder->model->rules[id].flags & RULE_SEPARATOR);
            builder->tree->nodes[node].ending = built_ending(builder, id);
        }
    }
    buffer_free(&bytes);
    return status;
}

static int build_leaf(struct builder *builder, struct place *place, uint32_t group,
                      uint32_t id, int64_t index, const struct yaml *given)
{
    if (builder->model->fields[id].element == FIELD_INTEGER)
        return build_integer(builder, place, group, id, index, given);
    return build_bytes(builder, place, group, id, index, given);
}

static int build_group(struct builder *builder, struct place *place, uint32_t id,
                       const struct variant *variant, const struct yaml *given)
{
    uint32_t node;

    if (given)
        return yaml_complain(
            given, builder->error, "a path into the group, e.g. %s.%s", builder->path,
            builder->model->types[variant->type].count
                ? builder->model->fields[builder->model->types[variant->type].sequence[0]]
                      .name
                : "field");
    node = tree_append(builder->tree, place, id, FIELD_GROUP);
    if (node == TREE_NONE)
        return builder_no_memory(builder);
    builder->tree->nodes[node].ending = built_ending(builder, id);
    builder->tree->nodes[node].integer = group_shape(
        variant->type, (uint32_t)(variant - builder->model->rules[id].variants));
    return build_type(builder, node);
}

static int build_value(struct builder *builder, struct place *place, uint32_t group,
                       uint32_t id, int64_t index, const struct yaml *given)
{
    const struct rule *rule = &builder->model->rules[id];
    struct scope scope = builder_scope(builder, group, index);
    const struct variant *variant;

    if (!rule->variants)
        return build_leaf(builder, place, group, id, index, given);
    variant = tree_variant(rule, &scope);
    if (!variant)
        return build_bytes(builder, place, group, id, index, given);
    if (variant->field != NONE)
        return build_leaf(builder, place, group, variant->field, index, given);
    return build_group(builder, place, id, variant, given);
}

/* How many elements: a list says, or the highest index named, or the grammar's own count.
 */
static int64_t element_count(const struct builder *builder, uint32_t group, uint32_t id,
                             const struct yaml *list)
{
    const struct rule *rule = &builder->model->rules[id];
    struct scope scope = builder_scope(builder, group, -1);
    size_t length = strlen(builder->path);
    struct value count;
    long highest = -1;

    if (list)
        return (int64_t)list->count;
    for (const struct yaml *item = builder->values->child; item; item = item->next) {
        long index;

        if (strncmp(item->key, builder->path, length) != 0 || item->key[length] != '[')
            continue;
        index = strtol(item->key + length + 1, NULL, 10);
        highest = index > highest ? index : highest;
    }
    if (highest >= 0)
        return highest + 1;
    if (rule->repetition != REPEAT_COUNT)
        return rule->repetition == REPEAT_UNTIL; /* which ends with its first at best */
    count = program_run(rule->count, &scope);
    return count.kind == VALUE_INTEGER && count.integer > 0 ? count.integer : 0;
}

static int build_array(struct builder *builder, struct place *place, uint32_t group,
                       uint32_t id, const struct yaml *given)
{
    uint32_t array = tree_append(builder->tree, place, id, FIELD_ARRAY);
    struct place elements = {array, TREE_NONE};
    const struct yaml *item = given ? given->child : NULL;
    int64_t count = element_count(builder, group, id, given);
    size_t length = strlen(builder->path);

    if (array == TREE_NONE)
        return builder_no_memory(builder);
    if (given && given->kind != YAML_LIST)
        return yaml_complain(given, builder->error, "a list");
    if (count > BUILD_MAXIMUM)
        return yaml_refuse(builder->values, builder->error,
                           "'%s': expected at most %d elements", builder->path,
                           BUILD_MAXIMUM);
    for (int64_t i = 0; i < count; i++) {
        const struct yaml *value = item;

        snprintf(builder->path + length, sizeof builder->path - length, "[%lld]",
                 (long long)i);
        if (!value)
            value = take(builder);
        if (build_value(builder, &elements, group, id, i, value) < 0)
            return -1;
        item = item ? item->next : NULL;
        builder->path[length] = '\0';
    }
    return 0;
}

static int build_field(struct builder *builder, struct place *place, uint32_t group,
                       uint32_t id)
{
    const struct rule *rule = &builder->model->rules[id];
    struct scope scope = builder_scope(builder, group, -1);
    const struct yaml *given;

    if (rule->condition && !value_is_true(program_run(rule->condition, &scope)) &&
        !is_named(builder))
        return 0;
    given = take(builder);
    if (rule->repetition != REPEAT_NONE)
        return build_array(builder, place, group, id, given);
    return build_value(builder, place, group, id, -1, given);
}

/* The bytes behind a stream's seq that parse instances look at, if they are named. */
static int build_rest(struct builder *builder, struct place *place, uint32_t group)
{
    uint32_t field = builder->tree->nodes[group].field, id = builder->model->rest_field;
    const struct yaml *given;

    if (id == NONE ||
        (field != TREE_NONE && builder->model->rules[field].extent == EXTENT_NONE))
        return 0;
    given = take(builder);
    if (!given)
        return 0;
    if (build_bytes(builder, place, group, id, -1, given) < 0)
        return -1;
    builder->tree->nodes[place->last].rest = true;
    return 0;
}

static int build_type(struct builder *builder, uint32_t group)
{
    const struct type *type =
        &builder->model->types[(uint32_t)builder->tree->nodes[group].integer];
    struct scope scope = builder_scope(builder, group, -1);
    struct place place = {group, TREE_NONE};
    size_t length = strlen(builder->path);
    int status = 0;

    if (++builder->nesting > DEPTH_LIMIT)
        return yaml_refuse(builder->values, builder->error,
                           "type %s contains itself without end", type->name);
    if (type->order)
        tree_decide_order(builder->tree, group, &scope);
    for (size_t i = 0; i < type->count && status == 0; i++) {
        snprintf(builder->path + length, sizeof builder->path - length, "%s%s",
                 length ? "." : "", builder->model->fields[type->sequence[i]].name);
        status = build_field(builder, &place, group, type->sequence[i]);
        builder->path[length] = '\0';
    }
    if (status == 0) {
        snprintf(builder->path + length, sizeof builder->path - length, "%s_rest",
                 length ? "." : "");
        status = build_rest(builder, &place, group);
        builder->path[length] = '\0';
    }
    builder->nesting--;
    return status;
}

static int finish(const struct builder *builder)
{
    struct buffer scratch = buffer_make(MESSAGE_MAXIMUM);
    int status = tree_emit(builder->tree, &scratch);

    buffer_free(&scratch);
    if (status < 0)
        return yaml_refuse(builder->values, builder->error,
                           "expected a message below 16 MiB");
    return builder_check_kept(builder);
}

int tree_build(struct tree *tree, const struct model *model, bool reply,
               const struct yaml *values, struct error *error)
{
    static const struct yaml nothing = {
        .kind = YAML_MAP, .file = "(no values)", .line = 1, .column = 1};
    struct builder builder = {.tree = tree, .model = model, .error = error};
    int status = -1;

    builder.values = values ? values : &nothing;
    if (builder.values->kind != YAML_MAP)
        return yaml_complain(values, error, "a map of paths and values");
    builder.used = calloc(builder.values->count + 1, sizeof *builder.used);
    if (!builder.used || tree_begin(tree, model, reply) < 0)
        builder_no_memory(&builder);
    else if (build_type(&builder, 0) == 0 && builder_check_used(&builder) == 0)
        status = finish(&builder);
    free(builder.used);
    return status;
}
