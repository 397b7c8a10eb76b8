/* percuss coverage: which functions, blocks and source lines of its device runs reached.
 */
#include "cli/cli.h"
#include "report/reached.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct cli_option options[] = {
    {"html", "FILE", "write a page with the annotated source to FILE"},
    {"source", "FOLDER", "where the sources lie (default: the current folder)"},
    {"image", "FILE", "the image, when it does not lie where it lay in the runs"},
    {"json", NULL, "print as JSON"},
    {NULL, NULL, NULL}};

static int write_page(const struct reached *reached, const char *path, const char *source,
                      struct error *error)
{
    FILE *out = fopen(path, "w");
    int status;

    if (!out)
        return error_set(error, "%s: %s", path, strerror(errno));
    status = reached_html(reached, source, out, error);
    if ((ferror(out) | fclose(out)) && status == 0)
        status = error_set(error, "%s: %s", path, strerror(errno));
    return status;
}

static int print(const struct reached *reached, bool json, struct error *error)
{
    if ((json ? reached_json : reached_text)(reached, stdout, error) < 0)
        return -1;
    if (fflush(stdout) || ferror(stdout))
        return error_set(error, "standard output: %s", strerror(errno));
    return 0;
}

static int run_coverage(const struct command *command,
                        const struct cli_arguments *arguments)
{
    const char *page = cli_value(command, arguments, "html");
    const char *source = cli_value(command, arguments, "source");
    struct error error = {""};
    struct reached reached;
    int code = EXIT_PASS;

    if (reached_open(&reached, arguments->positional, (size_t)arguments->positional_count,
                     cli_value(command, arguments, "image"), &error) < 0)
        code = cli_fail(command, EXIT_USAGE, &error);
    else if ((page && write_page(&reached, page, source ? source : ".", &error) < 0) ||
             print(&reached, cli_value(command, arguments, "json"), &error) < 0)
        code = cli_fail(command, EXIT_HARNESS, &error);
    reached_close(&reached);
    return code;
}

const struct command command_coverage = {
    .name = "coverage",
    .summary = "show what code of the device runs reached, by function and source line",
    .arguments = "RUN...",
    .positional_minimum = 1,
    .positional_maximum = CLI_POSITIONAL,
    .options = options,
    .details =
        "RUN is a run folder of a device that shows what code it runs (kind qemu: "
        "'coverage: true'). Several runs of one image are compared: A is the first.",
    .run = run_coverage,
};
