/* percuss report: writes one report of a finished or interrupted run, or of an
 * assessment, from their stores alone. */
#include "report/subject.h"

#include "cli/cli.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static const struct cli_option options[] = {
    {"format", "FORMAT", "text (default); percuss list reports shows them"},
    {"for", "READER",
     "engineer (default), fda, mdr or procurement: cover, order, clauses"},
    {"key", "FILE", "PEM file with key and certificate, of formats that are signed"},
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

static int read_options(const struct command *command,
                        const struct cli_arguments *arguments,
                        struct report_options *asked, struct error *error)
{
    const char *reader = cli_value(command, arguments, "for");
    size_t i = 0;

    asked->key = cli_value(command, arguments, "key");
    while (reader && report_audiences[i] && strcmp(report_audiences[i], reader) != 0)
        i++;
    if (!report_audiences[i])
        return error_set(error,
                         "--for: expected engineer, fda, mdr or procurement, found '%s'",
                         reader);
    asked->audience = (enum report_audience)i;
    return 0;
}

static int print(const struct report_ops *kind, const struct report_subject *subject,
                 const struct report_options *asked, struct error *error)
{
    if (report_write(kind, subject, asked, stdout, error))
        return -1;
    if (fflush(stdout) || ferror(stdout))
        return error_set(error, "standard output: %s", strerror(errno));
    return 0;
}

static int run_report(const struct command *command,
                      const struct cli_arguments *arguments)
{
    const char *output = cli_value(command, arguments, "output"), *verdict;
    struct error error = {""};
    const struct report_ops *kind = choose(command, arguments, &error);
    struct report_options asked = {0};
    struct subject subject;
    int code = EXIT_USAGE;

    if (!kind || read_options(command, arguments, &asked, &error) < 0)
        return cli_fail(command, EXIT_USAGE, &error);
    if (subject_open(&subject, arguments->positional[0], &error) < 0 ||
        report_check(kind, &subject.of, &asked, &error) < 0)
        cli_fail(command, EXIT_USAGE, &error);
    else if (output ? report_write_file(kind, &subject.of, &asked, output, &error)
                    : print(kind, &subject.of, &asked, &error))
        code = cli_fail(command, EXIT_HARNESS, &error);
    else
        code = subject_exit(&subject.of, &verdict);
    subject_close(&subject);
    return code;
}

const struct command command_report = {
    .name = "report",
    .summary = "write a report of a run or an assessment",
    .arguments = "DIR|ASSESSMENT",
    .positional_minimum = 1,
    .positional_maximum = 1,
    .options = options,
    .details =
        "DIR is a run folder (it holds campaign.db), ASSESSMENT the file of one; percuss\n"
        "list reports tells which formats speak of which. The exit code is that of the\n"
        "run's criteria, or that of percuss assess show.",
    .run = run_report,
};
