/* percuss report: writes one report of a finished or interrupted run, from its store
 * alone. */
#include "report/report.h"

#include "cli/cli.h"
#include "criteria/criteria.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static const struct cli_option options[] = {
    {"format", "FORMAT", "text (default), html, junit or json; percuss list reports"},
    {"output", "FILE", "write to FILE instead of the standard output"},
    {"json", NULL, "the same as --format json"},
    {NULL, NULL, NULL}};

static const struct report_ops *choose(const struct command *command,
                                       const struct cli_arguments *arguments,
                                       struct error *error)
{
    const char *format = cli_value(command, arguments, "format");
    const struct report_ops *kind;

    if (cli_value(command, arguments, "json")) {
        if (format && strcmp(format, "json") != 0) {
            error_set(error, "--json and --format %s contradict each other", format);
            return NULL;
        }
        format = "json";
    }
    kind = report_kind(format ? format : "text");
    if (!kind)
        error_set(error, "unknown format '%s'; percuss list reports shows them", format);
    return kind;
}

static int print(const struct report_ops *kind, const struct run_view *run,
                 struct error *error)
{
    if (kind->write(run, stdout, error))
        return -1;
    if (fflush(stdout) || ferror(stdout))
        return error_set(error, "standard output: %s", strerror(errno));
    return 0;
}

static int run_report(const struct command *command,
                      const struct cli_arguments *arguments)
{
    struct run_view run = {.directory = arguments->positional[0]};
    const char *output = cli_value(command, arguments, "output"), *verdict;
    struct error error = {""};
    const struct report_ops *kind = choose(command, arguments, &error);
    int code = EXIT_USAGE;

    if (!kind)
        return cli_fail(command, EXIT_USAGE, &error);
    run.store = store_open_run(run.directory, false, &error);
    if (!run.store)
        return cli_fail(command, EXIT_USAGE, &error);
    if (output ? report_write_file(kind, &run, output, &error)
               : print(kind, &run, &error))
        code = cli_fail(command, EXIT_HARNESS, &error);
    else
        code = criteria_exit(run.store, PHASE_RUN, &verdict);
    store_close(run.store, NULL);
    return code;
}

const struct command command_report = {
    .name = "report",
    .summary = "write a report of a run",
    .arguments = "DIR",
    .positional_minimum = 1,
    .positional_maximum = 1,
    .options = options,
    .details =
        "DIR is a run folder (it holds campaign.db). The exit code is that of the run's "
        "criteria.",
    .run = run_report,
};
