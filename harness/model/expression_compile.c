#include "model/compiler.h"

#include <stdlib.h>
#include <string.h>

int compiler_put(struct compiler *compiler, enum opcode opcode, unsigned method,
                 uint32_t extra, int64_t value, int growth)
{
    compiler->stack += (unsigned)growth;
    compiler->shape = (struct shape){.kind = SHAPE_UNKNOWN, .bits = -1};
    if (compiler->count == CODE_MAXIMUM || compiler->stack > STACK_MAXIMUM)
        return error_set(compiler->error, "expected a shorter expression");
    compiler->code[compiler->count++] = (struct instruction){.opcode = (uint8_t)opcode,
                                                             .method = (uint8_t)method,
                                                             .extra = extra,
                                                             .value = value};
    return 0;
}

static int compile_text(struct compiler *compiler, const struct syntax_node *node)
{
    uint32_t offset = compiler->texts_used;

    memcpy(compiler->texts + offset, node->text, node->length);
    compiler->texts_used += (uint32_t)node->length;
    return compiler_put(compiler, OP_TEXT, node->kind == SYNTAX_TEXT,
                        (uint32_t)node->length, offset, 1);
}

static int compile_list(struct compiler *compiler, const struct syntax_node *node)
{
    for (uint16_t item = node->left; item != SYNTAX_NONE;
         item = compiler->syntax->nodes[item].right) {
        if (compiler_compile(compiler, compiler->syntax->nodes[item].left) < 0)
            return -1;
    }
    return compiler_put(compiler, OP_LIST, 0, (uint32_t)node->integer, 0,
                        1 - (int)node->integer);
}

static int compile_ternary(struct compiler *compiler, const struct syntax_node *node)
{
    uint32_t unless, jump;

    if (compiler_compile(compiler, node->left) < 0)
        return -1;
    unless = compiler->count;
    if (compiler_put(compiler, OP_JUMP_UNLESS, 0, 0, 0, -1) < 0 ||
        compiler_compile(compiler, node->right) < 0)
        return -1;
    jump = compiler->count;
    if (compiler_put(compiler, OP_JUMP, 0, 0, 0, -1) < 0)
        return -1;
    compiler->code[unless].extra = compiler->count;
    if (compiler_compile(compiler, node->third) < 0)
        return -1;
    compiler->code[jump].extra = compiler->count;
    return 0;
}

/* The right side is not looked at when the left one decides. */
static int compile_logic(struct compiler *compiler, const struct syntax_node *node)
{
    uint32_t decides;

    if (compiler_compile(compiler, node->left) < 0)
        return -1;
    decides = compiler->count;
    if (compiler_put(compiler, OP_DECIDES, node->op, 0, 0, -1) < 0 ||
        compiler_compile(compiler, node->right) < 0 ||
        compiler_put(compiler, OP_TRUTH, 0, 0, 0, 0) < 0)
        return -1;
    compiler->code[decides].extra = compiler->count;
    return 0;
}

static int compile_index(struct compiler *compiler, const struct syntax_node *node)
{
    struct shape list = compiler->shape;

    if (compiler_compile(compiler, node->right) < 0 ||
        compiler_put(compiler, OP_INDEX, 0, 0, 0, -1) < 0)
        return -1;
    if (list.is_array) {
        compiler->shape = list;
        compiler->shape.is_array = false;
    }
    return 0;
}

static int compile_operands(struct compiler *compiler, const struct syntax_node *node)
{
    if (compiler_compile(compiler, node->left) < 0)
        return -1;
    if (node->kind == SYNTAX_UNARY)
        return compiler_put(compiler, OP_UNARY, node->op, 0, 0, 0);
    if (node->kind == SYNTAX_INDEX)
        return compile_index(compiler, node);
    if (compiler_compile(compiler, node->right) < 0)
        return -1;
    return compiler_put(compiler, OP_BINARY, node->op, 0, 0, -1);
}

