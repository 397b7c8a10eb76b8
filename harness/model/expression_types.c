/* What type and enum names in expressions mean: casts, sizes, members of enums. */
#include "model/compiler.h"

#include <string.h>

bool type_is_built_in(const char *text, size_t length, int64_t *bits)
{
    static const char *const others[] = {"str", "strz", "bytes", "bool", NULL};
    const char *end = text + length;

    *bits = -1;
    for (size_t i = 0; others[i]; i++) {
        if (length == strlen(others[i]) && memcmp(text, others[i], length) == 0)
            return true;
    }
    if (length > 2 && (memcmp(end - 2, "le", 2) == 0 || memcmp(end - 2, "be", 2) == 0))
        end -= 2;
    if (end - text == 2 && memchr("us", *text, 2) && memchr("1248", text[1], 4)) {
        *bits = (text[1] - '0') * 8;
        return true;
    }
    if (end - text == 2 && *text == 'f' && memchr("48", text[1], 2)) {
        *bits = (text[1] - '0') * 8;
        return true;
    }
    if (*text != 'b' || end - text < 2 || end - text > 3)
        return false;
    *bits = 0;
    for (text++; text < end; text++) {
        if (*text < '0' || *text > '9')
            return false;
        *bits = *bits * 10 + (*text - '0');
    }
    return *bits >= 1 && *bits <= 64;
}

/* A session's expression has no type to look from: any type of that name will do. */
static uint32_t type_named(const struct model *model, uint32_t from,
                           const struct syntax_node *node)
{
    uint32_t type = model_find_type(model, from, node->text, node->length);

    for (uint32_t i = 0; type == NONE && from == NONE && i < model->type_count; i++) {
        if (compiler_is(node, model->types[i].name))
            type = i;
    }
    return type;
}

static int find_type(struct compiler *compiler, const struct syntax_node *node,
                     uint32_t *type)
{
    const struct model *model = compiler->model;
    struct suggestion suggestion = compiler_unknown(compiler, node);

    *type = type_named(model, compiler->type, node);
    if (*type != NONE)
        return 0;
    for (size_t i = 0; i < model->type_count; i++)
        suggest_offer(&suggestion, model->types[i].name);
    error_set(compiler->error, "type '%.80s' is not known here", node->text);
    return suggest_append(&suggestion, compiler->error);
}

int compiler_cast(struct compiler *compiler, const struct syntax_node *node)
{
    struct shape shape = {.kind = SHAPE_LEAF, .bits = -1};

    if (compiler_compile(compiler, node->left) < 0)
        return -1;
    if (!type_is_built_in(node->text, node->length, &shape.bits)) {
        if (find_type(compiler, node, &shape.type) < 0)
            return -1;
        shape.kind = SHAPE_GROUP;
        shape.bits = compiler->model->types[shape.type].bits;
    }
    shape.is_array = node->integer != 0;
    shape.bits = shape.is_array ? -1 : shape.bits;
    compiler->shape = shape;
    return 0;
}

int64_t program_size_of(const struct model *model, uint32_t type,
                        const struct syntax_node *node)
{
    int64_t bits;

    if (!type_is_built_in(node->text, node->length, &bits)) {
        type = type_named(model, type, node);
        bits = type == NONE ? -1 : model->types[type].bits;
    }
    return node->integer || bits < 0 ? bits : (bits + 7) / 8;
}

int compiler_size_of(struct compiler *compiler, const struct syntax_node *node)
{
    uint32_t type;
    int64_t size;

    if (!type_is_built_in(node->text, node->length, &size) &&
        find_type(compiler, node, &type) < 0)
        return -1;
    size = program_size_of(compiler->model, compiler->type, node);
    if (size < 0)
        return compiler_put_size(compiler, node, size);
    return compiler_put(compiler, OP_INTEGER, 0, 0, size, 1);
}

static int unknown_enum(struct compiler *compiler, const struct syntax_node *node,
                        size_t prefix)
{
    const struct model *model = compiler->model;
    uint32_t found = model_find_enumeration(model, compiler->type, node->text, prefix);
    struct suggestion suggestion;

    compiler->at = node->at;
    if (found == NONE) {
        suggestion = suggest_for(node->text, prefix);
        for (size_t i = 0; i < model->enumeration_count; i++)
            suggest_offer(&suggestion, model->enumerations[i].name);
        error_set(compiler->error, "'%.*s' is no enum that is known here", (int)prefix,
                  node->text);
        return suggest_append(&suggestion, compiler->error);
    }
    compiler->at += prefix + 2;
    suggestion = suggest_for(node->text + prefix + 2, node->length - prefix - 2);
    for (size_t i = 0; i < model->enumerations[found].count; i++)
        suggest_offer(&suggestion, model->enumerations[found].names[i]);
    error_set(compiler->error, "'%.80s' is no member of enum %s", node->text + prefix + 2,
              model->enumerations[found].name);
    return suggest_append(&suggestion, compiler->error);
}

int compiler_enum(struct compiler *compiler, const struct syntax_node *node)
{
    size_t prefix = node->length;
    int64_t value;

    if (model_enum_member(compiler->model, compiler->type, node->text, node->length,
                          &value) == 0)
        return compiler_put(compiler, OP_INTEGER, 0, 0, value, 1);
    while (prefix > 2 && memcmp(node->text + prefix - 2, "::", 2) != 0)
        prefix--;
    return unknown_enum(compiler, node, prefix - 2);
}
