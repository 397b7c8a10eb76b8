#include "model/program.h"

#include <stdlib.h>
#include <string.h>

enum { CODE_MAXIMUM = 1024, STACK_MAXIMUM = 32 };

struct compiler {
    const struct syntax *syntax;
    const struct model *model;
    uint32_t type;            /* NONE: a session's expression */
    const char *const *names; /* its bindings */
    struct instruction code[CODE_MAXIMUM];
    uint32_t count, texts_used;
    char *texts;
    unsigned stack, depth;
    bool uses_io;
    struct error *error;
};

static int compile(struct compiler *compiler, uint16_t index);

/* `growth`: how many values the instruction adds to the stack. */
static int put(struct compiler *compiler, enum opcode opcode, unsigned method,
               uint32_t extra, int64_t value, int growth)
{
    compiler->stack += (unsigned)growth;
    if (compiler->count == CODE_MAXIMUM || compiler->stack > STACK_MAXIMUM)
        return error_set(compiler->error, "expected a shorter expression");
    compiler->code[compiler->count++] = (struct instruction){.opcode = (uint8_t)opcode,
                                                             .method = (uint8_t)method,
                                                             .extra = extra,
                                                             .value = value};
    return 0;
}

static bool is(const struct syntax_node *node, const char *text)
{
    return node->length == strlen(text) && memcmp(node->text, text, node->length) == 0;
}

static int compile_io(struct compiler *compiler, const struct syntax_node *node)
{
    compiler->uses_io = true;
    if (compiler->type == NONE)
        return error_set(compiler->error, "_io is known only inside a .ksy file");
    if (is(node, "size"))
        return put(compiler, OP_IO_SIZE, 0, 0, 0, 1);
    if (is(node, "pos"))
        return put(compiler, OP_IO_POS, 0, 0, 0, 1);
    if (is(node, "eof"))
        return put(compiler, OP_IO_EOF, 0, 0, 0, 1);
    return error_set(compiler->error,
                     "expected _io.size, _io.pos or _io.eof, found '_io.%s'", node->text);
}

static int compile_binding(struct compiler *compiler, const struct syntax_node *node)
{
    for (uint32_t i = 0; compiler->names && compiler->names[i]; i++) {
        if (is(node, compiler->names[i]))
            return put(compiler, OP_BINDING, 0, i, 0, 1);
    }
    return error_set(compiler->error, "'%.80s' is not known here", node->text);
}

static bool type_has(const struct compiler *compiler, uint32_t name)
{
    const struct model *model = compiler->model;
    const struct type *type = &model->types[compiler->type];

    for (size_t i = 0; i < type->count; i++) {
        if (model->rules[type->sequence[i]].name == name)
            return true;
    }
    for (size_t i = 0; i < type->instance_count; i++) {
        if (type->instances[i].name == name)
            return true;
    }
    return false;
}

static int compile_name(struct compiler *compiler, const struct syntax_node *node)
{
    const struct type *type;
    uint32_t name;

    if (compiler->type == NONE)
        return compile_binding(compiler, node);
    if (is(node, "_root"))
        return put(compiler, OP_ROOT, 0, 0, 0, 1);
    if (is(node, "_parent"))
        return put(compiler, OP_PARENT, 0, 0, 0, 1);
    if (is(node, "_"))
        return put(compiler, OP_SELF, 0, 0, 0, 1);
    if (is(node, "_index"))
        return put(compiler, OP_POSITION, 0, 0, 0, 1);
    type = &compiler->model->types[compiler->type];
    for (uint32_t i = 0; i < type->parameter_count; i++) {
        if (is(node, type->parameters[i].name))
            return put(compiler, OP_PARAMETER, 0, i, 0, 1);
    }
    name = model_name(compiler->model, node->text, node->length);
    if (name == NONE || !type_has(compiler, name))
        return error_set(compiler->error,
                         "'%.80s' is no field, instance or parameter of type %s",
                         node->text, type->name);
    return put(compiler, OP_FIELD, 0, name, 0, 1);
}

