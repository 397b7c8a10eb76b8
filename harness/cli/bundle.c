/* percuss bundle: a run as signed evidence. */
#include "bundle/bundle.h"
#include "cli/common.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const struct cli_option options[] = {
    {"key", "KEY", "sign with this PEM file (private key and certificate); needed"},
    {"out", "FILE",
     "FILE.tar.zst, with FILE.tar.zst.p7s beside it; any other name: a folder (default: "
     "evidence-ID.tar.zst)"},
    {"timestamp", "COMMAND",
     "time stamp the signature (RFC 3161): COMMAND gets the query, puts out the answer"},
    {"campaign", "FILE", "the campaign, where it does not lie where the run found it"},
    {NULL, NULL, NULL}};

/* The campaign as the run had it: the file it named, and its seed. It borrows `file`. */
static struct campaign *load_campaign(const char *run, const char *named,
                                      char file[FOLDER_PATH], struct error *error)
{
    char seed[32] = "";
    struct campaign *campaign = NULL;
    struct store *store;

    store = store_open_run(run, false, error);
    if (!store)
        return NULL;
    if (store_get(store, "seed", seed, sizeof seed) < 0 ||
        store_get(store, "campaign_file", file, FOLDER_PATH) < 0)
        error_set(error, "%s: no run was begun in it", run);
    else
        campaign = campaign_load(named ? named : file, common_build_folder(),
                                 &(uint64_t){strtoull(seed, NULL, 10)}, error);
    store_close(store, &(struct error){0});
    return campaign;
}

static int run(const struct command *command, const struct cli_arguments *arguments)
{
    struct bundle_options bundle = {.run = arguments->positional[0],
                                    .key = cli_value(command, arguments, "key"),
                                    .out = cli_value(command, arguments, "out"),
                                    .stamp = cli_value(command, arguments, "timestamp")};
    struct campaign *campaign = NULL;
    struct criteria *criteria = NULL;
    char made[FOLDER_PATH], file[FOLDER_PATH];
    struct error error;
    int code = EXIT_USAGE;

    if (!bundle.key) {
        error_set(&error,
                  "--key KEY is needed: evidence that nobody signed shows nothing");
        return cli_fail(command, EXIT_USAGE, &error);
    }
    campaign = load_campaign(bundle.run, cli_value(command, arguments, "campaign"), file,
                             &error);
    criteria = campaign ? common_load_criteria(campaign, &error) : NULL;
    bundle.campaign = campaign;
    bundle.criteria = criteria;
    if (criteria && bundle_make(&bundle, made, &error) == 0) {
        printf("%s\n", made);
        code = EXIT_PASS;
    } else {
        cli_fail(command, EXIT_USAGE, &error);
    }
    criteria_free(criteria);
    campaign_free(campaign);
    return code;
}

extern const struct command command_bundle;
const struct command command_bundle = {
    .name = "bundle",
    .summary = "make a run into signed evidence",
    .arguments = "DIR",
    .positional_minimum = 1,
    .positional_maximum = 1,
    .options = options,
    .details =
        "DIR is a run folder; it is only read. Model, session, campaign and criteria must\n"
        "be those that the run was made with. The same run gives the same bytes, but for\n"
        "the signature, which has its time. A time stamp by an authority at URL:\n"
        "  --timestamp \"curl -sH 'Content-Type: application/timestamp-query' \\\n"
        "      --data-binary @- URL\"\n"
        "Exit: 0 made, 2 a file or the command line is wrong, or the run does not hold\n"
        "together.\n",
    .run = run,
};
