#include "engine/engine.h"

#include "engine/coverage.h"
#include "engine/sitting.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t progress_ns = 200 * CLOCK_MS;
/* Whether what is stored is enough is asked this often, and less where asking takes long:
 * no more than a twentieth of the time goes into it. */
static const int64_t enough_ns = 2 * CLOCK_S;
enum { ENOUGH_SHARE = 20 };
/* Serial numbers for the probes in one case. */
enum { CASE_SERIALS = 16 };

double engine_seconds_at(const struct engine *engine, int64_t at_ns)
{
    return engine->earlier_s + (double)(at_ns - engine->began_ns) / 1e9;
}

double engine_active_seconds(const struct engine *engine)
{
    return engine_seconds_at(engine, clock_now_ns());
}

/* --- progress and stopping ---------------------------------------------------------- */

void engine_report_progress(struct engine *engine, uint64_t number)
{
    int64_t now = clock_now_ns();
    double seconds = (double)(now - engine->began_ns) / 1e9;
    uint64_t left = selection_left(&engine->campaign->selection, number + 1);
    struct engine_progress progress = {
        .number = number,
        .cases = engine->sent,
        .findings = engine->findings.count,
        .suspicions = engine->findings.suspicions,
        .rate_per_s = seconds > 0 ? (double)engine->sent / seconds : 0,
        .left_ns = engine->deadline_ns ? engine->deadline_ns - now : -1,
        .doing = engine->doing};

    engine->next_progress_ns = now + progress_ns;
    if (left != UINT64_MAX && progress.rate_per_s > 0) {
        int64_t by_cases = (int64_t)((double)left / progress.rate_per_s * 1e9);

        if (progress.left_ns < 0 || by_cases < progress.left_ns)
            progress.left_ns = by_cases;
    }
    if (engine->options->progress &&
        engine->options->progress(engine->options->context, &progress))
        engine->reason = "stopped";
}

/* Criteria count what is stored: everything that a run's end would write is there. */
static int ask_enough(struct engine *engine, struct error *error)
{
    int64_t began_ns = clock_now_ns(), took_ns;

    if (!engine->options->enough || began_ns < engine->next_enough_ns)
        return 0;
    if (recorder_active_time(&engine->recorder, engine_active_seconds(engine), error) <
            0 ||
        coverage_write(&engine->recorder, error) < 0)
        return STEP_FAILED;
    if (engine->options->enough(engine->options->context, engine->recorder.store))
        engine->reason = "criteria";
    took_ns = clock_now_ns() - began_ns;
    engine->next_enough_ns =
        began_ns + took_ns +
        (took_ns * ENOUGH_SHARE > enough_ns ? took_ns * ENOUGH_SHARE : enough_ns);
    return 0;
}

uint64_t engine_next_case(const struct engine *engine, uint64_t number)
{
    return selection_next(&engine->campaign->selection, &engine->campaign->plan, number);
}

/* --- epochs ------------------------------------------------------------------------- */

int engine_open_epoch(struct engine *engine, uint64_t first_case,
                      const struct restoration *restoration, struct error *error)
{
    sequence_clear(&engine->log);
    if (engine->guided)
        guided_restart(engine->guided);
    engine->in_epoch = engine->since_sample = engine->since_check = 0;
    if (recorder_active_time(&engine->recorder, engine_active_seconds(engine), error) <
            0 ||
        resets_write(&engine->runner.resets, engine->recorder.store, error) < 0 ||
        recorder_begin_epoch(&engine->recorder, first_case, restoration, error) < 0)
        return STEP_FAILED;
    /* The canary that proved the reset was a valid exchange. */
    return recorder_valid_check(&engine->recorder, true,
                                engine->runner.control_latency_ns, error);
}

/* Settles what waits, closes the epoch at `last_case`, restores the device and opens the
 * next one. */
static int renew_epoch(struct engine *engine, uint64_t last_case, const char *reason,
                       struct error *error)
{
    struct restoration restoration = {.reset = RESET_WARM};
    int back = suspicions_settle(engine, error);

    if (back < 0)
        return back;
    if (recorder_end_epoch(&engine->recorder, last_case, error) < 0)
        return STEP_FAILED;
    engine->runner.resets.why = reason;
    back = runner_restore(&engine->runner, RESET_WARM, &restoration, error);
    engine->runner.resets.why = NULL;
    if (recorder_recovery(&engine->recorder, reason, &restoration, back == 0,
                          back == 0 ? error : &(struct error){0}) < 0)
        return STEP_FAILED;
    if (back < 0)
        return STEP_LOST;
    return engine_open_epoch(engine, last_case + 1, &restoration, error);
}

const char *engine_case_name(const struct engine *engine, uint64_t number, char *text,
                             size_t size)
{
    return engine->guided ? guided_name(engine->campaign, &engine->log, text, size)
                          : plan_name(&engine->campaign->plan, number, text, size);
}

