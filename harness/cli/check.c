/* percuss check: the pre-flight. Starts the device, sends every valid exemplar, shows the
 * decoded answers, counts the cases and estimates the time. Records nothing but, when
 * asked to, what it proved of the bench. */
#include "cli/check_bench.h"
#include "cli/common.h"
#include "core/clock.h"
#include "engine/engine.h"
#include "engine/runner.h"

#include <jansson.h>
#include <stdio.h>

static const struct cli_option options[] = {
    {"seed", "N", "seed of the plan (default: the campaign's)"},
    {"prove", NULL, "also which failures would be seen and which line errors arrive"},
    {"store", "FILE", "--prove, kept as evidence in a new file (JSON)"},
    {"record", "RUN", "the same into this run of the same campaign and device"},
    {"json", NULL, "print facts as JSON"},
    {NULL, NULL, NULL},
};

struct tally {
    size_t answered, refused, silent;
    int64_t latency_sum_ns, slowest_ns;
};

/* Shows what was sent and what came back. */
static void show_exchange(const struct runner *runner,
                          const struct session_message *message,
                          const struct exchange_result *result, struct tally *tally,
                          json_t *messages, bool quiet)
{
    char outcome[48], sent[1024], received[1024] = "";

    outcome_text(result->refused ? OUTCOME_UNKNOWN : result->outcome, outcome,
                 sizeof outcome);
    tree_describe(&runner->request, sent, sizeof sent);
    if (result->has_reply)
        tree_describe(&runner->reply, received, sizeof received);
    tally->answered += result->outcome == OUTCOME_ACCEPT;
    tally->refused += result->outcome == OUTCOME_REJECT;
    tally->silent += !result->has_reply;
    if (result->latency_ns > 0) {
        tally->latency_sum_ns += result->latency_ns;
        if (result->latency_ns > tally->slowest_ns)
            tally->slowest_ns = result->latency_ns;
    }
    json_array_append_new(messages, json_pack("{s:s, s:s, s:s, s:s, s:f}", "message",
                                              message->name, "sent", sent, "outcome",
                                              result->refused ? "excluded" : outcome,
                                              "received", received, "latency_ms",
                                              (double)result->latency_ns / 1e6));
    if (!quiet)
        printf("%-24s %s\n  -> %s\n  <- %s%s\n", message->name,
               result->refused ? "kept off the wire by exclude"
               : outcome[0]    ? outcome
                               : "no answer",
               sent, received[0] ? received : "(nothing)",
               result->probe_ok ? " probe answered" : "");
}

/* Sends one exemplar, of one that is split the frames in turn, where states belong to
 * connections after the messages that lead to its state; decodes the last answer. The
 * bytes are not the runner's: it makes its probes there, and what was sent is shown after
 * them. */
static int check_message(struct runner *runner, unsigned index, struct tally *tally,
                         json_t *messages, bool quiet, struct error *error)
{
    const struct session_message *message = &runner->campaign->session->messages[index];
    struct exchange_result result;
    struct script script;
    int status = -1;

    script_init(&script);
    if (!exchange_enter(runner, index, error))
        goto out;
    if (generator_steps(&runner->generator, index, runner->serial++, &script) < 0) {
        error_set(error, "out of memory for message '%s'", message->name);
        goto out;
    }
    status = 0;
    for (size_t i = 0; i < script.count && status == 0; i++)
        status = exchange_run(runner, script_bytes(&script, i), &result, error);
    if (status == 0)
        show_exchange(runner, message, &result, tally, messages, quiet);
out:
    script_free(&script);
    return status;
}

static int check_device(struct runner *runner, json_t *facts, bool quiet,
                        struct error *error)
{
    const struct campaign *campaign = runner->campaign;
    struct restoration restoration;
    struct tally tally = {0};
    json_t *messages = json_array();
    char text[600] = "", resets[80];
    double each_s;
    int status = 0;

