/* Texts from devices and files, made harmless for where they are shown. Nothing that a
 * device sends can move the cursor, open a tag, reverse the direction of reading or break
 * a document. */
#ifndef PERCUSS_CORE_ESCAPE_H
#define PERCUSS_CORE_ESCAPE_H

#include <stdio.h>

enum escape_for {
    ESCAPE_TERMINAL, /* a line break becomes one with an indent */
    ESCAPE_MARKUP,   /* HTML and XML, element text and quoted attributes */
    ESCAPE_JSON      /* only repairs the encoding: the JSON writer escapes by itself */
};

/* Control and direction characters become \x1b or \u{202e}, bytes that are no UTF-8
 * become \xff (U+FFFD for JSON). */
void escape_write(FILE *out, const char *text, enum escape_for where);
/* The same into a text that the caller frees; NULL when memory is short. */
char *escape_copy(const char *text, enum escape_for where);
/* One argument for a POSIX shell, in quotes when it needs them. */
void escape_shell(FILE *out, const char *text);

#endif
