/* percuss merge: the shards of a campaign as one run. */
#include "bundle/merge.h"
#include "cli/begun.h"
#include "cli/common.h"
#include "cli/earlier.h"
#include "cli/running.h"

#include <stdio.h>
#include <string.h>

static const struct cli_option options[] = {
    {"out", "DIR", "the run folder to make; needed"},
    {"campaign", "FILE", "the campaign, where it does not lie where the shards found it"},
    {"json", NULL, "print the summary as JSON instead of text"},
    {NULL, NULL, NULL},
};

static void print_accident(void *context, const char *kind, const char *text)
{
    const struct command *command = context;
    struct error error;

    error_set(&error, "%s: %s", kind, text);
    cli_fail(command, EXIT_USAGE, &error);
}

/* The campaign as the shards had it, with the streams that they selected. */
static int load(struct merge *merge, struct begun *begun, struct content_run *run,
                char patterns[SELECTION_TEXT], struct error *error)
{
    struct selection *selection;

    run->folder = merge->shards[0].folder;
    if (begun_load(begun, run, error) < 0)
        return -1;
    selection = &run->campaign->selection;
    patterns[0] = '\0';
    store_get(merge->shards[0].store, "selection", patterns, SELECTION_TEXT);
    earlier_patterns(patterns, selection);
    return selection_set_ranges(selection, merge->shards[0].shard.whole) < 0
               ? error_set(error, "%s: its range of cases cannot be read", run->folder)
               : selection_bind(selection, &run->campaign->plan, error);
}

/* What the first shard was made with; whether the others were, merge_check says. */
static int check_campaign(const struct merge *merge, const struct content_run *run,
                          struct error *error)
{
    const struct {
        const char *key, *is, *what;
    } facts[] = {{"plan_hash", run->campaign->plan.hash, "model, session or seed"},
                 {"campaign_hash", run->campaign->hash, "the campaign's file"},
                 {"criteria_hash", criteria_hash(run->criteria), "the criteria"}};
    char stored[HASH_TEXT];

    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++)
        if (store_get(merge->shards[0].store, facts[i].key, stored, sizeof stored) == 0 &&
            strcmp(stored, facts[i].is) != 0)
            return error_set(
                error, "%s: %s is not what %s was run with (%.16s, now %.16s)",
                run->campaign->path, facts[i].what, run->folder, stored, facts[i].is);
    return 0;
}

static int merge_all(const struct command *command, const struct cli_arguments *arguments,
                     struct merge *merge, struct content_run *run)
{
    const char *out = cli_value(command, arguments, "out");
    bool json = cli_value(command, arguments, "json") != NULL;
    struct begun begun = {.named = cli_value(command, arguments, "campaign")};
    char patterns[SELECTION_TEXT];
    struct error error;
    int code;

    if (load(merge, &begun, run, patterns, &error) < 0 ||
        check_campaign(merge, run, &error) < 0 ||
        merge_check(merge, run->campaign, &error) < 0)
        return cli_fail(command, EXIT_USAGE, &error);
    if (merge->accidents)
        return EXIT_USAGE;
    if (merge_write(merge, run->campaign, out, &error) < 0)
        return cli_fail(command, EXIT_USAGE, &error);
    code = running_conclude(command, run->criteria, out,
                            report_kind(json ? "json" : "text"));
    if (!json && code != EXIT_HARNESS)
        printf("report: %s/report.html\n", out);
    return code;
}

static int run(const struct command *command, const struct cli_arguments *arguments)
{
    struct merge merge = {.accident = print_accident, .context = (void *)command};
    struct content_run loaded = {0};
    struct error error;
    int code = EXIT_USAGE;

    if (!cli_value(command, arguments, "out")) {
        error_set(&error, "--out DIR is needed: the folder of the merged run");
        return cli_fail(command, EXIT_USAGE, &error);
    }
    if (merge_open(&merge, arguments->positional, (size_t)arguments->positional_count,
                   &error) < 0)
        code = cli_fail(command, EXIT_USAGE, &error);
    else if (merge.count)
        code = merge_all(command, arguments, &merge, &loaded);
    criteria_free(loaded.criteria);
    campaign_free(loaded.campaign);
    merge_close(&merge);
    return code;
}

extern const struct command command_merge;
const struct command command_merge = {
    .name = "merge",
    .summary = "make one run of the shards of a campaign",
    .arguments = "RUN …",
    .positional_minimum = 1,
    .positional_maximum = CLI_POSITIONAL,
    .options = options,
    .details =
        "RUN … are the folders of all shards (percuss run --shard), in any order. Findings of\n"
        "one cause become one; the digests are those of all cases. What does not belong\n"
        "together is named, and nothing is made: not a run, not a shard, merged already,\n"
        "double, overlapping, missing, unfinished, altered, other plan, other campaign, other\n"
        "criteria, other selection, other range, other percuss, other device, other link.\n"
        "Exit: as that of a run; 2 what is to be merged does not fit together.\n",
    .run = run,
};