    if (runner_start(runner, &restoration, error) < 0) {
        json_decref(messages);
        return -1;
    }
    if (runner->device->ops->describe)
        runner->device->ops->describe(runner->device, text, sizeof text);
    reset_kinds_text(runner->device->resets, resets, sizeof resets);
    if (!quiet)
        printf("device   %s\nresets   %s\nlink     %s %s\nstarted  in %.1f ms\n\n", text,
               resets[0] ? resets : "none", campaign->link_kind, runner->link->address,
               (double)restoration.recovery_ns / 1e6);
    for (unsigned i = 0; i < campaign->session->message_count && status == 0; i++)
        status = check_message(runner, i, &tally, messages, quiet, error);
    each_s = campaign->session->message_count
                 ? (double)tally.latency_sum_ns / 1e9 /
                       (double)campaign->session->message_count
                 : 0;
    json_object_set_new(facts, "device", json_string(text));
    json_object_set_new(facts, "resets", json_string(resets));
    json_object_set_new(facts, "messages", messages);
    json_object_set_new(facts, "accepted", json_integer((json_int_t)tally.answered));
    json_object_set_new(facts, "refused", json_integer((json_int_t)tally.refused));
    json_object_set_new(facts, "unanswered", json_integer((json_int_t)tally.silent));
    json_object_set_new(facts, "slowest_ms", json_real((double)tally.slowest_ns / 1e6));
    json_object_set_new(facts, "estimated_s",
                        json_real(each_s * (double)campaign->plan.total));
    if (!quiet)
        printf(
            "\n%zu accepted, %zu refused, %zu without an answer; slowest answer %.2f ms\n"
            "%llu enumerated cases in %zu streams, about %.0f s at this pace\n",
            tally.answered, tally.refused, tally.silent, (double)tally.slowest_ns / 1e6,
            (unsigned long long)campaign->plan.total, campaign->plan.stream_count,
            each_s * (double)campaign->plan.total);
    return status;
}

static int keep(const struct campaign *campaign, const char *path, const char *run,
                json_t *facts, bool quiet, struct error *error)
{
    char hash[HASH_TEXT];

    if ((path && check_bench_store(path, campaign, facts, hash, error) < 0) ||
        (run && check_bench_record(run, campaign, facts, hash, error) < 0))
        return -1;
    if (!quiet)
        printf("\nkept in %s%s, SHA-256 %s\n", path ? path : run,
               path ? "" : "/check.json", hash);
    return 0;
}

/* What the options ask for beside the exemplars. */
static int prove(struct runner *runner, const struct command *command,
                 const struct cli_arguments *arguments, json_t *facts,
                 struct error *error)
{
    const char *path = cli_value(command, arguments, "store");
    const char *record = cli_value(command, arguments, "record");
    bool quiet = cli_value(command, arguments, "json") != NULL;

    if (!path && !record && !cli_value(command, arguments, "prove"))
        return EXIT_PASS;
    /* Before the device is made to fail, so that it is not in vain. */
    if (record && check_bench_fits(record, runner->campaign, facts, error) < 0)
        return EXIT_USAGE;
    if (check_bench_prove(runner, facts, quiet, error) < 0)
        return EXIT_INCONCLUSIVE;
    return (path || record) &&
                   keep(runner->campaign, path, record, facts, quiet, error) < 0
               ? EXIT_USAGE
               : EXIT_PASS;
}

static int run(const struct command *command, const struct cli_arguments *arguments)
{
    bool json = cli_value(command, arguments, "json") != NULL;
    struct campaign *campaign =
        common_load_campaign(command, arguments, arguments->positional[0]);
    struct criteria *criteria = NULL;
    struct runner runner = {0};
    struct error error;
    json_t *facts = NULL;
    int code = EXIT_USAGE;

    if (!campaign)
        return EXIT_USAGE;
    if (cli_value(command, arguments, "store") &&
        cli_value(command, arguments, "record")) {
        error_set(&error, "--store FILE or --record RUN, and not both");
        goto out;
    }
    criteria = common_load_criteria(campaign, &error);
    if (!criteria)
        goto out;
    if (runner_init(&runner, campaign, &error) < 0)
        goto out;
    if (campaign_check_authorised(campaign, &error) < 0)
        goto out;
    facts = json_pack("{s:s, s:s, s:I, s:I}", "campaign", campaign->name, "plan_hash",
                      campaign->plan.hash, "cases", (json_int_t)campaign->plan.total,
                      "streams", (json_int_t)campaign->plan.stream_count);
    code = check_device(&runner, facts, json, &error) < 0 ? EXIT_INCONCLUSIVE : EXIT_PASS;
    if (code == EXIT_PASS)
        code = prove(&runner, command, arguments, facts, &error);
    if (json && code == EXIT_PASS) {
        json_dumpf(facts, stdout, JSON_INDENT(2));
        putchar('\n');
    }
out:
    if (code != EXIT_PASS)
        cli_fail(command, (enum exit_code)code, &error);
    json_decref(facts);
    if (runner.campaign)
        runner_free(&runner);
    criteria_free(criteria);
    campaign_free(campaign);
    return code;
}

extern const struct command command_check;
const struct command command_check = {
    .name = "check",
    .summary = "try the device and the link before a campaign",
    .arguments = "CAMPAIGN",
    .positional_minimum = 1,
    .positional_maximum = 1,
    .options = options,
    .details =
        "Sends every valid exemplar once and shows the decoded answers.\n"
        "--prove makes the device fail on purpose, where its kind can (as every run "
        "does before\nits first case), sends its probe with each error of the line that "
        "the link carries, and\ntimes valid exchanges and this machine's wake-ups.\n"
        "Exit: 0 the device answers, 2 a file is wrong, 3 no device or no answer.\n",
    .run = run,
};
