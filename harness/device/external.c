/* A device that the harness can only switch: commands for reset and power, no senses. */
#include "device/device.h"

#include "core/clock.h"
#include "device/lines.h"
#include "device/spawn.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

enum { WORDS_MAXIMUM = 16 << 10 };

#define COMMAND_NS (30 * CLOCK_S)

enum { OFF_ATTEMPTS = 2 };

enum command { RESET, POWER_OFF, POWER_ON, START, COMMANDS };

static const char *const command_names[] = {[RESET] = "reset",
                                            [POWER_OFF] = "power-off",
                                            [POWER_ON] = "power-on",
                                            [START] = "start",
                                            [COMMANDS] = NULL};

struct external {
    char **commands[COMMANDS];
    int64_t settle_ns, limit_ns; /* `limit_ns`: of one command */
    bool started;                /* power-off is due */
};

static int external_configure(struct device *device, const struct yaml *settings,
                              struct error *error)
{
    static const char *const known[] = {"kind", "commands", "settle", "time-limit", NULL};
    struct external *external = device->state;
    const struct yaml *commands = yaml_get(settings, "commands"), *one;

    external->settle_ns = 2 * CLOCK_S;
    external->limit_ns = COMMAND_NS;
    if (yaml_check_keys(settings, known, error) < 0 ||
        yaml_read_duration(settings, "settle", &external->settle_ns, error) < 0 ||
        yaml_read_duration(settings, "time-limit", &external->limit_ns, error) < 0 ||
        (commands && yaml_check_keys(commands, command_names, error) < 0))
        return -1;
    for (int i = 0; commands && i < COMMANDS; i++) {
        one = yaml_get(commands, command_names[i]);
        if (one && !(external->commands[i] = vector_read(one, error)))
            return -1;
    }
    device->can = DEVICE_KEEPS_TIME;
    if (external->commands[RESET])
        device->resets |= 1u << RESET_WARM;
    if (external->commands[POWER_OFF] && external->commands[POWER_ON])
        device->resets |= 1u << RESET_RESTART;
    return 0;
}

/* Takes its output until it ends, so that it cannot block on a full pipe. */
static bool await_end(struct child *child, struct buffer *words, int64_t deadline_ns)
{
    while (!child_wait(child, 0)) {
        struct pollfd polled[] = {{child->pidfd, POLLIN, 0}, {child->output, POLLIN, 0}};
        int count = poll(polled, 2, clock_poll_timeout_ms(deadline_ns));

        child_read(&child->output, words);
        if (count == 0 || clock_now_ns() >= deadline_ns)
            return false;
    }
    child_read(&child->output, words);
    return true;
}

static int fail(const struct external *external, enum command which, const char *how,
                const struct buffer *words, struct error *error)
{
    struct view text = buffer_view(words);
    struct lines lines = {.length = 0};
    const char *line = lines_next(&lines, &text);

    return error_set(error, "the device's %s command, %s: %s%s%.200s",
                     command_names[which], external->commands[which][0], how,
                     line ? ": " : "", line ? line : "");
}

/* A command that the campaign does not have succeeds. */
static int run(const struct external *external, enum command which, int64_t deadline_ns,
               struct error *error)
{
    const struct spawn spawn = {.command = external->commands[which], .merge = true};
    int64_t limit_ns = clock_now_ns() + external->limit_ns;
    struct buffer words = buffer_make(WORDS_MAXIMUM);
    struct child child;
    char how[40];
    int status = -1;

    if (!spawn.command)
        return 0;
    child_init(&child);
    if (child_start(&child, &spawn, error) < 0)
        error_prefix(error, "the device's %s command: ", command_names[which]);
    else if (!await_end(&child, &words, limit_ns < deadline_ns ? limit_ns : deadline_ns))
        fail(external, which, "did not end in time", &words, error);
    else if (!WIFEXITED(child.status) || WEXITSTATUS(child.status) != 0)
        fail(external, which, child_end_text(&child, how, sizeof how), &words, error);
    else
        status = 0;
    child_stop(&child);
    buffer_free(&words);
    return status;
}

static void settle(const struct external *external, int64_t deadline_ns)
{
    int64_t until_ns = clock_now_ns() + external->settle_ns;

    clock_sleep_until_ns(until_ns < deadline_ns ? until_ns : deadline_ns);
}

static int external_start(struct device *device, int64_t deadline_ns, struct error *error)
{
    struct external *external = device->state;

    external->started = true;
    if (run(external, POWER_ON, deadline_ns, error) < 0 ||
        run(external, START, deadline_ns, error) < 0)
        return -1;
    if (external->commands[POWER_ON] || external->commands[START])
        settle(external, deadline_ns);
    return 0;
}

static int external_reset(struct device *device, enum reset_kind kind,
                          int64_t deadline_ns, struct error *error)
{
    struct external *external = device->state;

    if (kind == RESET_NONE)
        return 0;
    if (!(device->resets & 1u << kind))
        return error_set(error, "the campaign has no commands for the reset '%s'",
                         reset_kind_name(kind));
    if (kind == RESET_RESTART)
        return run(external, POWER_OFF, deadline_ns, error) < 0
                   ? -1
                   : external_start(device, deadline_ns, error);
    if (run(external, RESET, deadline_ns, error) < 0)
        return -1;
    settle(external, deadline_ns);
    return 0;
}

/* It has no senses, so waiting would show nothing. */
static int external_observe(struct device *device, int64_t wait_until_ns,
                            struct observation *observation, struct error *error)
{
    const struct external *external = device->state;

    (void)wait_until_ns;
    (void)error;
    observation->running = external->started;
    return 0;
}

static const char *external_endpoint(struct device *device, const char *name)
{
    (void)device;
    (void)name;
    return NULL;
}

static void external_describe(const struct device *device, char *text, size_t size)
{
    const struct external *external = device->state;
    const char *separator = ": ";
    size_t used;

    used = (size_t)snprintf(text, size, "external device, commands");
    for (int i = 0; i < COMMANDS && used < size; i++) {
        if (!external->commands[i])
            continue;
        used += (size_t)snprintf(text + used, size - used, "%s%s", separator,
                                 command_names[i]);
        separator = ", ";
    }
    if (separator[0] == ':' && used < size)
        snprintf(text + used, size - used, ": none");
}

static void external_stop(struct device *device)
{
    struct external *external = device->state;
    struct error why = {.text = ""};
    int status = -1;

    if (!external->started)
        return;
    external->started = false;
    for (int i = 0; status < 0 && i < OFF_ATTEMPTS; i++)
        status = run(external, POWER_OFF, INT64_MAX, &why);
    if (status < 0)
        error_set(&device->unsafe, "the device may still be on: %s", why.text);
}

static void external_release(struct device *device)
{
    struct external *external = device->state;

    for (int i = 0; i < COMMANDS; i++)
        vector_free(external->commands[i]);
}

const struct device_ops device_external = {
    .name = "external",
    .summary = "hardware or a service, switched by commands",
    .keys = "commands: {reset: [...], power-off: [...], power-on: [...], start: [...]}; "
            "settle: 2s; time-limit: 30s (of a command)",
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
