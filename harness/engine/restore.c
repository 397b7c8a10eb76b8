/* Bringing the device to a known state, and proving that it is in it. */
#include "engine/runner.h"

#include "core/clock.h"

#include <stdio.h>
#include <string.h>

static const int64_t start_ns = 30 * CLOCK_S, reset_ns = 10 * CLOCK_S;
static const int64_t canary_ns = 5 * CLOCK_S, slowest_ns = 50 * CLOCK_MS;

enum canary_answer { CANARY_SILENT, CANARY_ASTRAY, CANARY_RIGHT };

/* Every canary message answered, again and again until it is or the time is up: a device
 * that has just booted may need a moment. Ever more slowly: what a refusing device says
 * of each attempt is not read meanwhile, and may fill its console until it waits. Astray:
 * it is, but never by its way through the code. */
static enum canary_answer canary_answers(struct runner *runner, int64_t deadline_ns,
                                         struct error *error)
{
    const struct session *session = runner->campaign->session;
    int64_t pause_ns = CLOCK_MS;
    unsigned astray = 0;
    size_t answered = 0;

    while (answered < session->canary_count) {
        if (answered == 0) {
            wire_trace_begin(&runner->wire);
            way_begin(runner);
        }
        if (exchange_valid(runner, session->canary[answered], NULL, error)) {
            if (++answered < session->canary_count || way_is_taken(runner))
                continue;
            if (++astray == WAY_ATTEMPTS)
                return CANARY_ASTRAY;
        } else if (clock_now_ns() > deadline_ns) {
            return CANARY_SILENT;
        }
        wire_disconnect(&runner->wire);
        clock_sleep_until_ns(clock_now_ns() + pause_ns);
        pause_ns = pause_ns < slowest_ns ? pause_ns * 2 : slowest_ns;
        answered = 0;
    }
    return CANARY_RIGHT;
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

static int64_t longer(int64_t a_ns, int64_t b_ns)
{
    return a_ns > b_ns ? a_ns : b_ns;
}

static enum canary_answer comes_back(struct runner *runner, struct error *error)
{
    int64_t limit_ns = longer(canary_ns, runner->device->answer_limit_ns);

    return canary_answers(runner, clock_now_ns() + limit_ns, error);
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
    if (runner->device->ops->start(
            runner->device, began_ns + longer(start_ns, runner->device->step_limit_ns),
            error) < 0)
        return -1;
    if (comes_back(runner, error) == CANARY_SILENT)
        return error_prefix(error, "the device does not answer: ");
    settle(runner, RESET_NONE, began_ns, restoration, error);
    return 0;
}

/* Another way through the code than at the start is no proof of a reset, and the next
 * step follows. Where there is none, the way is given up as a sign. */
static bool accepts_astray(struct runner *runner, enum reset_kind step)
{
    if (runner->device->resets >> (step + 1))
        return false;
    way_forget(runner);
    return true;
}

/* One step of the ladder, proven by the canary. */
static bool take_step(struct runner *runner, enum reset_kind step, struct error *error)
{
    struct device *device = runner->device;
    int64_t began_ns = clock_now_ns();
    enum canary_answer canary = CANARY_SILENT;
    bool back;

    if (step == RESET_NONE ||
        device->ops->reset(device, step,
                           began_ns + longer(reset_ns, device->step_limit_ns),
                           error) == 0) {
        if (step != RESET_NONE)
            wire_forget(&runner->wire);
        canary = comes_back(runner, error);
    }
    if (canary == CANARY_ASTRAY)
        error_set(error, "it answers by another way through its code than at the start");
    back = canary == CANARY_RIGHT ||
           (canary == CANARY_ASTRAY && accepts_astray(runner, step));
    if (step != RESET_NONE)
        resets_note(&runner->resets, step, clock_now_ns() - began_ns, back,
                    canary == CANARY_RIGHT ? "" : error->text);
    return back;
}

/* What each step that was taken said; a device that nothing resets has one reason only.
 */
static void add_reason(struct error *reasons, enum reset_kind step,
                       const struct error *error)
{
    size_t used = strlen(reasons->text);

    snprintf(reasons->text + used, sizeof reasons->text - used, "%s%s%s%.160s",
             used ? "; " : "", step == RESET_NONE ? "" : reset_kind_name(step),
             step == RESET_NONE ? "" : ": ", error->text);
}

int runner_restore(struct runner *runner, enum reset_kind kind,
                   struct restoration *restoration, struct error *error)
{
    int64_t began_ns = clock_now_ns();
    struct error reasons = {.text = ""};

    wire_disconnect(&runner->wire);
    if (!runner->device->resets)
        kind = RESET_NONE; /* nothing resets it: the canary still has to be answered */
    for (int rung = kind; rung < RESET_KINDS; rung++) {
        if (rung != RESET_NONE && !(runner->device->resets & (1u << rung)))
            continue;
        if (take_step(runner, (enum reset_kind)rung, error)) {
            settle(runner, (enum reset_kind)rung, began_ns, restoration, error);
            return 0;
        }
        wire_disconnect(&runner->wire);
        add_reason(&reasons, (enum reset_kind)rung, error);
    }
    *error = reasons;
    return error_prefix(error, "the device was lost and no reset brought it back: ");
}
