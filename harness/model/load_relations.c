/* Phase 3 of loading: which field a size or a count follows from, so that emission can
 * run the expression backwards, and which fields choose a switch's case. */
#include "model/loader.h"

#include <stdlib.h>
#include <string.h>

/* A constant (no path) or floor((scale * path + shift) / divisor) + offset. */
struct form {
    bool constant;
    int64_t value;
    struct linear linear;
};

struct analysis {
    const struct syntax *syntax;
    const struct model *model;
    uint32_t type;
    unsigned depth; /* of value instances that lead to others */
    bool firsts;    /* a path may go through the first element of an array */
};

static bool analyse(const struct analysis *analysis, uint16_t index, struct form *form);

static bool is(const struct syntax_node *node, const char *text)
{
    return node->length == strlen(text) && memcmp(node->text, text, node->length) == 0;
}

static bool add_step(struct path *path, enum step step, uint32_t name)
{
    if (path->count == sizeof path->steps)
        return false;
    path->steps[path->count] = (uint8_t)step;
    path->names[path->count++] = name;
    return true;
}

/* Which parameter of the type has that name, NONE when there is none. */
static uint32_t find_parameter(const struct analysis *analysis, uint32_t name)
{
    const struct type *type = &analysis->model->types[analysis->type];

    for (uint32_t i = 0; i < type->parameter_count; i++) {
        if (strcmp(type->parameters[i].name, analysis->model->names[name]) == 0)
            return i;
    }
    return NONE;
}

static bool read_step(const struct analysis *analysis, const struct syntax_node *node,
                      struct path *path)
{
    uint32_t name;

    if (is(node, "_parent"))
        return add_step(path, STEP_PARENT, NONE);
    name = model_name(analysis->model, node->text, node->length);
    if (name == NONE)
        return false;
    return path->count == 0 && find_parameter(analysis, name) != NONE
               ? add_step(path, STEP_ARGUMENT, find_parameter(analysis, name))
               : add_step(path, STEP_CHILD, name);
}

static bool is_first(const struct analysis *analysis, const struct syntax_node *node)
{
    const struct syntax_node *index;

    if (!analysis->firsts || node->kind != SYNTAX_INDEX)
        return false;
    index = &analysis->syntax->nodes[node->right];
    return index->kind == SYNTAX_INTEGER && index->integer == 0;
}

/* a, _parent.a, _root.a.b, a.to_i, a.to_i(16), a.as<t>.b, a[0].b: a field by its place.
 */
static bool read_path(const struct analysis *analysis, uint16_t index, struct path *path)
{
    const struct syntax_node *node = &analysis->syntax->nodes[index];

    if (node->kind == SYNTAX_NAME && is(node, "_root"))
        return add_step(path, STEP_ROOT, NONE);
    if (node->kind == SYNTAX_NAME)
        return read_step(analysis, node, path);
    if (node->kind == SYNTAX_CAST ||
        (node->kind == SYNTAX_CALL && is(node, "to_i") && node->integer == 1))
        return read_path(analysis, node->left, path);
    if (is_first(analysis, node))
        return read_path(analysis, node->left, path) && add_step(path, STEP_FIRST, NONE);
    if (node->kind != SYNTAX_MEMBER || !read_path(analysis, node->left, path))
        return false;
    return is(node, "to_i") || read_step(analysis, node, path);
}

static bool overflow_free(int64_t value)
{
    return value > -(INT64_C(1) << 40) && value < INT64_C(1) << 40;
}

static bool add_constant(struct form *form, int64_t value)
{
    if (form->linear.divisor == 1)
        form->linear.shift += value;
    else
        form->linear.offset += value;
    return overflow_free(form->linear.shift) && overflow_free(form->linear.offset);
}

static bool scale_by(struct form *form, int64_t factor)
{
    if (form->linear.divisor != 1 || factor == 0 || !overflow_free(factor) ||
        __builtin_mul_overflow(form->linear.scale, factor, &form->linear.scale) ||
        __builtin_mul_overflow(form->linear.shift, factor, &form->linear.shift))
        return false;
    return overflow_free(form->linear.scale) && overflow_free(form->linear.shift);
}

