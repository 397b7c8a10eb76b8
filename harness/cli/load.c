/* percuss load: the declared maximum rate, and twice it, held for minutes. */
#include "engine/load.h"
#include "cli/common.h"
#include "core/clock.h"
#include "record/store.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct cli_option options[] = {
    {"time", "DURATION",
     "for each of the two rates (default: 10m, which AC-15 asks for)"},
    {"record", "RUN", "write the result into this run of the same device"},
    {"json", NULL, "print JSON"},
    {NULL, NULL, NULL},
};

struct load {
    struct campaign *campaign;
    struct runner runner;
    int64_t time_ns;
    char device[600];
    struct load_result results[2];
    size_t count;
};

static const unsigned percents[] = {100, 200};

/* --- the record --------------------------------------------------------------------- */

/* A run of this device on this interface, before anything is sent. */
static int check_record(const struct load *load, const char *directory,
                        struct error *error)
{
    struct store *store = store_open_run(directory, false, error);
    char device[600] = "", interface[600] = "";
    int status = 0;

    if (!store)
        return -1;
    store_get(store, "device", device, sizeof device);
    store_get(store, "interface", interface, sizeof interface);
    if (strcmp(device, load->device) != 0)
        status = error_set(error, "--record: %s was made on another device: %s, not %s",
                           directory, device, load->device);
    else if (strcmp(interface, load->campaign->interface) != 0)
        status = error_set(error, "--record: %s was made on the interface '%s', not '%s'",
                           directory, interface, load->campaign->interface);
    store_close(store, NULL);
    return status;
}

static void describe(const struct load *load, const struct load_result *result,
                     char *text, size_t size)
{
    size_t invariants = load->campaign->session->invariant_count;
    int used =
        snprintf(text, size, "%llu messages, looked at %llu times: ",
                 (unsigned long long)result->messages, (unsigned long long)result->looks);

    if (invariants)
        used += snprintf(text + used, size - (size_t)used, "%zu invariants", invariants);
    else
        used += snprintf(text + used, size - (size_t)used,
                         "valid exchanges only, the session declares no invariant");
    if (!result->held)
        snprintf(text + used, size - (size_t)used, "; failed: %s", result->failure);
}

static int write_record(const struct load *load, const char *directory,
                        struct error *error)
{
    struct store *store = store_open_run(directory, true, error);
    char text[800], now[24];
    int status = store ? 0 : -1;

    clock_format_utc(clock_wall_ns(), now, sizeof now);
    for (size_t i = 0; status == 0 && i < load->count; i++) {
        const struct load_result *result = &load->results[i];

        describe(load, result, text, sizeof text);
        status = store_write(
            store, error, "INSERT INTO load_test VALUES (NULL,?,?,?,?,?,?,?,?)",
            "trritttt", load->campaign->interface, result->percent, result->seconds / 60,
            (int64_t)result->held, "percuss " PERCUSS_VERSION, text, "percuss", now);
    }
    if (status == 0)
        status = common_judge_again(store, error);
    if (store && store_close(store, status == 0 ? error : &(struct error){0}) < 0)
        status = -1;
    return status;
}

/* --- doing it ----------------------------------------------------------------------- */

static void print_result(const struct load *load, const struct load_result *result)
{
    char text[800];

    describe(load, result, text, sizeof text);
    printf("%.1f %% of %lld messages/s for %.1f s: %s (%s)\n", result->percent,
           (long long)load->campaign->maximum_rate, result->seconds,
           result->held ? "held" : "did not hold", text);
    fflush(stdout);
}

static void print_json(const struct load *load)
{
    json_t *list = json_array();

    for (size_t i = 0; i < load->count; i++) {
        const struct load_result *result = &load->results[i];

        json_array_append_new(list, json_pack("{s:f, s:f, s:I, s:I, s:b, s:s}", "percent",
                                              result->percent, "seconds", result->seconds,
                                              "messages", (json_int_t)result->messages,
                                              "looks", (json_int_t)result->looks, "held",
                                              result->held, "failure", result->failure));
    }
    json_dumpf(list, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(list);
}

static int send_load(struct load *load, bool quiet, struct error *error)
{
    int status = 0;

    for (size_t i = 0; status == 0 && i < 2 && !common_stop_wanted(); i++) {
        status = load_run(&load->runner, percents[i], load->time_ns, common_stop_wanted,
                          &load->results[i], error);
        load->count += status == 0 && load->results[i].messages > 0;
        if (status == 0 && !quiet)
            print_result(load, &load->results[i]);
    }
    return status;
}

static int check_campaign(const struct load *load, struct error *error)
{
    const struct campaign *campaign = load->campaign;

    if (campaign->maximum_rate <= 0)
        return error_set(error,
                         "%s: `timing: {maximum-rate}` must say how many messages a "
                         "second the device bears",
                         campaign->path);
    return campaign_check_authorised(campaign, error);
}

static int work(struct load *load, const char *record, bool quiet, struct error *error)
{
    struct restoration restoration;
    int status;

    if (check_campaign(load, error) < 0 ||
        runner_init(&load->runner, load->campaign, error) < 0)
        return EXIT_USAGE;
    if (runner_start(&load->runner, &restoration, error) < 0)
        return EXIT_INCONCLUSIVE;
    if (load->runner.device->ops->describe)
        load->runner.device->ops->describe(load->runner.device, load->device,
                                           sizeof load->device);
    if (record && check_record(load, record, error) < 0)
        return EXIT_USAGE;
    common_watch_stop();
    status = send_load(load, quiet, error);
    common_unwatch_stop();
    if (status < 0)
        return EXIT_INCONCLUSIVE;
    if (record && write_record(load, record, error) < 0)
        return EXIT_USAGE;
    for (size_t i = 0; i < load->count; i++)
        if (!load->results[i].held)
            return EXIT_FAIL;
    return load->count == 2 ? EXIT_PASS : EXIT_INCONCLUSIVE;
}

static int run(const struct command *command, const struct cli_arguments *arguments)
{
    const char *time = cli_value(command, arguments, "time");
    bool json = cli_value(command, arguments, "json") != NULL;
    struct load load = {.time_ns = 600 * CLOCK_S};
    struct error error = {""};
    int code = EXIT_USAGE;

    if (time && (text_to_duration(time, &load.time_ns) < 0 || load.time_ns <= 0))
        error_set(&error, "--time: expected a duration such as 30s or 10m, found '%s'",
                  time);
    else if (!(load.campaign =
                   common_load_campaign(command, arguments, arguments->positional[0])))
        return EXIT_USAGE;
    else
        code = work(&load, cli_value(command, arguments, "record"), json, &error);
    if (error.text[0])
        cli_fail(command, (enum exit_code)code, &error);
    else if (json)
        print_json(&load);
    if (load.runner.campaign)
        runner_free(&load.runner);
    campaign_free(load.campaign);
    return code;
}

extern const struct command command_load;
const struct command command_load = {
    .name = "load",
    .summary =
        "hold the declared maximum rate, and twice it, and see that all stays right",
    .arguments = "CAMPAIGN",
    .positional_minimum = 1,
    .positional_maximum = 1,
    .options = options,
    .details =
        "Sends the session's canary messages at `timing.maximum-rate` and at twice it; every\n"
        "five seconds the oracles are asked and the invariants read. What counts is the\n"
        "average rate over all of the time. AC-15 reads what --record writes.\n"
        "Exit: 0 both held, 1 one did not, 2 a file is wrong, 3 stopped, or no device.\n",
    .run = run,
};
