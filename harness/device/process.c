/* A program on this machine, started, watched and restarted by the harness. */
#include "device/device.h"

#include "core/clock.h"
#include "device/file.h"
#include "device/lines.h"
#include "device/resources.h"
#include "device/sanitizer.h"
#include "device/spawn.h"
#include "device/symbols.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

enum { ERRORS_MAXIMUM = 256 << 10, OUTPUT_MAXIMUM = 64 << 10 };

/* How long a report may pause before it counts as complete: a program that ends prints
 * its stack first, perhaps through a slow symbolizer; one that goes on prints one line.
 */
#define REPORT_QUIET_NS (3 * CLOCK_S)
#define NOTE_QUIET_NS (200 * CLOCK_MS)

struct process {
    char **command, **environment;
    struct pattern ready;
    int64_t start_timeout_ns;
    struct child child;
    struct buffer output, errors; /* read, but not yet looked at */
    char last[200];               /* the last line of either, to explain a failed start */
    char port[128];               /* what `ready` found, as an address */
    bool end_told, report_told;   /* the latter: by this observation */
    bool provoked;                /* it was made to fail on purpose */
    bool per_connection;          /* started by `dial`, and ends with its connection */
    int64_t connect_by_ns;        /* it has to start first */
    struct observation parked;    /* what the program of the last connection showed */
};

static const char *const sanitizer_defaults[] = {
    "ASAN_OPTIONS=abort_on_error=0:detect_leaks=0:exitcode=99:color=never",
    "UBSAN_OPTIONS=print_stacktrace=1:color=never",
    "MSAN_OPTIONS=exitcode=99:color=never",
    "TSAN_OPTIONS=exitcode=99:color=never",
    "LSAN_OPTIONS=exitcode=99",
    NULL,
};

/* Only a program that is built with one can make a report. */
static bool is_sanitized(const char *program)
{
    static const char *const names[] = {"__asan_init",
                                        "__msan_init",
                                        "__tsan_init",
                                        "__lsan_init",
                                        "__ubsan_handle_type_mismatch_v1",
                                        "__ubsan_handle_add_overflow",
                                        "__ubsan_handle_out_of_bounds",
                                        "__ubsan_handle_pointer_overflow",
                                        NULL};
    char path[4096];
    struct symbols *symbols =
        spawn_find(program, path, sizeof path) == 0 ? symbols_load(path, NULL) : NULL;
    bool found = symbols_mention(symbols, names);

    symbols_free(symbols);
    return found;
}

static int process_configure(struct device *device, const struct yaml *settings,
                             struct error *error)
{
    static const char *const known[] = {"kind",        "command",       "ready", "starts",
                                        "environment", "start-timeout", NULL};
    static const char *const starts[] = {"once", "per-connection", NULL};
    struct process *process = device->state;
    const struct yaml *command;
    char path[4096];
    int start = 0;

    child_init(&process->child);
    observation_init(&process->parked);
    process->output = buffer_make(OUTPUT_MAXIMUM);
    process->errors = buffer_make(ERRORS_MAXIMUM);
    process->start_timeout_ns = 10 * CLOCK_S;
    if (yaml_check_keys(settings, known, error) < 0)
        return -1;
    command = yaml_need(settings, "command", YAML_LIST, error);
    if (!command || !(process->command = vector_read(command, error)) ||
        pattern_read(&process->ready, settings, "ready", error) < 0 ||
        yaml_read_choice(settings, "starts", starts, &start, error) < 0 ||
        yaml_read_duration(settings, "start-timeout", &process->start_timeout_ns, error) <
            0)
        return -1;
    if (process->ready.set && process->ready.regex.re_nsub > 1)
        return yaml_complain(yaml_get(settings, "ready"), error,
                             "at most one group, the port or address");
    process->per_connection = start == 1;
    if (process->per_connection && process->ready.set)
        return yaml_refuse(yaml_get(settings, "ready"), error,
                           "a program that starts per-connection is ready when it "
                           "connects: `ready` has no meaning");
    process->environment =
        vector_environment(yaml_get(settings, "environment"), sanitizer_defaults, error);
    if (!process->environment)
        return -1;
    if (spawn_find(process->command[0], path, sizeof path) < 0)
        return yaml_complain(command->child, error, "a program that can be executed");
    device->can = DEVICE_SEES_EXIT | DEVICE_SEES_CONSOLE | DEVICE_SEES_RESOURCES |
                  DEVICE_KEEPS_TIME | DEVICE_IS_EMULATED | DEVICE_CAN_PAUSE |
                  (is_sanitized(process->command[0]) ? DEVICE_SEES_SANITIZER : 0);
    if (process->per_connection)
        device->can = (device->can & ~(unsigned)DEVICE_SEES_RESOURCES) | DEVICE_DIALS;
    device->resets = device->ops->resets;
    return 0;
}

