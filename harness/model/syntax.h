/* An expression's text as a syntax tree: the step between text and program, and what the
 * loader inspects to find out which field a size depends on. Freed with syntax_free. */
#ifndef PERCUSS_MODEL_SYNTAX_H
#define PERCUSS_MODEL_SYNTAX_H

#include "core/bytes.h"
#include "core/error.h"

enum syntax_kind {
    SYNTAX_INTEGER,
    SYNTAX_REAL,
    SYNTAX_BOOL,
    SYNTAX_TEXT,  /* a string literal */
    SYNTAX_BYTES, /* [1, 2]: literals from 0 to 255 */
    SYNTAX_LIST,  /* any other list: `left` is its first item, `integer` their number */
    SYNTAX_ITEM,  /* left is the value, right the next item or SYNTAX_NONE */
    SYNTAX_NAME,
    SYNTAX_MEMBER, /* left.name */
    SYNTAX_CALL,   /* left.name(right, third): `integer` arguments */
    SYNTAX_CAST,   /* left.as<name>; an array of them when `integer` is 1 */
    SYNTAX_SIZEOF, /* sizeof<name>; in bits when `integer` is 1 */
    SYNTAX_INDEX,  /* left[right] */
    SYNTAX_ENUM,   /* name holds "a::b" */
    SYNTAX_UNARY,  /* operator, left */
    SYNTAX_BINARY, /* operator, left, right */
    SYNTAX_TERNARY /* left ? right : third */
};

enum syntax_operator {
    OPERATOR_NEGATE,
    OPERATOR_NOT,
    OPERATOR_INVERT,
    OPERATOR_MULTIPLY,
    OPERATOR_DIVIDE,
    OPERATOR_MODULO,
    OPERATOR_ADD,
    OPERATOR_SUBTRACT,
    OPERATOR_SHIFT_LEFT,
    OPERATOR_SHIFT_RIGHT,
    OPERATOR_BIT_AND,
    OPERATOR_BIT_XOR,
    OPERATOR_BIT_OR,
    OPERATOR_LESS,
    OPERATOR_LESS_EQUAL,
    OPERATOR_GREATER,
    OPERATOR_GREATER_EQUAL,
    OPERATOR_EQUAL,
    OPERATOR_NOT_EQUAL,
    OPERATOR_AND,
    OPERATOR_OR
};

enum { SYNTAX_MAXIMUM = 512, SYNTAX_NONE = UINT16_MAX }; /* nodes in one expression */

struct syntax_node {
    enum syntax_kind kind;
    enum syntax_operator op;
    uint16_t left, right, third;
    uint32_t at; /* where its token is: bytes from the start of the text */
    int64_t integer;
    double real;
    const char *text; /* a name or a literal inside `texts` */
    size_t length;
};

struct syntax {
    struct syntax_node nodes[SYNTAX_MAXIMUM];
    uint16_t count, root;
    char *texts;
    size_t texts_used, texts_size;
};

/* NULL and *error on failure; *at (may be NULL) is the place of the wrong token, in bytes
 * from the start of the text. */
struct syntax *syntax_parse(const char *text, size_t *at, struct error *error);
void syntax_free(struct syntax *syntax); /* accepts NULL */

#endif
