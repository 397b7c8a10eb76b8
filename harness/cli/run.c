/* percuss run: a campaign from start to verdict. */
#include "bundle/manifest.h"
#include "cli/common.h"
#include "cli/running.h"
#include "cli/sharding.h"
#include "cli/signed_plan.h"
#include "cli/until.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct cli_option options[] = {
    {"cases", "RANGES",
     "case numbers to send: 5, 1-5000,20000- (default: the campaign's)"},
    COMMON_SELECTION,
    {"shard", "K/N",
     "of them the Kth of N parts, all of it (percuss shard, percuss merge)"},
    {"time", "DURATION", "how long: 90s, 10m, 8h (default: the campaign's)"},
    {"until", "CRITERIA", "end when these hold: AC-05,AC-06 (default: the campaign's)"},
    {"engine", "NAME", "numbered or guided (default: the campaign's)"},
    {"corpus", "DIR", "one more folder of inputs that the guided engine begins with"},
    {"seed", "N", "seed of the plan (default: the campaign's)"},
    {"plan", "FILE", "the plan that percuss plan --sign signed, with FILE.p7s beside it"},
    {"out", "DIR", "run folder (default: results/CAMPAIGN-TIME)"},
    {"resume", NULL, "go on in the run folder given with --out"},
    {"quiet", NULL, "no progress line"},
    {"json", NULL, "print the summary as JSON instead of text"},
    {NULL, NULL, NULL},
};

/* What the engine asks while it runs. */
struct watch {
    struct running_line line;
    struct until until;
    int64_t began_ns; /* when the command began */
};

static bool show_progress(void *context, const struct engine_progress *progress)
{
    return running_show(&((struct watch *)context)->line, progress);
}

static bool is_enough(void *context, struct store *store)
{
    return until_holds(&((struct watch *)context)->until, store);
}

static int read_options(const struct command *command,
                        const struct cli_arguments *arguments,
                        struct engine_options *engine, struct error *error)
{
    const char *time = cli_value(command, arguments, "time");

    engine->resume = cli_value(command, arguments, "resume") != NULL;
    engine->directory = cli_value(command, arguments, "out");
    engine->corpus = cli_value(command, arguments, "corpus");
    if (time &&
        (text_to_duration(time, &engine->budget_ns) < 0 || engine->budget_ns <= 0))
        return error_set(error,
                         "--time: expected a duration such as 90s, 10m or 8h, found '%s'",
                         time);
    if (engine->resume && !engine->directory)
        return error_set(error, "--resume needs --out DIR, the run folder to go on in");
    return 0;
}

/* Behind the signed plan, which is that of the whole. */
static int take_shard(const struct command *command,
                      const struct cli_arguments *arguments, struct campaign *campaign,
                      struct error *error)
{
    const char *text = cli_value(command, arguments, "shard");
    struct shard shard;

    if (!text)
        return 0;
    if (shard_read(text, &shard) < 0)
        return error_set(error, "--shard: expected a part such as 2/4, found '%s'", text);
    if (cli_value(command, arguments, "until"))
        return error_set(error, "--shard sends all of its cases: leave --until out");
    if (sharding_apply(campaign, &shard, error) == 0)
        return 0;
    error_prefix(error, "--shard: ");
    return -1;
}

/* What a shard's folder holds when it has ended: a merge sees what was changed since. */
static int seal(const struct campaign *campaign, const char *directory,
                struct error *error)
{
    char path[FOLDER_PATH];

    if (!campaign->shard.parts)
        return 0;
    if (folder_path(path, directory, MANIFEST_FILE, error) < 0)
        return -1;
    unlink(path); /* of an earlier sitting */
    return manifest_write(directory, error);
}

static int run_campaign(const struct command *command,
                        const struct cli_arguments *arguments, struct campaign *campaign,
                        const struct criteria *criteria, struct watch *watch)
{
    bool json = cli_value(command, arguments, "json") != NULL;
    const char *plan_path = cli_value(command, arguments, "plan");
    struct signed_plan plan;
    struct engine_options engine = {.began_ns = watch->began_ns,
                                    .criteria_hash = criteria_hash(criteria),
                                    .progress = show_progress,
                                    .context = watch};
    char folder[700];
    struct error error = {""};
    enum engine_end end;
    int code, failed;

    if (read_options(command, arguments, &engine, &error) < 0 ||
        (plan_path &&
         signed_plan_read(&plan, plan_path, campaign, criteria, &error) < 0) ||
        take_shard(command, arguments, campaign, &error) < 0 ||
        until_read(&watch->until, criteria, campaign->until,
                   cli_value(command, arguments, "until"), &error) < 0)
        return cli_fail(command, EXIT_USAGE, &error);
    engine.facts = plan_path ? (const char *const(*)[2])plan.facts : NULL;
    engine.enough = watch->until.count ? is_enough : NULL;
    if (!engine.directory) {
        running_folder(campaign, folder, sizeof folder);
        engine.directory = folder;
    }
    common_watch_stop();
    end = engine_run(campaign, &engine, &error);
    common_unwatch_stop();
    running_end_line(&watch->line);
    failed = running_exit(end);
    if (failed)
        cli_fail(command, (enum exit_code)failed, &error);
    if (failed == EXIT_USAGE)
        return failed;
    if (plan_path && signed_plan_keep(plan_path, engine.directory, &error) < 0)
        return cli_fail(command, EXIT_HARNESS, &error);
    code = running_conclude(command, criteria, engine.directory,
                            report_kind(json ? "json" : "text"));
    if (code != EXIT_HARNESS && seal(campaign, engine.directory, &error) < 0)
        return cli_fail(command, EXIT_HARNESS, &error);
    if (!json && code != EXIT_HARNESS)
        printf("report: %s/report.html\n", engine.directory);
    return failed ? failed : code;
}

static int run(const struct command *command, const struct cli_arguments *arguments)
{
    int64_t began_ns = clock_now_ns();
    struct campaign *campaign =
        common_load_campaign(command, arguments, arguments->positional[0]);
    struct watch watch = {.line = running_line(!cli_value(command, arguments, "quiet")),
                          .began_ns = began_ns};
    const char *name = cli_value(command, arguments, "engine");
    struct criteria *criteria = NULL;
    struct error error;
    int code = EXIT_USAGE;

    if (!campaign)
        return code;
    /* Also the file's own: options of this command may not fit it. */
    if (!name)
        name = campaign_engine_name(campaign->engine);
    if (campaign_set_engine(campaign, name, &error) == 0)
        criteria = common_load_criteria(campaign, &error);
    else
        error_prefix(&error, "--engine: ");
    if (criteria)
        code = run_campaign(command, arguments, campaign, criteria, &watch);
    else
        cli_fail(command, EXIT_USAGE, &error);
    until_free(&watch.until);
    criteria_free(criteria);
    campaign_free(campaign);
    return code;
}

extern const struct command command_run;
const struct command command_run = {
    .name = "run",
    .summary = "run a campaign and judge it",
    .arguments = "CAMPAIGN",
    .positional_minimum = 1,
    .positional_maximum = 1,
    .options = options,
    .details =
        "Stop with q or Ctrl-C; what was recorded stays, and --resume goes on.\n"
        "Exit: 0 every criterion passes, 1 one fails, 2 a file or the command line is\n"
        "wrong, 3 inconclusive, 4 percuss itself failed.\n",
    .run = run,
};
