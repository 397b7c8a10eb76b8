/* What a campaign says of an external device. */
#include "device/external.h"

#include "core/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A button is pressed and let go; the command `start` may follow the power. */
enum { HEARD_MAXIMUM = 256 << 10, STEP_COMMANDS = 2 };

const char *const external_command_names[EXTERNAL_COMMANDS] = {
    [EXTERNAL_RESET] = "reset",     [EXTERNAL_RESTORE] = "restore",
    [EXTERNAL_RESTART] = "restart", [EXTERNAL_START] = "start",
    [EXTERNAL_CONSOLE] = "console", [EXTERNAL_READY] = "ready"};

/* A list is a command, a map a driver that holds the button down. */
static int read_reset(struct external *external, const struct yaml *settings,
                      struct error *error)
{
    static const char *const more[] = {"pulse", NULL};
    const struct yaml *reset = yaml_get(settings, "reset");

    if (!reset)
        return 0;
    if (reset->kind == YAML_MAP)
        return power_read(&external->button, "reset", reset, more, error) < 0 ||
                       yaml_read_duration(reset, "pulse", &external->pulse_ns, error) < 0
                   ? -1
                   : 0;
    external->commands[EXTERNAL_RESET] = vector_read(reset, error);
    return external->commands[EXTERNAL_RESET] ? 0 : -1;
}

static int read_ready(struct external *external, const struct yaml *settings,
                      struct error *error)
{
    static const char *const known[] = {"banner", "command", "within", NULL};
    const struct yaml *ready = yaml_get(settings, "ready"), *command;

    if (!ready)
        return 0;
    if (yaml_check_keys(ready, known, error) < 0 ||
        pattern_read(&external->banner, ready, "banner", error) < 0 ||
        yaml_read_duration(ready, "within", &external->within_ns, error) < 0)
        return -1;
    if (external->banner.set && !yaml_get(settings, "console"))
        return yaml_complain(yaml_get(ready, "banner"), error,
                             "a 'console' of the device to read it from");
    command = yaml_get(ready, "command");
    if (command && !(external->commands[EXTERNAL_READY] = vector_read(command, error)))
        return -1;
    return 0;
}

static int read_commands(struct external *external, const struct yaml *settings,
                         struct error *error)
{
    for (int i = EXTERNAL_RESTORE; i <= EXTERNAL_CONSOLE; i++) {
        const struct yaml *one = yaml_get(settings, external_command_names[i]);

        if (one && !(external->commands[i] = vector_read(one, error)))
            return -1;
    }
    return 0;
}

/* What the campaign gives it the means for. */
static unsigned resets_of(const struct external *external)
{
    unsigned resets = 0;

    if (external->commands[EXTERNAL_RESET] || external->button.name)
        resets |= 1u << RESET_WARM;
    if (external->commands[EXTERNAL_RESTORE])
        resets |= 1u << RESET_RESTORE;
    if (external->commands[EXTERNAL_RESTART])
        resets |= 1u << RESET_RESTART;
    if (supply_can_cycle(&external->supply))
        resets |= 1u << RESET_POWER;
    return resets;
}

int external_configure(struct device *device, const struct yaml *settings,
                       struct error *error)
{
    static const char *const known[] = {"kind",    "power",      "reset",   "restore",
                                        "restart", "start",      "console", "ready",
                                        "settle",  "time-limit", NULL};
    struct external *external = device->state;

    child_init(&external->console);
    external->heard = buffer_make(HEARD_MAXIMUM);
    external->settle_ns = yaml_get(settings, "ready") ? 0 : 2 * CLOCK_S;
    external->limit_ns = 30 * CLOCK_S;
    external->pulse_ns = 200 * CLOCK_MS;
    external->within_ns = 30 * CLOCK_S;
    if (yaml_check_keys(settings, known, error) < 0 ||
        yaml_read_duration(settings, "settle", &external->settle_ns, error) < 0 ||
        yaml_read_duration(settings, "time-limit", &external->limit_ns, error) < 0 ||
        supply_read(&external->supply, settings, external->limit_ns, error) < 0 ||
        read_reset(external, settings, error) < 0 ||
        read_commands(external, settings, error) < 0 ||
        read_ready(external, settings, error) < 0)
        return -1;
    device->can = DEVICE_KEEPS_TIME |
                  (external->commands[EXTERNAL_CONSOLE] ? DEVICE_SEES_CONSOLE : 0);
    device->resets = resets_of(external);
    device->step_limit_ns = supply_cycle_limit_ns(&external->supply) +
                            STEP_COMMANDS * external->limit_ns + external->pulse_ns +
                            external->settle_ns + external->within_ns;
    device->answer_limit_ns = yaml_get(settings, "ready") ? external->within_ns : 0;
    return 0;
}

/* --- describing --------------------------------------------------------------------- */

static void add(char *text, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void add(char *text, size_t size, const char *format, ...)
{
    size_t used = strlen(text);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text + used, size - used, format, arguments);
    va_end(arguments);
}

void external_describe(const struct device *device, char *text, size_t size)
{
    const struct external *external = device->state;
    char power[80];
    size_t bare;

    snprintf(text, size, "external device");
    bare = strlen(text);
    add(text, size, "%s", supply_text(&external->supply, power, sizeof power));
    if (external->button.name)
        add(text, size, ", reset by %s",
            external->button.driver ? external->button.driver->name : "command");
    for (int i = 0; i < EXTERNAL_COMMANDS; i++)
        if (external->commands[i])
            add(text, size, ", %s by command", external_command_names[i]);
    if (strlen(text) == bare)
        add(text, size, ", nothing switches it");
}

void external_release(struct device *device)
{
    struct external *external = device->state;

    for (int i = 0; i < EXTERNAL_COMMANDS; i++)
        vector_free(external->commands[i]);
    supply_free(&external->supply);
    power_free(&external->button);
    pattern_free(&external->banner);
    buffer_free(&external->heard);
}
