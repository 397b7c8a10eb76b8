/* The params of a file's root type: what a session hands over, and what counts as long as
 * it knows nothing. Params of other types get arguments. */
#include "model/loader.h"

#include <string.h>

static int read_enum(struct loader *loader, uint32_t type, const struct yaml *item,
                     struct parameter *parameter)
{
    const struct yaml *name = yaml_get(item, "enum");

    if (!name)
        return 0;
    if (name->kind == YAML_SCALAR)
        parameter->enumeration =
            model_find_enumeration(loader->model, type, name->text, strlen(name->text));
    if (parameter->enumeration == NONE) {
        yaml_complain(name, loader->error, "the name of an enum of this model");
        return loader_suggest_enum(loader, name);
    }
    return parameter->kind == PARAMETER_INTEGER
               ? 0
               : yaml_complain(name, loader->error, "an enum on an integer only");
}

static int read_default(struct loader *loader, const struct yaml *item,
                        struct parameter *parameter, bool needed)
{
    const struct yaml *text = yaml_get(item, "-percuss-default");
    struct error expected = {""};

    if (!text)
        return needed ? yaml_refuse(item, loader->error,
                                    "param '%s': expected a key -percuss-default: its "
                                    "value as long as no session knows it",
                                    parameter->name)
                      : 0;
    if (text->kind != YAML_SCALAR || parameter_read(loader->model, parameter, text->text,
                                                    &parameter->fallback, &expected) < 0)
        return yaml_complain(text, loader->error, "%s",
                             *expected.text ? expected.text : "a value");
    return 0;
}

/* `is_reply` is the direction: no session needs to know it. */
static int read_direction(struct loader *loader, const struct yaml *item,
                          const struct parameter *parameter)
{
    const struct yaml *fallback = yaml_get(item, "-percuss-default");

    if (parameter->kind != PARAMETER_BOOL)
        return yaml_complain(yaml_get(item, "type"), loader->error,
                             "bool: is_reply is the direction of the message");
    return fallback
               ? yaml_complain(fallback, loader->error,
                               "no default: is_reply is the direction of the message")
               : 0;
}

static int read_parameter(struct loader *loader, uint32_t type, unsigned position,
                          const struct yaml *item)
{
    struct model *model = loader->model;
    struct parameter *parameter = &model->types[type].parameters[position];

    if (strcmp(parameter->name, "is_reply") == 0) {
        if (type == 0)
            model->direction = position;
        return read_direction(loader, item, parameter);
    }
    if (type == 0 && parameter->kind == PARAMETER_REAL)
        return yaml_complain(yaml_get(item, "type"), loader->error,
                             "an integer, bool, str or bytes, which a session can know");
    return read_enum(loader, type, item, parameter) < 0
               ? -1
               : read_default(loader, item, parameter, type == 0);
}

static int read_root(struct loader *loader, uint32_t type)
{
    const struct yaml *list = yaml_get(loader->model->types[type].yaml, "params");
    unsigned position = 0;

    if (type == 0 && list && list->count > CONTEXT_PARAMETERS)
        return yaml_complain(list, loader->error, "at most %d parameters",
                             CONTEXT_PARAMETERS);
    for (const struct yaml *item = list ? list->child : NULL; item; item = item->next)
        if (read_parameter(loader, type, position++, item) < 0)
            return -1;
    return 0;
}

int loader_read_context(struct loader *loader)
{
    loader->model->direction = NONE;
    for (uint32_t type = 0; type < loader->model->type_count; type++)
        if (loader->model->types[type].parent == NONE && read_root(loader, type) < 0)
            return -1;
    return 0;
}