/* What the capture says about the packets from here on. */
void engine_comment_case(struct engine *engine, const char *purpose)
{
    char *comment = engine->runner.wire.comment;
    int used = snprintf(comment, sizeof engine->runner.wire.comment, "%scase %llu ",
                        purpose, (unsigned long long)engine->script.number);

    engine_case_name(engine, engine->script.number, comment + used,
                     sizeof engine->runner.wire.comment - (size_t)used);
}

/* --- one case ----------------------------------------------------------------------- */

static bool sample_due(const struct engine *engine)
{
    return engine->since_sample + 1 >= (uint64_t)engine->campaign->sample_every;
}

static int record_case(struct engine *engine, const struct case_result *result,
                       struct view record, const char *verdict, struct error *error)
{
    if (recorder_samples(&engine->recorder, result, error) < 0 ||
        recorder_readings(&engine->recorder, result, error) < 0 ||
        classes_note(&engine->classes, &engine->recorder, engine->script.number, result,
                     error) < 0)
        return STEP_FAILED;
    return recorder_case(&engine->recorder, &engine->script, result, verdict, record,
                         error);
}

/* A valid exemplar among the cases, every so many. */
int engine_valid_check(struct engine *engine, struct error *error)
{
    int64_t latency_ns = 0;
    struct error ignored;
    bool ok;

    engine->since_check = 0;
    ok = exchange_valid(
        &engine->runner,
        engine->campaign->session
            ->canary[engine->sent % engine->campaign->session->canary_count],
        &latency_ns, &ignored);
    /* A failed check stays on record; whether the device answers again is another row. */
    if (!ok) {
        if (recorder_valid_check(&engine->recorder, false, 0, error) < 0)
            return STEP_FAILED;
        ok = exchange_probe(&engine->runner, &ignored);
        latency_ns = ok ? engine->runner.control_latency_ns : 0;
    }
    return recorder_valid_check(&engine->recorder, ok, latency_ns, error);
}

static int make_case(struct engine *engine, uint64_t number, struct error *error)
{
    int status = engine->guided
                     ? guided_case(engine->guided, number, &engine->script)
                     : generator_case(&engine->runner.generator, number, &engine->script);

    return status < 0 ? error_set(error, "out of memory while making case %llu",
                                  (unsigned long long)number)
                      : 0;
}

/* One case, top to bottom. */
static int run_case(struct engine *engine, uint64_t number, struct error *error)
{
    struct case_result result;
    struct run_options options = {.sample = sample_due(engine)};
    struct view record;
    const char *verdict = "pass";
    bool restore = false;
    uint32_t why;
    int status;

    if (make_case(engine, number, error) < 0)
        return STEP_FAILED;
    if (!engine->guided &&
        skips_case(&engine->findings.skips, number, engine->script.stream, &why))
        return recorder_skipped(&engine->recorder, &engine->script, why, error);
    if (recorder_announce(&engine->recorder, number, error) < 0 ||
        sequence_append_script(&engine->log, &engine->script) < 0)
        return STEP_FAILED;
    engine_comment_case(engine, "");
    engine->runner.resets.after_case = number;
    wire_begin_case(&engine->runner.wire, number);
    /* The digest covers the probes in a case: they hang on its number, not on the past.
     */
    engine->runner.serial = number * CASE_SERIALS;
    if (engine->guided)
        guided_watch(engine->guided, &options);
    if (runner_run(&engine->runner, &engine->log,
                   engine->log.count - engine->script.count, engine->log.count, &options,
                   &result, error) < 0)
        return STEP_FAILED;
    if (engine->guided && guided_read(engine->guided) < 0)
        return error_set(error, "out of memory for what a case reached");
    record = wire_end_case(&engine->runner.wire);
    engine->sent++;
    skips_sent(&engine->findings.skips, engine->script.stream);
    engine->in_epoch++;
    engine->since_check++;
    status = result.oracle == ORACLE_NONE
                 ? 0
                 : suspicion_handle(engine, &result, &verdict, &restore, error);
    /* What is seen in a case that sent nothing is the doing of those before it. */
    if (result.refused && (result.oracle == ORACLE_NONE || result.sent_bytes == 0))
        verdict = "excluded";
    if (status == 0 &&
        (record_case(engine, &result, record, verdict, error) < 0 ||
         (engine->guided && guided_keep(engine->guided, &result, restore, error) < 0)))
        status = STEP_FAILED;
    if (status == 0 && restore)
        status = renew_epoch(engine, number, "fault", error);
    else if (status == 0 && engine->runner.blind)
        status = renew_epoch(engine, number, "blind", error);
    else if (status == 0 && waiting_is_due(&engine->waiting))
        status = renew_epoch(engine, number, "confirm", error);
    engine->since_sample =
        engine->in_epoch == 0 || options.sample ? 0 : engine->since_sample + 1;
    return status;
}

/* --- the campaign ------------------------------------------------------------------- */

