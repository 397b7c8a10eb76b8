#include "model/grammar.h"

#include <stdlib.h>
#include <string.h>

static bool same(const char *name, const char *text, size_t length)
{
    return strlen(name) == length && memcmp(name, text, length) == 0;
}

/* The place of the last "::", or NULL. */
static const char *last_separator(const char *text, size_t length)
{
    for (size_t i = length; i >= 2; i--) {
        if (text[i - 1] == ':' && text[i - 2] == ':')
            return text + i - 2;
    }
    return NULL;
}

static uint32_t nested_type(const struct model *model, uint32_t parent, const char *text,
                            size_t length)
{
    for (uint32_t i = 0; i < model->type_count; i++) {
        if (model->types[i].parent == parent && same(model->types[i].name, text, length))
            return i;
    }
    return NONE;
}

/* A name without "::": nested here, then in the enclosing types, then a file's root. */
static uint32_t plain_type(const struct model *model, uint32_t from, const char *text,
                           size_t length)
{
    for (uint32_t scope = from; scope != NONE; scope = model->types[scope].parent) {
        uint32_t found = nested_type(model, scope, text, length);

        if (found != NONE)
            return found;
    }
    return nested_type(model, NONE, text, length);
}

uint32_t model_find_type(const struct model *model, uint32_t from, const char *text,
                         size_t length)
{
    const char *separator = last_separator(text, length);
    uint32_t outer;
    size_t rest;

    if (!separator)
        return plain_type(model, from, text, length);
    outer = model_find_type(model, from, text, (size_t)(separator - text));
    rest = length - (size_t)(separator + 2 - text);
    return outer == NONE ? NONE : nested_type(model, outer, separator + 2, rest);
}

static uint32_t enumeration_in(const struct model *model, uint32_t type, const char *text,
                               size_t length)
{
    for (uint32_t i = 0; i < model->enumeration_count; i++) {
        const struct enumeration *candidate = &model->enumerations[i];

        if ((type == NONE || candidate->type == type) &&
            same(candidate->name, text, length))
            return i;
    }
    return NONE;
}

uint32_t model_find_enumeration(const struct model *model, uint32_t type,
                                const char *text, size_t length)
{
    const char *separator = last_separator(text, length);

    if (separator) {
        uint32_t outer = model_find_type(model, type, text, (size_t)(separator - text));

        return outer == NONE ? NONE
                             : enumeration_in(model, outer, separator + 2,
                                              length - (size_t)(separator + 2 - text));
    }
    for (uint32_t scope = type; scope != NONE; scope = model->types[scope].parent) {
        uint32_t found = enumeration_in(model, scope, text, length);

        if (found != NONE)
            return found;
    }
    return type == NONE ? enumeration_in(model, NONE, text, length) : NONE;
}

int model_enum_member(const struct model *model, uint32_t type, const char *text,
                      size_t length, int64_t *value)
{
    const char *separator = last_separator(text, length);
    const struct enumeration *enumeration;
    uint32_t index;

    if (!separator)
        return -1;
    index = model_find_enumeration(model, type, text, (size_t)(separator - text));
    if (index == NONE)
        return -1;
    enumeration = &model->enumerations[index];
    length -= (size_t)(separator + 2 - text);
    for (size_t i = 0; i < enumeration->count; i++) {
        if (same(enumeration->names[i], separator + 2, length)) {
            *value = enumeration->values[i];
            return 0;
        }
    }
    return -1;
}

uint32_t model_name(const struct model *model, const char *text, size_t length)
{
    for (uint32_t i = 0; i < model->name_count; i++) {
        if (same(model->names[i], text, length))
            return i;
    }
    return NONE;
}

const char *model_enum_name(const struct model *model, size_t field, int64_t value)
{
    const struct enumeration *enumeration;

    if (field >= model->field_count || model->rules[field].enumeration == NONE)
        return NULL;
    enumeration = &model->enumerations[model->rules[field].enumeration];
    for (size_t i = 0; i < enumeration->count; i++) {
        if (enumeration->values[i] == value)
            return enumeration->names[i];
    }
    return NULL;
}

const char *model_id(const struct model *model)
{
    return model->id;
}

const struct instance *type_instance(const struct type *type, uint32_t name)
{
    for (size_t i = 0; name != NONE && i < type->instance_count; i++) {
        if (type->instances[i].name == name)
            return &type->instances[i];
    }
    return NULL;
}

uint32_t type_parameter(const struct type *type, const char *name)
{
    for (uint32_t i = 0; i < type->parameter_count; i++) {
        if (strcmp(type->parameters[i].name, name) == 0)
            return i;
    }
    return NONE;
}

const char *model_title(const struct model *model)
{
    return model->title;
}

const char *model_hash(const struct model *model)
{
    return model->hash;
}

size_t model_fields(const struct model *model)
{
    return model->field_count;
}

const struct field *model_field(const struct model *model, size_t id)
{
    return &model->fields[id];
}

const struct framing *model_framing(const struct model *model)
{
    return &model->framing;
}

void model_free(struct model *model)
{
    if (!model)
        return;
    for (size_t i = 0; i < model->expression_count; i++)
        expression_free(model->expressions[i]);
    free(model->expressions);
    free(model->fields);
    free(model->rules);
    free(model->types);
    free(model->enumerations);
    free(model->names);
    arena_free(&model->arena);
    free(model);
}
