#include "device/action.h"

#include "core/clock.h"
#include "device/lines.h"
#include "device/spawn.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

enum { WORDS_MAXIMUM = 16 << 10 };

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

static int fail(const char *name, char *const *command, const char *how,
                const struct buffer *words, struct error *error)
{
    struct view text = buffer_view(words);
    struct lines lines = {.length = 0};
    const char *line = lines_next(&lines, &text);

    return error_set(error, "the device's %s command, %s: %s%s%.200s", name, command[0],
                     how, line ? ": " : "", line ? line : "");
}

static bool has_said(const struct buffer *words, const char *due)
{
    struct view text = buffer_view(words);
    struct lines lines = {.length = 0};
    const char *line;

    while ((line = lines_next(&lines, &text)))
        if (strcmp(line, due) == 0)
            return true;
    return false;
}

int action_run(const char *name, char *const *command, const char *due,
               int64_t deadline_ns, struct error *error)
{
    const struct spawn spawn = {.command = command, .merge = true};
    struct buffer words = buffer_make(WORDS_MAXIMUM);
    struct child child;
    char how[160];
    int status = -1;

    child_init(&child);
    if (child_start(&child, &spawn, error) < 0)
        error_prefix(error, "the device's %s command: ", name);
    else if (!await_end(&child, &words, deadline_ns))
        fail(name, command, "did not end in time", &words, error);
    else if (!WIFEXITED(child.status) || WEXITSTATUS(child.status) != 0)
        fail(name, command, child_end_text(&child, how, sizeof how), &words, error);
    else if (due && !has_said(&words, due)) {
        snprintf(how, sizeof how, "it did not say '%.100s'", due);
        fail(name, command, how, &words, error);
    } else
        status = 0;
    child_stop(&child);
    buffer_free(&words);
    return status;
}
