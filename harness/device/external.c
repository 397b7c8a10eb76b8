/* Hardware or a service that the harness can only switch, and hear by its console. */
#include "device/external.h"

#include "core/clock.h"
#include "device/action.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

static int64_t limit_of(const struct external *external, int64_t deadline_ns)
{
    int64_t limit_ns = clock_now_ns() + external->limit_ns;

    return limit_ns < deadline_ns ? limit_ns : deadline_ns;
}

/* A command that the campaign does not have succeeds. */
static int run(struct external *external, enum external_command which,
               int64_t deadline_ns, struct error *error)
{
    return external->commands[which]
               ? action_run(external_command_names[which], external->commands[which],
                            NULL, limit_of(external, deadline_ns), error)
               : 0;
}

static int external_start(struct device *device, int64_t deadline_ns, struct error *error)
{
    struct external *external = device->state;
    bool boots = external->supply.power.name || external->commands[EXTERNAL_START];

    external->started = true;
    if (external_listen(external, error) < 0 ||
        supply_switch(&external->supply, POWER_ON, deadline_ns, error) < 0 ||
        run(external, EXTERNAL_START, deadline_ns, error) < 0)
        return -1;
    /* One that is on already says nothing more. */
    return boots || external->commands[EXTERNAL_READY]
               ? external_await_ready(external, false, deadline_ns, error)
               : 0;
}

/* --- the ladder --------------------------------------------------------------------- */

static int reset_warm(struct external *external, int64_t deadline_ns, struct error *error)
{
    int held;

    if (!external->button.name)
        return run(external, EXTERNAL_RESET, deadline_ns, error);
    held = power_set(&external->button, POWER_ON, limit_of(external, deadline_ns), error);
    if (held == 0)
        clock_sleep_until_ns(clock_now_ns() + external->pulse_ns);
    /* Also when it is not known whether it is held: it is never left so. */
    return power_set(&external->button, POWER_OFF, limit_of(external, deadline_ns),
                     held == 0 ? error : &(struct error){""}) < 0
               ? -1
               : held;
}

static int restore(struct external *external, int64_t deadline_ns, struct error *error)
{
    return run(external, EXTERNAL_RESTORE, deadline_ns, error);
}

static int restart(struct external *external, int64_t deadline_ns, struct error *error)
{
    return run(external, EXTERNAL_RESTART, deadline_ns, error);
}

static int cycle_power(struct external *external, int64_t deadline_ns,
                       struct error *error)
{
    return supply_cycle(&external->supply, deadline_ns, error) < 0
               ? -1
               : run(external, EXTERNAL_START, deadline_ns, error);
}

static const struct step {
    int (*take)(struct external *external, int64_t deadline_ns, struct error *error);
    bool boots; /* its banner is due */
} steps[RESET_KINDS] = {
    [RESET_WARM] = {reset_warm, true},
    [RESET_RESTORE] = {restore, false},
    [RESET_RESTART] = {restart, false},
    [RESET_POWER] = {cycle_power, true},
};

static int external_reset(struct device *device, enum reset_kind kind,
                          int64_t deadline_ns, struct error *error)
{
    struct external *external = device->state;

    if (kind == RESET_NONE)
        return 0;
    if (!(device->resets & 1u << kind))
        return error_set(error, "the campaign has no means for the reset '%s'",
                         reset_kind_name(kind));
    if (external_listen(external, error) < 0 ||
        steps[kind].take(external, deadline_ns, error) < 0)
        return -1;
    return external_await_ready(external, steps[kind].boots, deadline_ns, error);
}

/* --- observing ---------------------------------------------------------------------- */

/* Without a console it has no senses, and waiting would show nothing. Plain words are no
 * reason to stop waiting. */
static int external_observe(struct device *device, int64_t wait_until_ns,
                            struct observation *observation, struct error *error)
{
    struct external *external = device->state;
    int status = external_hear(external, error);

    while (external->commands[EXTERNAL_CONSOLE] && status == 0 &&
           clock_now_ns() < wait_until_ns) {
        struct pollfd polled = {external->console.output, POLLIN, 0};

        if (poll(&polled, 1, clock_poll_timeout_ms(wait_until_ns)) < 0 && errno != EINTR)
            break;
        status = external_hear(external, error);
    }
    observation_append(observation, buffer_view(&external->heard));
    buffer_clear(&external->heard);
    observation->running = external->started;
    return status;
}

static const char *external_endpoint(struct device *device, const char *name)
{
    (void)device;
    (void)name;
    return NULL;
}

static void external_stop(struct device *device)
{
    struct external *external = device->state;

    external->started = false;
    supply_leave(&external->supply, device);
    child_stop(&external->console);
}

const struct device_ops device_external = {
    .name = "external",
    .summary =
        "hardware or a service: switched by commands and drivers, heard by its console",
    .keys = SUPPLY_KEYS
    "; reset: [...], or {driver: NAME, its settings, pulse: 200ms}; restore, "
    "restart, start: [...]; console: [...] (its output is the device's); ready: "
    "{banner: regex on the console, command: [...], within: 30s}; settle: 2s (0 with ready); "
    "time-limit: 30s (of a command)",
    .resets =
        1u << RESET_WARM | 1u << RESET_RESTORE | 1u << RESET_RESTART | 1u << RESET_POWER,
    .state_size = sizeof(struct external),
    .configure = external_configure,
    .start = external_start,
    .reset = external_reset,
    .observe = external_observe,
    .endpoint = external_endpoint,
    .describe = external_describe,
    .stop = external_stop,
    .release = external_release,
};
