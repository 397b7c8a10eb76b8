#include "engine/minimise.h"

#include "core/clock.h"
#include "engine/confirm.h"
#include "engine/minimise_message.h"

enum { DELIVERY_TRIALS = 6, SEQUENCE_TRIALS = 60, MESSAGE_TRIALS = 32 };

/* Simpler messages are worth this much of a campaign, each. */
static const int64_t message_ns = 3 * CLOCK_S;

struct minimiser {
    struct runner *runner;
    bool sample;
    const struct target *target;
    int64_t deadline_ns;
    unsigned *trials, left;
    struct error *error;
};

static bool is_over(const struct minimiser *minimiser)
{
    return minimiser->left == 0 || clock_now_ns() > minimiser->deadline_ns;
}

/* 1: the candidate fails too. 0 also when the time is up. It must fail twice: among so
 * many candidates a device that now and then does not answer would give a wrong one away.
 */
static int still_fails(struct minimiser *minimiser, const struct sequence *candidate)
{
    int fails = 1;

    if (is_over(minimiser))
        return 0;
    minimiser->left--;
    for (int i = 0; i < 2 && fails == 1; i++) {
        ++*minimiser->trials;
        fails = confirm_trial(minimiser->runner, candidate, 0, candidate->count,
                              minimiser->sample, minimiser->target, NULL, NULL,
                              minimiser->error);
    }
    return fails;
}

static void exchange_sequences(struct sequence *a, struct sequence *b)
{
    struct sequence other = *a;

    *a = *b;
    *b = other;
}

/* --- whole and at once -------------------------------------------------------------- */

static size_t count_deliveries(const struct sequence *sequence, size_t first, size_t end)
{
    size_t count = 0;

    for (size_t i = first; i < end; i++)
        count += !delivery_is_whole(&sequence->steps[i].delivery);
    return count;
}

/* Steps [first, end) without their deliveries, where it fails all the same: then those
 * were not the cause. */
static int deliver_plainly(struct minimiser *minimiser, struct sequence *sequence,
                           size_t first, size_t end)
{
    struct sequence candidate;
    int fails;

    if (count_deliveries(sequence, first, end) == 0)
        return 0;
    sequence_init(&candidate);
    if (sequence_append_range(&candidate, sequence, 0, sequence->count) < 0) {
        sequence_free(&candidate);
        return error_set(minimiser->error, "out of memory while minimising");
    }
    for (size_t i = first; i < end; i++)
        candidate.steps[i].delivery = (struct delivery){.way = DELIVERY_WHOLE};
    fails = still_fails(minimiser, &candidate);
    if (fails > 0)
        exchange_sequences(sequence, &candidate);
    sequence_free(&candidate);
    return fails < 0 ? -1 : 0;
}

/* All of them, else one by one. */
static int drop_deliveries(struct minimiser *minimiser, struct sequence *sequence)
{
    size_t before = count_deliveries(sequence, 0, sequence->count);

    if (deliver_plainly(minimiser, sequence, 0, sequence->count) < 0)
        return -1;
    for (size_t i = 0; before > 1 && i < sequence->count; i++)
        if (deliver_plainly(minimiser, sequence, i, i + 1) < 0)
            return -1;
    return 0;
}

/* --- fewer messages ----------------------------------------------------------------- */

/* Takes out chunks, halves first, then smaller ones: what is left still fails. */
static int drop_messages(struct minimiser *minimiser, struct sequence *sequence)
{
    struct sequence candidate;
    int status = 0;

    sequence_init(&candidate);
    for (size_t chunk = sequence->count / 2; chunk > 0 && status == 0; chunk /= 2) {
        size_t place = 0;

        while (place + 1 < sequence->count && status == 0) {
            size_t end =
                place + chunk < sequence->count - 1 ? place + chunk : sequence->count - 1;
            int fails;

            sequence_clear(&candidate);
            if (sequence_append_range(&candidate, sequence, 0, place) < 0 ||
                sequence_append_range(&candidate, sequence, end, sequence->count) < 0) {
                status = error_set(minimiser->error, "out of memory while minimising");
                break;
            }
            fails = still_fails(minimiser, &candidate);
            if (fails < 0)
                status = -1;
            else if (fails)
                exchange_sequences(sequence, &candidate);
            else
                place = end;
        }
    }
    sequence_free(&candidate);
    return status;
}

/* --- simpler messages --------------------------------------------------------------- */

struct attempt {
    struct minimiser *minimiser;
    struct sequence *sequence;
};

static int try_candidate(void *context, struct sequence *candidate)
{
    struct attempt *attempt = context;
    int fails = still_fails(attempt->minimiser, candidate);

    if (fails > 0)
        exchange_sequences(attempt->sequence, candidate);
    return fails;
}

static bool has_no_more(void *context)
{
    return is_over(((struct attempt *)context)->minimiser);
}

int minimise(struct runner *runner, struct sequence *sequence, bool sample,
             const struct target *target, int64_t deadline_ns, unsigned *trials,
             struct error *error)
{
    struct minimiser minimiser = {.runner = runner,
                                  .sample = sample,
                                  .target = target,
                                  .deadline_ns = deadline_ns,
                                  .trials = trials,
                                  .left = DELIVERY_TRIALS,
                                  .error = error};
    struct attempt attempt = {&minimiser, sequence};
    struct simplifier simplifier = {runner, sequence, try_candidate, has_no_more,
                                    &attempt};

    if (drop_deliveries(&minimiser, sequence) < 0)
        return -1;
    minimiser.left = SEQUENCE_TRIALS;
    if (sequence->count > 1 && drop_messages(&minimiser, sequence) < 0)
        return -1;
    minimiser.left = MESSAGE_TRIALS;
    if (minimiser.deadline_ns > clock_now_ns() + message_ns)
        minimiser.deadline_ns = clock_now_ns() + message_ns;
    return minimise_messages(&simplifier);
}