static bool has_ended(const struct process *process)
{
    return !process->child.pid || process->child.ended;
}

/* Waits for output or the end; false when neither came. */
static bool wait_for_output(const struct process *process, int64_t deadline_ns)
{
    struct pollfd polled[] = {
        {process->child.ended ? -1 : process->child.pidfd, POLLIN, 0},
        {process->child.output, POLLIN, 0},
        {process->child.errors, POLLIN, 0},
    };
    int count;

    if (!process->child.pid)
        return false;
    do {
        count = poll(polled, 3, clock_poll_timeout_ms(deadline_ns));
    } while (count < 0 && errno == EINTR);
    return count > 0;
}

/* Everything that is there now. The end is noticed first, so that the last words before
 * it are in the pipes when they are read. */
static void gather(struct process *process)
{
    child_wait(&process->child, 0);
    child_read(&process->child.output, &process->output);
    child_read(&process->child.errors, &process->errors);
}

static void remember_last(struct process *process, struct view text)
{
    struct lines lines = {.length = 0};
    const char *line;

    while ((line = lines_next(&lines, &text)))
        if (*line)
            snprintf(process->last, sizeof process->last, "%s", line);
}

static bool is_ready(struct process *process)
{
    struct view text = buffer_view(&process->output);
    struct lines lines = {.length = 0};
    char found[100];
    const char *line;

    while ((line = lines_next(&lines, &text))) {
        if (!pattern_match(&process->ready, line, found, sizeof found))
            continue;
        if (found[0] && strspn(found, "0123456789") == strlen(found))
            snprintf(process->port, sizeof process->port, "127.0.0.1:%s", found);
        else
            snprintf(process->port, sizeof process->port, "%s", found);
        return true;
    }
    return false;
}

static int explain(struct process *process, const char *what, struct error *error)
{
    remember_last(process, buffer_view(&process->output));
    remember_last(process, buffer_view(&process->errors));
    return error_set(error, "%s %s; its last line was: %s", process->command[0], what,
                     process->last[0] ? process->last : "(nothing)");
}

static int wait_ready(struct process *process, int64_t deadline_ns, struct error *error)
{
    char what[80], end[40];

    while (process->ready.set && !is_ready(process)) {
        bool heard = wait_for_output(process, deadline_ns);

        gather(process);
        if (is_ready(process))
            break;
        if (has_ended(process)) {
            snprintf(what, sizeof what, "ended before it was ready (%s)",
                     child_end_text(&process->child, end, sizeof end));
            return explain(process, what, error);
        }
        if (process->output.length == process->output.maximum)
            return explain(process, "filled its output before it was ready", error);
        if (!heard)
            return explain(process, "did not say that it is ready in time", error);
    }
    return 0;
}

static void process_stop(struct device *device)
{
    struct process *process = device->state;

    child_stop(&process->child);
    buffer_clear(&process->output);
    buffer_clear(&process->errors);
}

static int run_program(struct process *process, struct error *error)
{
    const struct spawn spawn = {.command = process->command,
                                .environment = process->environment};

    process->end_told = process->provoked = false;
    return child_start(&process->child, &spawn, error);
}

static int process_start(struct device *device, int64_t deadline_ns, struct error *error)
{
    struct process *process = device->state;
    int64_t limit_ns = clock_now_ns() + process->start_timeout_ns;

    process_stop(device);
    observation_clear(&process->parked);
    process->last[0] = process->port[0] = '\0';
    if (process->per_connection)
        return 0;
    if (run_program(process, error) < 0)
        return -1;
    if (wait_ready(process, limit_ns < deadline_ns ? limit_ns : deadline_ns, error) < 0) {
        process_stop(device);
        return -1;
    }
    return 0;
}

