/* Numbers, texts and lists in expressions. */
#include "model/scanner.h"

#include "core/yaml.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { BYTES_MAXIMUM = 1024 };

static bool is_real(const char *text)
{
    const char *end = text + strspn(text, "0123456789_");

    if (*end == '.' && isdigit((unsigned char)end[1]))
        return true;
    if (*end != 'e' && *end != 'E')
        return false;
    end++;
    return isdigit((unsigned char)end[*end == '-' || *end == '+']);
}

static int real(struct scanner *scanner, uint16_t *result)
{
    struct syntax_node *node = scanner_add(scanner, SYNTAX_REAL, result);
    char *end;

    if (!node)
        return -1;
    node->real = strtod(scanner->at, &end);
    if (isalnum((unsigned char)*end) || *end == '_')
        return scanner_fail(scanner, "a number");
    scanner->at = end;
    return 0;
}

int scanner_number(struct scanner *scanner, uint16_t *result)
{
    struct syntax_node *node;
    const char *end = scanner->at;
    char digits[80];

    if (is_real(scanner->at))
        return real(scanner, result);
    while (isalnum((unsigned char)*end) || *end == '_')
        end++;
    if ((size_t)(end - scanner->at) >= sizeof digits)
        return scanner_fail(scanner, "a shorter number");
    memcpy(digits, scanner->at, (size_t)(end - scanner->at));
    digits[end - scanner->at] = '\0';
    node = scanner_add(scanner, SYNTAX_INTEGER, result);
    if (!node)
        return -1;
    if (text_to_integer(digits, &node->integer) < 0)
        return scanner_fail(scanner, "an integer below 2^63");
    scanner->at = end;
    return 0;
}

static char *put_utf8(char *out, unsigned code)
{
    if (code < 0x80) {
        *out++ = (char)code;
    } else if (code < 0x800) {
        *out++ = (char)(0xc0 | code >> 6);
        *out++ = (char)(0x80 | (code & 0x3f));
    } else {
        *out++ = (char)(0xe0 | code >> 12);
        *out++ = (char)(0x80 | (code >> 6 & 0x3f));
        *out++ = (char)(0x80 | (code & 0x3f));
    }
    return out;
}

/* `digits` digits of the base after the backslash; 0 or -1. */
static int read_code(struct scanner *scanner, unsigned base, unsigned least,
                     unsigned most, unsigned *code)
{
    unsigned count = 0;

    *code = 0;
    for (; count < most && isxdigit((unsigned char)*scanner->at);
         scanner->at++, count++) {
        char digit = (char)tolower((unsigned char)*scanner->at);
        unsigned value =
            digit <= '9' ? (unsigned)(digit - '0') : (unsigned)(digit - 'a') + 10;

        if (value >= base)
            break;
        *code = *code * base + value;
    }
    return count < least ? -1 : 0;
}

/* What follows a backslash; scanner->at is left behind it. */
static int escaped(struct scanner *scanner, char **out)
{
    static const char names[] = "abtnvfre\"'\\", values[] = "\a\b\t\n\v\f\r\033\"'\\";
    const char *found = *scanner->at ? strchr(names, *scanner->at) : NULL;
    unsigned code;

    if (found) {
        *(*out)++ = values[found - names];
        scanner->at++;
        return 0;
    }
    if (*scanner->at >= '0' && *scanner->at <= '7') {
        if (read_code(scanner, 8, 1, 3, &code) < 0 || code > 0xff)
            return scanner_fail(scanner, "an octal escape up to \\377");
        *out = put_utf8(*out, code);
        return 0;
    }
    if (*scanner->at != 'u')
        return scanner_fail(scanner, "a known escape");
    scanner->at++;
    if (read_code(scanner, 16, 4, 4, &code) < 0 || (code >= 0xd800 && code < 0xe000))
        return scanner_fail(scanner, "four hex digits of a character after \\u");
    *out = put_utf8(*out, code);
    return 0;
}

/* Up to the closing quote, or to a brace where braces end the piece. */
static int read_piece(struct scanner *scanner, char quote, bool braces, char **out)
{
    while (*scanner->at && *scanner->at != quote && !(braces && *scanner->at == '{')) {
        if (quote == '"' && *scanner->at == '\\') {
            scanner->at++;
            if (escaped(scanner, out) < 0)
                return -1;
        } else {
            *(*out)++ = *scanner->at++;
        }
    }
    return *scanner->at ? 0 : scanner_fail(scanner, "a closing quote");
}

/* Room for texts was allocated once: no literal is longer than its source. */
static char *texts_end(const struct scanner *scanner)
{
    return scanner->syntax->texts + scanner->syntax->texts_used;
}

static void keep(struct scanner *scanner, struct syntax_node *node, char *end)
{
    node->text = texts_end(scanner);
    node->length = (size_t)(end - node->text);
    *end = '\0';
    scanner->syntax->texts_used += node->length + 1;
}

