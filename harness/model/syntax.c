#include "model/syntax.h"

#include "core/yaml.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { NESTING = 64 };

struct scanner {
    const char *text, *at;
    struct syntax *syntax;
    struct error *error;
    unsigned depth;
};

static int expression(struct scanner *scanner, unsigned level, uint16_t *result);

static int fail(struct scanner *scanner, const char *expected)
{
    if (!*scanner->at)
        return error_set(scanner->error, "'%.120s': expected %s at the end",
                         scanner->text, expected);
    return error_set(scanner->error, "'%.120s': expected %s at '%.20s'", scanner->text,
                     expected, scanner->at);
}

static void skip_space(struct scanner *scanner)
{
    while (isspace((unsigned char)*scanner->at))
        scanner->at++;
}

static bool word_character(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static bool take(struct scanner *scanner, const char *token)
{
    size_t length = strlen(token);

    skip_space(scanner);
    if (strncmp(scanner->at, token, length) != 0)
        return false;
    if (isalpha((unsigned char)*token) && word_character(scanner->at[length]))
        return false;
    scanner->at += length;
    return true;
}

static struct syntax_node *add(struct scanner *scanner, enum syntax_kind kind,
                               uint16_t *index)
{
    struct syntax *syntax = scanner->syntax;
    struct syntax_node *node;

    if (syntax->count == SYNTAX_MAXIMUM) {
        error_set(scanner->error, "'%.120s': expected at most %d terms", scanner->text,
                  SYNTAX_MAXIMUM);
        return NULL;
    }
    *index = syntax->count;
    node = &syntax->nodes[syntax->count++];
    *node = (struct syntax_node){.kind = kind};
    return node;
}

/* Room for a text was allocated once: every literal is shorter than the source. */
static void keep_text(struct scanner *scanner, struct syntax_node *node, const char *text,
                      size_t length)
{
    struct syntax *syntax = scanner->syntax;
    char *copy = syntax->texts + syntax->texts_used;

    memcpy(copy, text, length);
    copy[length] = '\0';
    syntax->texts_used += length + 1;
    node->text = copy;
    node->length = length;
}

static int number(struct scanner *scanner, uint16_t *result)
{
    const char *end = scanner->at;
    struct syntax_node *node;
    char digits[80];
    bool real = false;

    while (word_character(*end) || (*end == '.' && isdigit((unsigned char)end[1]))) {
        real |= *end == '.';
        end++;
    }
    if ((size_t)(end - scanner->at) >= sizeof digits)
        return fail(scanner, "a shorter number");
    memcpy(digits, scanner->at, (size_t)(end - scanner->at));
    digits[end - scanner->at] = '\0';
    node = add(scanner, real ? SYNTAX_REAL : SYNTAX_INTEGER, result);
    if (!node)
        return -1;
    if (real) {
        char *rest;

        node->real = strtod(digits, &rest);
        if (*rest)
            return fail(scanner, "a number");
    } else if (text_to_integer(digits, &node->integer) < 0) {
        return fail(scanner, "an integer below 2^63");
    }
    scanner->at = end;
    return 0;
}

static int escaped(struct scanner *scanner, char *out)
{
    static const char names[] = "abtnvfre\"'\\0", values[] = "\a\b\t\n\v\f\r\033\"'\\";
    const char *found = *scanner->at ? strchr(names, *scanner->at) : NULL;

    if (!found)
        return fail(scanner, "a known escape");
    *out = *found == '0' ? '\0' : values[found - names];
    return 0;
}

static int literal(struct scanner *scanner, uint16_t *result)
{
    char quote = *scanner->at++;
    struct syntax_node *node = add(scanner, SYNTAX_TEXT, result);
    char *out;

    if (!node)
        return -1;
    out = scanner->syntax->texts + scanner->syntax->texts_used;
    node->text = out;
    for (; *scanner->at && *scanner->at != quote; scanner->at++) {
        if (quote == '"' && *scanner->at == '\\') {
            scanner->at++;
            if (escaped(scanner, out++) < 0)
                return -1;
        } else {
            *out++ = *scanner->at;
        }
    }
    if (*scanner->at != quote)
        return fail(scanner, "a closing quote");
    scanner->at++;
    node->length = (size_t)(out - node->text);
    *out = '\0';
    scanner->syntax->texts_used += node->length + 1;
    return 0;
}

/* [0x01, 2, 0xff]: a byte array. */
static int byte_array(struct scanner *scanner, uint16_t *result)
{
    struct syntax_node *node = add(scanner, SYNTAX_TEXT, result);
    char *out;

    if (!node)
        return -1;
    node->text = out = scanner->syntax->texts + scanner->syntax->texts_used;
    scanner->at++;
    while (!take(scanner, "]")) {
        uint16_t index;

        skip_space(scanner);
        if (!isdigit((unsigned char)*scanner->at) || number(scanner, &index) < 0 ||
            scanner->syntax->nodes[index].kind != SYNTAX_INTEGER ||
            scanner->syntax->nodes[index].integer > 255)
            return fail(scanner, "a byte from 0 to 255");
        *out++ = (char)scanner->syntax->nodes[index].integer;
        scanner->syntax->count = index; /* the number is not a node of its own */
        if (!take(scanner, ",") && *scanner->at != ']')
            return fail(scanner, "',' or ']'");
    }
    node->length = (size_t)(out - node->text);
    scanner->syntax->texts_used += node->length + 1;
    return 0;
}

static int name(struct scanner *scanner, uint16_t *result)
{
    const char *start = scanner->at, *end;
    enum syntax_kind kind = SYNTAX_NAME;
    struct syntax_node *node;
    size_t length;

    while (word_character(*scanner->at) ||
           (strncmp(scanner->at, "::", 2) == 0 && word_character(scanner->at[2]))) {
        if (*scanner->at == ':') {
            kind = SYNTAX_ENUM;
            scanner->at++;
        }
        scanner->at++;
    }
    end = scanner->at;
    length = (size_t)(end - start);
    if ((length == 4 && memcmp(start, "true", 4) == 0) ||
        (length == 5 && memcmp(start, "false", 5) == 0))
        kind = SYNTAX_BOOL;
    node = add(scanner, kind, result);
    if (!node)
        return -1;
    node->integer = *start == 't';
    keep_text(scanner, node, start, length);
    return 0;
}

static int primary(struct scanner *scanner, uint16_t *result)
{
    skip_space(scanner);
    if (isdigit((unsigned char)*scanner->at))
        return number(scanner, result);
    if (*scanner->at == '"' || *scanner->at == '\'')
        return literal(scanner, result);
    if (*scanner->at == '[')
        return byte_array(scanner, result);
    if (take(scanner, "(")) {
        if (expression(scanner, 0, result) < 0)
            return -1;
        return take(scanner, ")") ? 0 : fail(scanner, "')'");
    }
    if (isalpha((unsigned char)*scanner->at) || *scanner->at == '_')
        return name(scanner, result);
    return fail(scanner, "a value");
}

/* The base of to_i(16), or nothing. */
static int base(struct scanner *scanner, struct syntax_node *node)
{
    uint16_t index;

    if (!take(scanner, "("))
        return 0;
    skip_space(scanner);
    if (!isdigit((unsigned char)*scanner->at) || number(scanner, &index) < 0 ||
        scanner->syntax->nodes[index].kind != SYNTAX_INTEGER ||
        scanner->syntax->nodes[index].integer < 2 ||
        scanner->syntax->nodes[index].integer > 36)
        return fail(scanner, "a base from 2 to 36");
    node->integer = scanner->syntax->nodes[index].integer;
    return take(scanner, ")") ? 0 : fail(scanner, "')'");
}

static int postfix(struct scanner *scanner, uint16_t *result)
{
    if (primary(scanner, result) < 0)
        return -1;
    for (;;) {
        struct syntax_node *node;
        uint16_t left = *result, right = 0;

        if (take(scanner, "[")) {
            if (expression(scanner, 0, &right) < 0)
                return -1;
            if (!take(scanner, "]"))
                return fail(scanner, "']'");
            node = add(scanner, SYNTAX_INDEX, result);
        } else if (take(scanner, ".")) {
            skip_space(scanner);
            if (!isalpha((unsigned char)*scanner->at) && *scanner->at != '_')
                return fail(scanner, "a name after '.'");
            if (name(scanner, &right) < 0)
                return -1;
            if (scanner->syntax->nodes[right].kind == SYNTAX_ENUM)
                return fail(scanner, "a plain name after '.'");
            node = add(scanner, SYNTAX_MEMBER, result);
            if (node)
                keep_text(scanner, node, scanner->syntax->nodes[right].text,
                          scanner->syntax->nodes[right].length);
            if (node && strcmp(node->text, "to_i") == 0 && base(scanner, node) < 0)
                return -1;
        } else {
            return 0;
        }
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

    if (take(scanner, "-"))
        op = OPERATOR_NEGATE;
    else if (take(scanner, "~"))
        op = OPERATOR_INVERT;
    else if (take(scanner, "+"))
        return unary(scanner, result);
    else
        return postfix(scanner, result);
    if (++scanner->depth > NESTING)
        return fail(scanner, "less nesting");
    if (unary(scanner, &operand) < 0)
        return -1;
    scanner->depth--;
    node = add(scanner, SYNTAX_UNARY, result);
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
        if (!take(scanner, binaries[i].token))
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
    if (!take(scanner, "?"))
        return 0;
    if (expression(scanner, 0, &yes) < 0)
        return -1;
    if (!take(scanner, ":"))
        return fail(scanner, "':'");
    if (expression(scanner, 0, &no) < 0)
        return -1;
    node = add(scanner, SYNTAX_TERNARY, result);
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

    if (!take(scanner, "not"))
        return expression(scanner, LEVEL_NOT + 1, result);
    if (++scanner->depth > NESTING)
        return fail(scanner, "less nesting");
    if (negation(scanner, &operand) < 0)
        return -1;
    scanner->depth--;
    node = add(scanner, SYNTAX_UNARY, result);
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
        node = add(scanner, SYNTAX_BINARY, result);
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
        return fail(scanner, "less nesting");
    status = ternary(scanner, result);
    scanner->depth--;
    return status;
}

struct syntax *syntax_parse(const char *text, struct error *error)
{
    struct scanner scanner = {.text = text, .at = text, .error = error};
    struct syntax *syntax = calloc(1, sizeof *syntax);
    uint16_t root;

    if (syntax) {
        syntax->texts_size = 2 * strlen(text) + SYNTAX_MAXIMUM + 2;
        syntax->texts = malloc(syntax->texts_size);
    }
    if (!syntax || !syntax->texts) {
        error_set(error, "memory is short");
        syntax_free(syntax);
        return NULL;
    }
    scanner.syntax = syntax;
    if (expression(&scanner, 0, &root) == 0) {
        skip_space(&scanner);
        if (!*scanner.at) {
            syntax->root = root;
            return syntax;
        }
        fail(&scanner, "an operator");
    }
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