static bool divide_by(struct form *form, int64_t divisor)
{
    if (form->linear.divisor != 1 || divisor <= 0 || !overflow_free(divisor) ||
        form->linear.scale <= 0)
        return false;
    form->linear.divisor = divisor;
    return true;
}

static bool combine(enum syntax_operator op, struct form *left, const struct form *right)
{
    bool swap = left->constant;
    int64_t value = swap ? left->value : right->value;

    if (left->constant == right->constant || !overflow_free(value))
        return false; /* two fields in one expression */
    if (swap)
        *left = *right;
    switch (op) {
    case OPERATOR_ADD: return add_constant(left, value);
    case OPERATOR_SUBTRACT:
        return swap ? scale_by(left, -1) && add_constant(left, value)
                    : add_constant(left, -value);
    case OPERATOR_MULTIPLY: return scale_by(left, value);
    case OPERATOR_DIVIDE: return !swap && divide_by(left, value);
    case OPERATOR_SHIFT_LEFT:
        return !swap && value >= 0 && value < 32 && scale_by(left, INT64_C(1) << value);
    case OPERATOR_SHIFT_RIGHT:
        return !swap && value >= 0 && value < 32 && divide_by(left, INT64_C(1) << value);
    default: return false;
    }
}

/* --- through value instances -------------------------------------------------------- */

enum { INSTANCE_DEPTH = 8 };

/* The one type that holds fields of `type`, NONE when there are several. */
static uint32_t sole_parent(const struct model *model, uint32_t type)
{
    uint32_t parent = NONE;

    for (size_t id = 0; id < model->field_count; id++) {
        const struct rule *rule = &model->rules[id];

        for (size_t k = 0; k < rule->variant_count; k++) {
            if (rule->variants[k].field != NONE || rule->variants[k].type != type)
                continue;
            if (parent != NONE && parent != rule->type)
                return NONE;
            parent = rule->type;
        }
    }
    return parent;
}

/* The one type of the field of that name in `type`, else NONE. */
static uint32_t sole_child(const struct model *model, uint32_t type, uint32_t name)
{
    for (size_t i = 0; i < model->types[type].count; i++) {
        const struct rule *rule = &model->rules[model->types[type].sequence[i]];

        if (rule->name == name)
            return rule->variant_count == 1 ? rule->variants[0].type : NONE;
    }
    return NONE;
}

/* The type in which the path's last name is looked up, NONE when messages decide. */
static uint32_t type_of_last(const struct analysis *analysis, const struct path *path)
{
    uint32_t type = analysis->type;

    for (unsigned i = 0; i + 1u < path->count && type != NONE; i++) {
        if (path->steps[i] == STEP_ROOT)
            type = 0;
        else if (path->steps[i] == STEP_PARENT)
            type = sole_parent(analysis->model, type);
        else if (path->steps[i] == STEP_ARGUMENT)
            type = NONE;
        else
            type = sole_child(analysis->model, type, path->names[i]);
    }
    return type;
}

static const struct instance *find_instance(const struct model *model, uint32_t type,
                                            uint32_t name)
{
    for (size_t i = 0; type != NONE && i < model->types[type].instance_count; i++) {
        if (model->types[type].instances[i].name == name)
            return &model->types[type].instances[i];
    }
    return NULL;
}

/* `path` names a field or, when that is linear, a value instance: then *form is that of
 * the field that the instance is computed from. */
static void analyse_instance(const struct analysis *analysis, const struct path *path,
                             struct form *form)
{
    uint32_t type = type_of_last(analysis, path);
    const struct instance *instance =
        find_instance(analysis->model, type, path->names[path->count - 1]);
    struct analysis inner = {
        .model = analysis->model, .type = type, .depth = analysis->depth + 1};
    struct form found = {0};
    struct path whole = *path;
    struct syntax *syntax;
    bool linear;

