#include "model/context.h"

#include "core/yaml.h"
#include "model/grammar.h"

#include <string.h>

static const struct type *root_of(const struct model *model)
{
    return &model->types[0];
}

int context_find(const struct model *model, const char *name, size_t length)
{
    for (unsigned i = 0; i < root_of(model)->parameter_count; i++) {
        const char *known = root_of(model)->parameters[i].name;

        if (i != model->direction && strlen(known) == length &&
            memcmp(known, name, length) == 0)
            return (int)i;
    }
    return -1;
}

size_t context_offer(const struct model *model, struct suggestion *suggestion)
{
    size_t count = 0;

    for (unsigned i = 0; i < root_of(model)->parameter_count; i++) {
        if (i == model->direction)
            continue;
        suggest_offer(suggestion, root_of(model)->parameters[i].name);
        count++;
    }
    return count;
}

/* --- texts -------------------------------------------------------------------------- */

static bool read_member(const struct model *model, const struct parameter *parameter,
                        const char *text, int64_t *integer)
{
    const struct enumeration *enumeration;

    if (parameter->enumeration == NONE)
        return false;
    enumeration = &model->enumerations[parameter->enumeration];
    for (size_t i = 0; i < enumeration->count; i++) {
        if (strcmp(enumeration->names[i], text) != 0)
            continue;
        *integer = enumeration->values[i];
        return true;
    }
    return false;
}

static int read_integer(const struct model *model, const struct parameter *parameter,
                        const char *text, struct context_value *value,
                        struct error *expected)
{
    if ((read_member(model, parameter, text, &value->integer) ||
         text_to_integer(text, &value->integer) == 0) &&
        value->integer >= parameter->minimum && value->integer <= parameter->maximum)
        return 0;
    return error_set(expected, "an integer from %lld to %lld%s%s",
                     (long long)parameter->minimum, (long long)parameter->maximum,
                     parameter->enumeration == NONE ? "" : " or a member of enum ",
                     parameter->enumeration == NONE
                         ? ""
                         : model->enumerations[parameter->enumeration].name);
}

static int read_bool(const char *text, struct context_value *value,
                     struct error *expected)
{
    value->integer = strcmp(text, "true") == 0;
    return value->integer || strcmp(text, "false") == 0
               ? 0
               : error_set(expected, "true or false");
}

static int read_bytes(const char *text, struct context_value *value,
                      struct error *expected)
{
    struct buffer bytes = buffer_make(CONTEXT_BYTES);
    int status = strncmp(text, "hex:", 4) == 0 ? bytes_from_hex(&bytes, text + 4)
                                               : buffer_append(&bytes, view_text(text));

    if (status < 0) {
        error_set(expected, "a text or 'hex: …' of at most %d bytes", CONTEXT_BYTES);
    } else {
        value->length = (uint8_t)bytes.length;
        if (bytes.length)
            memcpy(value->bytes, bytes.data, bytes.length);
    }
    buffer_free(&bytes);
    return status < 0 ? -1 : 0;
}

int parameter_read(const struct model *model, const struct parameter *parameter,
                   const char *text, struct context_value *value, struct error *expected)
{
    *value = (struct context_value){0};
    switch (parameter->kind) {
    case PARAMETER_INTEGER: return read_integer(model, parameter, text, value, expected);
    case PARAMETER_BOOL: return read_bool(text, value, expected);
    case PARAMETER_TEXT:
    case PARAMETER_BYTES: return read_bytes(text, value, expected);
    default:
        return error_set(expected,
                         "no value: its type is none that a session hands over");
    }
}

int context_read(struct context *context, const struct model *model, unsigned parameter,
                 const char *text, struct error *expected)
{
    struct context_value value;

    if (parameter_read(model, &root_of(model)->parameters[parameter], text, &value,
                       expected) < 0)
        return -1;
    context->values[parameter] = value;
    context->known |= 1u << parameter;
    return 0;
}

/* --- values ------------------------------------------------------------------------- */

static bool fits(const struct parameter *parameter, struct value value)
{
    switch (parameter->kind) {
    case PARAMETER_INTEGER:
        return value.kind == VALUE_INTEGER && value.integer >= parameter->minimum &&
               value.integer <= parameter->maximum;
    case PARAMETER_BOOL: return value.kind == VALUE_BOOL;
    default: return value.kind == VALUE_BYTES && value.bytes.length <= CONTEXT_BYTES;
    }
}

bool context_take(struct context *context, const struct model *model, unsigned parameter,
                  struct value value)
{
    const struct parameter *facts = &root_of(model)->parameters[parameter];
    struct context_value *taken = &context->values[parameter];

    if (!fits(facts, value))
        return false;
    *taken = (struct context_value){0};
    if (value.kind == VALUE_BYTES) {
        taken->length = (uint8_t)value.bytes.length;
        if (value.bytes.length)
            memcpy(taken->bytes, value.bytes.data, value.bytes.length);
    } else {
        taken->integer = value.integer;
    }
    context->known |= 1u << parameter;
    return true;
}

struct value context_of(const struct tree *tree, unsigned position)
{
    const struct model *model = tree->model;
    const struct parameter *parameter = &root_of(model)->parameters[position];
    const struct context_value *value = &parameter->fallback;

    if (position < CONTEXT_PARAMETERS && tree->context.known >> position & 1)
        value = &tree->context.values[position];
    switch (parameter->kind) {
    case PARAMETER_INTEGER:
        return (struct value){.kind = VALUE_INTEGER, .integer = value->integer};
    case PARAMETER_BOOL:
        return (struct value){.kind = VALUE_BOOL, .integer = value->integer};
    default:
        return (struct value){.kind = VALUE_BYTES,
                              .is_text = parameter->kind == PARAMETER_TEXT,
                              .bytes = {value->bytes, value->length}};
    }
}

bool context_facts(const struct model *model, unsigned position,
                   struct context_facts *facts)
{
    const struct parameter *parameter;

    if (position >= root_of(model)->parameter_count)
        return false;
    parameter = &root_of(model)->parameters[position];
    *facts = (struct context_facts){.name = parameter->name,
                                    .type = parameter->type,
                                    .is_direction = position == model->direction,
                                    .is_bytes = parameter->kind == PARAMETER_BYTES,
                                    .is_text = parameter->kind == PARAMETER_TEXT,
                                    .fallback = parameter->fallback};
    if (parameter->enumeration != NONE)
        facts->enumeration = model->enumerations[parameter->enumeration].name;
    return true;
}
