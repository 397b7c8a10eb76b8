/* What names and methods in expressions mean, and what was meant when they are not known.
 */
#include "model/compiler.h"

#include <string.h>

static const struct {
    const char *name;
    enum method method;
} methods[] = {
    {"size", METHOD_SIZE},       {"length", METHOD_LENGTH}, {"first", METHOD_FIRST},
    {"last", METHOD_LAST},       {"min", METHOD_MIN},       {"max", METHOD_MAX},
    {"reverse", METHOD_REVERSE}, {"to_i", METHOD_TO_I},     {"to_s", METHOD_TO_S}};
enum { METHODS = sizeof methods / sizeof *methods };

static const char *const encodings[] = {
    [ENCODING_ASCII] = "ASCII",        [ENCODING_UTF_8] = "UTF-8",
    [ENCODING_LATIN_1] = "ISO-8859-1", [ENCODING_UTF_16_LE] = "UTF-16LE",
    [ENCODING_UTF_16_BE] = "UTF-16BE", NULL};

bool compiler_is(const struct syntax_node *node, const char *text)
{
    return node->length == strlen(text) && memcmp(node->text, text, node->length) == 0;
}

struct suggestion compiler_unknown(struct compiler *compiler,
                                   const struct syntax_node *node)
{
    compiler->at = node->at;
    return suggest_for(node->text, node->length);
}

static int wrong(struct compiler *compiler, const struct syntax_node *node,
                 const char *what)
{
    compiler->at = node->at;
    return error_set(compiler->error, "%s", what);
}

/* --- names ------------------------------------------------------------------------- */

static void offer_members(const struct model *model, uint32_t index,
                          struct suggestion *suggestion)
{
    const struct type *type = &model->types[index];

    for (size_t i = 0; i < type->count; i++)
        suggest_offer(suggestion, model->fields[type->sequence[i]].name);
    for (size_t i = 0; i < type->instance_count; i++)
        suggest_offer(suggestion, model->names[type->instances[i].name]);
    for (size_t i = 0; i < type->parameter_count; i++)
        suggest_offer(suggestion, type->parameters[i].name);
}

static int unknown_member(struct compiler *compiler, const struct syntax_node *node,
                          uint32_t type)
{
    struct suggestion suggestion = compiler_unknown(compiler, node);

    offer_members(compiler->model, type, &suggestion);
    error_set(compiler->error, "'%.80s' is no field, instance or parameter of type %s",
              node->text, compiler->model->types[type].name);
    return suggest_append(&suggestion, compiler->error);
}

/* Whether the type has a field, instance or parameter of that name; *shape is its shape.
 */
static bool type_has(const struct model *model, uint32_t index, uint32_t name,
                     struct shape *shape)
{
    const struct type *type = &model->types[index];

    *shape = (struct shape){.kind = SHAPE_UNKNOWN, .bits = -1};
    for (size_t i = 0; name != NONE && i < type->count; i++) {
        if (model->rules[type->sequence[i]].name != name)
            continue;
        *shape = model->rules[type->sequence[i]].shape;
        return true;
    }
    for (size_t i = 0; name != NONE && i < type->parsed_count; i++) {
        if (model->rules[type->parsed[i]].name == name)
            return true;
    }
    return type_instance(type, name) ||
           (name != NONE && type_parameter(type, model->names[name]) != NONE);
}

static int put_binding(struct compiler *compiler, const struct syntax_node *node)
{
    struct suggestion suggestion = compiler_unknown(compiler, node);

    for (uint32_t i = 0; compiler->names && compiler->names[i]; i++) {
        if (compiler_is(node, compiler->names[i]))
            return compiler_put(compiler, OP_BINDING, 0, i, 0, 1);
    }
    if (compiler->names)
        suggest_offer_all(&suggestion, compiler->names);
    error_set(compiler->error, "'%.80s' is not known here", node->text);
    return suggest_append(&suggestion, compiler->error);
}

static int put_group(struct compiler *compiler, enum opcode opcode, unsigned method,
                     uint32_t type, int growth)
{
    if (compiler_put(compiler, opcode, method, 0, 0, growth) < 0)
        return -1;
    if (type != NONE)
        compiler->shape = (struct shape){
            .kind = SHAPE_GROUP, .type = type, .bits = compiler->model->types[type].bits};
    return 0;
}

int compiler_put_size(struct compiler *compiler, const struct syntax_node *node,
                      int64_t bits)
{
    if (bits < 0)
        return wrong(compiler, node, "expected something whose size is always the same");
    return compiler_put(compiler, OP_INTEGER, 0, 0, (bits + 7) / 8, 1);
}

