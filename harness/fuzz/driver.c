#include "fuzz/driver.h"

#include "device/place.h"
#include "engine/pool.h"
#include "engine/runner_parts.h"
#include "engine/walk.h"
#include "fuzz/hold.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { INPUT_NAME = POOL_NAME + 8 };
/* The search, and all of it: a fuzzer waits meanwhile. */
static const int64_t confirm_ns = 10 * CLOCK_S, give_up_ns = 20 * CLOCK_S;

/* --- life --------------------------------------------------------------------------- */

int driver_open(struct driver *driver, const struct driver_options *options,
                struct error *error)
{
    char build[1024];

    *driver = (struct driver){.hold = options->hold != NULL, .began_ns = clock_now_ns()};
    sequence_init(&driver->log);
    place_build(build, sizeof build);
    driver->campaign = campaign_load(options->campaign, build, NULL, error);
    if (!driver->campaign)
        return -1;
    if (campaign_check_authorised(driver->campaign, error) < 0)
        return -1;
    if (options->hold && hold_read(&driver->held, options->hold, error) < 0)
        return -1;
    if (kin_init(&driver->kin, driver->campaign->session, error) < 0)
        return -1;
    return ledger_open(&driver->ledger, options->directory, driver->campaign, error) < 0
               ? -1
               : runner_init(&driver->runner, driver->campaign, error);
}

int driver_start(struct driver *driver, struct error *error)
{
    struct restoration restoration;

    if (runner_start(&driver->runner, &restoration, error) < 0)
        return -1;
    latency_begin(&driver->runner, error);
    noise_learn(&driver->noise, &driver->runner);
    return 0;
}

void driver_close(struct driver *driver)
{
    if (driver->runner.campaign)
        runner_free(&driver->runner);
    ledger_close(&driver->ledger);
    kin_free(&driver->kin);
    sequence_free(&driver->log);
    tally_free(&driver->held);
    campaign_free(driver->campaign);
    *driver = (struct driver){0};
}

void driver_renew(struct driver *driver)
{
    driver->stale = true;
}

static int renew_if_due(struct driver *driver, struct error *error)
{
    struct restoration restoration;

    if (!driver->stale && driver->in_epoch < driver->campaign->epoch_cases)
        return 0;
    if (runner_restore(&driver->runner, RESET_WARM, &restoration, error) < 0)
        return -1;
    sequence_clear(&driver->log);
    driver->stale = false;
    driver->in_epoch = driver->since_sample = 0;
    return 0;
}

/* --- the map ------------------------------------------------------------------------ */

void driver_forget_map(uint8_t *map)
{
    memset(map, 0, DRIVER_MAP);
    map[0] = 1;
}

static struct coverage_map *coverage_of(struct driver *driver)
{
    struct device *device = driver->runner.device;

    return device->ops->coverage ? device->ops->coverage(device) : NULL;
}

static void begin_map(struct driver *driver)
{
    struct coverage_map *coverage = coverage_of(driver);

    shown_clear(&driver->shown);
    if (coverage)
        memset(coverage->edges, 0, sizeof coverage->edges);
}

static void fill_map(struct driver *driver, struct view input, uint8_t *map)
{
    struct coverage_map *coverage = coverage_of(driver);

    if (coverage)
        noise_rest();
    driver_forget_map(map);
    if (driver->hold)
        hold_map(&driver->held, input, map, DRIVER_MAP);
    else if (coverage)
        noise_copy(&driver->noise, coverage, map);
    else
        shown_count(&driver->shown, map, DRIVER_MAP);
    map[0] = 1;
}

/* Fuzzers keep one crash for each new map: so each cause has a byte of its own. An input
 * that broke the device without being a finding is nothing to go on from. */
static void mark_cause(const struct driver *driver, const struct driver_result *result,
                       uint8_t *map)
{
    if (driver->hold)
        return;
    if (result->verdict != DRIVER_PASS)
        map[tally_key_text(0, result->id) % DRIVER_MAP] = 1;
    else if (result->oracle[0] && driver->stale)
        driver_forget_map(map);
}

/* --- what an oracle saw ------------------------------------------------------------- */

/* A changed value was read some inputs after it changed: shortens the log to the culprit.
 */
static bool locate_culprit(struct driver *driver, struct case_result *seen)
{
    struct judgement judgement = seen->judgement;
    size_t back =
        confirm_locate(&driver->runner, &driver->log, (size_t)driver->since_sample + 1,
                       seen->oracle, &judgement, &(struct error){0});

    if (back == 0)
        return false;
    seen->judgement = judgement;
    driver->log.count = sequence_tail(&driver->log, back - 1);
    return back > 1;
}

/* The last input of the log, from its messages. */
static int last_input(const struct driver *driver, struct buffer *input)
{
    const struct sequence *log = &driver->log;

    for (size_t i = sequence_tail(log, 1); i < log->count; i++)
        if (input_append(model_framing(driver->campaign->model), sequence_bytes(log, i),
                         input) < 0)
            return -1;
    return 0;
}

/* As a corpus names it. */
static const char *name_of(struct view input, char name[INPUT_NAME])
{
    char digits[POOL_NAME];

    snprintf(name, INPUT_NAME, "input/%s", pool_name(input, digits));
    return name;
}

