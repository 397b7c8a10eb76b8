#include "engine/confirm.h"

#include "core/clock.h"
#include "engine/minimise.h"

void confirmation_init(struct confirmation *confirmation)
{
    *confirmation = (struct confirmation){.decision = {.p = 1}};
    sequence_init(&confirmation->sequence);
    evidence_init(&confirmation->evidence);
}

void confirmation_free(struct confirmation *confirmation)
{
    sequence_free(&confirmation->sequence);
    evidence_free(&confirmation->evidence);
}

/* --- trials ------------------------------------------------------------------------- */

/* Where the case of step `end` - 1 begins. */
static size_t last_case(const struct sequence *sequence, size_t first, size_t end)
{
    size_t place = end;

    while (place > first &&
           sequence->steps[place - 1].number == sequence->steps[end - 1].number)
        place--;
    return place;
}

int confirm_trial(struct runner *runner, const struct sequence *sequence, size_t first,
                  size_t end, bool sample, const struct target *target,
                  struct judgement *judgement, struct evidence *evidence,
                  struct error *error)
{
    struct target there = {target->oracle, target->cause,
                           last_case(sequence, first, end)};
    struct run_options options = {.sample = sample, .target = &there};
    struct restoration restoration;
    struct case_result result;
    int status;

    evidence_begin(evidence, runner);
    status = runner_restore(runner, RESET_WARM, &restoration, error);
    if (status == 0)
        status = runner_run(runner, sequence, first, end, &options, &result, error);
    evidence_end(evidence, runner, status == 0 && target_hit(&there, &result));
    if (status < 0)
        return -1;
    if (!target_hit(&there, &result))
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
    struct target target = {.oracle = oracle};
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
    target.from = last_case(&control, 0, control.count);
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
    struct target target = {.oracle = oracle};
    size_t first = sequence_tail(log, cases), low = 0, high = cases;

    if (confirm_trial(runner, log, first, log->count, true, &target, judgement, NULL,
                      error) != 1)
        return 0;
    /* Replaying the first `high` cases of the window fails, the first `low` does not. */
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        size_t end = sequence_tail(log, cases - middle);

        if (confirm_trial(runner, log, first, end, true, &target, judgement, NULL,
                          error) == 1)
            high = middle;
        else
            low = middle;
    }
    return cases - high + 1;
}

/* --- a device's answers to decision.c ----------------------------------------------- */

struct attempt {
    struct runner *runner;
    const struct claim *claim;
    struct judgement wanted;
    struct target target; /* its cause is that of `wanted` */
    struct confirmation *confirmation;
};

static int replay(void *context, size_t cases, struct error *error)
{
    struct attempt *attempt = context;
    struct confirmation *made = attempt->confirmation;
    const struct sequence *sequence = cases ? attempt->claim->log : &made->sequence;

    made->trials++;
    return confirm_trial(attempt->runner, sequence,
                         cases ? sequence_tail(sequence, cases) : 0, sequence->count,
                         made->sample, &attempt->target, &made->judgement,
                         cases ? NULL : &made->evidence, error);
}

static int control(void *context, size_t cases, struct error *error)
{
    struct attempt *attempt = context;
    const struct sequence *log = attempt->claim->log;
    struct confirmation *made = attempt->confirmation;

    made->trials++;
    return confirm_control(attempt->runner,
                           cases ? log->count - sequence_tail(log, cases)
                                 : made->sequence.count,
                           made->sample, attempt->target.oracle, error);
}

/* A value is read behind the last case, which may not be the one that changed it: the end
 * of the one that did, and what is wanted becomes what is seen behind it. */
static size_t end_of_culprit(struct attempt *attempt, size_t cases, struct error *error)
{
    const struct sequence *log = attempt->claim->log;
    struct judgement judgement;
    size_t back = cases > 1 ? confirm_locate(attempt->runner, log, cases,
                                             attempt->target.oracle, &judgement, error)
                            : 0;

    if (back == 0)
        return log->count;
    attempt->wanted = judgement;
    return sequence_tail(log, back - 1);
}

static int adopt(struct attempt *attempt, size_t cases, size_t end, struct error *error)
{
    const struct sequence *log = attempt->claim->log;

    return sequence_append_range(&attempt->confirmation->sequence, log,
                                 sequence_tail(log, cases), end) < 0
               ? error_set(error, "out of memory for a reproducer")
               : 0;
}

static int shrink(void *context, size_t cases, struct error *error)
{
    struct attempt *attempt = context;
    struct confirmation *made = attempt->confirmation;
    bool has_culprit = made->sample && !oracle_kinds[attempt->target.oracle]->gradual;
    size_t end =
        has_culprit ? end_of_culprit(attempt, cases, error) : attempt->claim->log->count;

    return adopt(attempt, cases, end, error) < 0 ||
                   minimise(attempt->runner, &made->sequence, made->sample,
                            &attempt->target, attempt->claim->deadline_ns, &made->trials,
                            error) < 0
               ? -1
               : 0;
}

static bool is_late(void *context)
{
    return clock_now_ns() > ((struct attempt *)context)->claim->deadline_ns;
}

static bool is_over(void *context)
{
    int64_t give_up_ns = ((struct attempt *)context)->claim->give_up_ns;

    return give_up_ns && clock_now_ns() > give_up_ns;
}

int confirm(struct runner *runner, const struct claim *claim, struct level *level,
            struct confirmation *confirmation, struct error *error)
{
    struct attempt attempt = {.runner = runner,
                              .claim = claim,
                              .wanted = *claim->judgement,
                              .target = {.oracle = claim->oracle},
                              .confirmation = confirmation};
    struct trials trials = {&attempt, replay, control, shrink, is_late, is_over};
    struct search search = {sequence_cases(claim->log, 0),
                            claim->alone ? 1 : (size_t)runner->campaign->window,
                            runner->campaign->replays, oracle_kinds[claim->oracle]->hard};

    attempt.target.cause = attempt.wanted.cause;
    confirmation->oracle = claim->oracle;
    confirmation->judgement = attempt.wanted;
    confirmation->sample = attempt.wanted.at_sample;
    if (decide(&trials, &search, level, &confirmation->decision, error) < 0)
        return -1;
    /* What nothing repeats is known by its last case. */
    return confirmation->sequence.count ? 0
                                        : adopt(&attempt, 1, claim->log->count, error);
}
