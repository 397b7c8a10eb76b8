/* What is said of percuss as a whole: help, manual page, completion for shells. All of it
 * is made of the tables of the commands. */
#ifndef PERCUSS_CLI_OVERVIEW_H
#define PERCUSS_CLI_OVERVIEW_H

#include "cli/cli.h"

/* `form` is "" (text), "man", "bash" or "zsh"; -1 and *error: none of these. */
int overview_write(const char *form, FILE *out, struct error *error);

/* completion.c */
void completion_bash(FILE *out);
void completion_zsh(FILE *out);

#endif
