/* percuss trace: from threat to retest, and what is missing on the way. */
#include "criteria/trace.h"
#include "cli/cli.h"
#include "core/escape.h"
#include "criteria/assessment.h"
#include "report/matrix.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct cli_option options[] = {
    {"orphans", NULL, "only what leads nowhere or comes from nowhere"},
    {"csv", NULL, "the matrix as CSV, all columns"},
    {"json", NULL, "matrix, orphans and components as JSON"},
    {NULL, NULL, NULL}};

static void put(const char *text)
{
    escape_write(stdout, text, ESCAPE_TERMINAL);
}

/* --- the matrix as text ------------------------------------------------------------- */

/* One link of a chain; what is missing shows. */
static void put_link(const char *before, const char *text)
{
    fputs(before, stdout);
    put(text[0] ? text : "–");
}

static void print_component(const struct trace_row *row)
{
    const char *const *text = row->text;

    if (!text[TRACE_COMPONENT][0])
        return;
    put_link(
        "; component ",
        text[text[TRACE_COMPONENT_NAME][0] ? TRACE_COMPONENT_NAME : TRACE_COMPONENT]);
    if (!text[TRACE_COMPONENT_NAME][0]) {
        fputs(" (not in the SBOM)", stdout);
        return;
    }
    put_link(", version ", text[TRACE_COMPONENT_VERSION]);
    put_link(", end of support ", text[TRACE_END_OF_SUPPORT]);
    put_link(" (by ", text[TRACE_COMPONENT_BY]);
    putchar(')');
}

/* The end of the chain, if a finding is on it. */
static void print_finding(const struct trace_row *row)
{
    const char *const *text = row->text;

    if (!text[TRACE_FINDING_TITLE][0])
        return;
    put_link("\n      ", text[TRACE_FINDING_TITLE]);
    print_component(row);
    put_link("\n      harm ", text[TRACE_HARM]);
    put_link(", severity ", text[TRACE_SEVERITY]);
    put_link("; disposition ", text[TRACE_DISPOSITION]);
    put_link(", approved by ", text[TRACE_APPROVER]);
    put_link(", ", text[TRACE_DATE]);
    put_link("; retest ", text[TRACE_RETEST]);
}

static void print_row(const struct trace_row *row)
{
    const char *const *text = row->text;

    put_link("  ", text[TRACE_THREAT]);
    put_link(" > ", text[TRACE_CONTROL]);
    put_link(" > ", text[TRACE_REQUIREMENT]);
    put_link(" > ", text[TRACE_INTERFACE]);
    put_link(" > ", text[TRACE_CASES]);
    put_link(": ", text[TRACE_SENT][0] ? text[TRACE_SENT] : "0");
    put_link(" cases > ", text[TRACE_FOUND]);
    put_link(" > ", text[TRACE_HAZARD]);
    print_finding(row);
    putchar('\n');
}

static int print_matrix(struct store *store, struct error *error)
{
    struct trace *trace = trace_open(store, error);
    struct trace_row row;

    if (!trace)
        return -1;
    puts("threat > control > requirement > interface > cases > finding > hazard");
    while (trace_next(trace, &row))
        print_row(&row);
    return trace_close(trace, error);
}

/* --- components ----------------------------------------------------------------------
 */

static void print_component_line(const struct trace_component *component, void *context)
{
    bool *any = context;

    if (!*any)
        puts("Components");
    *any = true;
    put_link("  ", component->name);
    put_link(" ", component->version);
    put_link(" (", component->ref);
    put_link("), end of support ", component->end_of_support);
    printf(", findings: %lld\n", (long long)component->findings);
}

/* --- orphans ------------------------------------------------------------------------ */

struct orphans {
    size_t count;
    bool print;
};

static void take_orphan(const struct trace_orphan *orphan, void *context)
{
    struct orphans *orphans = context;

    if (orphans->print && orphans->count == 0)
        puts("Orphans");
    orphans->count++;
    if (!orphans->print)
        return;
    printf("  %-11s ", orphan->kind);
    put(orphan->item);
    printf(": %s\n", orphan->lacks);
}

/* --- the command -------------------------------------------------------------------- */

static bool is_empty(struct store *store)
{
    return !store_integer(store, 0,
                          "SELECT 1 FROM threat UNION SELECT 1 FROM requirement UNION "
                          "SELECT 1 FROM hazard UNION SELECT 1 FROM findings",
                          "");
}

static int print(const struct command *command, const struct cli_arguments *arguments,
                 struct store *store, struct orphans *orphans, struct error *error)
{
    bool csv = cli_value(command, arguments, "csv") != NULL;
    bool json = cli_value(command, arguments, "json") != NULL, any = false;
    int status = 0;

    orphans->print = !csv && !json;
    if (csv)
        status = matrix_write_csv(store, stdout, error);
    else if (json)
        status = matrix_write_json(store, stdout, error);
    else if (!cli_value(command, arguments, "orphans"))
        status = print_matrix(store, error) < 0
                     ? -1
                     : trace_each_component(store, print_component_line, &any, error);
    if (status == 0)
        status = trace_each_orphan(store, take_orphan, orphans, error);
    if (status == 0 && orphans->print)
        printf("%zu orphans\n", orphans->count);
    if (fflush(stdout) || ferror(stdout))
        return error_set(error, "standard output: %s", strerror(errno));
    return status;
}

static int run(const struct command *command, const struct cli_arguments *arguments)
{
    struct error error = {""};
    struct orphans orphans = {0};
    struct assessment *assessment;
    int code = EXIT_PASS;

    if ((cli_value(command, arguments, "csv") != NULL) +
            (cli_value(command, arguments, "json") != NULL) +
            (cli_value(command, arguments, "orphans") != NULL) >
        1) {
        error_set(&error, "expected one of --csv, --json and --orphans");
        return cli_fail(command, EXIT_USAGE, &error);
    }
    assessment = assessment_load(arguments->positional[0], &error);
    if (!assessment)
        return cli_fail(command, EXIT_USAGE, &error);
    if (is_empty(assessment->store)) {
        error_set(&error,
                  "%s names no threats, requirements or hazards, and its runs "
                  "have no findings: there is nothing to trace",
                  arguments->positional[0]);
        code = cli_fail(command, EXIT_INCONCLUSIVE, &error);
    } else if (print(command, arguments, assessment->store, &orphans, &error) < 0) {
        code = cli_fail(command, EXIT_HARNESS, &error);
    } else {
        code = orphans.count ? EXIT_FAIL : EXIT_PASS;
    }
    assessment_free(assessment);
    return code;
}

extern const struct command command_trace;
const struct command command_trace = {
    .name = "trace",
    .summary = "print an assessment's chains from threat to retest, and orphans",
    .arguments = "ASSESSMENT",
    .positional_minimum = 1,
    .positional_maximum = 1,
    .options = options,
    .details =
        "ASSESSMENT is a file that names threats, requirements, hazards, SBOM and runs\n"
        "(harness/criteria/README.md has its keys).\n"
        "Exit: 0 no orphans, 1 orphans, 2 a file is wrong, 3 nothing to trace.\n",
    .run = run,
};