static enum method method_of(const struct syntax_node *node)
{
    static const struct {
        const char *name;
        enum method method;
    } methods[] = {{"size", METHOD_SIZE},   {"length", METHOD_SIZE},
                   {"first", METHOD_FIRST}, {"last", METHOD_LAST},
                   {"to_i", METHOD_TO_I},   {"value", METHOD_VALUE}};

    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        if (is(node, methods[i].name))
            return methods[i].method;
    }
    return METHOD_NONE;
}

static int compile_member(struct compiler *compiler, const struct syntax_node *node)
{
    const struct syntax_node *left = &compiler->syntax->nodes[node->left];
    enum method method = method_of(node);
    uint32_t name;

    if (left->kind == SYNTAX_NAME && is(left, "_io"))
        return compile_io(compiler, node);
    if (compile(compiler, node->left) < 0)
        return -1;
    if (is(node, "_parent") && compiler->type != NONE)
        return put(compiler, OP_PARENT, 1, 0, 0, 0);
    name = model_name(compiler->model, node->text, node->length);
    if (name == NONE && method == METHOD_NONE)
        return error_set(
            compiler->error,
            "'.%.80s' is neither a field of the model nor one of .size, .length, "
            ".first, .last, .to_i",
            node->text);
    return put(compiler, OP_MEMBER, method, name, node->integer, 0);
}

static int compile_enum(struct compiler *compiler, const struct syntax_node *node)
{
    int64_t value;

    if (model_enum_member(compiler->model, compiler->type, node->text, node->length,
                          &value) < 0)
        return error_set(compiler->error, "'%.80s' is not a member of a known enum",
                         node->text);
    return put(compiler, OP_INTEGER, 0, 0, value, 1);
}

static int compile_text(struct compiler *compiler, const struct syntax_node *node)
{
    uint32_t offset = compiler->texts_used;

    memcpy(compiler->texts + offset, node->text, node->length);
    compiler->texts_used += (uint32_t)node->length;
    return put(compiler, OP_TEXT, 0, (uint32_t)node->length, offset, 1);
}

static int compile_ternary(struct compiler *compiler, const struct syntax_node *node)
{
    uint32_t unless, jump;

    if (compile(compiler, node->left) < 0)
        return -1;
    unless = compiler->count;
    if (put(compiler, OP_JUMP_UNLESS, 0, 0, 0, -1) < 0 ||
        compile(compiler, node->right) < 0)
        return -1;
    jump = compiler->count;
    if (put(compiler, OP_JUMP, 0, 0, 0, -1) < 0)
        return -1;
    compiler->code[unless].extra = compiler->count;
    if (compile(compiler, node->third) < 0)
        return -1;
    compiler->code[jump].extra = compiler->count;
    return 0;
}

/* The right side is not looked at when the left one decides. */
static int compile_logic(struct compiler *compiler, const struct syntax_node *node)
{
    uint32_t decides;

    if (compile(compiler, node->left) < 0)
        return -1;
    decides = compiler->count;
    if (put(compiler, OP_DECIDES, node->op, 0, 0, -1) < 0 ||
        compile(compiler, node->right) < 0 || put(compiler, OP_TRUTH, 0, 0, 0, 0) < 0)
        return -1;
    compiler->code[decides].extra = compiler->count;
    return 0;
}

static int compile_operands(struct compiler *compiler, const struct syntax_node *node)
{
    if (compile(compiler, node->left) < 0)
        return -1;
    if (node->kind == SYNTAX_UNARY)
        return put(compiler, OP_UNARY, node->op, 0, 0, 0);
    if (compile(compiler, node->right) < 0)
        return -1;
    if (node->kind == SYNTAX_INDEX)
        return put(compiler, OP_INDEX, 0, 0, 0, -1);
    return put(compiler, OP_BINARY, node->op, 0, 0, -1);
}

