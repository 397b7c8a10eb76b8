/* Names that are there twice, and what was meant by names that are not there. */
#include "model/loader.h"

#include "core/suggest.h"

#include <string.h>

/* --- what was meant ---------------------------------------------------------------- */

int loader_suggest(const struct loader *loader, const char *text, size_t length,
                   const char *const *known)
{
    struct suggestion suggestion = suggest_for(text, length);

    suggest_offer_all(&suggestion, known);
    return suggest_append(&suggestion, loader->error);
}

int loader_suggest_type(const struct loader *loader, const char *text, size_t length)
{
    static const char *const built_in[] = {"u1", "u2", "u4",  "u8",   "s1", "s2",
                                           "s4", "s8", "str", "strz", NULL};
    struct suggestion suggestion = suggest_for(text, length);

    for (size_t i = 0; i < loader->model->type_count; i++)
        suggest_offer(&suggestion, loader->model->types[i].name);
    suggest_offer_all(&suggestion, built_in);
    return suggest_append(&suggestion, loader->error);
}

int loader_suggest_enum(const struct loader *loader, const struct yaml *node)
{
    struct suggestion suggestion;

    if (node->kind != YAML_SCALAR)
        return -1;
    suggestion = suggest_for(node->text, strlen(node->text));
    for (size_t i = 0; i < loader->model->enumeration_count; i++)
        suggest_offer(&suggestion, loader->model->enumerations[i].name);
    return suggest_append(&suggestion, loader->error);
}

int loader_suggest_field(const struct loader *loader, uint32_t type, const char *text)
{
    const struct type *facts = &loader->model->types[type];
    struct suggestion suggestion = suggest_for(text, strlen(text));

    for (size_t i = 0; i < facts->count; i++)
        suggest_offer(&suggestion, loader->model->fields[facts->sequence[i]].name);
    return suggest_append(&suggestion, loader->error);
}

/* --- what is there twice ----------------------------------------------------------- */

static bool is_field(const struct model *model, const struct type *type, const char *name)
{
    for (size_t i = 0; i < type->count; i++) {
        if (strcmp(model->fields[type->sequence[i]].name, name) == 0)
            return true;
    }
    return false;
}

static int check_parameters(const struct loader *loader, const struct type *type)
{
    const struct yaml *item = yaml_get(type->yaml, "params");

    item = item ? item->child : NULL;
    for (size_t i = 0; i < type->parameter_count; i++, item = item->next) {
        const char *name = type->parameters[i].name;
        bool taken = is_field(loader->model, type, name);

        for (size_t k = 0; k < i; k++)
            taken |= strcmp(type->parameters[k].name, name) == 0;
        if (taken)
            return yaml_complain(
                yaml_get(item, "id"), loader->error,
                "an id that no other parameter or field of the type has");
    }
    return 0;
}

static int check_instances(const struct loader *loader, const struct type *type)
{
    for (size_t i = 0; i < type->instance_count; i++) {
        const char *name = loader->model->names[type->instances[i].name];
        bool taken = is_field(loader->model, type, name);

        for (size_t k = 0; k < type->parameter_count; k++)
            taken |= strcmp(type->parameters[k].name, name) == 0;
        if (taken)
            return yaml_refuse(type->instances[i].yaml, loader->error,
                               "instance '%s': expected an id that no field or parameter "
                               "of the type has",
                               name);
    }
    return 0;
}

/* 1 and 0x1 are two keys of a map, but one value. */
static int check_enum(const struct loader *loader, const struct enumeration *enumeration)
{
    const struct yaml *map =
        yaml_get(yaml_get(loader->model->types[enumeration->type].yaml, "enums"),
                 enumeration->name);
    const struct yaml *item = map->child;

    for (size_t i = 0; i < enumeration->count; i++, item = item->next) {
        for (size_t k = 0; k < i; k++) {
            if (enumeration->values[k] == enumeration->values[i])
                return yaml_refuse(
                    item, loader->error,
                    "key '%.80s': expected a value that is not '%s' already", item->key,
                    enumeration->names[k]);
            if (strcmp(enumeration->names[k], enumeration->names[i]) == 0)
                return yaml_refuse(item, loader->error,
                                   "key '%.80s': expected a name that no other member of "
                                   "the enum has, found '%s'",
                                   item->key, enumeration->names[i]);
        }
    }
    return 0;
}

int loader_check_names(struct loader *loader)
{
    const struct model *model = loader->model;

    for (size_t i = 0; i < model->type_count; i++) {
        if (check_parameters(loader, &model->types[i]) < 0 ||
            check_instances(loader, &model->types[i]) < 0)
            return -1;
    }
    for (size_t i = 0; i < model->enumeration_count; i++) {
        if (check_enum(loader, &model->enumerations[i]) < 0)
            return -1;
    }
    return 0;
}
