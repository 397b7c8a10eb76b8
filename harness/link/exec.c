/* A command whose standard input and output carry the bytes: whatever leads to a device
 * from somewhere else (ssh, socat, a vendor's bridge). Started for each connection. */
#include "link/stream.h"

#include "core/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* What is said on standard error by one command; the rest of a long story is dropped. */
enum { SAID_MAXIMUM = 64 << 10, SHOWN = 200 };
/* A command that has lost its input gets this long to end by itself. */
static const int64_t grace_ns = 200 * CLOCK_MS;

struct exec {
    struct stream stream;
    char **command; /* NULL-terminated, texts of the settings */
    char text[300]; /* the same as one line */
    pid_t pid;      /* 0: none */
    int said;       /* its standard error: a file in memory, -1: none */
};

static int read_command(struct exec *exec, const struct yaml *settings,
                        struct error *error)
{
    const struct yaml *list = yaml_need(settings, "command", YAML_LIST, error);
    size_t count = 0, used = 0;

    if (!list)
        return -1;
    if (!list->child)
        return yaml_complain(list, error, "[program, arguments]");
    exec->command = calloc(list->count + 1, sizeof *exec->command);
    if (!exec->command)
        return error_set(error, "out of memory");
    for (const struct yaml *item = list->child; item; item = item->next) {
        if (item->kind != YAML_SCALAR)
            return yaml_complain(item, error, "a text");
        exec->command[count++] = (char *)item->text;
        if (used < sizeof exec->text)
            used += (size_t)snprintf(exec->text + used, sizeof exec->text - used, "%s%s",
                                     used ? " " : "", item->text);
    }
    return 0;
}

/* What lies behind the command only who wrote the campaign knows. */
static int read_carries(struct link *link, const struct yaml *settings,
                        struct error *error)
{
    const struct yaml *list = yaml_get(settings, "carries");
    char name[40];

    link->carries = LINK_STREAM;
    if (list && list->kind != YAML_LIST)
        return yaml_complain(list, error, "a list of: connections, half-close, gaps");
    for (const struct yaml *item = list ? list->child : NULL; item; item = item->next) {
        unsigned found = 0;

        for (unsigned bit = LINK_CONNECTIONS; bit <= LINK_GAPS; bit <<= 1)
            if (item->kind == YAML_SCALAR &&
                strcmp(carries_text(bit, name, sizeof name), item->text) == 0)
                found = bit;
        if (!found)
            return yaml_complain(item, error, "connections, half-close or gaps");
        link->carries |= found;
    }
    return 0;
}

static int exec_configure(struct link *link, const struct yaml *settings,
                          struct error *error)
{
    static const char *const known[] = {"kind", "command", "carries", NULL};
    struct exec *exec = link->state;

    exec->stream.fd = exec->said = -1;
    if (yaml_check_keys(settings, known, error) < 0 ||
        read_command(exec, settings, error) < 0)
        return -1;
    link->address = exec->text;
    return read_carries(link, settings, error);
}

/* --- the command -------------------------------------------------------------------- */

/* What the harness ignores or blocks it does not: and it has a group of its own, to be
 * ended with all that it starts. */
static int set_attributes(posix_spawnattr_t *attributes)
{
    sigset_t none, all;
    int number = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP |
                                                          POSIX_SPAWN_SETSIGMASK |
                                                          POSIX_SPAWN_SETSIGDEF);

    sigemptyset(&none);
    sigfillset(&all);
    if (!number)
        number = posix_spawnattr_setsigmask(attributes, &none);
    return number ? number : posix_spawnattr_setsigdefault(attributes, &all);
}

static int set_files(posix_spawn_file_actions_t *actions, int theirs, int said)
{
    int number = posix_spawn_file_actions_adddup2(actions, theirs, STDIN_FILENO);

    if (!number)
        number = posix_spawn_file_actions_adddup2(actions, theirs, STDOUT_FILENO);
    return number ? number
                  : posix_spawn_file_actions_adddup2(actions, said, STDERR_FILENO);
}

/* 0 or an errno. */
static int start(struct exec *exec, int theirs)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int number;

    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    number = set_files(&actions, theirs, exec->said);
    if (!number)
        number = set_attributes(&attributes);
    if (!number)
        number = posix_spawnp(&exec->pid, exec->command[0], &actions, &attributes,
                              exec->command, environ);
    if (number)
        exec->pid = 0;
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return number;
}