static int compile_node(struct compiler *compiler, const struct syntax_node *node)
{
    switch (node->kind) {
    case SYNTAX_INTEGER: return put(compiler, OP_INTEGER, 0, 0, node->integer, 1);
    case SYNTAX_BOOL: return put(compiler, OP_BOOL, 0, 0, node->integer, 1);
    case SYNTAX_REAL:
        if (put(compiler, OP_REAL, 0, 0, 0, 1) < 0)
            return -1;
        compiler->code[compiler->count - 1].real = node->real;
        return 0;
    case SYNTAX_TEXT: return compile_text(compiler, node);
    case SYNTAX_NAME: return compile_name(compiler, node);
    case SYNTAX_MEMBER: return compile_member(compiler, node);
    case SYNTAX_ENUM: return compile_enum(compiler, node);
    case SYNTAX_TERNARY: return compile_ternary(compiler, node);
    default: break;
    }
    if (node->kind == SYNTAX_BINARY &&
        (node->op == OPERATOR_AND || node->op == OPERATOR_OR))
        return compile_logic(compiler, node);
    return compile_operands(compiler, node);
}

static int compile(struct compiler *compiler, uint16_t index)
{
    int status;

    if (++compiler->depth > 200)
        return error_set(compiler->error, "expected a shorter expression");
    status = compile_node(compiler, &compiler->syntax->nodes[index]);
    compiler->depth--;
    return status;
}

static struct expression *finish(const struct compiler *compiler, const char *text)
{
    size_t code = compiler->count * sizeof *compiler->code, length = strlen(text) + 1;
    struct expression *expression = malloc(sizeof *expression + code);

    if (!expression) {
        error_set(compiler->error, "memory is short");
        return NULL;
    }
    *expression = (struct expression){
        .model = compiler->model, .count = compiler->count, .uses_io = compiler->uses_io};
    memcpy(expression->code, compiler->code, code);
    expression->text = malloc(length + compiler->texts_used);
    if (!expression->text) {
        error_set(compiler->error, "memory is short");
        free(expression);
        return NULL;
    }
    memcpy(expression->text, text, length);
    expression->texts = expression->text + length;
    memcpy(expression->texts, compiler->texts, compiler->texts_used);
    return expression;
}

struct expression *program_from_syntax(const struct syntax *syntax, const char *text,
                                       const struct model *model, uint32_t type,
                                       const char *const *names, struct error *error)
{
    struct compiler *compiler = calloc(1, sizeof *compiler);
    struct expression *expression = NULL;

    if (compiler)
        compiler->texts = malloc(syntax->texts_size);
    if (!compiler || !compiler->texts) {
        error_set(error, "memory is short");
        free(compiler);
        return NULL;
    }
    compiler->syntax = syntax;
    compiler->model = model;
    compiler->type = type;
    compiler->names = names;
    compiler->error = error;
    if (compile(compiler, syntax->root) == 0)
        expression = finish(compiler, text);
    else
        error_prefix(error, "'%.120s': ", text);
    free(compiler->texts);
    free(compiler);
    return expression;
}

static struct expression *compile_text_for(const char *text, const struct model *model,
                                           uint32_t type, const char *const *names,
                                           struct error *error)
{
    struct syntax *syntax = syntax_parse(text, error);
    struct expression *expression;

    if (!syntax)
        return NULL;
    expression = program_from_syntax(syntax, text, model, type, names, error);
    syntax_free(syntax);
    return expression;
}

struct expression *program_compile(const char *text, const struct model *model,
                                   uint32_t type, struct error *error)
{
    return compile_text_for(text, model, type, NULL, error);
}

struct expression *expression_compile(const char *text, const struct model *model,
                                      const char *const *names, struct error *error)
{
    return compile_text_for(text, model, NONE, names, error);
}

void expression_free(struct expression *expression)
{
    if (!expression)
        return;
    free(expression->text);
    free(expression);
}

const char *expression_text(const struct expression *expression)
{
    return expression->text;
}
