/* percuss trend: how interfaces fared over nights. */
#include "report/trend.h"

#include "cli/cli.h"

#include <errno.h>
#include <string.h>

static const struct cli_option options[] = {
    {"format", "FORMAT", "text, html or svg (default: text)"},
    {"output", "FILE", "write there instead of to standard output"},
    {"json", NULL, "print as JSON"},
    {NULL, NULL, NULL}};

static int write_json(const struct trend *trend, FILE *out, struct error *error)
{
    json_t *root = trend_json(trend, error);
    int status = root ? json_dumpf(root, out, JSON_INDENT(2) | JSON_ENSURE_ASCII) : -1;

    json_decref(root);
    if (status == 0 && putc('\n', out) != EOF)
        return 0;
    return error->text[0] ? -1 : error_set(error, "the trend cannot be written");
}

static const struct {
    const char *name;
    int (*write)(const struct trend *trend, FILE *out, struct error *error);
} forms[] = {
    {"text", trend_text}, {"html", trend_html}, {"svg", trend_svg}, {"json", write_json}};
enum { FORMS = sizeof forms / sizeof forms[0] };

static int find_form(const struct command *command, const struct cli_arguments *arguments,
                     struct error *error)
{
    const char *name = cli_value(command, arguments, "format");

    if (cli_value(command, arguments, "json"))
        name = "json";
    for (int i = 0; i < FORMS; i++)
        if (strcmp(forms[i].name, name ? name : "text") == 0)
            return i;
    return error_set(error, "--format: expected text, html or svg, found '%s'", name);
}

static int write_trend(const struct trend *trend, int form, const char *path,
                       struct error *error)
{
    FILE *out = path ? fopen(path, "w") : stdout;
    int status;

    if (!out)
        return error_set(error, "%s: %s", path, strerror(errno));
    status = forms[form].write(trend, out, error);
    if (status == 0 && (fflush(out) || ferror(out)))
        status =
            error_set(error, "%s: %s", path ? path : "standard output", strerror(errno));
    if (path && fclose(out) && status == 0)
        status = error_set(error, "%s: %s", path, strerror(errno));
    return status;
}

static int run(const struct command *command, const struct cli_arguments *arguments)
{
    struct trend trend = {0};
    struct error error = {""};
    int code = EXIT_PASS, form = find_form(command, arguments, &error);

    if (form < 0 || trend_read(arguments->positional, (size_t)arguments->positional_count,
                               &trend, &error) < 0)
        code = cli_fail(command, EXIT_USAGE, &error);
    else if (write_trend(&trend, form, cli_value(command, arguments, "output"), &error) <
             0)
        code = cli_fail(command, EXIT_HARNESS, &error);
    else if (trend.history.night_count == 0)
        code = EXIT_INCONCLUSIVE;
    trend_free(&trend);
    return code;
}

extern const struct command command_trend;
const struct command command_trend = {
    .name = "trend",
    .summary =
        "show cases, coverage, findings and speed over nights, and find-to-fix ages",
    .arguments = "DIR...",
    .positional_minimum = 1,
    .positional_maximum = CLI_POSITIONAL,
    .options = options,
    .details =
        "DIR is a run's folder, or has such folders in it, up to three levels deep. Runs\n"
        "are only read. Each interface has a trend of its own; what is one finding is\n"
        "as percuss nights has it.\n\n" HISTORY_FIXED
        "\nIt is new in the run that saw it first, and back when it was seen after it was\n"
        "fixed. Its age counts from when it was first seen to when it was fixed, else to the\n"
        "end of the last run. What stands beside a run is how things stood when the next one\n"
        "began.\n\n"
        "States are those of the session that cases were sent in; edges those of the\n"
        "device's code that cases took, where it shows them; 50% and 99% of the answers\n"
        "came within these times.\n"
        "Exit: 0, also with findings; 2 a folder is wrong, 3 no run can be read, 4 percuss\n"
        "itself failed.\n",
    .run = run,
};
