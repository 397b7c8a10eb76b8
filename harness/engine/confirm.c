#include "engine/confirm.h"

#include "core/clock.h"
#include "engine/minimise.h"
#include "engine/statistics.h"

void confirmation_init(struct confirmation *confirmation)
{
    *confirmation = (struct confirmation){.p = 1};
    sequence_init(&confirmation->sequence);
}

void confirmation_free(struct confirmation *confirmation)
{
    sequence_free(&confirmation->sequence);
}

/* --- trials ------------------------------------------------------------------------- */

int confirm_trial(struct runner *runner, const struct sequence *sequence, size_t first,
                  size_t end, bool sample, const struct target *target,
                  struct judgement *judgement, struct error *error)
{
    struct run_options options = {.sample = sample, .target = target};
    struct restoration restoration;
    struct case_result result;

    if (runner_restore(runner, RESET_WARM, &restoration, error) < 0 ||
        runner_run(runner, sequence, first, end, &options, &result, error) < 0)
        return -1;
    if (!target_hit(target, &result))
        return 0;
    if (judgement)
        *judgement = result.judgement;
    return 1;
}

static int append_exemplar(struct runner *runner, uint64_t number, unsigned message,
                           struct sequence *control)
{
    struct sequence_step step = {.number = number, .message = message};

    buffer_clear(&runner->exemplar);
    if (generator_exemplar(&runner->generator, message, runner->serial++,
                           &runner->exemplar) < 0)
        return -1;
    return sequence_append(control, &step, buffer_view(&runner->exemplar));
}

/* One message as a case of its own, where states belong to connections with what leads
 * there. */
static int append_control_case(struct runner *runner, uint64_t number, unsigned message,
                               struct sequence *control)
{
    const struct session_state *state = session_home(runner->campaign->session, message);

    for (size_t i = 0; runner->campaign->connection_per_case && i < state->path_count;
         i++)
        if (append_exemplar(runner, number, state->path[i], control) < 0)
            return -1;
    return append_exemplar(runner, number, message, control);
}

/* Valid traffic, at least so many messages: those marked `control`, else the canary's, in
 * turn. */
static int append_control(struct runner *runner, size_t messages,
                          struct sequence *control)
{
    const struct session *session = runner->campaign->session;
    size_t marked = 0;

    for (size_t i = 0; i < session->message_count; i++)
        marked += session->messages[i].control;
    for (size_t turn = 0; control->count < messages; turn++) {
        unsigned message = (unsigned)(turn % session->message_count);

        if (!marked)
            message = session->canary[turn % session->canary_count];
        else if (!session->messages[message].control)
            continue;
        if (append_control_case(runner, turn + 1, message, control) < 0)
            return -1;
    }
    return 0;
}

int confirm_control(struct runner *runner, size_t messages, bool sample, int oracle,
                    struct error *error)
{
    struct target target = {oracle, NULL};
    struct run_options options = {.sample = sample, .control = true, .target = &target};
    struct restoration restoration;
    struct case_result result;
    struct sequence control;
    int status = -1;

    sequence_init(&control);
    if (append_control(runner, messages, &control) < 0) {
        error_set(error, "out of memory for control traffic");
        goto out;
    }
    if (runner_restore(runner, RESET_WARM, &restoration, error) < 0 ||
        runner_run(runner, &control, 0, control.count, &options, &result, error) < 0)
        goto out;
    status = target_hit(&target, &result);
out:
    sequence_free(&control);
    return status;
}

/* --- where it began ----------------------------------------------------------------- */

size_t confirm_locate(struct runner *runner, const struct sequence *log, size_t cases,
                      int oracle, struct judgement *judgement, struct error *error)
{
    struct target target = {oracle, NULL};
    size_t first = sequence_tail(log, cases), low = 0, high = cases;

    if (confirm_trial(runner, log, first, log->count, true, &target, judgement, error) !=
        1)
        return 0;
    /* Replaying the first `high` cases of the window fails, the first `low` does not. */
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        size_t end = sequence_tail(log, cases - middle);

        if (confirm_trial(runner, log, first, end, true, &target, judgement, error) == 1)
            high = middle;
        else
            low = middle;
    }
    return cases - high + 1;
}

/* Finds a window at the end of the log whose replay fails: the last case, then the last
 * 2, 4, 8 … 1: found, *first is its start. */
static int search_back(struct runner *runner, const struct sequence *log,
                       const struct target *target, int64_t deadline_ns, size_t *first,
                       struct confirmation *confirmation, struct error *error)
{
    size_t cases = sequence_cases(log);

    for (size_t window = 1;; window *= 2) {
        *first = sequence_tail(log, window);
        for (int attempt = 0; attempt < 2; attempt++) {
            int failed =
                confirm_trial(runner, log, *first, log->count, confirmation->sample,
                              target, &confirmation->judgement, error);

            confirmation->trials++;
            if (failed)
                return failed;
            if (window > 1)
                break;
        }
        if (window >= cases || window >= (size_t)runner->campaign->window ||
            clock_now_ns() > deadline_ns)
            return 0;
    }
}

/* The figures that stand in the report: replays of the minimised sequence against
 * controls. */
static int measure(struct runner *runner, const struct target *target,
                   struct confirmation *confirmation, struct error *error)
{
    const struct sequence *sequence = &confirmation->sequence;

    for (int i = 0; i < runner->campaign->replays; i++) {
        int failed =
            confirm_trial(runner, sequence, 0, sequence->count, confirmation->sample,
                          target, &confirmation->judgement, error);
        int control = failed < 0
                          ? -1
                          : confirm_control(runner, sequence->count, confirmation->sample,
                                            target->oracle, error);

        if (control < 0)
            return -1;
        confirmation->replays++;
        confirmation->failures += failed;
        confirmation->controls++;
        confirmation->control_failures += control;
        confirmation->trials += 2;
    }
    confirmation->p =
        statistics_fisher(confirmation->replays, confirmation->failures,
                          confirmation->controls, confirmation->control_failures);
    confirmation->confirmed = confirmation->p <= runner->campaign->alpha;
    return 0;
}

int confirm(struct runner *runner, const struct sequence *log, int oracle,
            const struct judgement *suspicion, int64_t deadline_ns,
            struct confirmation *confirmation, struct error *error)
{
    struct judgement wanted = *suspicion;
    struct target target = {oracle, wanted.cause};
    size_t first;
    int found;

    confirmation->oracle = oracle;
    confirmation->judgement = *suspicion;
    confirmation->sample = suspicion->at_sample;
    found = search_back(runner, log, &target, deadline_ns, &first, confirmation, error);
    if (found < 0)
        return -1;
    if (!found)
        first = sequence_tail(log, 1);
    if (sequence_append_range(&confirmation->sequence, log, first, log->count) < 0)
        return error_set(error, "out of memory for a reproducer");
    if (!found)
        return 0;
    confirmation->repeated = true;
    if (minimise(runner, &confirmation->sequence, confirmation->sample, &target,
                 deadline_ns, &confirmation->trials, error) < 0)
        return -1;
    return measure(runner, &target, confirmation, error);
}
