/* percuss compare: what is new, and what is gone, between two runs. */
#include "report/compare.h"

#include "cli/cli.h"

#include <errno.h>
#include <string.h>

static const struct cli_option options[] = {{"json", NULL, "print as JSON"},
                                            {NULL, NULL, NULL}};

static int print(const struct comparison *comparison, bool json, struct error *error)
{
    json_t *root = json ? compare_json(comparison) : NULL;

    if (!json)
        compare_text(comparison, stdout);
    else if (!root || json_dumpf(root, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII) < 0 ||
             putchar('\n') == EOF)
        error_set(error, "standard output: %s", strerror(errno));
    json_decref(root);
    if (fflush(stdout) || ferror(stdout))
        error_set(error, "standard output: %s", strerror(errno));
    return error->text[0] ? -1 : 0;
}

static int run(const struct command *command, const struct cli_arguments *arguments)
{
    struct comparison comparison;
    struct error error = {""};
    int code;

    if (compare_runs(arguments->positional[0], arguments->positional[1], &comparison,
                     &error) < 0)
        code = cli_fail(command, EXIT_USAGE, &error);
    else if (print(&comparison, cli_value(command, arguments, "json") != NULL, &error) <
             0)
        code = cli_fail(command, EXIT_HARNESS, &error);
    else
        code = compare_exit(&comparison);
    compare_free(&comparison);
    return code;
}

extern const struct command command_compare;
const struct command command_compare = {
    .name = "compare",
    .summary = "hold a run against an earlier one: what is new, returned, open, fixed",
    .arguments = "OLD NEW",
    .positional_minimum = 2,
    .positional_maximum = 2,
    .options = options,
    .details =
        "OLD and NEW are run folders; they are only read. Findings are one by their cause,\n"
        "else by the place in the device's code, by the case that fails, or by failing\n"
        "alike in the same part of a message. Fixed is what a retest in NEW (percuss\n"
        "retest) or the same cases on another build show; what was merely not seen again\n"
        "is called that.\n"
        "Exit: 0 nothing new, 1 a finding is new or returned, or fails in another way,\n"
        "2 a folder is wrong, 3 the runs cannot be compared, or NEW broke off.\n",
    .run = run,
};
