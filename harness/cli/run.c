/* percuss run: a campaign from start to verdict. */
#include "bundle/manifest.h"
#include "cli/baseline.h"
#include "cli/common.h"
#include "cli/running.h"
#include "cli/sharding.h"
#include "cli/signed_plan.h"
#include "cli/until.h"

#include "core/clock.h"

#include <stdio.h>
#include <stdlib.h>
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
    {"baseline", "DIR", "a run or a folder of runs: go on there, and say what is new"},
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
    if (cli_value(command, arguments, "baseline"))
        return error_set(error, "--shard sends its own cases: --baseline is for the run "
                                "that they are merged into");
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

/* A run from its options to its verdict. */
struct work {
    const struct command *command;
    const struct cli_arguments *arguments;
    struct campaign *campaign;
    struct criteria *criteria;
    struct watch watch;
    struct engine_options engine;
    struct baseline *baseline; /* NULL: none */
    struct signed_plan plan;
    char folder[700]; /* when nobody names one */
};

static const char *value(const struct work *work, const char *option)
{
    return cli_value(work->command, work->arguments, option);
}

static int prepare(struct work *work, struct error *error)
{
    const char *plan_path = value(work, "plan");
    struct engine_options *engine = &work->engine;

    if (read_options(work->command, work->arguments, engine, error) < 0 ||
        (plan_path && signed_plan_read(&work->plan, plan_path, work->campaign,
                                       work->criteria, error) < 0) ||
        take_shard(work->command, work->arguments, work->campaign, error) < 0 ||
        until_read(&work->watch.until, work->criteria, work->campaign->until,
                   value(work, "until"), error) < 0)
        return -1;
    engine->facts = plan_path ? (const char *const(*)[2])work->plan.facts : NULL;
    engine->enough = work->watch.until.count ? is_enough : NULL;
    if (!engine->directory) {
        running_folder(work->campaign, work->folder, sizeof work->folder);
        engine->directory = work->folder;
    }
    if (work->baseline)
        baseline_begin(work->baseline, work->campaign, value(work, "cases") != NULL,
                       engine->budget_ns ? engine->budget_ns : work->campaign->budget_ns,
                       engine);
    return 0;
}

/* The cases, and what the nights before know. The exit code of what kept it from its end,
 * EXIT_PASS when nothing did. */
static int drive(struct work *work)
{
    struct error error = {""};
    int failed;

    common_watch_stop();
    failed = running_exit(engine_run(work->campaign, &work->engine, &error));
    running_end_line(&work->watch.line);
    if (failed == EXIT_PASS && work->baseline && !common_stop_wanted() &&
        baseline_replay(work->baseline, work->campaign, work->engine.directory,
                        work->watch.line.enabled, &error) < 0)
        failed = EXIT_INCONCLUSIVE;
    common_unwatch_stop();
    if (failed)
        cli_fail(work->command, (enum exit_code)failed, &error);
    return failed;
}

static int judge(struct work *work)
{
    bool json = value(work, "json") != NULL;
    const char *folder = work->engine.directory;
    struct error error = {""};
    int code = running_conclude(work->command, work->criteria, folder,
                                !json            ? report_kind("text")
                                : work->baseline ? NULL
                                                 : report_kind("json"));

    if (!json && code != EXIT_HARNESS)
        printf("report: %s/report.html\n", folder);
    if (!work->baseline || code == EXIT_HARNESS)
        return code;
    code = baseline_conclude(work->baseline, work->criteria, folder, json, &error);
    return code == EXIT_HARNESS ? cli_fail(work->command, EXIT_HARNESS, &error) : code;
}

