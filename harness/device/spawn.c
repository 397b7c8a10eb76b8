#include "device/spawn.h"

#include "core/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

/* A killed process ends at once unless the kernel itself is stuck. */
#define KILL_NS (5 * CLOCK_S)

void child_init(struct child *child)
{
    *child = (struct child){.pidfd = -1, .output = -1, .errors = -1};
}

int spawn_find(const char *program, char *path, size_t size)
{
    const char *folder = getenv("PATH");

    if (strchr(program, '/')) {
        int length = snprintf(path, size, "%s", program);

        return length >= 0 && (size_t)length < size && access(path, X_OK) == 0 ? 0 : -1;
    }
    for (folder = folder ? folder : "/usr/bin:/bin"; *folder; folder++) {
        size_t part = strcspn(folder, ":");
        int length = snprintf(path, size, "%.*s/%s", (int)part, folder, program);

        if (part && length >= 0 && (size_t)length < size && access(path, X_OK) == 0)
            return 0;
        folder += part;
        if (!*folder)
            break;
    }
    return -1;
}

struct plumbing {
    int input, output[2], errors[2], report[2];
};

static void shut(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void plumbing_close(struct plumbing *pipes)
{
    shut(&pipes->input);
    for (int i = 0; i < 2; i++) {
        shut(&pipes->output[i]);
        shut(&pipes->errors[i]);
        shut(&pipes->report[i]);
    }
}

static int plumbing_open(struct plumbing *pipes, bool merge)
{
    *pipes = (struct plumbing){-1, {-1, -1}, {-1, -1}, {-1, -1}};
    pipes->input = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (pipes->input < 0 || pipe2(pipes->output, O_CLOEXEC) < 0 ||
        pipe2(pipes->report, O_CLOEXEC) < 0 ||
        (!merge && pipe2(pipes->errors, O_CLOEXEC) < 0))
        return -1;
    if (fcntl(pipes->output[0], F_SETFL, O_NONBLOCK) < 0 ||
        (!merge && fcntl(pipes->errors[0], F_SETFL, O_NONBLOCK) < 0))
        return -1;
    return 0;
}

/* Above everything that the child's low numbers will cover. */
static int lift(int fd)
{
    return fcntl(fd, F_DUPFD_CLOEXEC, SPAWN_FIRST + SPAWN_KEEP);
}

/* Between fork and exec: only what is safe in a signal handler (POSIX, fork). */
static _Noreturn void become(const struct spawn *spawn, const char *path, pid_t parent,
                             const struct plumbing *pipes, char *const *environment)
{
    int low[SPAWN_FIRST + SPAWN_KEEP] = {pipes->input, pipes->output[1],
                                         spawn->merge ? pipes->output[1]
                                                      : pipes->errors[1]};
    int report = lift(pipes->report[1]);
    size_t count = SPAWN_FIRST;
    sigset_t none;
    int number;

    for (size_t i = 0; i < spawn->keep_count && i < SPAWN_KEEP; i++)
        low[count++] = spawn->keep[i];
    setpgid(0, 0);
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}); /* crashes are many and expected */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
        _exit(127);
    for (size_t i = 0; i < count; i++)
        low[i] = lift(low[i]);
    for (size_t i = 0; i < count; i++)
        if (dup2(low[i], (int)i) < 0)
            goto fail;
    if (close_range((unsigned)count, ~0u, CLOSE_RANGE_CLOEXEC) < 0)
        goto fail;
    for (int i = 1; i < NSIG; i++)
        signal(i, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execve(path, spawn->command, environment);
fail:
    number = errno;
    if (write(report, &number, sizeof number) < 0)
        _exit(126);
    _exit(127);
}

/* The report pipe closes when exec has succeeded; else it brings errno. */
static int exec_failure(int report)
{
    int number = 0;
    ssize_t count;

    do {
        count = read(report, &number, sizeof number);
    } while (count < 0 && errno == EINTR);
    return count == sizeof number ? number : 0;
}

