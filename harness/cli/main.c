/* percuss: picks the command, reads its arguments, returns its exit code. */
#include "bundle/tool.h"
#include "cli/overview.h"

#include <signal.h>
#include <string.h>

#define COMMAND(name) extern const struct command command_##name;
#include "cli/commands.def"
#undef COMMAND

const struct command *const commands[] = {
#define COMMAND(name) &command_##name,
#include "cli/commands.def"
#undef COMMAND
    NULL};

static const struct command *find(const char *name)
{
    for (size_t i = 0; commands[i]; i++) {
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    }
    return NULL;
}

static int complain_unknown(const char *name)
{
    enum { COMMANDS = sizeof commands / sizeof commands[0] };
    const char *names[COMMANDS] = {NULL}, *nearest;

    for (size_t i = 0; commands[i]; i++)
        names[i] = commands[i]->name;
    nearest = cli_nearest(name, names);
    if (nearest)
        fprintf(stderr, "percuss: unknown command '%s'; did you mean '%s'?\n", name,
                nearest);
    else
        fprintf(stderr, "percuss: unknown command '%s'; percuss --help lists them\n",
                name);
    return EXIT_USAGE;
}

/* Not what the build found but what runs now: libraries are those that are loaded. */
static int print_version(bool as_json)
{
    const char *key, *library;
    json_t *self = tool_self(), *value, *version;

    if (!self) {
        fputs("percuss: a library that percuss runs with cannot be read\n", stderr);
        return EXIT_HARNESS;
    }
    if (as_json && json_dumpf(self, stdout, JSON_INDENT(2)) == 0)
        putchar('\n');
    json_object_foreach(as_json ? NULL : self, key, value)
    {
        if (json_is_string(value))
            printf("%s %s\n", key, json_string_value(value));
        json_object_foreach(value, library, version)
            printf("  %s %s\n", library, json_string_value(version));
    }
    json_decref(self);
    return fflush(stdout) || ferror(stdout) ? EXIT_HARNESS : EXIT_PASS;
}

static int run(const struct command *command, int count, char **argv)
{
    struct cli_arguments arguments;
    struct error error = {""};

    switch (cli_parse(command, count, argv, &arguments, &error)) {
    case CLI_HELP:
        if (cli_help(command, arguments.form, stdout, &error) == 0)
            return EXIT_PASS;
        __attribute__((fallthrough));
    case CLI_WRONG: return cli_fail(command, EXIT_USAGE, &error);
    case CLI_RUN: break;
    }
    return command->run(command, &arguments);
}

static int print_overview(const char *form)
{
    struct error error;

    if (overview_write(form, stdout, &error) == 0)
        return EXIT_PASS;
    fprintf(stderr, "percuss: %s\n", error.text);
    return EXIT_USAGE;
}

static int help(const char *name)
{
    const struct command *command = name ? find(name) : NULL;

    if (!name)
        return print_overview("");
    if (!command)
        return complain_unknown(name);
    return cli_help(command, "", stdout, NULL) ? EXIT_USAGE : EXIT_PASS;
}

int main(int argc, char **argv)
{
    const struct command *command;

    /* A peer that closes is a status of the link, a reader that goes away one of the
     * report. */
    signal(SIGPIPE, SIG_IGN);
    if (argc < 2) {
        overview_write("", stderr, NULL);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "help") == 0)
        return help(argc > 2 ? argv[2] : NULL);
    if (cli_help_form(argv[1]))
        return print_overview(cli_help_form(argv[1]));
    if (strcmp(argv[1], "--version") == 0)
        return print_version(argc == 3 && strcmp(argv[2], "--json") == 0);
    command = find(argv[1]);
    return command ? run(command, argc - 2, argv + 2) : complain_unknown(argv[1]);
}
