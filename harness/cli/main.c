/* percuss: picks the command, reads its arguments, returns its exit code. */
#include "bundle/tool.h"
#include "cli/cli.h"

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

static void print_help(FILE *out)
{
    fputs(
        "percuss drives a device's interface with wrong, late and unexpected traffic, watches\n"
        "what the device does, and turns that into evidence.\n\n"
        "usage: percuss COMMAND [arguments]\n\ncommands:\n",
        out);
    for (size_t i = 0; commands[i]; i++)
        fprintf(out, "  %-8s  %s\n", commands[i]->name, commands[i]->summary);
    fputs(
        "\npercuss COMMAND --help tells more; percuss --version [--json] names version,\n"
        "commit, compiler and the libraries it runs with.\n"
        "Exit codes: 0 pass, 1 a criterion fails, 2 wrong usage or file, 3 inconclusive, "
        "4 percuss\nitself failed.\n",
        out);
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
    case CLI_HELP: cli_help(command, stdout); return EXIT_PASS;
    case CLI_WRONG: return cli_fail(command, EXIT_USAGE, &error);
    case CLI_RUN: break;
    }
    return command->run(command, &arguments);
}

int main(int argc, char **argv)
{
    const struct command *command;

    /* A peer that closes is a status of the link, a reader that goes away one of the
     * report. */
    signal(SIGPIPE, SIG_IGN);
    if (argc < 2) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        (strcmp(argv[1], "help") == 0 && argc == 2)) {
        print_help(stdout);
        return EXIT_PASS;
    }
    if (strcmp(argv[1], "--version") == 0)
        return print_version(argc == 3 && strcmp(argv[2], "--json") == 0);
    if (strcmp(argv[1], "help") == 0) {
        command = find(argv[2]);
        if (!command)
            return complain_unknown(argv[2]);
        cli_help(command, stdout);
        return EXIT_PASS;
    }
    command = find(argv[1]);
    return command ? run(command, argc - 2, argv + 2) : complain_unknown(argv[1]);
}
