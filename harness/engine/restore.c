/* Bringing the device to a known state, and proving that it is in it. */
#include "engine/runner.h"

#include "core/clock.h"

static const int64_t start_ns = 30 * CLOCK_S, reset_ns = 10 * CLOCK_S;
static const int64_t canary_ns = 5 * CLOCK_S, slowest_ns = 50 * CLOCK_MS;

/* Every canary message answered, again and again until it is or the time is up: a device
 * that has just booted may need a moment. Ever more slowly: what a refusing device says
 * of each attempt is not read meanwhile, and may fill its console until it waits. */
static bool canary_answers(struct runner *runner, int64_t deadline_ns,
                           struct error *error)
{
    const struct session *session = runner->campaign->session;
    int64_t pause_ns = CLOCK_MS;
    size_t answered = 0;

    while (answered < session->canary_count) {
        if (answered == 0)
            wire_trace_begin(&runner->wire);
        if (exchange_valid(runner, session->canary[answered], NULL, error)) {
            answered++;
            continue;
        }
        if (clock_now_ns() > deadline_ns)
            return false;
        wire_disconnect(&runner->wire);
        clock_sleep_until_ns(clock_now_ns() + pause_ns);
        pause_ns = pause_ns < slowest_ns ? pause_ns * 2 : slowest_ns;
        answered = 0;
    }
    return true;
}

static void settle(struct runner *runner, enum reset_kind kind, int64_t began_ns,
                   struct restoration *restoration, struct error *error)
{
    restoration->reset = kind;
    restoration->recovery_ns = clock_now_ns() - began_ns;
    invariants_adopt(runner, error);
    watch_adopt(runner, error);
    restoration->state_equal = invariants_at_home(runner, &restoration->state_known);
    runner_observe(runner, 0,
                   error); /* what the reset itself put out is nobody's fault */
    observation_clear(&runner->observation);
    lines_reset(&runner->console);
}

int runner_start(struct runner *runner, struct restoration *restoration,
                 struct error *error)
{
    int64_t began_ns = clock_now_ns();

    wire_forget(&runner->wire);
    /* A device may connect as soon as it starts, and only once. */
    if (runner->link->is_server &&
        link_listen(runner->link, runner->link->address, true, error) < 0)
        return -1;
    if (runner->device->ops->start(runner->device, began_ns + start_ns, error) < 0)
        return -1;
    if (!canary_answers(runner, clock_now_ns() + canary_ns, error))
        return error_prefix(error, "the device does not answer: ");
    settle(runner, RESET_NONE, began_ns, restoration, error);
    return 0;
}

int runner_restore(struct runner *runner, enum reset_kind kind,
                   struct restoration *restoration, struct error *error)
{
    int64_t began_ns = clock_now_ns();

    wire_disconnect(&runner->wire);
    if (!runner->device->resets)
        kind = RESET_NONE; /* nothing resets it: the canary still has to be answered */
    for (int rung = kind; rung < RESET_KINDS; rung++) {
        if (rung != RESET_NONE && !(runner->device->resets & (1u << rung)))
            continue;
        if (rung != RESET_NONE &&
            runner->device->ops->reset(runner->device, (enum reset_kind)rung,
                                       clock_now_ns() + reset_ns, error) < 0)
            continue;
        if (rung != RESET_NONE)
            wire_forget(&runner->wire);
        if (canary_answers(runner, clock_now_ns() + canary_ns, error)) {
            settle(runner, (enum reset_kind)rung, began_ns, restoration, error);
            return 0;
        }
        wire_disconnect(&runner->wire);
    }
    return error_prefix(error, "the device was lost and no reset brought it back: ");
}