static bool budget_spent(struct engine *engine, uint64_t number)
{
    if (number == 0)
        engine->reason = "cases";
    else if (engine->deadline_ns && clock_now_ns() >= engine->deadline_ns)
        engine->reason = "time";
    return engine->reason != NULL;
}

static int run_cases(struct engine *engine, struct error *error)
{
    const struct campaign *campaign = engine->campaign;
    uint64_t number = engine_next_case(engine, recorder_next_case(&engine->recorder));
    int status = 0;

    while (status == 0 && !budget_spent(engine, number)) {
        if (engine->in_epoch >= (uint64_t)engine->campaign->epoch_cases)
            status = renew_epoch(engine, number - 1, "epoch", error);
        if (status == 0 && engine->since_check >= (uint64_t)campaign->check_every)
            status = engine_valid_check(engine, error);
        if (status == 0)
            status = run_case(engine, number, error);
        number = engine_next_case(engine, number + 1);
        if (clock_now_ns() < engine->next_progress_ns)
            continue;
        engine_report_progress(engine, engine->recorder.last_case);
        if (status == 0)
            status = ask_enough(engine, error);
    }
    if (status == 0 && engine->waiting.count)
        status = renew_epoch(engine, engine->recorder.last_case, "confirm", error);
    if (status == STEP_LOST)
        suspicions_leave(engine);
    if (status == 0 && engine_valid_check(engine, error) < 0)
        status = STEP_FAILED;
    if (status == 0 &&
        recorder_end_epoch(&engine->recorder, engine->recorder.last_case, error) < 0)
        status = STEP_FAILED;
    return status;
}

static int open_engine(struct engine *engine, struct error *error)
{
    const struct engine_options *options = engine->options;
    char text[32];

    script_init(&engine->script);
    sequence_init(&engine->log);
    if (recorder_open(&engine->recorder, engine->campaign, options->directory,
                      options->resume, error) < 0 ||
        waiting_init(&engine->waiting, error) < 0 ||
        findings_init(&engine->findings, engine->campaign, error) < 0)
        return -1;
    if (engine->campaign->engine == CAMPAIGN_GUIDED &&
        !(engine->guided =
              guided_open(&engine->runner, &engine->recorder, options->corpus, error)))
        return -1;
    if (store_get(engine->recorder.store, "active_seconds", text, sizeof text) == 0)
        engine->earlier_s = strtod(text, NULL);
    return resets_load(&engine->runner.resets, engine->recorder.store, error) < 0 ||
                   findings_load(&engine->findings, &engine->recorder, error) < 0 ||
                   classes_load(&engine->classes, &engine->recorder, error) < 0
               ? -1
               : 0;
}

/* A power switch may fail at the very end, and whoever stands at the bench must know. */
static enum engine_end switch_off(struct engine *engine, enum engine_end end,
                                  struct error *error)
{
    struct device *device = engine->runner.device;

    if (!device)
        return end;
    if (engine->runner.link)
        wire_disconnect(&engine->runner.wire);
    device->ops->stop(device);
    if (!device->unsafe.text[0])
        return end;
    if (end != ENGINE_DONE) {
        error_prefix(error, "%.200s; ", device->unsafe.text);
        return end;
    }
    *error = device->unsafe;
    return ENGINE_LOST;
}

enum engine_end engine_run(const struct campaign *campaign,
                           const struct engine_options *options, struct error *error)
{
    struct engine *engine = calloc(1, sizeof *engine);
    enum engine_end end = ENGINE_MISUSED;
    int64_t budget_ns = options->budget_ns ? options->budget_ns : campaign->budget_ns;
    int status;
    bool started;

    if (!engine) {
        error_set(error, "out of memory");
        return ENGINE_FAILED;
    }
    engine->campaign = campaign;
    engine->options = options;
    engine->began_ns = options->began_ns ? options->began_ns : clock_now_ns();
    engine->next_enough_ns = engine->began_ns + enough_ns;
    if (runner_init(&engine->runner, campaign, error) < 0)
        goto out;
    if (campaign_check_authorised(campaign, error) < 0) {
        end = ENGINE_REFUSED;
        goto out;
    }
    if (open_engine(engine, error) < 0)
        goto out;
    if (budget_ns)
        engine->deadline_ns =
            engine->began_ns + budget_ns - (int64_t)(engine->earlier_s * 1e9);
    status = sitting_begin(engine, error);
    started = status == 0;
    if (started)
        status = run_cases(engine, error);
    end = sitting_finish(engine, status, started, error);
out:
    recorder_close(&engine->recorder, "failed", engine_active_seconds(engine),
                   &(struct error){0});
    end = switch_off(engine, end, error);
    guided_free(engine->guided);
    findings_free(&engine->findings);
    waiting_free(&engine->waiting);
    classes_free(&engine->classes);
    script_free(&engine->script);
    sequence_free(&engine->log);
    runner_free(&engine->runner);
    free(engine);
    return end;
}
