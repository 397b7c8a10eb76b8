/* The command line: one file a command, listed in commands.def, each with one table of
 * options that parser and --help share. */
#ifndef PERCUSS_CLI_CLI_H
#define PERCUSS_CLI_CLI_H

#include "core/error.h"
#include <stdbool.h>
#include <stdio.h>

enum exit_code {
    EXIT_PASS = 0,         /* every criterion of the phase passes */
    EXIT_FAIL = 1,         /* one fails */
    EXIT_USAGE = 2,        /* the command line or a file is wrong */
    EXIT_INCONCLUSIVE = 3, /* device unreachable or lost, no case sent, too little data */
    EXIT_HARNESS = 4       /* the harness itself failed */
};

/* One option: long name without dashes, what its argument is (NULL: a flag), one line of
 * help. */
struct cli_option {
    const char *name, *argument, *help;
};

/* Parsed arguments. Values are borrowed from argv. */
enum { CLI_POSITIONAL = 256, CLI_OPTIONS = 24 };
struct cli_arguments {
    const char *positional[CLI_POSITIONAL];
    int positional_count;
    const char *value[CLI_OPTIONS]; /* by position in the option table; flags hold "" */
    const char *form;               /* CLI_HELP: of --help=FORM; "": as text */
};

struct command {
    const char *name, *summary;
    const char *arguments; /* "CAMPAIGN", "DIR|FILE" */
    int positional_minimum, positional_maximum;
    const struct cli_option *options; /* ends with {NULL}; --help is always there */
    const char *details;              /* more lines for --help, or NULL */
    bool alone;                       /* a program of its own, not a command of percuss */
    int (*run)(const struct command *command, const struct cli_arguments *arguments);
};

enum cli_result { CLI_RUN, CLI_HELP, CLI_WRONG };
/* Reads argv[0..count): what stands after the command's name. An option is `--name value`
 * or `--name=value`, in any place; after `--` everything is positional. CLI_WRONG comes
 * with *error; CLI_HELP as soon as --help, or --help=FORM, is met. */
enum cli_result cli_parse(const struct command *command, int count, char **argv,
                          struct cli_arguments *arguments, struct error *error);
/* The form that --help, -h or --help=FORM asks for; NULL: the word is none of these. */
const char *cli_help_form(const char *word);
/* The command's help, made from its table: `form` is "" (text) or "man", a manual page.
 * -1 and *error: neither. */
int cli_help(const struct command *command, const char *form, FILE *out,
             struct error *error);
/* The entry of the NULL-terminated `names` that was most likely meant, NULL when none is
 * near. */
const char *cli_nearest(const char *word, const char *const *names);

/* The value of an option, NULL when it was not given ("" for a flag that was). */
const char *cli_value(const struct command *command,
                      const struct cli_arguments *arguments, const char *name);
/* Prints "percuss COMMAND: text" (a program of its own: "NAME: text") to stderr and
 * returns the code. */
int cli_fail(const struct command *command, enum exit_code code,
             const struct error *error);

extern const struct command *const commands[]; /* NULL-terminated, from commands.def */

#endif
