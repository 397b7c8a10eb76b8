#include "cli/cli.h"

#include "cli/manual.h"

#include <string.h>

enum { WORD_MAXIMUM = 40 };

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Levenshtein's distance: how many letters to change, add or drop. */
static size_t distance(const char *a, const char *b)
{
    size_t row[WORD_MAXIMUM + 1], length = strlen(b);

    if (strlen(a) > WORD_MAXIMUM || length > WORD_MAXIMUM)
        return WORD_MAXIMUM;
    for (size_t j = 0; j <= length; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= length; j++) {
            size_t change = diagonal + (a[i - 1] != b[j - 1]);

            diagonal = row[j];
            row[j] = smaller(change, smaller(row[j], row[j - 1]) + 1);
        }
    }
    return row[length];
}

const char *cli_nearest(const char *word, const char *const *names)
{
    const char *nearest = NULL;
    size_t best = strlen(word) / 3 + 2; /* further away it is a guess */

    for (; *names; names++) {
        size_t far = distance(word, *names);

        if (far < best) {
            best = far;
            nearest = *names;
        }
    }
    return nearest;
}

static int find_option(const struct command *command, const char *name, size_t length)
{
    for (int i = 0; i < CLI_OPTIONS && command->options && command->options[i].name;
         i++) {
        if (strlen(command->options[i].name) == length &&
            strncmp(command->options[i].name, name, length) == 0)
            return i;
    }
    return -1;
}

static int complain_unknown(const struct command *command, const char *argument,
                            struct error *error)
{
    const char *names[CLI_OPTIONS + 2] = {"help"};
    char word[WORD_MAXIMUM + 1];
    const char *nearest;
    size_t length = strcspn(argument + 2, "=");

    for (int i = 0; i < CLI_OPTIONS && command->options && command->options[i].name; i++)
        names[i + 1] = command->options[i].name;
    snprintf(word, sizeof word, "%.*s", (int)smaller(length, WORD_MAXIMUM), argument + 2);
    nearest = cli_nearest(word, names);
    if (nearest)
        return error_set(error, "unknown option --%s; did you mean --%s?", word, nearest);
    return error_set(error, "unknown option --%s; --help shows them", word);
}

/* Reads the option at argv[*at] and steps over a value that stands apart. */
static int take_option(const struct command *command, int count, char **argv, int *at,
                       struct cli_arguments *arguments, struct error *error)
{
    const char *argument = argv[*at], *equals = strchr(argument, '=');
    size_t length = equals ? (size_t)(equals - argument) - 2 : strlen(argument) - 2;
    int index = find_option(command, argument + 2, length);
    const struct cli_option *option;

    if (index < 0)
        return complain_unknown(command, argument, error);
    option = &command->options[index];
    if (arguments->value[index])
        return error_set(error, "option --%s is given twice", option->name);
    if (!option->argument) {
        arguments->value[index] = "";
        return equals ? error_set(error, "option --%s takes no value", option->name) : 0;
    }
    if (equals)
        arguments->value[index] = equals + 1;
    else if (*at + 1 < count && strncmp(argv[*at + 1], "--", 2) != 0)
        arguments->value[index] = argv[++*at];
    if (!arguments->value[index] || !arguments->value[index][0])
        return error_set(error, "option --%s needs a value: %s", option->name,
                         option->argument);
    return 0;
}

static int take_positional(const struct command *command, const char *text,
                           struct cli_arguments *arguments, struct error *error)
{
    if (arguments->positional_count == command->positional_maximum ||
        arguments->positional_count == CLI_POSITIONAL)
        return error_set(error, "'%s' is one argument too many; expected: %s", text,
                         command->arguments && *command->arguments ? command->arguments
                                                                   : "none");
    arguments->positional[arguments->positional_count++] = text;
    return 0;
}

const char *cli_help_form(const char *word)
{
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
        return "";
    return strncmp(word, "--help=", 7) == 0 ? word + 7 : NULL;
}

enum cli_result cli_parse(const struct command *command, int count, char **argv,
                          struct cli_arguments *arguments, struct error *error)
{
    bool only_positional = false;

    *arguments = (struct cli_arguments){0};
    for (int i = 0; i < count; i++) {
        int status;

        if (!only_positional && strcmp(argv[i], "--") == 0) {
            only_positional = true;
            continue;
        }
        if (!only_positional && (arguments->form = cli_help_form(argv[i])))
            return CLI_HELP;
        if (!only_positional && strncmp(argv[i], "--", 2) == 0)
            status = take_option(command, count, argv, &i, arguments, error);
        else if (!only_positional && argv[i][0] == '-' && argv[i][1])
            status =
                error_set(error, "unknown option %s; options start with --", argv[i]);
        else
            status = take_positional(command, argv[i], arguments, error);
        if (status)
            return CLI_WRONG;
    }
    if (arguments->positional_count >= command->positional_minimum)
        return CLI_RUN;
    error_set(error, "missing argument; expected: %s", command->arguments);
    return CLI_WRONG;
}

static const char *prefix_of(const struct command *command)
{
    return command->alone ? "" : "percuss ";
}

static void write_help(const struct command *command, FILE *out)
{
    char name[80];

    fprintf(out, "usage: %s%s", prefix_of(command), command->name);
    if (command->arguments && *command->arguments)
        fprintf(out, " %s", command->arguments);
    fprintf(out, " [options]\n\n%s\n\noptions:\n", command->summary);
    for (int i = 0; i < CLI_OPTIONS && command->options && command->options[i].name;
         i++) {
        const struct cli_option *option = &command->options[i];

        snprintf(name, sizeof name, "--%s%s%s", option->name, option->argument ? " " : "",
                 option->argument ? option->argument : "");
        fprintf(out, "  %-24s  %s\n", name, option->help);
    }
    fprintf(out, "  %-24s  %s\n", "--help", "show this");
    if (command->details)
        fprintf(out, "\n%s%s", command->details,
                command->details[0] &&
                        command->details[strlen(command->details) - 1] == '\n'
                    ? ""
                    : "\n");
}

int cli_help(const struct command *command, const char *form, FILE *out,
             struct error *error)
{
    if (strcmp(form, "man") == 0)
        manual_command(command, out);
    else if (form[0] == '\0')
        write_help(command, out);
    else
        return error_set(error, "--help: expected man, or nothing, found '%s'", form);
    return 0;
}

const char *cli_value(const struct command *command,
                      const struct cli_arguments *arguments, const char *name)
{
    int index = find_option(command, name, strlen(name));

    return index < 0 ? NULL : arguments->value[index];
}

int cli_fail(const struct command *command, enum exit_code code,
             const struct error *error)
{
    fprintf(stderr, "%s%s: %s\n", prefix_of(command), command->name, error->text);
    return (int)code;
}
