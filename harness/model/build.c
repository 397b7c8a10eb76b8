/* A message from named values: walks the grammar as parsing does, but takes each field
 * from the map or from its default. */
#include "core/suggest.h"
#include "model/nodes.h"
#include "model/real.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUILD_MAXIMUM = 65536, MESSAGE_MAXIMUM = 1 << 24 };

struct builder {
    struct tree *tree;
    const struct model *model;
    const struct yaml *values;
    bool *used; /* one for each entry of values */
    struct error *error;
    char path[512];
    unsigned nesting;
};

static int build_type(struct builder *builder, uint32_t group);
static int build_value(struct builder *builder, struct place *place, uint32_t group,
                       uint32_t id, int64_t index, const struct yaml *given);

static int out_of_memory(const struct builder *builder)
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

static struct scope scope_at(const struct builder *builder, uint32_t group, int64_t index)
{
    return (struct scope){.tree = builder->tree, .group = group, .index = index};
}

/* Any member can be named, also one that `valid` leaves out. */
static int enum_value(const struct builder *builder, uint32_t id, const char *text,
                      int64_t *value)
{
    uint32_t index = builder->model->rules[id].enumeration;
    const struct enumeration *enumeration;
    const char *separator = strstr(text, "::");

    if (index == NONE)
        return -1;
    text = separator ? separator + 2 : text;
    enumeration = &builder->model->enumerations[index];
    for (size_t i = 0; i < enumeration->count; i++) {
        if (strcmp(enumeration->names[i], text) == 0) {
            *value = enumeration->values[i];
            return 0;
        }
    }
    return -1;
}

static bool fits(const struct field *field, int64_t value)
{
    if (!field->is_signed && value < 0)
        return false;
    return (int64_t)field_fit(field, (uint64_t)value) == value;
}

static int read_given_real(const struct builder *builder, const struct field *field,
                           const struct yaml *given, int64_t *value)
{
    uint64_t bits;

    if (given->kind != YAML_SCALAR || real_parse(field->bits, given->text, &bits) < 0)
        return yaml_complain(given, builder->error,
                             "a number such as 1.5, inf or nan that fits %u bits",
                             field->bits);
    *value = (int64_t)bits;
    return 0;
}

static int read_given_integer(const struct builder *builder, uint32_t id,
                              const struct yaml *given, int64_t *value)
{
    const struct field *field = &builder->model->fields[id];

    if (field->is_real)
        return read_given_real(builder, field, given, value);
    if (given->kind == YAML_SCALAR && (builder->model->rules[id].flags & RULE_BOOL) &&
        (strcmp(given->text, "true") == 0 || strcmp(given->text, "false") == 0)) {
        *value = given->text[0] == 't';
        return 0;
    }
    if (given->kind == YAML_SCALAR && enum_value(builder, id, given->text, value) == 0)
        return 0;
    if (yaml_is_integer(given, value) && fits(field, *value))
        return 0;
    return yaml_complain(given, builder->error, "%s that fits %u bits%s",
                         builder->model->rules[id].enumeration == NONE
                             ? "an integer"
                             : "a name or an integer",
                         field->bits, field->is_signed ? ", signed" : "");
}

static int64_t default_integer(const struct builder *builder, uint32_t group, uint32_t id,
                               int64_t index)
{
    const struct field *field = &builder->model->fields[id];
    const struct rule *rule = &builder->model->rules[id];
    struct scope scope = scope_at(builder, group, index);
    const struct expression *only = rule->equal          ? rule->equal
                                    : rule->any_of_count ? rule->any_of[0]
                                                         : rule->minimum;
    uint64_t integer;

    if (field->choices_bind && field->choice_count)
        return field->choices[0];
    if (only)
        return field_hold(field, program_run(only, &scope), &integer) ? (int64_t)integer
                                                                      : 0;
    return field->has_bounds ? field->minimum : 0;
}