static int process_reset(struct device *device, enum reset_kind kind, int64_t deadline_ns,
                         struct error *error)
{
    return kind == RESET_NONE ? 0 : process_start(device, deadline_ns, error);
}

/* The most that has begun to show in the errors read so far. */
static enum sanitizer_line begun(const struct process *process)
{
    struct view text = buffer_view(&process->errors);
    enum sanitizer_line most = SANITIZER_OTHER;
    struct lines lines = {.length = 0};
    const char *line;

    while ((line = lines_next(&lines, &text))) {
        enum sanitizer_line kind = sanitizer_line(line);

        if (kind > most)
            most = kind;
    }
    return most;
}

/* Reads on until the process has ended or its report is complete. Who made it fail asks
 * only whether it is seen: the stack, whose symbols may take a while, is not waited for.
 */
static void await_report(struct process *process)
{
    while (!has_ended(process)) {
        enum sanitizer_line kind = begun(process);
        int64_t quiet_ns = kind == SANITIZER_REPORT ? REPORT_QUIET_NS : NOTE_QUIET_NS;

        if (process->provoked && kind == SANITIZER_REPORT)
            kill(process->child.pid, SIGKILL);
        if (kind == SANITIZER_OTHER || process->errors.length == ERRORS_MAXIMUM ||
            !wait_for_output(process, clock_now_ns() + quiet_ns))
            return;
        gather(process);
    }
    gather(process);
}

/* One that runs for a connection ends with it, with whatever status it finds right; to
 * write to a peer that has hung up ends a program, too. */
static bool ends_rightly(const struct process *process)
{
    int status = process->child.status;

    return process->per_connection &&
           (WIFEXITED(status) || (WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE));
}

static void tell_end(struct process *process, struct observation *observation)
{
    struct fault fault = {.kind = FAULT_EXIT};

    process->end_told = true;
    /* A report says more, and the end is its consequence. */
    if (process->report_told || ends_rightly(process))
        return;
    child_end_text(&process->child, fault.title, sizeof fault.title);
    memcpy(fault.cause, fault.title, sizeof fault.cause);
    fault.detail_length = observation->text.length;
    observation_add(observation, &fault);
}

/* Hands over complete lines; an incomplete last one waits for its end. */
static void tell(struct process *process, struct observation *observation)
{
    struct view errors = buffer_view(&process->errors);
    struct fault fault;
    size_t base, offset = 0, kept;

    observation_append(observation, buffer_view(&process->output));
    buffer_clear(&process->output);
    if (!has_ended(process) && errors.length < ERRORS_MAXIMUM) {
        const uint8_t *end =
            errors.length ? memrchr(errors.data, '\n', errors.length) : NULL;

        errors.length = end ? (size_t)(end - errors.data) + 1 : 0;
    }
    base = observation_append(observation, errors);
    kept = observation->text.length - base;
    while (sanitizer_next(errors, &offset, &fault)) {
        if (fault.detail_offset > kept)
            fault.detail_offset = kept;
        if (fault.detail_length > kept - fault.detail_offset)
            fault.detail_length = kept - fault.detail_offset;
        fault.detail_offset += base;
        observation_add(observation, &fault);
        process->report_told = true;
    }
    buffer_drop_front(&process->errors, errors.length);
    if (has_ended(process))
        tell_end(process, observation);
}

/* Takes what has arrived; waits for the rest of a report. */
static void look(struct process *process, struct observation *observation)
{
    gather(process);
    if (begun(process) != SANITIZER_OTHER) {
        observation_see(observation);
        await_report(process);
    }
    tell(process, observation);
}

static int process_observe(struct device *device, int64_t wait_until_ns,
                           struct observation *observation, struct error *error)
{
    struct process *process = device->state;

    (void)error;
    process->report_told = false;
    observation_move(&process->parked, observation);
    /* What came while it started has been waiting here. */
    observation_append(observation, buffer_view(&process->output));
    buffer_clear(&process->output);
    /* Plain output is no reason to stop waiting. */
    while (process->child.pid && !process->end_told &&
           (process->child.ended || wait_for_output(process, wait_until_ns))) {
        look(process, observation);
        if (observation->fault_count || clock_now_ns() >= wait_until_ns)
            break;
    }
    observation->running = process->per_connection || !has_ended(process);
    return 0;
}

