/* Phase 3 of loading: which field a size or a count follows from, so that emission can
 * run the expression backwards, and which fields choose a switch's case. */
#include "model/loader.h"

#include <stdlib.h>
#include <string.h>

static bool mark_integer(struct model *model, uint32_t id, enum field_role role)
{
    struct field *field = &model->fields[id];

    if (field->kind != FIELD_INTEGER || field->is_real)
        return false;
    if (role == ROLE_SEPARATOR &&
        (field->is_signed || field->bits > 8 || model->rules[id].codec))
        return false;
    if (field->role == ROLE_PLAIN || field->role == ROLE_DERIVED ||
        field->role == ROLE_SWITCH)
        field->role = role;
    if (role == ROLE_LENGTH || role == ROLE_COUNT)
        model->rules[id].flags &= ~(unsigned)RULE_DERIVES; /* what is there decides */
    return true;
}

/* Marks every field that the rest of the path can mean, seen from `type`; how many there
 * are. */
static unsigned mark_source(struct model *model, uint32_t type, const struct path *path,
                            unsigned at, enum field_role role);

static unsigned mark_in_child(struct model *model, uint32_t type, const struct path *path,
                              unsigned at, enum field_role role)
{
    const struct type *facts = &model->types[type];
    unsigned found = 0;

    for (size_t i = 0; i < facts->count; i++) {
        uint32_t id = facts->sequence[i];
        const struct rule *rule = &model->rules[id];

        if (rule->name != path->names[at])
            continue;
        if (at + 1u == path->count)
            return mark_integer(model, id, role);
        for (size_t k = 0; k < rule->variant_count; k++) {
            if (rule->variants[k].type != NONE)
                found += mark_source(model, rule->variants[k].type, path, at + 1, role);
        }
    }
    return found;
}

static unsigned mark_in_parents(struct model *model, uint32_t type,
                                const struct path *path, unsigned at,
                                enum field_role role)
{
    unsigned found = 0;

    for (size_t id = 0; id < model->field_count; id++) {
        const struct rule *rule = &model->rules[id];

        for (size_t k = 0; k < rule->variant_count; k++) {
            if (rule->variants[k].field != NONE || rule->variants[k].type != type)
                continue;
            found += mark_source(model, rule->type, path, at + 1, role);
            break;
        }
    }
    return found;
}

/* The fields that uses of the type hand over. None when one hands over more than a field
 * or a constant: that could not be run backwards there. */
static unsigned mark_arguments(struct model *model, uint32_t type, uint32_t position,
                               enum field_role role)
{
    unsigned found = 0;
    struct value value;

    for (size_t id = 0; id < model->field_count; id++) {
        const struct rule *rule = &model->rules[id];

        for (size_t k = 0; k < rule->variant_count; k++) {
            const struct variant *variant = &rule->variants[k];
            const struct expression *argument;
            struct path path = {.count = 1, .steps = {STEP_CHILD}};

            if (variant->field != NONE || variant->type != type ||
                position >= variant->argument_count)
                continue;
            argument = variant->arguments[position];
            if (loader_constant(argument, &value))
                continue;
            if (!expression_is_field(argument))
                return 0;
            path.names[0] = argument->code[0].extra;
            found += mark_in_child(model, rule->type, &path, 0, role);
        }
    }
    return found;
}

static unsigned mark_source(struct model *model, uint32_t type, const struct path *path,
                            unsigned at, enum field_role role)
{
    if (at >= path->count)
        return 0;
    switch (path->steps[at]) {
    case STEP_ROOT: return mark_source(model, 0, path, at + 1, role);
    case STEP_PARENT: return mark_in_parents(model, type, path, at, role);
    case STEP_ARGUMENT: return mark_arguments(model, type, path->names[at], role);
    case STEP_FIRST: return mark_source(model, type, path, at + 1, role);
    default: return mark_in_child(model, type, path, at, role);
    }
}

/* `.value` of an integer that a type's codec stores is the integer itself. */
static unsigned mark_path(struct model *model, uint32_t type, struct path *path,
                          enum field_role role)
{
    unsigned found = mark_source(model, type, path, 0, role);
    uint32_t last = path->count > 1 ? path->names[path->count - 1] : NONE;

    if (found || last == NONE || strcmp(model->names[last], "value") != 0)
        return found;
    path->count--;
    return mark_source(model, type, path, 0, role);
}

static bool is_fixed(struct loader *loader, const struct rule *rule, int *status)
{
    static const char *const choices[] = {"fixed", NULL};
    int choice = -1;

    *status =
        yaml_read_choice(rule->yaml, "-percuss-emit", choices, &choice, loader->error);
    return choice == 0;
}