static int build_integer(struct builder *builder, struct place *place, uint32_t group,
                         uint32_t id, int64_t index, const struct yaml *given)
{
    int64_t value = 0;
    uint32_t node;

    if (!given)
        value = default_integer(builder, group, id, index);
    else if (read_given_integer(builder, id, given, &value) < 0)
        return -1;
    node = tree_append(builder->tree, place, id, FIELD_INTEGER);
    if (node == TREE_NONE)
        return out_of_memory(builder);
    builder->tree->nodes[node].integer =
        field_fit(&builder->model->fields[id], (uint64_t)value);
    return 0;
}

static int append_byte_list(struct builder *builder, const struct yaml *given,
                            struct buffer *bytes)
{
    int64_t byte;

    for (const struct yaml *item = given->child; item; item = item->next) {
        if (!yaml_is_integer(item, &byte) || byte < 0 || byte > 255)
            return yaml_complain(item, builder->error, "a byte from 0 to 255");
        if (buffer_append_byte(bytes, (uint8_t)byte) < 0)
            return yaml_complain(given, builder->error, "fewer bytes");
    }
    return 0;
}

static int read_given_bytes(struct builder *builder, const struct yaml *given,
                            struct buffer *bytes)
{
    if (given->kind == YAML_LIST)
        return append_byte_list(builder, given, bytes);
    if (given->kind != YAML_SCALAR)
        return yaml_complain(given, builder->error,
                             "a text, 'hex: …' or a list of bytes");
    if (strncmp(given->text, "hex:", 4) != 0)
        return buffer_append(bytes, view_text(given->text));
    if (bytes_from_hex(bytes, given->text + 4) < 0)
        return yaml_complain(given, builder->error, "pairs of hex digits after hex:");
    return 0;
}

static size_t default_length(const struct builder *builder, uint32_t group, uint32_t id,
                             int64_t index)
{
    const struct rule *rule = &builder->model->rules[id];
    struct scope scope = scope_at(builder, group, index);
    struct value size;

    if (rule->extent == EXTENT_FIXED)
        return builder->model->fields[id].length;
    if (rule->extent != EXTENT_EXPRESSION || !rule->size)
        return 0;
    size = program_run(rule->size, &scope);
    if (size.kind != VALUE_INTEGER || size.integer < 0 || size.integer > BUILD_MAXIMUM)
        return 0;
    return (size_t)size.integer;
}

static int default_bytes(struct builder *builder, uint32_t group, uint32_t id,
                         int64_t index, struct buffer *bytes)
{
    const struct rule *rule = &builder->model->rules[id];
    struct scope scope = scope_at(builder, group, index);
    struct expression *only = rule->equal          ? rule->equal
                              : rule->any_of_count ? rule->any_of[0]
                                                   : NULL;
    struct value value;

    if (rule->contents.data)
        return buffer_append(bytes, rule->contents);
    if (!only)
        return 0;
    value = program_run(only, &scope);
    return value.kind == VALUE_BYTES && index >= -1 ? buffer_append(bytes, value.bytes)
                                                    : 0;
}

/* A terminator that belongs to the value; any other is emission's. */
static int end_bytes(const struct builder *builder, const struct ending *ending,
                     struct buffer *bytes)
{
    bool there = bytes->length && bytes->data[bytes->length - 1] == ending->terminator;

    if (ending->terminated && ending->include && !there &&
        buffer_append_byte(bytes, ending->terminator) < 0)
        return out_of_memory(builder);
    return 0;
}