/* 'raw' or "with escapes"; neighbours are one text. */
int scanner_text(struct scanner *scanner, uint16_t *result)
{
    struct syntax_node *node = scanner_add(scanner, SYNTAX_TEXT, result);
    char *out = texts_end(scanner);

    if (!node)
        return -1;
    while (*scanner->at == '"' || *scanner->at == '\'') {
        char quote = *scanner->at++;

        if (read_piece(scanner, quote, false, &out) < 0)
            return -1;
        scanner->at++;
        scanner_skip_space(scanner);
    }
    keep(scanner, node, out);
    return 0;
}

/* Joins `piece`, as text, to what there is of the whole. */
static int join(struct scanner *scanner, uint16_t piece, bool convert, uint16_t *result)
{
    struct syntax_node *node;
    uint16_t left = *result, value = piece;

    if (convert) {
        node = scanner_add(scanner, SYNTAX_MEMBER, &piece);
        if (!node)
            return -1;
        node->left = value;
        node->text = "to_s";
        node->length = 4;
    }
    node = scanner_add(scanner, SYNTAX_BINARY, result);
    if (!node)
        return -1;
    node->op = OPERATOR_ADD;
    node->left = left;
    node->right = piece;
    return 0;
}

int scanner_interpolated(struct scanner *scanner, uint16_t *result)
{
    struct syntax_node *node;
    uint16_t piece;
    char *out;

    scanner->at += 2; /* f" */
    for (bool first = true;; first = false) {
        node = scanner_add(scanner, SYNTAX_TEXT, &piece);
        out = texts_end(scanner);
        if (!node || read_piece(scanner, '"', true, &out) < 0)
            return -1;
        keep(scanner, node, out);
        if (first)
            *result = piece;
        else if (join(scanner, piece, false, result) < 0)
            return -1;
        if (*scanner->at++ == '"')
            return 0;
        if (scanner_expression(scanner, &piece) < 0)
            return -1;
        scanner_skip_space(scanner);
        if (*scanner->at != '}')
            return scanner_fail(scanner, "'}'");
        scanner->at++;
        if (join(scanner, piece, true, result) < 0)
            return -1;
    }
}

/* A list while it is read: bytes as long as every item is one. */
struct list {
    uint16_t first, last;
    int64_t count;
    bool plain;
    uint8_t bytes[BYTES_MAXIMUM];
};

static int append(struct scanner *scanner, struct list *list, uint16_t value)
{
    struct syntax_node *node;
    uint16_t item;

    node = scanner_add(scanner, SYNTAX_ITEM, &item);
    if (!node)
        return -1;
    node->left = value;
    node->right = SYNTAX_NONE;
    if (list->first == SYNTAX_NONE)
        list->first = item;
    else
        scanner->syntax->nodes[list->last].right = item;
    list->last = item;
    return 0;
}

/* An item that is no byte: those before it become items as well. */
static int spread(struct scanner *scanner, struct list *list)
{
    list->plain = false;
    for (int64_t i = 0; i < list->count; i++) {
        uint16_t value;
        struct syntax_node *node = scanner_add(scanner, SYNTAX_INTEGER, &value);

        if (!node)
            return -1;
        node->integer = list->bytes[i];
        if (append(scanner, list, value) < 0)
            return -1;
    }
    return 0;
}

static int read_item(struct scanner *scanner, struct list *list)
{
    struct syntax *syntax = scanner->syntax;
    const struct syntax_node *node;
    uint16_t before = syntax->count, value;

    if (scanner_expression(scanner, &value) < 0)
        return -1;
    node = &syntax->nodes[value];
    if (list->plain && node->kind == SYNTAX_INTEGER && syntax->count == before + 1 &&
        node->integer <= 255 && list->count < BYTES_MAXIMUM) {
        list->bytes[list->count++] = (uint8_t)node->integer;
        syntax->count = before; /* a byte is no node of its own */
        return 0;
    }
    if ((list->plain && spread(scanner, list) < 0) || append(scanner, list, value) < 0)
        return -1;
    list->count++;
    return 0;
}

/* [0x01, 2, 0xff] is bytes; anything else in it makes it a list of values. */
int scanner_list(struct scanner *scanner, uint16_t *result)
{
    struct list list = {.first = SYNTAX_NONE, .plain = true};
    struct syntax_node *node;
    const char *start = scanner->at++;
    char *out;

    while (!scanner_take(scanner, "]")) {
        if (read_item(scanner, &list) < 0)
            return -1;
        scanner_skip_space(scanner);
        if (!scanner_take(scanner, ",") && *scanner->at != ']')
            return scanner_fail(scanner, "',' or ']'");
    }
    node = scanner_add(scanner, list.plain ? SYNTAX_BYTES : SYNTAX_LIST, result);
    if (!node)
        return -1;
    node->at = (uint32_t)(start - scanner->text);
    node->left = list.first;
    node->integer = list.count;
    if (!list.plain)
        return 0;
    out = texts_end(scanner);
    memcpy(out, list.bytes, (size_t)list.count);
    keep(scanner, node, out + list.count);
    return 0;
}
