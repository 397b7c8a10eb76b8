/* Manual pages, in man(7), made from the same tables as --help. Texts are UTF-8. */
#ifndef PERCUSS_CLI_MANUAL_H
#define PERCUSS_CLI_MANUAL_H

#include "cli/cli.h"

/* The page of one command, or of a program of its own. */
void manual_command(const struct command *command, FILE *out);

/* The parts of a page: its head, a section's title, and a text, where paragraphs are
 * apart by an empty line; a paragraph with an indented line keeps its lines. */
void manual_begin(const char *name, const char *summary, FILE *out);
void manual_section(const char *title, FILE *out);
void manual_text(const char *text, FILE *out);
/* An entry of a list: the term, in bold, what follows it, in italics, and its text. */
void manual_entry(const char *term, const char *more, const char *text, FILE *out);

#endif
