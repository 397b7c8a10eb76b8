/* percuss replay: a finding's file, or a case by its number, on the device again. */
#include "engine/replay.h"
#include "cli/common.h"
#include "cli/replay_on.h"
#include "core/path.h"
#include "engine/wire_replay.h"
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
    {"on", "CAMPAIGN", "the same, and grade it: does it fail there, here, on both?"},
    {"wire", NULL, "as it went over the link, without model and session"},
    {"record", "RUN", "a retest: write the result into this run of the same device"},
    {"json", NULL, "print the result as JSON"},
    {NULL, NULL, NULL},
};

struct replay {
    struct reproducer reproducer;
    struct campaign *campaign;
    int64_t times;
    int failures; /* of them `otherwise` not as the finding says */
    int otherwise;
    bool by_number, by_wire, is_graded;
    struct replay_on on;
    struct replay_seen seen;
    struct error difference; /* where the last replay by wire went otherwise */
    char device[600];        /* what it was replayed on */
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
    char text[1200], file[2400] = "", hash[HASH_TEXT] = "", engine[16] = "";
    struct generator generator;
    struct script script;
    struct store *store;
    uint64_t seed;
    int status;

    store = store_open_run(directory, false, error);
    if (!store)
        return -1;
    store_get(store, "seed", text, sizeof text);
    seed = strtoull(text, NULL, 10);
    store_get(store, "plan_hash", hash, sizeof hash);
    store_get(store, "engine", engine, sizeof engine);
    if (store_get(store, "campaign_file", text, sizeof text) == 0)
        path_join(directory, text, file, sizeof file);
    store_close(store, &(struct error){0});
    if (strcmp(engine, "guided") == 0)
        return error_set(error,
                         "%s is a run of the guided engine, whose cases no number gives: "
                         "replay a finding's file instead",
                         directory);
    if (load_campaign(replay, campaign_path ? campaign_path : file, seed, error) < 0)
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

/* --wire on the device and link of another campaign. */
static int take_bench(struct replay *replay, const char *path, struct error *error)
{
    struct reproducer *reproducer = &replay->reproducer;
    struct yaml_document *document = yaml_load(path, error);
    struct view text;

    if (!document)
        return -1;
    text = yaml_source(document);
    free((char *)reproducer->campaign_text);
    reproducer->campaign_text = strndup((const char *)text.data, text.length);
    snprintf(reproducer->campaign_path, sizeof reproducer->campaign_path, "%s", path);
    yaml_close(document);
    return reproducer->campaign_text ? 0 : error_set(error, "out of memory");
}

static int load_file(struct replay *replay, const char *path, const char *campaign_path,
                     struct error *error)
{
    if (reproducer_read_head(path, &replay->reproducer, error) < 0)
        return -1;
    if (replay->by_wire)
        return campaign_path ? take_bench(replay, campaign_path, error) : 0;
    if (load_campaign(replay,
                      campaign_path ? campaign_path : replay->reproducer.campaign_path,
                      replay->reproducer.seed, error) < 0)
        return -1;
    if (replay->is_graded && replay_on_open(&replay->on, path, &replay->reproducer,
                                            replay->campaign, error) < 0)
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
    const char *on = cli_value(command, arguments, "on");
    const char *campaign = on ? on : cli_value(command, arguments, "campaign");
    char file[1100];
    int64_t number;

