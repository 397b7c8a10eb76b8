#include "engine/load.h"

#include "core/clock.h"

#include <stdio.h>
#include <string.h>

/* Long enough that the looks take little of the time, short enough to tell when it
 * failed. */
static const int64_t stretch_ns = 5 * CLOCK_S;

/* What the looks take is made up for: the average counts. */
static unsigned raised(unsigned percent)
{
    return percent + percent / 10;
}

/* One message, as often as fits into the stretch. */
static int make_stretch(struct runner *runner, unsigned message,
                        const struct delivery *delivery, struct sequence *sequence,
                        struct error *error)
{
    struct script script;
    int status;

    script_init(&script);
    sequence_clear(sequence);
    status = generator_steps(&runner->generator, message, runner->serial++, &script);
    if (status == 0)
        status = sequence_append_script(sequence, &script);
    script_free(&script);
    if (status < 0)
        return error_set(error, "out of memory for a message");
    sequence->steps[sequence->count - 1].delivery = *delivery;
    return 0;
}

static int send_stretch(struct runner *runner, const struct sequence *sequence,
                        struct load_result *result, struct error *error)
{
    const struct run_options how = {.sample = true, .control = true};
    struct case_result seen;

    if (runner_run(runner, sequence, 0, sequence->count, &how, &seen, error) < 0)
        return -1;
    if (seen.refused)
        return error_set(error,
                         "nothing was sent: `exclude`, or what the link carries, kept a "
                         "valid message off the wire");
    result->looks++;
    result->held = seen.oracle == ORACLE_NONE && !seen.dead;
    if (seen.oracle != ORACLE_NONE)
        snprintf(result->failure, sizeof result->failure, "%.200s", seen.judgement.title);
    else if (seen.dead)
        snprintf(result->failure, sizeof result->failure, "no answer to a valid request");
    return 0;
}

static int load_stretches(struct runner *runner, unsigned percent, int64_t duration_ns,
                          bool (*stop)(void), struct sequence *sequence,
                          struct load_result *result, struct error *error)
{
    const struct session *session = runner->campaign->session;
    struct delivery delivery = {.way = DELIVERY_FLOOD, .percent = raised(percent)};
    int64_t start_ns = clock_now_ns(), left_ns = duration_ns, interval_ns;

    while (left_ns > 0 && result->held && !(stop && stop())) {
        unsigned message = session->canary[result->looks % session->canary_count];

        delivery.pause_ns = left_ns < stretch_ns ? left_ns : stretch_ns;
        if (make_stretch(runner, message, &delivery, sequence, error) < 0 ||
            send_stretch(runner, sequence, result, error) < 0)
            return -1;
        result->messages += wire_flood_size(runner->campaign, &delivery, &interval_ns);
        left_ns = start_ns + duration_ns - clock_now_ns();
    }
    result->seconds = (double)(clock_now_ns() - start_ns) / 1e9;
    result->percent = 100.0 * (double)result->messages / result->seconds /
                      (double)runner->campaign->maximum_rate;
    return 0;
}

int load_run(struct runner *runner, unsigned percent, int64_t duration_ns,
             bool (*stop)(void), struct load_result *result, struct error *error)
{
    struct restoration restoration;
    struct sequence sequence;
    int status;

    *result = (struct load_result){.held = true};
    if (runner_restore(runner, RESET_WARM, &restoration, error) < 0)
        return -1;
    sequence_init(&sequence);
    status = load_stretches(runner, percent, duration_ns, stop, &sequence, result, error);
    sequence_free(&sequence);
    return status;
}