/* A program that has not ended with its connection is stuck in it. */
static int process_dial(struct device *device, int64_t deadline_ns, struct error *error)
{
    struct process *process = device->state;

    process->report_told = false;
    while (process->child.pid && !process->end_told) {
        bool heard = process->child.ended || wait_for_output(process, deadline_ns);

        look(process, &process->parked);
        if (!has_ended(process) && (!heard || clock_now_ns() >= deadline_ns))
            return error_set(error,
                             "%s still runs, and its connection has ended or never came",
                             process->command[0]);
    }
    process->connect_by_ns = clock_now_ns() + process->start_timeout_ns;
    return run_program(process, error);
}

static int process_dialled(struct device *device, struct error *error)
{
    struct process *process = device->state;
    char what[80], end[40];

    gather(process);
    if (!has_ended(process) && clock_now_ns() < process->connect_by_ns)
        return 0;
    if (has_ended(process)) {
        snprintf(what, sizeof what, "ended without having connected (%s)",
                 child_end_text(&process->child, end, sizeof end));
        return explain(process, what, error);
    }
    explain(process, "did not connect within its start-timeout", error);
    process_stop(device);
    return -1;
}

static const char *process_endpoint(struct device *device, const char *name)
{
    const struct process *process = device->state;

    return strcmp(name, "port") == 0 && process->port[0] ? process->port : NULL;
}

static int process_provoke(struct device *device, enum provocation what,
                           struct error *error)
{
    static const int signals[] = {[PROVOKE_DEATH] = SIGKILL,
                                  [PROVOKE_FAULT] = SIGSEGV,
                                  [PROVOKE_PAUSE] = SIGSTOP,
                                  [PROVOKE_CONTINUE] = SIGCONT};
    struct process *process = device->state;

    if (what == PROVOKE_RESET)
        return error_set(error, "a process cannot reset itself");
    if (has_ended(process))
        return error_set(error, "the process is not running");
    if (kill(process->child.pid, signals[what]) < 0)
        return error_set(error, "cannot send a signal: %s", strerror(errno));
    process->provoked |= what == PROVOKE_FAULT;
    return 0;
}

static int process_speak(struct device *device, const char *line, struct error *error)
{
    const struct process *process = device->state;

    return child_speak(&process->child, line, error);
}

static int process_resources(struct device *device, struct resource_use *use,
                             struct error *error)
{
    const struct process *process = device->state;

    if (has_ended(process) || resources_measure(process->child.pid, use) < 0)
        return error_set(error, "cannot read what the process holds");
    /* A sanitizer keeps what was freed: its memory grows by design. */
    if (device->can & DEVICE_SEES_SANITIZER)
        use->memory_kib = -1;
    return 0;
}

static void process_describe(const struct device *device, char *text, size_t size)
{
    const struct process *process = device->state;
    char hash[HASH_TEXT], path[4096];

    if (spawn_find(process->command[0], path, sizeof path) < 0)
        snprintf(path, sizeof path, "%s", process->command[0]);
    snprintf(text, size, "process %s, program sha256 %s", path,
             file_hash_text(path, hash));
}

static void process_release(struct device *device)
{
    struct process *process = device->state;

    vector_free(process->command);
    vector_free(process->environment);
    pattern_free(&process->ready);
    buffer_free(&process->output);
    buffer_free(&process->errors);
    observation_free(&process->parked);
}

const struct device_ops device_process = {
    .name = "process",
    .summary = "a program on this machine",
    .keys = "command: [program, arguments]; ready: regex on its output, one group: the "
            "port; starts: once (default), or per-connection: it connects to a link with "
            "`role: server`, and ends with the connection; environment: {NAME: value}; "
            "start-timeout: 10s",
    .resets = 1u << RESET_RESTART,
    .state_size = sizeof(struct process),
    .configure = process_configure,
    .start = process_start,
    .reset = process_reset,
    .observe = process_observe,
    .dial = process_dial,
    .dialled = process_dialled,
    .endpoint = process_endpoint,
    .provoke = process_provoke,
    .speak = process_speak,
    .resources = process_resources,
    .describe = process_describe,
    .stop = process_stop,
    .release = process_release,
};