    reproducer_init(&replay->reproducer);
    replay->times = 5;
    if (times && (text_to_integer(times, &replay->times) < 0 || replay->times < 1 ||
                  replay->times > 100000))
        return error_set(error, "--times: expected a number from 1 to 100000, found '%s'",
                         times);
    replay->by_wire = cli_value(command, arguments, "wire") != NULL;
    replay->is_graded = on != NULL;
    if (on &&
        (number_text || replay->by_wire || cli_value(command, arguments, "campaign")))
        return error_set(error, "--on CAMPAIGN takes a finding that is replayed by its "
                                "model, and neither --case, --wire nor --campaign");
    if (replay->by_wire && number_text)
        return error_set(error, "--wire takes a finding, not a case by its number");
    snprintf(file, sizeof file, "%s/reproducer.percuss", path);
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

/* By the model or by wire: the same words. */
_Static_assert((int)REPLAY_AS_BEFORE == (int)WIRE_REPLAY_AS_THEN &&
                   (int)REPLAY_OTHERWISE == (int)WIRE_REPLAY_OTHERWISE,
               "one count for both");

static void count(struct replay *replay, int failed)
{
    replay->failures += failed != 0;
    replay->otherwise += failed == REPLAY_OTHERWISE;
}

static void print_one(const struct replay *replay, int64_t number, int failed)
{
    printf("replay %lld: ", (long long)number);
    if (replay->by_wire && failed != REPLAY_AS_BEFORE)
        printf("%s: %s\n", failed ? "otherwise" : "not as then", replay->difference.text);
    else if (failed)
        printf("%s%s: %s\n", failed == REPLAY_OTHERWISE ? "otherwise: " : "",
               replay->seen.oracle, replay->seen.judgement.title);
    else
        puts("nothing seen");
}

/* --wire: what went over the link then, on a device that is started for each. */
static int replay_wire(struct replay *replay, bool quiet, struct error *error)
{
    struct wire_replay wire;
    int code = EXIT_USAGE;

    if (wire_replay_open(&wire, &replay->reproducer, common_build_folder(), error) < 0)
        goto out;
    snprintf(replay->seen.oracle, sizeof replay->seen.oracle, "%s",
             replay->reproducer.oracle);
    code = EXIT_INCONCLUSIVE;
    for (int64_t i = 0; i < replay->times; i++) {
        int failed = wire_replay_run(&wire, &replay->difference, error);

        if (failed < 0)
            goto out;
        snprintf(replay->seen.judgement.title, sizeof replay->seen.judgement.title,
                 "%.199s",
                 failed == REPLAY_OTHERWISE ? replay->difference.text
                                            : replay->reproducer.title);
        count(replay, failed);
        if (!quiet)
            print_one(replay, i + 1, failed);
    }
    code = replay->failures ? EXIT_FAIL : EXIT_PASS;
out:
    wire_replay_close(&wire);
    return code;
}

static int replay_model(struct replay *replay, bool quiet, struct error *error)
{
    struct restoration restoration;
    struct runner runner;
    int code = EXIT_INCONCLUSIVE;

    if (runner_init(&runner, replay->campaign, error) < 0)
        return EXIT_USAGE;
    if (campaign_check_authorised(replay->campaign, error) < 0) {
        code = EXIT_USAGE;
        goto out;
    }
    if (runner_start(&runner, &restoration, error) < 0)
        goto out;
    if (runner.device->ops->describe)
        runner.device->ops->describe(runner.device, replay->device,
                                     sizeof replay->device);
    latency_begin(&runner, error);
    for (int64_t i = 0; i < replay->times; i++) {
        int failed = replay_once(&runner, &replay->reproducer, replay->by_number,
                                 &replay->seen, error);

        if (failed < 0 || failed == REPLAY_UNSENT)
            goto out;
        count(replay, failed);
        if (!quiet)
            print_one(replay, i + 1, failed);
    }
    code = replay->failures ? EXIT_FAIL : EXIT_PASS;
out:
    runner_free(&runner);
    return code;
}

static int grade(struct replay *replay, struct error *error)
{
    replay->on.now = (struct cross_count){.replays = replay->times,
                                          .failures = replay->failures,
                                          .otherwise = replay->otherwise};
    return replay_on_close(&replay->on, replay->campaign, replay->device, error);
}

/* --- a retest ------------------------------------------------------------------------
 */

/* Before the replay, too, so that none is made in vain. */
static int check_record(const struct replay *replay, const char *directory,
                        struct error *error)
{
    struct store *store;

