#include "model/scanner.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { NESTING = 64 };

static int expression(struct scanner *scanner, unsigned level, uint16_t *result);

int scanner_fail(struct scanner *scanner, const char *expected)
{
    if (!scanner->wrong)
        scanner->wrong = scanner->at;
    if (!*scanner->at)
        return error_set(scanner->error, "'%.120s': expected %s at the end",
                         scanner->text, expected);
    return error_set(scanner->error, "'%.120s': expected %s at '%.20s'", scanner->text,
                     expected, scanner->at);
}

void scanner_skip_space(struct scanner *scanner)
{
    while (isspace((unsigned char)*scanner->at))
        scanner->at++;
}

bool scanner_take(struct scanner *scanner, const char *token)
{
    size_t length = strlen(token);

    scanner_skip_space(scanner);
    if (strncmp(scanner->at, token, length) != 0)
        return false;
    if (isalpha((unsigned char)*token) && scanner_in_word(scanner->at[length]))
        return false;
    scanner->at += length;
    return true;
}

struct syntax_node *scanner_add(struct scanner *scanner, enum syntax_kind kind,
                                uint16_t *index)
{
    struct syntax *syntax = scanner->syntax;
    struct syntax_node *node;

    if (syntax->count == SYNTAX_MAXIMUM) {
        if (!scanner->wrong)
            scanner->wrong = scanner->at;
        error_set(scanner->error, "'%.120s': expected at most %d terms", scanner->text,
                  SYNTAX_MAXIMUM);
        return NULL;
    }
    *index = syntax->count;
    node = &syntax->nodes[syntax->count++];
    *node =
        (struct syntax_node){.kind = kind, .at = (uint32_t)(scanner->at - scanner->text)};
    return node;
}

static int primary(struct scanner *scanner, uint16_t *result)
{
    scanner_skip_space(scanner);
    if (isdigit((unsigned char)*scanner->at))
        return scanner_number(scanner, result);
    if (*scanner->at == '"' || *scanner->at == '\'')
        return scanner_text(scanner, result);
    if (strncmp(scanner->at, "f\"", 2) == 0)
        return scanner_interpolated(scanner, result);
    if (*scanner->at == '[')
        return scanner_list(scanner, result);
    if (scanner_take(scanner, "(")) {
        if (scanner_expression(scanner, result) < 0)
            return -1;
        return scanner_take(scanner, ")") ? 0 : scanner_fail(scanner, "')'");
    }
    if (isalpha((unsigned char)*scanner->at) || *scanner->at == '_')
        return scanner_name(scanner, result);
    return scanner_fail(scanner, "a value");
}

static int postfix(struct scanner *scanner, uint16_t *result)
{
    if (primary(scanner, result) < 0)
        return -1;
    for (;;) {
        struct syntax_node *node;
        uint16_t left = *result, right;

        if (scanner_take(scanner, ".")) {
            if (scanner_member(scanner, result) < 0)
                return -1;
            continue;
        }
        if (!scanner_take(scanner, "["))
            return 0;
        if (scanner_expression(scanner, &right) < 0)
            return -1;
        if (!scanner_take(scanner, "]"))
            return scanner_fail(scanner, "']'");
        node = scanner_add(scanner, SYNTAX_INDEX, result);
        if (!node)
            return -1;
        node->left = left;
        node->right = right;
    }
}

static int unary(struct scanner *scanner, uint16_t *result)
{
    enum syntax_operator op;
    struct syntax_node *node;
    uint16_t operand;

    while (scanner_take(scanner, "+"))
        continue;
    if (scanner_take(scanner, "-"))
        op = OPERATOR_NEGATE;
    else if (scanner_take(scanner, "~"))
        op = OPERATOR_INVERT;
    else
        return postfix(scanner, result);
    if (++scanner->depth > NESTING)
        return scanner_fail(scanner, "less nesting");
    if (unary(scanner, &operand) < 0)
        return -1;
    scanner->depth--;
    node = scanner_add(scanner, SYNTAX_UNARY, result);
    if (!node)
        return -1;
    node->op = op;
    node->left = operand;
    return 0;
}

/* Binary operators by binding strength, loosest first; longer tokens before their
 * prefixes. */
