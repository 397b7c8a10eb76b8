/* Names in expressions: of fields, scoped ones of enums, types between < and >, and what
 * stands behind a dot. */
#include "model/scanner.h"

#include <ctype.h>
#include <string.h>

bool scanner_in_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
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

/* The end of `a::b` at scanner->at. */
static const char *name_end(const char *text, bool *scoped)
{
    *scoped = false;
    while (scanner_in_word(*text) ||
           (strncmp(text, "::", 2) == 0 && scanner_in_word(text[2]))) {
        if (*text == ':') {
            *scoped = true;
            text++;
        }
        text++;
    }
    return text;
}

static bool is_word(const char *text, size_t length, const char *word)
{
    return length == strlen(word) && memcmp(text, word, length) == 0;
}

/* `<type>` behind `as` or `sizeof`: the name between, or NULL when there is none. */
static const char *type_between(const char *text, size_t *length, const char **end)
{
    const char *start;
    bool scoped;

    text += strspn(text, " ");
    if (*text++ != '<')
        return NULL;
    start = text + strspn(text, " ");
    text = name_end(start, &scoped);
    *length = (size_t)(text - start);
    if (strncmp(text, "[]", 2) == 0)
        text += 2;
    text += strspn(text, " ");
    if (*length == 0 || *text != '>')
        return NULL;
    *end = text + 1;
    return start;
}

/* sizeof<type>, bitsizeof<type>. */
static int size_of_type(struct scanner *scanner, bool bits, const char *start,
                        size_t length, const char *end, uint16_t *result)
{
    struct syntax_node *node = scanner_add(scanner, SYNTAX_SIZEOF, result);

    if (!node)
        return -1;
    node->integer = bits;
    node->at = (uint32_t)(start - scanner->text);
    keep_text(scanner, node, start, length);
    scanner->at = end;
    return 0;
}

int scanner_name(struct scanner *scanner, uint16_t *result)
{
    bool scoped;
    const char *start = scanner->at, *end = name_end(start, &scoped), *after, *type;
    size_t length = (size_t)(end - start), type_length;
    bool bits = is_word(start, length, "bitsizeof"), truth;
    struct syntax_node *node;

    if ((bits || is_word(start, length, "sizeof")) &&
        (type = type_between(end, &type_length, &after)))
        return size_of_type(scanner, bits, type, type_length, after, result);
    truth = is_word(start, length, "true");
    node = scanner_add(scanner,
                       scoped                                     ? SYNTAX_ENUM
                       : truth || is_word(start, length, "false") ? SYNTAX_BOOL
                                                                  : SYNTAX_NAME,
                       result);
    if (!node)
        return -1;
    node->integer = truth;
    keep_text(scanner, node, start, length);
    scanner->at = end;
    return 0;
}

/* .name(a, b): up to two arguments. */
static int call(struct scanner *scanner, struct syntax_node *node)
{
    uint16_t *arguments[] = {&node->right, &node->third};

    node->kind = SYNTAX_CALL;
    for (node->integer = 0; node->integer < 2; node->integer++) {
        if (node->integer && !scanner_take(scanner, ","))
            break;
        if (scanner_expression(scanner, arguments[node->integer]) < 0)
            return -1;
    }
    return scanner_take(scanner, ")") ? 0 : scanner_fail(scanner, "')'");
}

/* What stands behind a dot: a member, a method's call, a cast. */
int scanner_member(struct scanner *scanner, uint16_t *result)
{
    uint16_t left = *result;
    const char *start, *end, *after, *type;
    struct syntax_node *node;
    size_t length;
    bool scoped;

    scanner_skip_space(scanner);
    start = scanner->at;
    if (!isalpha((unsigned char)*start) && *start != '_')
        return scanner_fail(scanner, "a name after '.'");
    end = name_end(start, &scoped);
    if (scoped)
        return scanner_fail(scanner, "a plain name after '.'");
    node = scanner_add(scanner, SYNTAX_MEMBER, result);
    if (!node)
        return -1;
    node->left = left;
    if (is_word(start, (size_t)(end - start), "as") &&
        (type = type_between(end, &length, &after))) {
        node->kind = SYNTAX_CAST;
        node->at = (uint32_t)(type - scanner->text);
        node->integer = memchr(type, '[', (size_t)(after - type)) != NULL;
        keep_text(scanner, node, type, length);
        scanner->at = after;
        return 0;
    }
    keep_text(scanner, node, start, (size_t)(end - start));
    scanner->at = end;
    return scanner_take(scanner, "(") ? call(scanner, node) : 0;
}