static int put_field(struct compiler *compiler, const struct syntax_node *node)
{
    const struct model *model = compiler->model;
    const struct type *type = &model->types[compiler->type];
    uint32_t name = model_name(model, node->text, node->length);
    struct shape shape;

    for (uint32_t i = 0; i < type->parameter_count; i++) {
        if (compiler_is(node, type->parameters[i].name))
            return compiler_put(compiler, OP_PARAMETER, 0, i, 0, 1);
    }
    if (!type_has(model, compiler->type, name, &shape))
        return unknown_member(compiler, node, compiler->type);
    if (compiler_put(compiler, OP_FIELD, 0, name, 0, 1) < 0)
        return -1;
    compiler->shape = shape;
    return 0;
}

int compiler_name(struct compiler *compiler, const struct syntax_node *node)
{
    if (compiler->type == NONE)
        return put_binding(compiler, node);
    if (compiler_is(node, "_root"))
        return put_group(compiler, OP_ROOT, 0, 0, 1);
    if (compiler_is(node, "_parent"))
        return compiler_put(compiler, OP_PARENT, 0, 0, 0, 1);
    if (compiler_is(node, "_"))
        return compiler_put(compiler, OP_SELF, 0, 0, 0, 1);
    if (compiler_is(node, "_index"))
        return compiler_put(compiler, OP_POSITION, 0, 0, 0, 1);
    if (compiler_is(node, "_sizeof"))
        return compiler_put_size(compiler, node,
                                 compiler->model->types[compiler->type].bits);
    if (compiler_is(node, "_io"))
        return wrong(compiler, node, "expected _io.size, _io.pos or _io.eof");
    return put_field(compiler, node);
}

/* --- members and methods ----------------------------------------------------------- */

static int put_io(struct compiler *compiler, const struct syntax_node *node,
                  const struct syntax_node *io)
{
    static const char *const names[] = {"size", "pos", "eof", NULL};
    static const enum method kinds[] = {METHOD_SIZE, METHOD_POS, METHOD_EOF};
    struct suggestion suggestion = compiler_unknown(compiler, node);

    compiler->uses_io = true;
    if (io->kind == SYNTAX_NAME && compiler->type == NONE)
        return wrong(compiler, io, "_io is known only inside a .ksy file");
    if (io->kind == SYNTAX_MEMBER && compiler_compile(compiler, io->left) < 0)
        return -1;
    for (size_t i = 0; names[i]; i++) {
        if (!compiler_is(node, names[i]))
            continue;
        return io->kind == SYNTAX_MEMBER
                   ? compiler_put(compiler, OP_IO_OF, kinds[i], 0, 0, 0)
                   : compiler_put(compiler, OP_IO, kinds[i], 0, 0, 1);
    }
    error_set(compiler->error, "expected _io.size, _io.pos or _io.eof, found '_io.%.80s'",
              node->text);
    suggest_offer_all(&suggestion, names);
    return suggest_append(&suggestion, compiler->error);
}

static enum method method_of(const struct syntax_node *node)
{
    for (size_t i = 0; i < METHODS; i++) {
        if (compiler_is(node, methods[i].name))
            return methods[i].method;
    }
    return METHOD_NONE;
}

/* What a name means on a value of that shape when the value is no group. */
static enum method method_on(const struct compiler *compiler, struct shape of,
                             const struct syntax_node *node, uint32_t name)
{
    if (of.is_array || !compiler_is(node, "value"))
        return method_of(node);
    if (of.kind == SHAPE_LEAF)
        return compiler->model->types[of.type].codec ? METHOD_VALUE : METHOD_NONE;
    return name == NONE ? METHOD_NONE : METHOD_VALUE;
}

static int unknown_method(struct compiler *compiler, const struct syntax_node *node,
                          bool may_be_field)
{
    const struct model *model = compiler->model;
    struct suggestion suggestion = compiler_unknown(compiler, node);

    for (size_t i = 0; i < METHODS; i++)
        suggest_offer(&suggestion, methods[i].name);
    suggest_offer(&suggestion, "substring");
    for (size_t i = 0; may_be_field && i < model->name_count; i++)
        suggest_offer(&suggestion, model->names[i]);
    error_set(compiler->error,
              "'.%.80s' is %s; expected .size, .length, .first, .last, .min, .max, "
              ".reverse, .substring(from, to), .to_i or .to_s",
              node->text,
              may_be_field ? "neither a field of the model nor a method" : "no method");
    return suggest_append(&suggestion, compiler->error);
}

/* The size of the value left of ._sizeof; its code goes when the size is known already.
 */