    if (!instance || instance->yaml == NULL || inner.depth > INSTANCE_DEPTH)
        return;
    syntax =
        syntax_parse(yaml_get(instance->yaml, "value")->text, NULL, &(struct error){0});
    if (!syntax)
        return;
    inner.syntax = syntax;
    linear =
        !instance->condition && analyse(&inner, syntax->root, &found) && !found.constant;
    syntax_free(syntax);
    whole.count--;
    for (unsigned i = 0; linear && i < found.linear.source.count; i++)
        linear = add_step(&whole, (enum step)found.linear.source.steps[i],
                          found.linear.source.names[i]);
    if (!linear)
        return;
    found.linear.source = whole;
    *form = found;
}

static bool analyse_path(const struct analysis *analysis, uint16_t index,
                         struct form *form)
{
    struct path path = {0};

    if (!read_path(analysis, index, &path))
        return false;
    form->linear.source = path;
    analyse_instance(analysis, &path, form);
    return true;
}

/* --- expressions -------------------------------------------------------------------- */

static bool analyse_binary(const struct analysis *analysis,
                           const struct syntax_node *node, struct form *form)
{
    struct form right = {0};

    if (!analyse(analysis, node->left, form) || !analyse(analysis, node->right, &right))
        return false;
    if (!form->constant || !right.constant)
        return combine(node->op, form, &right);
    switch (node->op) {
    case OPERATOR_ADD:
        return !__builtin_add_overflow(form->value, right.value, &form->value);
    case OPERATOR_SUBTRACT:
        return !__builtin_sub_overflow(form->value, right.value, &form->value);
    case OPERATOR_MULTIPLY:
        return !__builtin_mul_overflow(form->value, right.value, &form->value);
    default: return false;
    }
}

static bool analyse(const struct analysis *analysis, uint16_t index, struct form *form)
{
    const struct syntax_node *node = &analysis->syntax->nodes[index];

    *form = (struct form){.linear = {.present = true, .scale = 1, .divisor = 1}};
    switch (node->kind) {
    case SYNTAX_INTEGER:
        form->constant = true;
        form->value = node->integer;
        return true;
    case SYNTAX_ENUM:
        form->constant = true;
        return model_enum_member(analysis->model, analysis->type, node->text,
                                 node->length, &form->value) == 0;
    case SYNTAX_SIZEOF:
        form->constant = true;
        form->value = program_size_of(analysis->model, analysis->type, node);
        return form->value >= 0;
    case SYNTAX_NAME:
    case SYNTAX_CAST:
    case SYNTAX_CALL:
    case SYNTAX_MEMBER: return analyse_path(analysis, index, form);
    case SYNTAX_UNARY:
        return node->op == OPERATOR_NEGATE && analyse(analysis, node->left, form) &&
               !form->constant && scale_by(form, -1);
    case SYNTAX_BINARY: return analyse_binary(analysis, node, form);
    default: return false;
    }
}

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
    struct analysis analysis = {.model = model, .type = rule->type};
    struct syntax *syntax = syntax_parse(node->text, NULL, loader->error);
    struct form form;
    bool found;

    if (!syntax)
        return -1;
    analysis.syntax = syntax;
    found = analyse(&analysis, syntax->root, &form) && !form.constant &&
            mark_path(model, rule->type, &form.linear.source, role);
    syntax_free(syntax);
    if (found)
        *linear = form.linear;
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
    struct analysis analysis = {
        .syntax = syntax, .model = model, .type = rule->type, .firsts = true};
    bool found;

    if (!path)
        return loader_short_of_memory(loader);
    if (!syntax)
        return -1;
    found = read_path(&analysis, syntax->root, path) &&
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

    for (uint32_t at = 0; at < expression->count && depth < 16; at++) {
        const struct instruction *instruction = &expression->code[at];

        if (instruction->opcode != OP_FIELD)
            continue;
        for (size_t i = 0; i < facts->count; i++) {
            struct field *field = &model->fields[facts->sequence[i]];

            if (model->rules[facts->sequence[i]].name == instruction->extra &&
                field->role == ROLE_PLAIN)
                field->role = ROLE_SWITCH;
        }
        for (size_t i = 0; i < facts->instance_count; i++) {
            if (facts->instances[i].name == instruction->extra)
                mark_switch(model, facts->instances[i].value, type, depth + 1);
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