static int fill_bytes(struct builder *builder, uint32_t group, uint32_t id, int64_t index,
                      const struct yaml *given, struct buffer *bytes)
{
    const struct field *field = &builder->model->fields[id];
    size_t length = default_length(builder, group, id, index);
    size_t most = field->length;

    if (builder->model->rules[id].process == PROCESS_HEX) {
        length /= 2; /* sizes count what is on the wire */
        most /= 2;
    }
    if (given && read_given_bytes(builder, given, bytes) < 0)
        return -1;
    if (!given && default_bytes(builder, group, id, index, bytes) < 0)
        return out_of_memory(builder);
    if (given && field->fixed_length && bytes->length > most)
        return yaml_complain(given, builder->error, "at most %zu bytes", most);
    if (builder->model->rules[id].flags & RULE_ENDS)
        return end_bytes(builder, &builder->model->rules[id].ending, bytes);
    while ((!given || field->fixed_length) && bytes->length < length) {
        if (buffer_append_byte(bytes, 0) < 0)
            return out_of_memory(builder);
    }
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
    int status = fill_bytes(builder, group, id, index, given, &bytes);
    uint32_t node;

    if (status == 0) {
        node = tree_append(builder->tree, place, id,
                           kind == FIELD_TEXT ? kind : FIELD_BYTES);
        if (node == TREE_NONE || tree_keep(builder->tree, buffer_view(&bytes), &kept) < 0)
            status = out_of_memory(builder);
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
        return out_of_memory(builder);
    builder->tree->nodes[node].ending = built_ending(builder, id);
    builder->tree->nodes[node].integer = group_shape(
        variant->type, (uint32_t)(variant - builder->model->rules[id].variants));
    return build_type(builder, node);
}

static int build_value(struct builder *builder, struct place *place, uint32_t group,
                       uint32_t id, int64_t index, const struct yaml *given)
{
    const struct rule *rule = &builder->model->rules[id];
    struct scope scope = scope_at(builder, group, index);
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
    struct scope scope = scope_at(builder, group, -1);
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
        return out_of_memory(builder);
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
    struct scope scope = scope_at(builder, group, -1);
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
    struct scope scope = scope_at(builder, group, -1);
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

/* For the first part of the path that no field is called. */
static int suggest_field(const struct builder *builder, const char *path)
{
    const struct model *model = builder->model;
    size_t length = strcspn(path, ".[");
    struct suggestion suggestion;

    while (path[length] && model_name(model, path, length) != NONE) {
        path += length + strcspn(path + length, ".");
        path += *path == '.';
        length = strcspn(path, ".[");
    }
    suggestion = suggest_for(path, length);
    for (size_t i = 0; i < model->field_count; i++)
        suggest_offer(&suggestion, model->fields[i].name);
    return suggest_append(&suggestion, builder->error);
}

static int check_used(const struct builder *builder)
{
    size_t position = 0;

    for (const struct yaml *item = builder->values->child; item;
         item = item->next, position++) {
        if (!builder->used[position]) {
            yaml_refuse(item, builder->error,
                        "key '%.80s': expected the path of a field that this message has",
                        item->key);
            return suggest_field(builder, item->key);
        }
    }
    return 0;
}

static int complain_of_change(const struct builder *builder, const struct yaml *item,
                              const struct node *node)
{
    const struct field *field = &builder->model->fields[node->field];
    char text[40];

    if (field->is_real)
        real_text(field->bits, node->integer, text, sizeof text);
    else
        snprintf(text, sizeof text, "%lld", (long long)node->integer);
    return yaml_refuse(item, builder->error,
                       "key '%.80s': the content makes it %s: leave it out or change the "
                       "content",
                       item->key, text);
}

/* A value that emission would overwrite was named: the author believes something untrue.
 */
static int check_kept(const struct builder *builder)
{
    struct tree *tree = builder->tree;

    for (const struct yaml *item = builder->values->child; item; item = item->next) {
        uint32_t node = tree_find(tree, item->key);
        int64_t wanted;

        if (node == TREE_NONE || tree->nodes[node].kind != FIELD_INTEGER ||
            read_given_integer(builder, tree->nodes[node].field, item, &wanted) < 0)
            continue;
        if ((int64_t)tree->nodes[node].integer != wanted)
            return complain_of_change(builder, item, &tree->nodes[node]);
    }
    return 0;
}

static int finish(const struct builder *builder)
{
    struct buffer scratch = buffer_make(MESSAGE_MAXIMUM);
    int status = tree_emit(builder->tree, &scratch);

    buffer_free(&scratch);
    if (status < 0)
        return yaml_refuse(builder->values, builder->error,
                           "expected a message below 16 MiB");
    return check_kept(builder);
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
        out_of_memory(&builder);
    else if (build_type(&builder, 0) == 0 && check_used(&builder) == 0)
        status = finish(&builder);
    free(builder.used);
    return status;
}
