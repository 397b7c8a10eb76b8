/* percuss retest: a run done again on another build, its findings replayed there. */
#include "cli/retest.h"

#include "cli/common.h"

#include <stdio.h>
#include <stdlib.h>

static const struct cli_option options[] = {
    {"on", "CAMPAIGN", "the campaign of the other build; needed"},
    {"out", "DIR", "run folder (default: results/CAMPAIGN-TIME)"},
    {"cases", "RANGES", "case numbers of the regression (default: those that RUN sent)"},
    {"time", "DURATION", "no longer than this: 90s, 10m, 8h"},
    {"times", "N", "replays of each finding (default 5)"},
    {"plan", "FILE", "the plan that percuss plan --sign signed, with FILE.p7s beside it"},
    {"resume", NULL, "go on in the run folder given with --out"},
    {"quiet", NULL, "no progress"},
    {"json", NULL, "print the result as JSON"},
    {NULL, NULL, NULL},
};

/* --- what is asked for -------------------------------------------------------------- */

static int read_numbers(const struct command *command,
                        const struct cli_arguments *arguments, struct retest *retest,
                        struct error *error)
{
    const char *times = cli_value(command, arguments, "times");
    const char *time = cli_value(command, arguments, "time");

    retest->times = COMPARE_REPLAYS;
    if (times && (text_to_integer(times, &retest->times) < 0 || retest->times < 1 ||
                  retest->times > 100000))
        return error_set(error, "--times: expected a number from 1 to 100000, found '%s'",
                         times);
    if (time &&
        (text_to_duration(time, &retest->budget_ns) < 0 || retest->budget_ns <= 0))
        return error_set(error,
                         "--time: expected a duration such as 90s, 10m or 8h, found '%s'",
                         time);
    return 0;
}

static int read_arguments(const struct command *command,
                          const struct cli_arguments *arguments, struct retest *retest,
                          struct error *error)
{
    const char *on = cli_value(command, arguments, "on");

    retest->out = cli_value(command, arguments, "out");
    retest->resume = cli_value(command, arguments, "resume") != NULL;
    retest->plan_path = cli_value(command, arguments, "plan");
    retest->line = running_line(!cli_value(command, arguments, "quiet"));
    if (!on)
        return error_set(error,
                         "--on CAMPAIGN is needed: the campaign of the other build");
    if (retest->resume && !retest->out)
        return error_set(error, "--resume needs --out DIR, the run folder to go on in");
    if (read_numbers(command, arguments, retest, error) < 0 ||
        earlier_read(arguments->positional[0], &retest->earlier, error) < 0)
        return -1;
    retest->campaign =
        campaign_load(on, common_build_folder(), &retest->earlier.seed, error);
    if (!retest->campaign ||
        earlier_apply(&retest->earlier, retest->campaign,
                      cli_value(command, arguments, "cases"), error) < 0)
        return -1;
    retest->criteria = common_load_criteria(retest->campaign, error);
    retest->results = calloc(retest->earlier.count + 1, sizeof *retest->results);
    if (!retest->criteria || !retest->results)
        return -1;
    /* The regression is as long as the run was, whatever the campaign's own budget. */
    retest->campaign->budget_ns = 0;
    if (!retest->out) {
        running_folder(retest->campaign, retest->folder, sizeof retest->folder);
        retest->out = retest->folder;
    }
    return retest->plan_path ? signed_plan_read(&retest->plan, retest->plan_path,
                                                retest->campaign, retest->criteria, error)
                             : 0;
}

/* --- the regression ----------------------------------------------------------------- */

static bool show_progress(void *context, const struct engine_progress *progress)
{
    return running_show(context, progress);
}

static enum engine_end run_regression(struct retest *retest, struct error *error)
{
    char corpus[4200];
    struct engine_options engine = {.directory = retest->out,
                                    .resume = retest->resume,
                                    .budget_ns = retest->budget_ns,
                                    .criteria_hash = criteria_hash(retest->criteria),
                                    .progress = show_progress,
                                    .context = &retest->line};
    enum engine_end end;

    if (retest->plan_path)
        engine.facts = (const char *const(*)[2])retest->plan.facts;
    /* Its own inputs are what the guided engine sent first. */
    if (retest->campaign->engine == CAMPAIGN_GUIDED) {
        snprintf(corpus, sizeof corpus, "%s/corpus", retest->earlier.folder);
        engine.corpus = corpus;
    }
    end = engine_run(retest->campaign, &engine, error);
    running_end_line(&retest->line);
    return end;
}

static int replay(struct retest *retest, struct error *error)
{
    struct replays replays = {.campaign = retest->campaign,
                              .out = retest->out,
                              .findings = retest->earlier.findings,
                              .results = retest->results,
                              .count = retest->earlier.count,
                              .times = retest->times,
                              .show = retest->line.enabled};

    return replays_make(&replays, error);
}

/* --- from start to end -------------------------------------------------------------- */

static int work(const struct command *command, struct retest *retest, bool json)
{
    struct error error = {""};
    enum engine_end end;
    int code, failed;

    common_watch_stop();
    end = run_regression(retest, &error);
    failed = running_exit(end);
    if (failed == EXIT_PASS && !common_stop_wanted() && replay(retest, &error) < 0)
        failed = EXIT_INCONCLUSIVE;
    common_unwatch_stop();
    if (failed)
        cli_fail(command, (enum exit_code)failed, &error);
    if (failed == EXIT_USAGE)
        return failed;
    if (retest->plan_path && signed_plan_keep(retest->plan_path, retest->out, &error) < 0)
        return cli_fail(command, EXIT_HARNESS, &error);
    code = running_conclude(command, retest->criteria, retest->out, NULL);
    if (code != EXIT_HARNESS && compare_runs(retest->earlier.folder, retest->out,
                                             &retest->comparison, &error) < 0)
        code = cli_fail(command, EXIT_HARNESS, &error);
    if (code != EXIT_HARNESS) {
        code = retest_exit(retest, code);
        if (failed && code == EXIT_PASS)
            code = failed;
        (json ? retest_print_json : retest_print)(retest, code);
    }
    return failed == EXIT_HARNESS ? failed : code;
}

static int run(const struct command *command, const struct cli_arguments *arguments)
{
    struct retest *retest = calloc(1, sizeof *retest);
    struct error error = {""};
    int code = EXIT_USAGE;

    if (!retest)
        return EXIT_HARNESS;
    if (read_arguments(command, arguments, retest, &error) < 0)
        cli_fail(command, EXIT_USAGE, &error);
    else
        code = work(command, retest, cli_value(command, arguments, "json") != NULL);
    compare_free(&retest->comparison);
    criteria_free(retest->criteria);
    campaign_free(retest->campaign);
    earlier_free(&retest->earlier);
    free(retest->results);
    free(retest);
    return code;
}

extern const struct command command_retest;
const struct command command_retest = {
    .name = "retest",
    .summary = "do a run again on another build, and replay its findings there",
    .arguments = "RUN",
    .positional_minimum = 1,
    .positional_maximum = 1,
    .options = options,
    .details =
        "The new run has the plan of RUN (model, session, seed) and the cases that RUN\n"
        "sent; its store also has the replays (table retest), which AC-19 reads:\n"
        "  percuss assess add FILE DIR --role retest\n"
        "Stop with q or Ctrl-C; --resume goes on, with what is still to do.\n"
        "Exit: that of the new run's criteria; but 1 when a reproducer fails or something\n"
        "is new, and 3 instead of 0 when fewer cases were sent, a finding was not\n"
        "replayed 5 times, or nothing shows that it is another build; 2 and 4 as for run.\n",
    .run = run,
};
