/* From what an oracle saw to what stands in the store. */
#include "engine/sitting.h"

#include <stdio.h>

static const int64_t confirm_ns = 20 * CLOCK_S;

/* A changed value was seen some cases after it changed: shortens the log to the culprit.
 */
static void locate_culprit(struct engine *engine, struct case_result *result)
{
    struct judgement judgement = result->judgement;
    struct error ignored;
    size_t back;

    engine_comment_case(engine, "replay of ");
    back = confirm_locate(&engine->runner, &engine->log, engine->since_sample + 1,
                          result->oracle, &judgement, &ignored);
    if (back == 0)
        return;
    result->judgement = judgement;
    engine->log.count = sequence_tail(&engine->log, back - 1);
}

static uint64_t last_logged_case(const struct engine *engine)
{
    return engine->log.count ? engine->log.steps[engine->log.count - 1].number : 0;
}

static void comment_replay(struct engine *engine, const struct suspicion *suspicion)
{
    snprintf(engine->runner.wire.comment, sizeof engine->runner.wire.comment,
             "replay of case %llu %s", (unsigned long long)suspicion->number,
             suspicion->name);
}

/* `log`: up to the suspect. */
static int confirm_new(struct engine *engine, const struct suspicion *suspicion,
                       const struct sequence *log, const char **id, struct error *error)
{
    struct claim claim = {.log = log,
                          .oracle = suspicion->oracle,
                          .judgement = suspicion->judgement,
                          .alone = !findings_searches(&engine->findings, suspicion),
                          .deadline_ns = clock_now_ns() + confirm_ns};
    struct confirmation confirmation;
    int status;

    confirmation_init(&confirmation);
    engine->doing = "confirming";
    comment_replay(engine, suspicion);
    engine_report_progress(engine, suspicion->number);
    status =
        confirm(&engine->runner, &claim, &engine->findings.level, &confirmation, error);
    engine->doing = "fuzzing";
    if (findings_conclude(&engine->findings, &engine->recorder, suspicion, &confirmation,
                          id, status < 0 ? &(struct error){0} : error) < 0 &&
        status == 0)
        status = STEP_FAILED;
    else if (status < 0)
        status = STEP_LOST;
    confirmation_free(&confirmation);
    return status;
}

/* --- those that wait ---------------------------------------------------------------- */

/* A hit of what has become a finding since, or confirmed now. */
static int settle(struct engine *engine, const struct waiting_suspicion *entry,
                  struct error *error)
{
    const struct suspicion *suspicion = &entry->suspicion;
    struct known_cause *known =
        findings_known(&engine->findings, suspicion->oracle, entry->judgement.cause);
    const char *id = known ? known->id : NULL;
    struct sequence log = engine->log;
    int status;

    log.count = entry->end;
    status = known ? findings_hit(&engine->findings, &engine->recorder, known, suspicion,
                                  NULL, error)
                   : confirm_new(engine, suspicion, &log, &id, error);
    if (id &&
        recorder_verdict(&engine->recorder, suspicion->number, "finding",
                         status < 0 ? &(struct error){0} : error) < 0 &&
        status == 0)
        status = STEP_FAILED;
    return status;
}

int suspicions_settle(struct engine *engine, struct error *error)
{
    struct waiting *waiting = &engine->waiting;
    int status = 0;

    for (size_t i = 0; i < waiting->count; i++) {
        const struct waiting_suspicion *entry = &waiting->list[i];

        if (status == 0)
            status = settle(engine, entry, error);
        else if (findings_leave(&engine->findings, &engine->recorder, &entry->suspicion,
                                &(struct error){0}) < 0)
            break;
    }
    waiting->count = 0;
    return status;
}

void suspicions_leave(struct engine *engine)
{
    struct waiting *waiting = &engine->waiting;

    for (size_t i = 0; i < waiting->count; i++)
        findings_leave(&engine->findings, &engine->recorder, &waiting->list[i].suspicion,
                       &(struct error){0});
    waiting->count = 0;
}

/* --- one that was seen -------------------------------------------------------------- */

/* What a hard oracle saw began to show before all of it was read. */
static double seen_after_s(const struct engine *engine, int oracle)
{
    int64_t seen_ns = engine->runner.observation.seen_ns;

    return oracle_kinds[oracle]->hard && seen_ns ? engine_seconds_at(engine, seen_ns)
                                                 : engine_active_seconds(engine);
}

int suspicion_handle(struct engine *engine, struct case_result *result,
                     const char **verdict, bool *restore, struct error *error)
{
    struct suspicion suspicion = {.number = engine->script.number,
                                  .stream = engine->script.stream,
                                  .oracle = result->oracle,
                                  .judgement = &result->judgement,
                                  .after_s = seen_after_s(engine, result->oracle)};
    char name[320];
    bool located = engine->runner.device->resets && result->judgement.at_sample &&
                   !oracle_kinds[result->oracle]->gradual;
    struct known_cause *known;
    const char *id;
    int status;

    if (located) {
        locate_culprit(engine, result);
        suspicion.number = last_logged_case(engine);
        suspicion.stream =
            campaign_stream(engine->campaign, suspicion.number, &(uint64_t){0});
    }
    suspicion.name = engine_case_name(engine, suspicion.number, name, sizeof name);
    *restore = result->judgement.at_sample ||
               findings_is_costly(result->oracle, &result->judgement);
    known = findings_known(&engine->findings, result->oracle, result->judgement.cause);
    if (known) {
        *verdict = "finding";
        return findings_hit(&engine->findings, &engine->recorder, known, &suspicion, NULL,
                            error);
    }
    if (waiting_may(result->oracle, &result->judgement)) {
        *verdict = "suspect";
        capture_mark(engine->recorder.capture);
        waiting_put(&engine->waiting, &suspicion, engine->log.count, engine->deadline_ns);
        return 0;
    }
    *restore = true;
    status = confirm_new(engine, &suspicion, &engine->log, &id, error);
    *verdict = id ? "finding" : "suspect";
    return status;
}
