/* percuss bundle: a run, or an assessment with its runs, as signed evidence. */
#include "bundle/bundle.h"
#include "cli/begun.h"
#include "cli/cli.h"

#include <stdio.h>
#include <sys/stat.h>

static const struct cli_option options[] = {
    {"key", "KEY", "sign with this PEM file (private key and certificate); needed"},
    {"out", "FILE",
     "FILE.tar.zst, with FILE.tar.zst.p7s beside it; any other name: a folder (default: "
     "evidence-ID.tar.zst)"},
    {"timestamp", "COMMAND",
     "time stamp the signature (RFC 3161): COMMAND gets the query, puts out the answer"},
    {"campaign", "FILE", "the campaign, where it does not lie where the run found it"},
    {NULL, NULL, NULL}};

/* One campaign cannot be that of several runs. */
static int check_campaign(const char *path, const char *named, struct error *error)
{
    struct stat what;

    return named && stat(path, &what) == 0 && S_ISREG(what.st_mode)
               ? error_set(error, "--campaign is for a run's folder, %s is an assessment",
                           path)
               : 0;
}

static int run(const struct command *command, const struct cli_arguments *arguments)
{
    struct begun begun = {.named = cli_value(command, arguments, "campaign")};
    struct bundle_options bundle = {
        .content = {arguments->positional[0], begun_load, &begun},
        .key = cli_value(command, arguments, "key"),
        .out = cli_value(command, arguments, "out"),
        .stamp = cli_value(command, arguments, "timestamp")};
    char made[FOLDER_PATH];
    struct error error;

    if (!bundle.key) {
        error_set(&error,
                  "--key KEY is needed: evidence that nobody signed shows nothing");
        return cli_fail(command, EXIT_USAGE, &error);
    }
    if (check_campaign(bundle.content.path, begun.named, &error) < 0 ||
        bundle_make(&bundle, made, &error) < 0)
        return cli_fail(command, EXIT_USAGE, &error);
    printf("%s\n", made);
    return EXIT_PASS;
}

extern const struct command command_bundle;
const struct command command_bundle = {
    .name = "bundle",
    .summary = "make a run, or an assessment with its runs, into signed evidence",
    .arguments = "DIR|ASSESSMENT",
    .positional_minimum = 1,
    .positional_maximum = 1,
    .options = options,
    .details =
        "DIR is a run folder, ASSESSMENT the file of an assessment, of which all runs and\n"
        "all files that it names are taken; they are only read. Model, session, campaign\n"
        "and criteria must be those that a run was made with. The same run gives the same\n"
        "bytes, but for the signature, which has its time. A time stamp by an authority at URL:\n"
        "  --timestamp \"curl -sH 'Content-Type: application/timestamp-query' \\\n"
        "      --data-binary @- URL\"\n"
        "Exit: 0 made, 2 a file or the command line is wrong, or the run does not hold\n"
        "together.\n",
    .run = run,
};