/* Reaps it when it has ended by the deadline; "exit status 1" or "killed by …". */
static bool has_ended(struct exec *exec, int64_t deadline_ns, char *how, size_t size)
{
    int descriptor = (int)syscall(SYS_pidfd_open, exec->pid, 0), status = 0;
    bool ended = descriptor >= 0 && stream_wait(descriptor, POLLIN, deadline_ns);

    if (descriptor >= 0)
        close(descriptor);
    if (!ended)
        return false;
    /* Its number is its own until it is reaped: what it left in its group goes first. */
    kill(-exec->pid, SIGKILL);
    while (waitpid(exec->pid, &status, 0) < 0 && errno == EINTR)
        ;
    exec->pid = 0;
    snprintf(how, size, WIFSIGNALED(status) ? "killed by signal %d" : "exit status %d",
             WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    return true;
}

static void end_command(struct exec *exec)
{
    char ignored[40];

    if (exec->pid) {
        kill(-exec->pid, SIGTERM);
        if (!has_ended(exec, clock_now_ns() + grace_ns, ignored, sizeof ignored)) {
            kill(-exec->pid, SIGKILL);
            while (waitpid(exec->pid, NULL, 0) < 0 && errno == EINTR)
                ;
        }
    }
    exec->pid = 0;
    if (exec->said >= 0)
        close(exec->said);
    exec->said = -1;
}

/* The last line on its standard error. */
static void last_words(const struct exec *exec, char words[SHOWN + 1])
{
    off_t end = lseek(exec->said, 0, SEEK_END);
    off_t from = end > SHOWN ? end - SHOWN : 0;
    ssize_t count = pread(exec->said, words, SHOWN, from);
    char *line;

    words[count > 0 ? count : 0] = '\0';
    for (char *at = words + strlen(words);
         at > words && (at[-1] == '\n' || at[-1] == '\r');)
        *--at = '\0';
    line = strrchr(words, '\n');
    if (line)
        memmove(words, line + 1, strlen(line + 1) + 1);
    for (char *at = words; *at; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            *at = '?';
}

/* The peer of the stream is the command: why it ended is in what it said. */
static int explain(struct exec *exec, int status, struct error *error)
{
    char how[40] = "its output is closed", words[SHOWN + 1] = "";

    if (status != LINK_CLOSED || exec->said < 0)
        return status;
    if (exec->pid)
        has_ended(exec, clock_now_ns() + grace_ns, how, sizeof how);
    last_words(exec, words);
    error_set(error, "%s ended (%s)%s%s", exec->command[0], how, *words ? ": " : "",
              words);
    return status;
}

/* --- the link ----------------------------------------------------------------------- */

static int exec_open(struct link *link, const char *address, int64_t deadline_ns,
                     struct error *error)
{
    struct exec *exec = link->state;
    int pair[2] = {-1, -1}, number;

    (void)address;
    (void)deadline_ns;
    end_command(exec);
    exec->said = memfd_create("percuss-exec", MFD_CLOEXEC);
    if (exec->said < 0 || fcntl(exec->said, F_SETFL, O_APPEND) < 0 ||
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
        error_set(error, "cannot run %s: %s", exec->command[0], strerror(errno));
        return LINK_FAILED;
    }
    number = start(exec, pair[1]);
    close(pair[1]);
    exec->stream.fd = pair[0];
    if (number == 0)
        return 0;
    error_set(error, "cannot run %s: %s", exec->command[0], strerror(number));
    return LINK_FAILED;
}

static int exec_send(struct link *link, struct view bytes, int64_t deadline_ns,
                     struct error *error)
{
    struct exec *exec = link->state;

    if (lseek(exec->said, 0, SEEK_END) > SAID_MAXIMUM)
        (void)!ftruncate(exec->said, 0);
    return explain(exec, stream_send(&exec->stream, bytes, deadline_ns, error), error);
}

static int exec_receive(struct link *link, struct buffer *in, int64_t deadline_ns,
                        struct error *error)
{
    struct exec *exec = link->state;

    return explain(exec, stream_receive(&exec->stream, in, deadline_ns, error), error);
}

static void exec_half_close(struct link *link)
{
    struct exec *exec = link->state;

    shutdown(exec->stream.fd, SHUT_WR);
}

static void exec_discard(struct link *link)
{
    struct exec *exec = link->state;

    stream_discard(&exec->stream);
}

static bool exec_is_local(const char *address)
{
    (void)address;
    return false; /* a command leads anywhere */
}

static void exec_close(struct link *link)
{
    struct exec *exec = link->state;

    stream_close(&exec->stream);
    end_command(exec);
}

static void exec_free(struct link *link)
{
    struct exec *exec = link->state;

    free(exec->command);
}

const struct link_ops link_exec = {
    .name = "exec",
    .summary = "a command's standard input and output, such as ssh or socat",
    .carries = LINK_STREAM | LINK_CONNECTIONS | LINK_HALF_CLOSE | LINK_GAPS,
    .keys =
        "command: [program, arguments], started for each connection; carries: what it "
        "passes on to the device, a list of connections, half-close and gaps (default: "
        "none, as on a line)",
    .state_size = sizeof(struct exec),
    .has_no_address = true,
    .configure = exec_configure,
    .open = exec_open,
    .send = exec_send,
    .receive = exec_receive,
    .half_close = exec_half_close,
    .discard = exec_discard,
    .is_local = exec_is_local,
    .close = exec_close,
    .free = exec_free,
};