/* 1: emission can run the expression under `key` backwards; 0: it cannot, the content and
 * what the expression says of it go their own ways. */
static int relate(struct loader *loader, uint32_t field, const char *key,
                  enum field_role role, struct linear *linear)
{
    struct model *model = loader->model;
    const struct rule *rule = &model->rules[field];
    const struct yaml *node = yaml_get(rule->yaml, key);
    struct syntax *syntax = syntax_parse(node->text, NULL, loader->error);
    struct linear form;
    bool found;

    if (!syntax)
        return -1;
    found = loader_linear(model, rule->type, syntax, &form) &&
            mark_path(model, rule->type, &form.source, role);
    syntax_free(syntax);
    if (found)
        *linear = form;
    return found;
}

static int relate_field(struct loader *loader, uint32_t field)
{
    struct rule *rule = &loader->model->rules[field];
    struct value value;
    int status;

    if (!rule->yaml || (rule->flags & RULE_INSTANCE) || is_fixed(loader, rule, &status))
        return 0;
    if (status < 0)
        return -1;
    if (rule->extent == EXTENT_EXPRESSION && !rule->size->uses_io) {
        status = relate(loader, field, "size", ROLE_LENGTH, &rule->size_from);
        if (status < 0)
            return -1;
        rule->flags |= status ? RULE_INVERTS_SIZE : 0;
    }
    if (rule->repetition == REPEAT_COUNT && !rule->count->uses_io &&
        !loader_constant(rule->count, &value)) {
        status = relate(loader, field, "repeat-expr", ROLE_COUNT, &rule->count_from);
        if (status < 0)
            return -1;
        rule->flags |= status ? RULE_INVERTS_COUNT : 0;
    }
    for (size_t i = 0; i < rule->variant_count; i++) {
        uint32_t leaf = rule->variants[i].field;

        if (leaf == NONE)
            continue;
        loader->model->rules[leaf].size_from = rule->size_from;
        loader->model->rules[leaf].flags |= rule->flags & RULE_INVERTS_SIZE;
    }
    return 0;
}

/* Finds the field that declares what this one ends with. */
static int relate_separator(struct loader *loader, uint32_t field)
{
    struct model *model = loader->model;
    struct rule *rule = &model->rules[field];
    const struct yaml *node = yaml_get(rule->yaml, "-percuss-separator");
    struct path *path = arena_allocate(&model->arena, sizeof *path);
    struct syntax *syntax = path ? syntax_parse(node->text, NULL, loader->error) : NULL;
    bool found;

    if (!path)
        return loader_short_of_memory(loader);
    if (!syntax)
        return -1;
    found = loader_place(model, rule->type, syntax, path) &&
            mark_path(model, rule->type, path, ROLE_SEPARATOR);
    syntax_free(syntax);
    if (!found)
        return yaml_complain(
            node, loader->error,
            "the place of an unsigned integer of at most 8 bits, such as "
            "_root.header.separator");
    rule->ending.declared = path;
    for (size_t i = 0; i < rule->variant_count; i++) {
        if (rule->variants[i].field != NONE)
            model->rules[rule->variants[i].field].ending.declared = path;
    }
    return 0;
}

/* The fields of its own type that an expression reads, through instances too. */
static void mark_switch(struct model *model, const struct expression *expression,
                        uint32_t type, unsigned depth)
{
    struct type *facts = &model->types[type];

    for (uint32_t at = 0; expression && at < expression->count && depth < 16; at++) {
        const struct instruction *instruction = &expression->code[at];
        const struct instance *instance;

        if (instruction->opcode != OP_FIELD)
            continue;
        for (size_t i = 0; i < facts->count; i++) {
            struct field *field = &model->fields[facts->sequence[i]];

            if (model->rules[facts->sequence[i]].name == instruction->extra &&
                field->role == ROLE_PLAIN)
                field->role = ROLE_SWITCH;
        }
        instance = type_instance(facts, instruction->extra);
        if (instance) {
            mark_switch(model, instance->value, type, depth + 1);
            mark_switch(model, instance->condition, type, depth + 1);
        }
    }
}

int loader_relate(struct loader *loader)
{
    struct model *model = loader->model;

    for (uint32_t field = 0; field < model->field_count; field++) {
        if (relate_field(loader, field) < 0 ||
            (model->rules[field].separator && relate_separator(loader, field) < 0))
            return -1;
    }
    for (uint32_t type = 0; type < model->type_count; type++) {
        if (model->types[type].order)
            mark_switch(model, model->types[type].order->switch_on, type, 0);
    }
    for (uint32_t field = 0; field < model->field_count; field++) {
        if (model->rules[field].switch_on)
            mark_switch(model, model->rules[field].switch_on, model->rules[field].type,
                        0);
    }
    return 0;
}