static int put_size_of(struct compiler *compiler, const struct syntax_node *node)
{
    uint32_t count = compiler->count, texts = compiler->texts_used;
    struct shape shape;

    if (compiler_compile(compiler, node->left) < 0)
        return -1;
    shape = compiler->shape;
    if (shape.kind == SHAPE_UNKNOWN && !shape.is_array)
        return compiler_put(compiler, OP_SIZE_OF, 0, 0, 0, 0);
    compiler->count = count;
    compiler->texts_used = texts;
    compiler->stack--;
    return compiler_put_size(compiler, node, shape.is_array ? -1 : shape.bits);
}

static int put_member(struct compiler *compiler, const struct syntax_node *node)
{
    const struct model *model = compiler->model;
    struct shape of = compiler->shape, shape = {.kind = SHAPE_UNKNOWN, .bits = -1};
    bool group = of.kind == SHAPE_GROUP && !of.is_array;
    uint32_t name = model_name(model, node->text, node->length);
    enum method method = group ? METHOD_NONE : method_on(compiler, of, node, name);

    if (group && !type_has(model, of.type, name, &shape))
        return unknown_member(compiler, node, of.type);
    if (!group && (of.is_array || of.kind == SHAPE_LEAF))
        name = NONE;
    if (name == NONE && method == METHOD_NONE)
        return unknown_method(compiler, node, of.kind == SHAPE_UNKNOWN && !of.is_array);
    if (compiler_put(compiler, OP_MEMBER, method, name, 0, 0) < 0)
        return -1;
    if (of.is_array && (method == METHOD_FIRST || method == METHOD_LAST)) {
        shape = of;
        shape.is_array = false;
    }
    compiler->shape = shape;
    return 0;
}

int compiler_member(struct compiler *compiler, const struct syntax_node *node)
{
    const struct syntax_node *left = &compiler->syntax->nodes[node->left];

    if ((left->kind == SYNTAX_NAME || left->kind == SYNTAX_MEMBER) &&
        compiler_is(left, "_io"))
        return put_io(compiler, node, left);
    if (compiler_is(node, "_io"))
        return wrong(compiler, node, "expected ._io.size, ._io.pos or ._io.eof");
    if (compiler_is(node, "_sizeof"))
        return put_size_of(compiler, node);
    if (compiler_compile(compiler, node->left) < 0)
        return -1;
    if (compiler_is(node, "_parent"))
        return compiler_put(compiler, OP_PARENT, 1, 0, 0, 0);
    if (compiler_is(node, "_root"))
        return put_group(compiler, OP_ROOT, 1, compiler->type == NONE ? NONE : 0, 0);
    return put_member(compiler, node);
}

static int put_decode(struct compiler *compiler, const struct syntax_node *argument)
{
    struct suggestion suggestion = compiler_unknown(compiler, argument);

    if (argument->kind != SYNTAX_TEXT)
        return wrong(compiler, argument, "expected an encoding in quotes");
    for (uint32_t i = 0; encodings[i]; i++) {
        if (compiler_is(argument, encodings[i]))
            return compiler_put(compiler, OP_METHOD, METHOD_DECODE, i, 0, 0);
    }
    error_set(compiler->error,
              "encoding '%.40s' is not supported; expected ASCII, UTF-8, ISO-8859-1, "
              "UTF-16LE or UTF-16BE",
              argument->text);
    suggest_offer_all(&suggestion, encodings);
    return suggest_append(&suggestion, compiler->error);
}

int compiler_call(struct compiler *compiler, const struct syntax_node *node)
{
    static const char *const names[] = {"substring", "to_i", "to_s", NULL};
    struct suggestion suggestion;

    if (compiler_compile(compiler, node->left) < 0)
        return -1;
    if (compiler_is(node, "to_s") && node->integer == 1)
        return put_decode(compiler, &compiler->syntax->nodes[node->right]);
    if (compiler_is(node, "to_i") && node->integer == 1)
        return compiler_compile(compiler, node->right) < 0
                   ? -1
                   : compiler_put(compiler, OP_TO_I, 0, 0, 0, -1);
    if (compiler_is(node, "substring") && node->integer == 2)
        return compiler_compile(compiler, node->right) < 0 ||
                       compiler_compile(compiler, node->third) < 0
                   ? -1
                   : compiler_put(compiler, OP_SUBSTRING, 0, 0, 0, -2);
    suggestion = compiler_unknown(compiler, node);
    suggest_offer_all(&suggestion, names);
    error_set(compiler->error,
              "'.%.80s' with %d argument(s) is no method; expected .substring(from, to), "
              ".to_i(radix) or .to_s(encoding)",
              node->text, (int)node->integer);
    return suggest_append(&suggestion, compiler->error);
}
