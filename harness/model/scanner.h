/* What the grammar of expressions (syntax.c), its literals (syntax_literal.c) and its
 * names (syntax_name.c) share. */
#ifndef PERCUSS_MODEL_SCANNER_H
#define PERCUSS_MODEL_SCANNER_H

#include "model/syntax.h"

struct scanner {
    const char *text, *at;
    const char *wrong; /* where the first complaint points */
    struct syntax *syntax;
    struct error *error;
    unsigned depth;
};

/* Complains of what stands at scanner->at; returns -1. */
int scanner_fail(struct scanner *scanner, const char *expected);
void scanner_skip_space(struct scanner *scanner);
bool scanner_take(struct scanner *scanner, const char *token);
/* A zeroed node at scanner->at; NULL with a complaint when there are too many. */
struct syntax_node *scanner_add(struct scanner *scanner, enum syntax_kind kind,
                                uint16_t *index);
int scanner_expression(struct scanner *scanner, uint16_t *result);

/* Literals; each starts at its first character. */
int scanner_number(struct scanner *scanner, uint16_t *result);
int scanner_text(struct scanner *scanner, uint16_t *result);
int scanner_interpolated(struct scanner *scanner, uint16_t *result); /* f"{a} of {b}" */
int scanner_list(struct scanner *scanner, uint16_t *result);

bool scanner_in_word(char c);
int scanner_name(struct scanner *scanner, uint16_t *result); /* also sizeof<type> */
/* Behind a dot: a member, a method's call, a cast of *result. */
int scanner_member(struct scanner *scanner, uint16_t *result);

#endif