static int run_campaign(struct work *work)
{
    const char *plan_path = value(work, "plan");
    struct error error = {""};
    int code, failed;

    if (prepare(work, &error) < 0)
        return cli_fail(work->command, EXIT_USAGE, &error);
    failed = drive(work);
    if (failed == EXIT_USAGE)
        return failed;
    if (plan_path && signed_plan_keep(plan_path, work->engine.directory, &error) < 0)
        return cli_fail(work->command, EXIT_HARNESS, &error);
    code = judge(work);
    if (code != EXIT_HARNESS && seal(work->campaign, work->engine.directory, &error) < 0)
        return cli_fail(work->command, EXIT_HARNESS, &error);
    /* What is new is true of a run that broke off, too. */
    if (failed == EXIT_INCONCLUSIVE && work->baseline)
        return code == EXIT_PASS ? failed : code;
    return failed ? failed : code;
}

/* --- what is run -------------------------------------------------------------------- */

/* False after it said what is wrong. */
static bool load_baseline(struct work *work, struct error *error)
{
    const char *folder = value(work, "baseline");
    uint64_t seed;
    int status;

    if (!folder)
        return true;
    if (value(work, "plan")) {
        error_set(error, "--baseline chooses the cases, and --plan has them chosen");
        return false;
    }
    if (!(work->baseline = calloc(1, sizeof *work->baseline))) {
        error_set(error, "out of memory");
        return false;
    }
    status = baseline_read(work->baseline, folder, value(work, "out"), work->campaign,
                           &seed, error);
    if (status <= 0 || value(work, "seed"))
        return status >= 0;
    campaign_free(work->campaign);
    work->campaign = common_load_seeded(work->command, work->arguments,
                                        work->arguments->positional[0], &seed);
    return work->campaign != NULL;
}

static bool load(struct work *work, struct error *error)
{
    const char *name = value(work, "engine");

    work->campaign = common_load_campaign(work->command, work->arguments,
                                          work->arguments->positional[0]);
    if (!work->campaign)
        return false;
    /* Also the file's own: options of this command may not fit it. */
    if (!name)
        name = campaign_engine_name(work->campaign->engine);
    if (campaign_set_engine(work->campaign, name, error) < 0) {
        error_prefix(error, "--engine: ");
        return false;
    }
    if (!load_baseline(work, error) ||
        campaign_set_engine(work->campaign, name, error) < 0)
        return false;
    work->criteria = common_load_criteria(work->campaign, error);
    return work->criteria != NULL;
}

static int run(const struct command *command, const struct cli_arguments *arguments)
{
    struct work *work = calloc(1, sizeof *work);
    struct error error = {""};
    int code = EXIT_USAGE;

    if (!work)
        return EXIT_HARNESS;
    *work = (struct work){
        .command = command,
        .arguments = arguments,
        .watch = {.line = running_line(!cli_value(command, arguments, "quiet")),
                  .began_ns = clock_now_ns()}};
    work->engine = (struct engine_options){.began_ns = work->watch.began_ns,
                                           .progress = show_progress,
                                           .context = &work->watch};
    if (load(work, &error)) {
        work->engine.criteria_hash = criteria_hash(work->criteria);
        code = run_campaign(work);
    } else if (error.text[0]) {
        cli_fail(command, EXIT_USAGE, &error);
    }
    until_free(&work->watch.until);
    if (work->baseline)
        baseline_free(work->baseline);
    free(work->baseline);
    criteria_free(work->criteria);
    campaign_free(work->campaign);
    free(work);
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
        "--baseline: the cases go on behind the last one of the nights in DIR, on the same\n"
        "plan and build; another build begins with the first one. The guided engine goes on\n"
        "from their inputs, with another seed. What they found is replayed (at most a\n"
        "quarter of the time), the run held against all of it, and night.json,\n"
        "night.junit.xml and night.sarif are written beside the run's own reports.\n"
        "Exit: 0 every criterion passes, 1 one fails, 2 a file or the command line is\n"
        "wrong, 3 inconclusive, 4 percuss itself failed. With --baseline: 1 a finding is new\n"
        "or returned or fails in another way, or a criterion fails that known findings do\n"
        "not explain, 0 nothing is, 3 the night shows too little to say so.\n",
    .run = run,
};