int child_start(struct child *child, const struct spawn *spawn, struct error *error)
{
    char *const *environment = spawn->environment ? spawn->environment : environ;
    struct plumbing pipes;
    pid_t self = getpid();
    char path[4096];
    int status = -1, number = 0;

    child_stop(child);
    if (spawn_find(spawn->command[0], path, sizeof path) < 0)
        return error_set(error, "cannot run '%s': no such program", spawn->command[0]);
    if (plumbing_open(&pipes, spawn->merge) < 0) {
        error_set(error, "cannot run '%s': %s", path, strerror(errno));
        goto out;
    }
    child->pid = fork();
    if (child->pid == 0)
        become(spawn, path, self, &pipes, environment);
    if (child->pid < 0) {
        child->pid = 0;
        error_set(error, "cannot run '%s': %s", path, strerror(errno));
        goto out;
    }
    child->pidfd = pidfd_open(child->pid, 0);
    number = child->pidfd < 0 ? errno : 0;
    shut(&pipes.report[1]);
    if (number == 0)
        number = exec_failure(pipes.report[0]);
    if (number != 0) {
        error_set(error, "cannot run '%s': %s", path, strerror(number));
        child_stop(child);
        goto out;
    }
    child->output = pipes.output[0];
    child->errors = pipes.errors[0];
    pipes.output[0] = pipes.errors[0] = -1;
    status = 0;
out:
    plumbing_close(&pipes);
    return status;
}

bool child_wait(struct child *child, int64_t deadline_ns)
{
    struct pollfd polled = {child->pidfd, POLLIN, 0};
    pid_t pid;

    if (!child->pid || child->ended)
        return true;
    while (poll(&polled, 1, clock_poll_timeout_ms(deadline_ns)) < 0 && errno == EINTR)
        ;
    if (!polled.revents)
        return false;
    /* Its number stays its own until it is reaped, so this cannot hit a stranger. */
    kill(-child->pid, SIGKILL);
    do {
        pid = waitpid(child->pid, &child->status, 0);
    } while (pid < 0 && errno == EINTR);
    child->ended = true;
    return true;
}

void child_stop(struct child *child)
{
    if (child->pid > 0 && !child->ended) {
        kill(-child->pid, SIGKILL);
        kill(child->pid, SIGKILL); /* should it not have left our group yet */
        if (child->pidfd < 0)
            waitpid(child->pid, NULL, 0);
        else
            child_wait(child, clock_now_ns() + KILL_NS);
    }
    shut(&child->pidfd);
    shut(&child->output);
    shut(&child->errors);
    child_init(child);
}

const char *child_end_text(const struct child *child, char *text, size_t size)
{
    if (WIFSIGNALED(child->status)) {
        const char *name = sigabbrev_np(WTERMSIG(child->status));

        snprintf(text, size, "killed by SIG%s", name ? name : "?");
    } else {
        snprintf(text, size, "exit status %d", WEXITSTATUS(child->status));
    }
    return text;
}

void child_read(int *fd, struct buffer *into)
{
    char chunk[8192];
    size_t total = 0;
    ssize_t count;

    /* Bounded, so that a program that floods its output cannot hold the harness. */
    while (*fd >= 0 && total < 1 << 20) {
        count = read(*fd, chunk, sizeof chunk);
        if (count > 0) {
            struct view part = {(const uint8_t *)chunk, (size_t)count};

            total += (size_t)count;
            buffer_append(into, view_slice(part, 0, into->maximum - into->length));
        } else if (count == 0) {
            shut(fd);
        } else if (errno != EINTR) {
            break;
        }
    }
}

int child_speak(const struct child *child, const char *line, struct error *error)
{
    struct iovec parts[] = {{(void *)(uintptr_t)line, strlen(line)},
                            {(void *)(uintptr_t) "\n", 1}};
    struct stat status;
    char path[40];
    ssize_t written;
    int handle = -1;

    snprintf(path, sizeof path, "/proc/%ld/fd/2", (long)child->pid);
    /* A program may have put a file of its own there: that is not written to. */
    if (child->pid && !child->ended && stat(path, &status) == 0 &&
        S_ISFIFO(status.st_mode))
        handle = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    if (handle < 0)
        return error_set(error, "%s is no pipe", path);
    written = writev(handle, parts, 2);
    close(handle);
    return written == (ssize_t)(strlen(line) + 1)
               ? 0
               : error_set(error, "cannot write to %s", path);
}
