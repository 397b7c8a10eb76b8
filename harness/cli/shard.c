/* percuss shard: the parts of a campaign that several benches run, without a device. */
#include "cli/common.h"
#include "cli/sharding.h"

#include <jansson.h>
#include <stdio.h>

static const struct cli_option options[] = {
    {"of", "N", "how many shards; needed"},
    {"cases", "RANGES",
     "case numbers of all of them: 1-5000 (default: the campaign's; an open end is that of "
     "the enumerated cases)"},
    COMMON_SELECTION,
    {"seed", "N", "seed of the plan (default: the campaign's)"},
    {"json", NULL, "print JSON"},
    {NULL, NULL, NULL},
};

/* Options that `run` needs as well: its cases would be others without them. */
static void print_options(const struct command *command,
                          const struct cli_arguments *arguments)
{
    static const char *const names[] = {"cases", "only", "anomalies", "states", "seed"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = cli_value(command, arguments, names[i]);

        if (value)
            printf(" --%s '%s'", names[i], value);
    }
}

static void print_text(const struct command *command,
                       const struct cli_arguments *arguments,
                       const struct campaign *campaign)
{
    char part[SHARD_TEXT], ranges[SELECTION_TEXT];

    if (campaign->shard.part == 1)
        printf("plan %.16s: shards of the cases %s\n", campaign->plan.hash,
               campaign->shard.whole);
    printf("%-8s %-20s percuss run '%s'", shard_text(&campaign->shard, part),
           selection_ranges_text(&campaign->selection, ranges, sizeof ranges),
           campaign->path);
    print_options(command, arguments);
    printf(" --shard %s --out DIR\n", part);
}

static json_t *shard_json(const struct campaign *campaign)
{
    char part[SHARD_TEXT], ranges[SELECTION_TEXT];

    return json_pack("{s:s, s:s}", "shard", shard_text(&campaign->shard, part), "cases",
                     selection_ranges_text(&campaign->selection, ranges, sizeof ranges));
}

static void print_json(const struct campaign *campaign, json_t *shards)
{
    json_t *json =
        json_pack("{s:s, s:s, s:s, s:o}", "campaign", campaign->path, "plan_hash",
                  campaign->plan.hash, "cases", campaign->shard.whole, "shards", shards);

    json_dumpf(json, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(json);
}

static int show_shards(const struct command *command,
                       const struct cli_arguments *arguments,
                       const struct campaign *campaign, unsigned parts,
                       struct error *error)
{
    bool json = cli_value(command, arguments, "json") != NULL;
    struct campaign cut = *campaign;
    json_t *list = json_array();

    for (unsigned part = 1; part <= parts; part++) {
        struct shard shard = {.part = part, .parts = parts};

        cut = *campaign;
        if (sharding_apply(&cut, &shard, error) < 0) {
            json_decref(list);
            return -1;
        }
        if (json)
            json_array_append_new(list, shard_json(&cut));
        else
            print_text(command, arguments, &cut);
    }
    if (json)
        print_json(&cut, list);
    else
        json_decref(list);
    return 0;
}

static int run(const struct command *command, const struct cli_arguments *arguments)
{
    const char *of = cli_value(command, arguments, "of");
    struct campaign *campaign;
    struct error error;
    int64_t parts = 0;
    int code = EXIT_PASS;

    if (!of || text_to_integer(of, &parts) < 0 || parts < 1 || parts > SHARDS) {
        error_set(&error, "--of: expected how many shards, 1 to %d, found '%s'", SHARDS,
                  of ? of : "nothing");
        return cli_fail(command, EXIT_USAGE, &error);
    }
    campaign = common_load_campaign(command, arguments, arguments->positional[0]);
    if (!campaign)
        return EXIT_USAGE;
    if (show_shards(command, arguments, campaign, (unsigned)parts, &error) < 0)
        code = cli_fail(command, EXIT_USAGE, &error);
    campaign_free(campaign);
    return code;
}

extern const struct command command_shard;
const struct command command_shard = {
    .name = "shard",
    .summary = "cut a campaign into parts for several benches",
    .arguments = "CAMPAIGN",
    .positional_minimum = 1,
    .positional_maximum = 1,
    .options = options,
    .details =
        "Prints which case numbers each part has, and the command that runs it. A shard ends\n"
        "when its cases are through, whatever the campaign's budget says; --time of `run` may\n"
        "end it earlier, and --resume goes on. percuss merge makes one run of all of them.\n",
    .run = run,
};