static const struct binary {
    unsigned level;
    const char *token;
    enum syntax_operator op;
} binaries[] = {
    {1, "or", OPERATOR_OR},         {2, "and", OPERATOR_AND},
    {4, "<=", OPERATOR_LESS_EQUAL}, {4, ">=", OPERATOR_GREATER_EQUAL},
    {4, "==", OPERATOR_EQUAL},      {4, "!=", OPERATOR_NOT_EQUAL},
    {8, "<<", OPERATOR_SHIFT_LEFT}, {8, ">>", OPERATOR_SHIFT_RIGHT},
    {4, "<", OPERATOR_LESS},        {4, ">", OPERATOR_GREATER},
    {5, "|", OPERATOR_BIT_OR},      {6, "^", OPERATOR_BIT_XOR},
    {7, "&", OPERATOR_BIT_AND},     {9, "+", OPERATOR_ADD},
    {9, "-", OPERATOR_SUBTRACT},    {10, "*", OPERATOR_MULTIPLY},
    {10, "/", OPERATOR_DIVIDE},     {10, "%", OPERATOR_MODULO},
};
enum { LEVEL_TERNARY = 0, LEVEL_NOT = 3, LEVEL_UNARY = 11 };

static const struct binary *take_binary(struct scanner *scanner, unsigned level)
{
    const char *before = scanner->at;

    for (size_t i = 0; i < sizeof binaries / sizeof *binaries; i++) {
        if (!scanner_take(scanner, binaries[i].token))
            continue;
        if (binaries[i].level == level)
            return &binaries[i];
        scanner->at = before;
        return NULL;
    }
    return NULL;
}

static int ternary(struct scanner *scanner, uint16_t *result)
{
    uint16_t condition, yes, no;
    struct syntax_node *node;

    if (expression(scanner, 1, &condition) < 0)
        return -1;
    *result = condition;
    if (!scanner_take(scanner, "?"))
        return 0;
    if (expression(scanner, 0, &yes) < 0)
        return -1;
    if (!scanner_take(scanner, ":"))
        return scanner_fail(scanner, "':'");
    if (expression(scanner, 0, &no) < 0)
        return -1;
    node = scanner_add(scanner, SYNTAX_TERNARY, result);
    if (!node)
        return -1;
    node->left = condition;
    node->right = yes;
    node->third = no;
    return 0;
}

static int negation(struct scanner *scanner, uint16_t *result)
{
    struct syntax_node *node;
    uint16_t operand;

    if (!scanner_take(scanner, "not"))
        return expression(scanner, LEVEL_NOT + 1, result);
    if (++scanner->depth > NESTING)
        return scanner_fail(scanner, "less nesting");
    if (negation(scanner, &operand) < 0)
        return -1;
    scanner->depth--;
    node = scanner_add(scanner, SYNTAX_UNARY, result);
    if (!node)
        return -1;
    node->op = OPERATOR_NOT;
    node->left = operand;
    return 0;
}

static int chain(struct scanner *scanner, unsigned level, uint16_t *result)
{
    const struct binary *binary;

    if (expression(scanner, level + 1, result) < 0)
        return -1;
    while ((binary = take_binary(scanner, level))) {
        uint16_t left = *result, right;
        struct syntax_node *node;

        if (expression(scanner, level + 1, &right) < 0)
            return -1;
        node = scanner_add(scanner, SYNTAX_BINARY, result);
        if (!node)
            return -1;
        node->op = binary->op;
        node->left = left;
        node->right = right;
    }
    return 0;
}

static int expression(struct scanner *scanner, unsigned level, uint16_t *result)
{
    int status;

    if (level == LEVEL_UNARY)
        return unary(scanner, result);
    if (level == LEVEL_NOT)
        return negation(scanner, result);
    if (level != LEVEL_TERNARY)
        return chain(scanner, level, result);
    if (++scanner->depth > NESTING)
        return scanner_fail(scanner, "less nesting");
    status = ternary(scanner, result);
    scanner->depth--;
    return status;
}

int scanner_expression(struct scanner *scanner, uint16_t *result)
{
    return expression(scanner, LEVEL_TERNARY, result);
}

struct syntax *syntax_parse(const char *text, size_t *at, struct error *error)
{
    struct scanner scanner = {.text = text, .at = text, .error = error};
    struct syntax *syntax = calloc(1, sizeof *syntax);
    uint16_t root;

    if (syntax) {
        syntax->texts_size = 2 * strlen(text) + SYNTAX_MAXIMUM + 2;
        syntax->texts = malloc(syntax->texts_size);
    }
    if (at)
        *at = 0;
    if (!syntax || !syntax->texts) {
        error_set(error, "memory is short");
        syntax_free(syntax);
        return NULL;
    }
    scanner.syntax = syntax;
    if (expression(&scanner, 0, &root) == 0) {
        scanner_skip_space(&scanner);
        if (!*scanner.at) {
            syntax->root = root;
            return syntax;
        }
        scanner_fail(&scanner, "an operator");
    }
    if (at)
        *at = scanner.wrong ? (size_t)(scanner.wrong - text) : 0;
    syntax_free(syntax);
    return NULL;
}

void syntax_free(struct syntax *syntax)
{
    if (!syntax)
        return;
    free(syntax->texts);
    free(syntax);
}
