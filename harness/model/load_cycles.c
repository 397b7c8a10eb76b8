/* Refuses models that can never end: a type that always holds itself, a size that follows
 * from itself or from what comes later, instances that lead back to themselves. */
#include "model/loader.h"

#include <stdlib.h>
#include <string.h>

enum mark { UNSEEN, OPEN, DONE };

/* --- types that hold themselves ---------------------------------------------------- */

/* Whether a message of the field's type always has the field. */
static bool is_unconditional(const struct rule *rule)
{
    struct value count;

    if (rule->condition || rule->switch_on || rule->variant_count != 1 ||
        rule->variants[0].type == NONE)
        return false;
    if (rule->repetition == REPEAT_NONE)
        return true;
    return rule->repetition == REPEAT_COUNT && loader_constant(rule->count, &count) &&
           count.kind == VALUE_INTEGER && count.integer > 0;
}

static int visit_type(struct loader *loader, uint32_t index, uint8_t *marks)
{
    const struct model *model = loader->model;
    const struct type *type = &model->types[index];

    marks[index] = OPEN;
    for (size_t i = 0; i < type->count; i++) {
        const struct rule *rule = &model->rules[type->sequence[i]];
        uint32_t held;

        if (!is_unconditional(rule))
            continue;
        held = rule->variants[0].type;
        if (marks[held] == OPEN)
            return yaml_refuse(rule->yaml, loader->error,
                               "field '%s': type %s always contains itself; expected an "
                               "'if', a repetition or a switch on the way",
                               model->names[rule->name], model->types[held].name);
        if (marks[held] == UNSEEN && visit_type(loader, held, marks) < 0)
            return -1;
    }
    marks[index] = DONE;
    return 0;
}

/* --- instances --------------------------------------------------------------------- */

static int visit_instance(struct loader *loader, const struct type *type,
                          const struct instance *instance, uint8_t *marks);

static int visit_named(struct loader *loader, const struct type *type,
                       const struct expression *expression, uint8_t *marks)
{
    for (uint32_t at = 0; expression && at < expression->count; at++) {
        const struct instance *next =
            expression->code[at].opcode == OP_FIELD
                ? type_instance(type, expression->code[at].extra)
                : NULL;

        if (next && marks[next - type->instances] == OPEN)
            return yaml_complain(yaml_get(next->yaml, "value"), loader->error,
                                 "an instance that does not lead back to itself");
        if (next && marks[next - type->instances] == UNSEEN &&
            visit_instance(loader, type, next, marks) < 0)
            return -1;
    }
    return 0;
}

static int visit_instance(struct loader *loader, const struct type *type,
                          const struct instance *instance, uint8_t *marks)
{
    marks[instance - type->instances] = OPEN;
    if (visit_named(loader, type, instance->value, marks) < 0 ||
        visit_named(loader, type, instance->condition, marks) < 0)
        return -1;
    marks[instance - type->instances] = DONE;
    return 0;
}

static int check_instances(struct loader *loader, const struct type *type, uint8_t *marks)
{
    memset(marks, UNSEEN, type->instance_count);
    for (size_t i = 0; i < type->instance_count; i++) {
        if (marks[i] == UNSEEN &&
            visit_instance(loader, type, &type->instances[i], marks) < 0)
            return -1;
    }
    return 0;
}

/* --- sizes ------------------------------------------------------------------------- */

/* Whether the instruction reads a field of the type itself: `a`, in the root `_root.a`.
 */
static bool reads_own(const struct model *model, const struct type *type,
                      const struct instruction *code, uint32_t at)
{
    return code[at].opcode == OP_FIELD ||
           (code[at].opcode == OP_MEMBER && at > 0 && code[at - 1].opcode == OP_ROOT &&
            type == model->types);
}

/* The first field at or behind `position` that the expression needs, also through
 * instances; NULL when there is none. Instances do not go in circles here. */
static const struct rule *later_field(const struct model *model, const struct type *type,
                                      size_t position, const struct expression *size,
                                      uint8_t *marks)
{
    for (uint32_t at = 0; size && at < size->count; at++) {
        const struct instance *instance;
        const struct rule *found;

        if (!reads_own(model, type, size->code, at))
            continue;
        for (size_t i = position; i < type->count; i++) {
            if (model->rules[type->sequence[i]].name == size->code[at].extra)
                return &model->rules[type->sequence[i]];
        }
        instance = type_instance(type, size->code[at].extra);
        if (!instance || marks[instance - type->instances] == DONE)
            continue;
        marks[instance - type->instances] = DONE;
        found = later_field(model, type, position, instance->value, marks);
        if (!found)
            found = later_field(model, type, position, instance->condition, marks);
        if (found)
            return found;
    }
    return NULL;
}

static int check_size(struct loader *loader, const struct type *type, size_t position,
                      const struct expression *size, const char *key, uint8_t *marks)
{
    const struct model *model = loader->model;
    const struct rule *rule = &model->rules[type->sequence[position]], *later;

    if (!size)
        return 0;
    memset(marks, UNSEEN, type->instance_count);
    later = later_field(model, type, position, size, marks);
    if (!later)
        return 0;
    yaml_complain(yaml_get(rule->yaml, key), loader->error,
                  later == rule ? "a %s that does not depend on '%s' itself"
                                : "a %s of earlier fields, not of '%s'",
                  key, model->names[later->name]);
    return -1;
}

static int check_sizes(struct loader *loader, const struct type *type, uint8_t *marks)
{
    for (size_t i = 0; i < type->count; i++) {
        const struct rule *rule = &loader->model->rules[type->sequence[i]];

        if (check_size(loader, type, i, rule->size, "size", marks) < 0 ||
            check_size(loader, type, i, rule->count, "repeat-expr", marks) < 0 ||
            check_size(loader, type, i, rule->separator, "-percuss-separator", marks) < 0)
            return -1;
    }
    return 0;
}

int loader_check_cycles(struct loader *loader)
{
    const struct model *model = loader->model;
    size_t most = model->type_count;
    uint8_t *marks;
    int status = 0;

    for (size_t i = 0; i < model->type_count; i++)
        most =
            model->types[i].instance_count > most ? model->types[i].instance_count : most;
    marks = calloc(most + 1, 1);
    if (!marks)
        return loader_short_of_memory(loader);
    for (uint32_t i = 0; i < model->type_count && status == 0; i++) {
        if (marks[i] == UNSEEN)
            status = visit_type(loader, i, marks);
    }
    for (size_t i = 0; i < model->type_count && status == 0; i++) {
        status = check_instances(loader, &model->types[i], marks);
        if (status == 0)
            status = check_sizes(loader, &model->types[i], marks);
    }
    free(marks);
    return status;
}
