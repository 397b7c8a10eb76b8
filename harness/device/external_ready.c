/* The console of an external device, and how it shows that it is ready. */
#include "device/external.h"

#include "core/clock.h"
#include "device/action.h"

#include <errno.h>
#include <poll.h>

enum { CONSOLE_STARTS = 4 };

static const int64_t again_ns = 100 * CLOCK_MS;

static int64_t earlier(int64_t a_ns, int64_t b_ns)
{
    return a_ns < b_ns ? a_ns : b_ns;
}

/* --- the console -------------------------------------------------------------------- */

static bool listens(const struct external *external)
{
    return external->console.pid && !external->console.ended;
}

int external_listen(struct external *external, struct error *error)
{
    const struct spawn spawn = {.command = external->commands[EXTERNAL_CONSOLE],
                                .merge = true};

    if (!spawn.command)
        return 0;
    if (listens(external)) {
        child_read(&external->console.output, &external->heard);
        buffer_clear(&external->heard);
        return 0;
    }
    buffer_clear(&external->heard);
    if (external->console_starts == CONSOLE_STARTS)
        return error_set(error, "the device's console command, %s: ended %d times",
                         spawn.command[0], CONSOLE_STARTS);
    external->console_starts++;
    return child_start(&external->console, &spawn, error) < 0
               ? error_prefix(error, "the device's console command: ")
               : 0;
}

int external_hear(struct external *external, struct error *error)
{
    char how[40];

    if (!external->commands[EXTERNAL_CONSOLE])
        return 0;
    child_wait(&external->console, 0);
    child_read(&external->console.output, &external->heard);
    if (listens(external))
        return 0;
    return error_set(error, "the device's console command, %s: %s",
                     external->commands[EXTERNAL_CONSOLE][0],
                     external->console.ended
                         ? child_end_text(&external->console, how, sizeof how)
                         : "does not run");
}

/* --- readiness ---------------------------------------------------------------------- */

static bool said_banner(const struct external *external)
{
    struct view text = buffer_view(&external->heard);
    struct lines lines = {.length = 0};
    const char *line;

    while ((line = lines_next(&lines, &text)))
        if (pattern_match(&external->banner, line, NULL, 0))
            return true;
    return false;
}

static int await_banner(struct external *external, int64_t deadline_ns,
                        struct error *error)
{
    while (external_hear(external, error) == 0) {
        struct pollfd polled = {external->console.output, POLLIN, 0};

        if (said_banner(external))
            return 0;
        if (clock_now_ns() >= deadline_ns)
            return error_set(error, "the device did not say in time that it has started "
                                    "(ready.banner)");
        /* Its end closes the pipe, which wakes this, too. */
        poll(&polled, 1,
             clock_poll_timeout_ms(earlier(deadline_ns, clock_now_ns() + again_ns)));
    }
    return -1;
}

/* Again and again until it succeeds, each time with a command's own limit. */
static int await_command(const struct external *external, int64_t deadline_ns,
                         struct error *error)
{
    while (action_run("ready", external->commands[EXTERNAL_READY], NULL,
                      earlier(deadline_ns, clock_now_ns() + external->limit_ns),
                      error) < 0) {
        if (clock_now_ns() + again_ns >= deadline_ns)
            return error_prefix(error, "the device is not ready in time: ");
        clock_sleep_until_ns(clock_now_ns() + again_ns);
    }
    return 0;
}

int external_await_ready(struct external *external, bool boots, int64_t deadline_ns,
                         struct error *error)
{
    int64_t ready_ns;

    clock_sleep_until_ns(earlier(deadline_ns, clock_now_ns() + external->settle_ns));
    ready_ns = earlier(deadline_ns, clock_now_ns() + external->within_ns);
    if (boots && external->banner.set && await_banner(external, ready_ns, error) < 0)
        return -1;
    return external->commands[EXTERNAL_READY] ? await_command(external, ready_ns, error)
                                              : 0;
}
