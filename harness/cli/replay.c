/* percuss replay: a finding's file, or a case by its number, on the device again. */
#include "cli/common.h"
#include "core/clock.h"
#include "engine/confirm.h"
#include "engine/engine.h"
#include "engine/reproducer.h"
#include "record/store.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct cli_option options[] = {
    {"case", "N", "replay case N of the run in DIR"},
    {"times", "N", "how often (default 5)"},
    {"campaign", "FILE", "use this campaign (another build, another bench) instead"},
    {"json", NULL, "print the result as JSON"},
    {NULL, NULL, NULL},
};

struct replay {
    struct reproducer reproducer;
    struct campaign *campaign;
    int64_t times;
    int failures;
    bool by_number;
    struct judgement seen; /* the last failure */
    char oracle[32];
};

static int is_folder(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

/* --- what to replay ----------------------------------------------------------------- */

static int load_campaign(struct replay *replay, const char *path, uint64_t seed,
                         struct error *error)
{
    replay->campaign = campaign_load(path, common_build_folder(), &seed, error);
    return replay->campaign ? 0 : -1;
}

/* DIR --case N: the plan must be the one of the run. */
static int load_case(struct replay *replay, const char *directory, uint64_t number,
                     const char *campaign_path, struct error *error)
{
    char path[1200], text[1200], hash[HASH_TEXT] = "";
    struct generator generator;
    struct script script;
    struct store *store;
    uint64_t seed;
    int status;

    snprintf(path, sizeof path, "%s/campaign.db", directory);
    store = store_open(path, false, error);
    if (!store)
        return -1;
    store_get(store, "seed", text, sizeof text);
    seed = strtoull(text, NULL, 10);
    store_get(store, "plan_hash", hash, sizeof hash);
    text[0] = '\0';
    store_get(store, "campaign_file", text, sizeof text);
    store_close(store, &(struct error){0});
    if (load_campaign(replay, campaign_path ? campaign_path : text, seed, error) < 0)
        return -1;
    if (strcmp(replay->campaign->plan.hash, hash) != 0)
        return error_set(
            error,
            "case %llu of this run was made by plan %.16s, these files give plan "
            "%.16s: numbers mean other cases. Replay a finding's file instead.",
            (unsigned long long)number, hash, replay->campaign->plan.hash);
    generator_init(&generator, &replay->campaign->plan);
    script_init(&script);
    status = generator_case(&generator, number, &script);
    if (status == 0)
        status = sequence_append_script(&replay->reproducer.sequence, &script);
    replay->reproducer.sample = true;
    replay->by_number = true;
    plan_name(&replay->campaign->plan, number, replay->reproducer.case_name,
              sizeof replay->reproducer.case_name);
    script_free(&script);
    generator_free(&generator);
    return status;
}

static int load_file(struct replay *replay, const char *path, const char *campaign_path,
                     struct error *error)
{
    if (reproducer_read_head(path, &replay->reproducer, error) < 0)
        return -1;
    if (load_campaign(replay,
                      campaign_path ? campaign_path : replay->reproducer.campaign_path,
                      replay->reproducer.seed, error) < 0)
        return -1;
    return reproducer_read_sequence(path, replay->campaign, &replay->reproducer, error);
}

static int read_arguments(const struct command *command,
                          const struct cli_arguments *arguments, struct replay *replay,
                          struct error *error)
{
    const char *path = arguments->positional[0];
    const char *number_text = cli_value(command, arguments, "case");
    const char *times = cli_value(command, arguments, "times");
    const char *campaign = cli_value(command, arguments, "campaign");
    char file[1100];
    int64_t number;

    sequence_init(&replay->reproducer.sequence);
    replay->times = 5;
    if (times && (text_to_integer(times, &replay->times) < 0 || replay->times < 1 ||
                  replay->times > 100000))
        return error_set(error, "--times: expected a number from 1 to 100000, found '%s'",
                         times);
    snprintf(file, sizeof file, "%s/reproducer.json", path);
    if (is_folder(path) && access(file, R_OK) == 0)
        path = file;
    if (!is_folder(path))
        return number_text
                   ? error_set(error, "--case needs a run folder, %s is a file", path)
                   : load_file(replay, path, campaign, error);
    if (!number_text)
        return error_set(error,
                         "%s is a run folder: add --case N, or name one of its "
                         "findings/F-…",
                         path);
    if (text_to_integer(number_text, &number) < 0 || number < 1)
        return error_set(error, "--case: expected a case number from 1, found '%s'",
                         number_text);
    return load_case(replay, path, (uint64_t)number, campaign, error);
}

/* --- doing it ----------------------------------------------------------------------- */

/* What was kept off the wire proves nothing. Says why it was. */
static int complain_unsent(const struct runner *runner, struct error *error)
{
    char what[160];
    unsigned lacks = 0;

    for (unsigned bit = 0; bit < LINK_CARRIES; bit++)
        if (runner->wire.gate_hits[GATE_NOT_CARRIED + bit])
            lacks |= 1u << bit;
    return lacks ? error_set(error, "nothing was sent: this link cannot carry it (%s)",
                             carries_text(lacks, what, sizeof what))
                 : error_set(error, "nothing was sent: `exclude`, or the link's longest "
                                    "message, kept all of it off the wire");
}

/* One replay. 1: it failed (as the finding says, when there is one). */
static int replay_once(struct runner *runner, struct replay *replay, struct error *error)
{
    const struct sequence *sequence = &replay->reproducer.sequence;
    struct target target = {ORACLE_NONE, replay->reproducer.cause};
    struct run_options how = {.sample = replay->reproducer.sample,
                              .target = replay->by_number ? NULL : &target};
    enum reset_kind reset = runner->device->resets ? RESET_WARM : RESET_NONE;
    struct restoration restoration;
    struct case_result result;

    for (int i = 0; oracle_kinds[i]; i++)
        if (strcmp(oracle_kinds[i]->name, replay->reproducer.oracle) == 0)
            target.oracle = i;
    if (runner_restore(runner, reset, &restoration, error) < 0 ||
        runner_run(runner, sequence, 0, sequence->count, &how, &result, error) < 0)
        return -1;
    if (result.refused && result.messages == 0)
        return complain_unsent(runner, error);
    if (result.oracle == ORACLE_NONE ||
        (!replay->by_number && !target_hit(&target, &result)))
        return 0;
    replay->seen = result.judgement;
    snprintf(replay->oracle, sizeof replay->oracle, "%s",
             oracle_kinds[result.oracle]->name);
    return 1;
}

static int replay_all(struct replay *replay, bool quiet, struct error *error)
{
    struct restoration restoration;
    struct runner runner;
    int code = EXIT_INCONCLUSIVE;

    if (runner_init(&runner, replay->campaign, error) < 0)
        return EXIT_USAGE;
    if (!replay->campaign->authorisation.given && !engine_is_local(replay->campaign)) {
        error_set(error,
                  "%s: this device is not on this machine: its campaign must name an "
                  "`authorisation: {by, scope}`",
                  replay->campaign->path);
        code = EXIT_USAGE;
        goto out;
    }
    if (runner_start(&runner, &restoration, error) < 0)
        goto out;
    for (int64_t i = 0; i < replay->times; i++) {
        int failed = replay_once(&runner, replay, error);

        if (failed < 0)
            goto out;
        replay->failures += failed;
        if (!quiet)
            printf("replay %lld: %s%s%s\n", (long long)i + 1,
                   failed ? replay->oracle : "nothing seen", failed ? ": " : "",
                   failed ? replay->seen.title : "");
    }
    code = replay->failures ? EXIT_FAIL : EXIT_PASS;
out:
    runner_free(&runner);
    return code;
}

static void print_json(const struct replay *replay)
{
    json_t *json = json_pack(
        "{s:s, s:s, s:I, s:i, s:b, s:s, s:s}", "id", replay->reproducer.id, "case_name",
        replay->reproducer.case_name, "replays", (json_int_t)replay->times, "failures",
        replay->failures, "reproduced", replay->failures > 0, "oracle", replay->oracle,
        "title", replay->failures ? replay->seen.title : "");

    json_dumpf(json, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(json);
}

static int run(const struct command *command, const struct cli_arguments *arguments)
{
    bool json = cli_value(command, arguments, "json") != NULL;
    struct replay *replay = calloc(1, sizeof *replay);
    struct error error = {""};
    int code = EXIT_USAGE;

    if (!replay)
        return EXIT_HARNESS;
    if (read_arguments(command, arguments, replay, &error) == 0) {
        if (!json)
            printf("%s %s\n%s\n", replay->reproducer.id, replay->reproducer.title,
                   replay->reproducer.case_name);
        code = replay_all(replay, json, &error);
    }
    if (code > EXIT_FAIL)
        cli_fail(command, (enum exit_code)code, &error);
    else if (json)
        print_json(replay);
    else
        printf("%d of %lld replays failed\n", replay->failures, (long long)replay->times);
    sequence_free(&replay->reproducer.sequence);
    campaign_free(replay->campaign);
    free(replay);
    return code;
}

extern const struct command command_replay;
const struct command command_replay = {
    .name = "replay",
    .summary = "send a finding's messages, or a case by number, again",
    .arguments = "DIR|FILE",
    .positional_minimum = 1,
    .positional_maximum = 1,
    .options = options,
    .details =
        "Each replay starts from a reset device. Exit: 0 nothing failed, 1 it failed\n"
        "again, 2 the file is wrong or the plan is another one, 3 no device.\n",
    .run = run,
};