static int compile_node(struct compiler *compiler, const struct syntax_node *node)
{
    switch (node->kind) {
    case SYNTAX_INTEGER:
        return compiler_put(compiler, OP_INTEGER, 0, 0, node->integer, 1);
    case SYNTAX_BOOL: return compiler_put(compiler, OP_BOOL, 0, 0, node->integer, 1);
    case SYNTAX_REAL:
        if (compiler_put(compiler, OP_REAL, 0, 0, 0, 1) < 0)
            return -1;
        compiler->code[compiler->count - 1].real = node->real;
        return 0;
    case SYNTAX_TEXT:
    case SYNTAX_BYTES: return compile_text(compiler, node);
    case SYNTAX_LIST: return compile_list(compiler, node);
    case SYNTAX_NAME: return compiler_name(compiler, node);
    case SYNTAX_MEMBER: return compiler_member(compiler, node);
    case SYNTAX_CALL: return compiler_call(compiler, node);
    case SYNTAX_CAST: return compiler_cast(compiler, node);
    case SYNTAX_SIZEOF: return compiler_size_of(compiler, node);
    case SYNTAX_ENUM: return compiler_enum(compiler, node);
    case SYNTAX_TERNARY: return compile_ternary(compiler, node);
    default: break;
    }
    if (node->kind == SYNTAX_BINARY &&
        (node->op == OPERATOR_AND || node->op == OPERATOR_OR))
        return compile_logic(compiler, node);
    return compile_operands(compiler, node);
}

int compiler_compile(struct compiler *compiler, uint16_t index)
{
    int status;

    if (++compiler->depth > 200)
        return error_set(compiler->error, "expected a shorter expression");
    status = compile_node(compiler, &compiler->syntax->nodes[index]);
    compiler->depth--;
    return status;
}

/* Names may lead to instances and parameters; additions may join texts. */
static bool makes_values(const struct compiler *compiler)
{
    for (uint32_t i = 0; i < compiler->count; i++) {
        const struct instruction *instruction = &compiler->code[i];

        switch (instruction->opcode) {
        case OP_FIELD:
        case OP_PARAMETER:
        case OP_MEMBER:
        case OP_METHOD:
        case OP_LIST: return true;
        case OP_BINARY:
            if (instruction->method == OPERATOR_ADD)
                return true;
            break;
        default: break;
        }
    }
    return false;
}

static struct expression *finish(const struct compiler *compiler, const char *text)
{
    size_t code = compiler->count * sizeof *compiler->code, length = strlen(text) + 1;
    struct expression *expression = malloc(sizeof *expression + code);

    if (!expression) {
        error_set(compiler->error, "memory is short");
        return NULL;
    }
    *expression = (struct expression){.model = compiler->model,
                                      .count = compiler->count,
                                      .uses_io = compiler->uses_io,
                                      .makes_values = makes_values(compiler)};
    while (compiler->names && compiler->names[expression->binding_count])
        expression->binding_count++;
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

static struct expression *compile_syntax(const struct syntax *syntax, const char *text,
                                         const struct model *model, uint32_t type,
                                         const char *const *names, size_t *at,
                                         struct error *error)
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
    if (compiler_compile(compiler, syntax->root) == 0)
        expression = finish(compiler, text);
    else
        error_prefix(error, "'%.120s': ", text);
    if (at)
        *at = compiler->at;
    free(compiler->texts);
    free(compiler);
    return expression;
}

static struct expression *compile_text_for(const char *text, const struct model *model,
                                           uint32_t type, const char *const *names,
                                           size_t *at, struct error *error)
{
    struct syntax *syntax = syntax_parse(text, at, error);
    struct expression *expression;

    if (!syntax)
        return NULL;
    expression = compile_syntax(syntax, text, model, type, names, at, error);
    syntax_free(syntax);
    return expression;
}

struct expression *program_compile(const char *text, const struct model *model,
                                   uint32_t type, size_t *at, struct error *error)
{
    return compile_text_for(text, model, type, NULL, at, error);
}

struct expression *expression_compile(const char *text, const struct model *model,
                                      const char *const *names, struct error *error)
{
    return compile_text_for(text, model, NONE, names, NULL, error);
}

struct expression *expression_compile_node(const struct yaml *node,
                                           const struct model *model,
                                           const char *const *names, struct error *error)
{
    size_t at;
    struct expression *expression =
        compile_text_for(node->text, model, NONE, names, &at, error);

    if (!expression)
        yaml_locate(node, at, error);
    return expression;
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