static int confirm_new(struct driver *driver, const struct case_result *seen,
                       struct driver_result *result, struct error *error)
{
    struct ledger *ledger = &driver->ledger;
    struct suspicion suspicion = {.number = driver->executions,
                                  .oracle = seen->oracle,
                                  .judgement = &seen->judgement,
                                  .after_s =
                                      (double)(clock_now_ns() - driver->began_ns) / 1e9};
    struct claim claim = {
        .log = &driver->log,
        .oracle = seen->oracle,
        .judgement = &seen->judgement,
        .alone = !ledger_searches(ledger, seen->oracle, seen->judgement.cause),
        .deadline_ns = clock_now_ns() + confirm_ns,
        .give_up_ns = clock_now_ns() + give_up_ns};
    struct confirmation made;
    struct buffer input = buffer_make(2 * INPUT_MAXIMUM);
    char name[INPUT_NAME];
    int status, concluded;

    confirmation_init(&made);
    if (last_input(driver, &input) < 0)
        buffer_clear(&input);
    suspicion.name = name_of(buffer_view(&input), name);
    status = confirm(&driver->runner, &claim, &ledger->level, &made, error);
    /* A device that is lost meanwhile is still what it was found to be. */
    concluded = ledger_conclude(ledger, &suspicion, &made, buffer_view(&input),
                                result->id, status < 0 ? &(struct error){0} : error);
    result->fresh = concluded > 0;
    snprintf(result->title, sizeof result->title, "%s", made.judgement.title);
    confirmation_free(&made);
    buffer_free(&input);
    return status < 0 || concluded < 0 ? -1 : 0;
}

static int judge(struct driver *driver, struct case_result *seen,
                 struct driver_result *result, struct error *error)
{
    const struct oracle_ops *oracle = oracle_kinds[seen->oracle];
    const char *known;

    driver->stale =
        seen->judgement.at_sample || findings_is_costly(seen->oracle, &seen->judgement);
    if (seen->judgement.at_sample && !oracle->gradual && driver->runner.device->resets)
        result->elsewhere = locate_culprit(driver, seen);
    snprintf(result->oracle, sizeof result->oracle, "%s", oracle->name);
    snprintf(result->title, sizeof result->title, "%s", seen->judgement.title);
    known = ledger_known(&driver->ledger, seen->oracle, seen->judgement.cause);
    if (known) {
        snprintf(result->id, sizeof result->id, "%s", known);
    } else {
        driver->stale = true;
        if (confirm_new(driver, seen, result, error) < 0)
            return -1;
    }
    if (!result->id[0])
        return 0;
    result->verdict = oracle->hard                                ? DRIVER_FAULT
                      : strcmp(seen->judgement.kind, "hang") == 0 ? DRIVER_HANG
                                                                  : DRIVER_WRONG;
    return 0;
}

/* --- one input ---------------------------------------------------------------------- */

/* Its messages as far as the session knows its way, as one case behind what was sent
 * before. */
static int append_input(struct driver *driver, struct view input)
{
    struct walk_message messages[INPUT_MESSAGES];
    size_t count = walk_input(&driver->kin, input, messages);

    driver->unsettled = walk_breaks(messages, count);
    for (size_t i = 0; i < count; i++) {
        struct sequence_step step = {.number = driver->executions,
                                     .message = messages[i].kin.message,
                                     .fuzzed = messages[i].kin.changed,
                                     .delivery = {.way = DELIVERY_WHOLE}};

        if (sequence_append(&driver->log, &step, messages[i].bytes) < 0)
            return -1;
    }
    return 0;
}

static void note_reply(void *context, const struct case_result *result)
{
    shown_note(context, result->last_message, result->outcome, result->reply_shape);
}

/* Reads all that is watched, as often as the campaign says, after the map was taken: it
 * is no part of what the input did. */
static void sample_if_due(struct driver *driver, struct case_result *seen,
                          struct error *error)
{
    static const struct run_options how = {.sample = true};

    if (seen->oracle != ORACLE_NONE || seen->sampled || seen->messages == 0)
        return;
    if (driver->since_sample + 1 >= driver->campaign->sample_every) {
        runner_sample(&driver->runner, &driver->log, seen->suspect_step, &how, seen,
                      error);
        if (seen->oracle == ORACLE_NONE)
            driver->since_sample = 0;
        return;
    }
    driver->since_sample++;
}

int driver_execute(struct driver *driver, struct view input, uint8_t *map,
                   struct driver_result *result, struct error *error)
{
    const struct run_options how = {.exchanged = note_reply, .context = &driver->shown};
    struct case_result seen;
    size_t first;
    int status = 0;

    *result = (struct driver_result){.verdict = DRIVER_PASS};
    if (renew_if_due(driver, error) < 0)
        return -1;
    if (driver->unsettled)
        runner_settle(&driver->runner);
    first = driver->log.count;
    driver->executions++;
    if (append_input(driver, input) < 0)
        return error_set(error, "out of memory for an input's messages");
    begin_map(driver);
    if (runner_run(&driver->runner, &driver->log, first, driver->log.count, &how, &seen,
                   error) < 0)
        return -1;
    if (map)
        fill_map(driver, input, map);
    driver->in_epoch++;
    result->messages = seen.messages;
    result->refused = seen.refused;
    sample_if_due(driver, &seen, error);
    if (seen.oracle != ORACLE_NONE)
        status = judge(driver, &seen, result, error);
    if (map)
        mark_cause(driver, result, map);
    return status;
}
