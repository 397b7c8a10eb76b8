/* Which field an expression means, and whether it is linear in one, so that emission can
 * run it backwards. */
#include "model/loader.h"

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

static bool read_step(const struct analysis *analysis, const struct syntax_node *node,
                      struct path *path)
{
    uint32_t name, position;

    if (is(node, "_parent"))
        return add_step(path, STEP_PARENT, NONE);
    name = model_name(analysis->model, node->text, node->length);
    if (name == NONE)
        return false;
    position = type_parameter(&analysis->model->types[analysis->type],
                              analysis->model->names[name]);
    return path->count == 0 && position != NONE ? add_step(path, STEP_ARGUMENT, position)
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

/* `path` names a field or, when that is linear, a value instance: then *form is that of
 * the field that the instance is computed from. */
static void analyse_instance(const struct analysis *analysis, const struct path *path,
                             struct form *form)
{
    uint32_t type = type_of_last(analysis, path);
    const struct instance *instance =
        type == NONE
            ? NULL
            : type_instance(&analysis->model->types[type], path->names[path->count - 1]);
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

/* --- for the loader ------------------------------------------------------------------
 */

bool loader_linear(const struct model *model, uint32_t type, const struct syntax *syntax,
                   struct linear *linear)
{
    const struct analysis analysis = {.syntax = syntax, .model = model, .type = type};
    struct form form;

    if (!analyse(&analysis, syntax->root, &form) || form.constant)
        return false;
    *linear = form.linear;
    return true;
}

bool loader_place(const struct model *model, uint32_t type, const struct syntax *syntax,
                  struct path *path)
{
    const struct analysis analysis = {
        .syntax = syntax, .model = model, .type = type, .firsts = true};

    return read_path(&analysis, syntax->root, path);
}