    if (replay->by_number || replay->by_wire)
        return error_set(error, "--record takes a finding that is replayed by its model");
    store = store_open_run(directory, false, error);
    store_close(store, NULL);
    return store ? 0 : -1;
}

/* The run must be of this very device: what its regression showed goes together with the
 * replay. */
static int write_record(const struct replay *replay, const char *directory,
                        struct error *error)
{
    const struct reproducer *reproducer = &replay->reproducer;
    struct store *store = store_open_run(directory, true, error);
    char device[600] = "";
    int status = -1;

    if (!store)
        return -1;
    store_get(store, "device", device, sizeof device);
    if (strcmp(device, replay->device) != 0)
        error_set(error, "--record: %s was made on another device: %s, and not %s",
                  directory, device, replay->device);
    else
        status = replay_record(store, reproducer, replay->device, replay->times,
                               replay->failures, error);
    if (status == 0)
        status = common_judge_again(store, error);
    if (store_close(store, status == 0 ? error : &(struct error){0}) < 0)
        status = -1;
    return status;
}

static void print_outcome(const struct replay *replay)
{
    printf("%d of %lld replays failed", replay->failures, (long long)replay->times);
    if (replay->otherwise)
        printf(", %d of them otherwise than the finding says", replay->otherwise);
    putchar('\n');
    if (replay->is_graded)
        replay_on_print(&replay->on);
}

static void print_json(const struct replay *replay)
{
    json_t *json = json_pack(
        "{s:s, s:s, s:I, s:i, s:i, s:b, s:s, s:s}", "id", replay->reproducer.id,
        "case_name", replay->reproducer.case_name, "replays", (json_int_t)replay->times,
        "failures", replay->failures, "failed_otherwise", replay->otherwise, "reproduced",
        replay->failures > replay->otherwise, "oracle", replay->seen.oracle, "title",
        replay->failures ? replay->seen.judgement.title : "");

    if (replay->is_graded)
        replay_on_json(&replay->on, json);
    json_dumpf(json, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(json);
}

static int run(const struct command *command, const struct cli_arguments *arguments)
{
    bool json = cli_value(command, arguments, "json") != NULL;
    struct replay *replay = calloc(1, sizeof *replay);
    struct error error = {""};
    const char *record = cli_value(command, arguments, "record");
    int code = EXIT_USAGE;

    if (!replay)
        return EXIT_HARNESS;
    if (read_arguments(command, arguments, replay, &error) == 0 &&
        (!record || check_record(replay, record, &error) == 0)) {
        if (!json)
            printf("%s %s\n%s\n", replay->reproducer.id, replay->reproducer.title,
                   replay->reproducer.case_name);
        code = replay->by_wire ? replay_wire(replay, json, &error)
                               : replay_model(replay, json, &error);
    }
    if (replay->is_graded && code <= EXIT_FAIL && grade(replay, &error) < 0)
        code = EXIT_HARNESS;
    if (record && code <= EXIT_FAIL && write_record(replay, record, &error) < 0)
        code = EXIT_USAGE;
    if (code > EXIT_FAIL)
        cli_fail(command, (enum exit_code)code, &error);
    else if (json)
        print_json(replay);
    else
        print_outcome(replay);
    reproducer_free(&replay->reproducer);
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
        "A retest on a fixed build: percuss replay FINDING --campaign FIXED --record RUN,\n"
        "where RUN is a run of the same plan on that build.\n"
        "On other hardware or another board: percuss replay FINDING --on OTHER [--record "
        "RUN]\ngrades it: both, emulator-only, hardware-only, software-only, first-only "
        "(two of a kind),\ndiffers (here something else fails), undecided (that it did "
        "not fail here may be chance).\nThe grade is kept in the finding's folder, in "
        "cross-replay.json.\n"
        "Each replay starts from a reset device; with --wire from one that was just\n"
        "started, and what comes back is held against what came when it was confirmed.\n"
        "Exit: 0 nothing failed, 1 it failed, as before or otherwise,\n"
        "2 the file is wrong or the plan is another one, 3 no device.\n",
    .run = run,
};
