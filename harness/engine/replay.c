#include "engine/replay.h"

#include "core/clock.h"

#include <stdio.h>
#include <string.h>

/* What was kept off the wire proves nothing. Says why it was. */
static void complain_unsent(const struct runner *runner, struct error *error)
{
    char what[160];
    unsigned lacks = 0;

    for (unsigned bit = 0; bit < LINK_CARRIES; bit++)
        if (runner->wire.gate_hits[GATE_NOT_CARRIED + bit])
            lacks |= 1u << bit;
    if (lacks)
        error_set(error, "nothing was sent: this link cannot carry it (%s)",
                  carries_text(lacks, what, sizeof what));
    else
        error_set(error,
                  "nothing was sent: `exclude`, or what the link's wire has room and "
                  "frames for, kept all of it off the wire");
}

static int keep(struct replay_seen *seen, int oracle, const struct judgement *judgement,
                enum replay_result how)
{
    seen->judgement = *judgement;
    snprintf(seen->oracle, sizeof seen->oracle, "%s", oracle_kinds[oracle]->name);
    return how;
}

/* A device that fails in another way has not stood it: what ended the run, or what was
 * passed over at the last message. */
static int failed_otherwise(const struct reproducer *reproducer,
                            const struct case_result *result, struct replay_seen *seen)
{
    if (result->oracle != ORACLE_NONE)
        return keep(seen, result->oracle, &result->judgement, REPLAY_OTHERWISE);
    if (result->passed_over == ORACLE_NONE ||
        result->passed_over_step + 1 < reproducer->sequence.count)
        return REPLAY_PASSED;
    return keep(seen, result->passed_over, &result->passed_over_judgement,
                REPLAY_OTHERWISE);
}

int replay_once(struct runner *runner, const struct reproducer *reproducer, bool any,
                struct replay_seen *seen, struct error *error)
{
    const struct sequence *sequence = &reproducer->sequence;
    struct target target = {.oracle = oracle_named(reproducer->oracle),
                            .cause = reproducer->cause};
    struct run_options how = {.sample = reproducer->sample,
                              .target = any ? NULL : &target};
    struct restoration restoration;
    struct case_result result;

    if (runner_restore(runner, RESET_WARM, &restoration, error) < 0 ||
        runner_run(runner, sequence, 0, sequence->count, &how, &result, error) < 0)
        return -1;
    if (result.refused && result.messages == 0) {
        complain_unsent(runner, error);
        return REPLAY_UNSENT;
    }
    if (any ? result.oracle == ORACLE_NONE : !target_hit(&target, &result))
        return failed_otherwise(reproducer, &result, seen);
    return keep(seen, result.oracle, &result.judgement, REPLAY_AS_BEFORE);
}

int replay_record(struct store *store, const struct reproducer *reproducer,
                  const char *device, int64_t replays, int64_t failures,
                  struct error *error)
{
    return store_write(store, error, "INSERT INTO retest VALUES (NULL,?,?,?,?,?,?,?)",
                       "ittttii", clock_wall_ns(), reproducer->plan_hash, reproducer->id,
                       reproducer->cause, device, replays, failures);
}
