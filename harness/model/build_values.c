/* What a leaf of a message that is being built holds: the value that is named, or the
 * first that its rules allow. */
#include "model/builder.h"
#include "model/real.h"

#include <stdlib.h>
#include <string.h>

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

int builder_given_integer(const struct builder *builder, uint32_t id,
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

int64_t builder_default_integer(const struct builder *builder, uint32_t group,
                                uint32_t id, int64_t index)
{
    const struct field *field = &builder->model->fields[id];
    const struct rule *rule = &builder->model->rules[id];
    struct scope scope = builder_scope(builder, group, index);
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
    struct scope scope = builder_scope(builder, group, index);
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
    struct scope scope = builder_scope(builder, group, index);
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
        return builder_no_memory(builder);
    return 0;
}

int builder_bytes(struct builder *builder, uint32_t group, uint32_t id, int64_t index,
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
        return builder_no_memory(builder);
    if (given && field->fixed_length && bytes->length > most)
        return yaml_complain(given, builder->error, "at most %zu bytes", most);
    if (builder->model->rules[id].flags & RULE_ENDS)
        return end_bytes(builder, &builder->model->rules[id].ending, bytes);
    while ((!given || field->fixed_length) && bytes->length < length) {
        if (buffer_append_byte(bytes, 0) < 0)
            return builder_no_memory(builder);
    }
    return 0;
}
