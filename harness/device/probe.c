#include "device/probe.h"

#include "core/clock.h"
#include "device/device.h"
#include "device/lines.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define COMMAND_NS (5 * CLOCK_S)
#define RETRY_NS (50 * CLOCK_MS)
#define DETACH_NS (500 * CLOCK_MS)
#define EXAMINE_NS (10 * CLOCK_S)

enum { REPORT_BYTES = 8 << 10, XN_ADDRESS = 0xe0000000 };

static struct cortex view_of(struct probe *probe, int64_t deadline_ns)
{
    return (struct cortex){&probe->gdb, &probe->program, probe->unwind, probe->stack,
                           deadline_ns};
}

/* Of all that the server is asked for, not of the power before it. */
static int64_t limit_of(const struct probe *probe, int64_t deadline_ns)
{
    int64_t limit_ns = clock_now_ns() + probe->start_timeout_ns;

    return limit_ns < deadline_ns ? limit_ns : deadline_ns;
}

/* --- the command -------------------------------------------------------------------- */

static void gather(struct probe *probe)
{
    child_wait(&probe->child, 0);
    child_read(&probe->child.output, &probe->words);
}

static bool has_ended(struct probe *probe)
{
    if (!probe->command)
        return false;
    gather(probe);
    return !probe->child.pid || probe->child.ended;
}

/* The first thing that the command said explains more than that it ended. */
static int explain(struct probe *probe, struct error *error)
{
    struct view words = buffer_view(&probe->words);
    struct lines lines = {.length = 0};
    const char *line = lines_next(&lines, &words);
    char how[40];

    return error_set(error, "the device's command ended (%s)%s%.300s",
                     child_end_text(&probe->child, how, sizeof how), line ? ": " : "",
                     line ? line : "");
}

static int launch(struct device *device, struct error *error)
{
    struct probe *probe = device->state;
    struct spawn spawn = {.merge = true};
    char **vector = NULL;
    int status = -1;

    if (!probe->command)
        return 0;
    for (const struct yaml *one = probe->command->child; one; one = one->next) {
        char text[4096];

        if (probe_expand(probe, one->text, text, sizeof text) < 0) {
            error_set(error, "an argument of the device's command is too long");
            goto out;
        }
        if (vector_add(&vector, "%s", text) < 0) {
            error_set(error, "out of memory");
            goto out;
        }
    }
    spawn.command = vector;
    status = child_start(&probe->child, &spawn, error);
out:
    vector_free(vector);
    return status;
}

/* --- the server --------------------------------------------------------------------- */

static int monitor(struct probe *probe, const char *const *words, size_t count,
                   int64_t deadline_ns, struct error *error)
{
    for (size_t i = 0; i < count && words[i]; i++) {
        buffer_clear(&probe->gdb.said);
        if (gdb_monitor(&probe->gdb, words[i], deadline_ns, error) != 0)
            return error_prefix(error, "monitor %s: ", words[i]);
    }
    return 0;
}

/* Connected, and the processor stands. */
static int attach(struct probe *probe, int64_t deadline_ns, struct error *error)
{
    const struct probe_kind *kind = probe->kind;
    char address[PROBE_PATH + 8];

    if (probe_expand(probe, probe->server, address, sizeof address) < 0)
        return error_set(error, "the server's address is too long");
    if (gdb_reach(&probe->gdb, address, deadline_ns, error) < 0 ||
        monitor(probe, kind->attach, PROBE_WORDS, deadline_ns, error) < 0 ||
        (kind->attach_to ? gdb_attach(&probe->gdb, kind->attach_to, deadline_ns, error)
                         : gdb_ask_halted(&probe->gdb, deadline_ns, error)) < 0 ||
        monitor(probe, &kind->prepare, 1, deadline_ns, error) < 0) {
        gdb_close(&probe->gdb);
        return -1;
    }
    return 0;
}

/* A command's server needs a moment until it listens. */
static int attach_patiently(struct probe *probe, int64_t deadline_ns, struct error *error)
{
    while (attach(probe, deadline_ns, error) < 0) {
        if (has_ended(probe))
            return explain(probe, error);
        if (!probe->command || clock_now_ns() + RETRY_NS > deadline_ns)
            return -1;
        clock_sleep_until_ns(clock_now_ns() + RETRY_NS);
    }
    return 0;
}

static int set_stops(struct probe *probe, int64_t deadline_ns, struct error *error)
{
    struct cortex cortex = view_of(probe, deadline_ns);

    for (size_t i = 0; i < probe->stop_count; i++)
        if (gdb_set_breakpoint(&probe->gdb, GDB_HARDWARE, true, probe->stops[i], 2,
                               deadline_ns, error) != 0)
            return error_prefix(error, "a breakpoint at a fault handler: ");
    return probe->catch ? cortex_catch_faults(&cortex, error) : 0;
}

static int compare(struct probe *probe, int64_t deadline_ns, struct error *error)
{
    struct cortex cortex = view_of(probe, deadline_ns);

    probe->compared_bytes = 0;
    if (!probe->compares)
        return 0;
    return cortex_compare(&cortex, &probe->compared_bytes, error) == 0
               ? 0
               : error_prefix(error, "'%.200s': ", probe->image);
}

/* A processor that stands is reset and goes on. */
static int reset_halted(struct probe *probe, int64_t deadline_ns, struct error *error)
{
    int64_t ready_ns;

    if (probe->reset ? monitor(probe, &probe->reset, 1, deadline_ns, error) < 0
                     : gdb_run(&probe->gdb, deadline_ns, error) != 0)
        return -1;
    if (gdb_continue(&probe->gdb, deadline_ns, error) < 0)
        return -1;
    probe->held = false;
    ready_ns = clock_now_ns() + probe->settle_ns;
    clock_sleep_until_ns(ready_ns < deadline_ns ? ready_ns : deadline_ns);
    return 0;
}

static void leave_server(struct probe *probe)
{
    if (!probe->command && probe->gdb.fd >= 0) {
        if (probe->gdb.runs && gdb_interrupt(&probe->gdb, NULL) == 0)
            gdb_await_stop(&probe->gdb, clock_now_ns() + DETACH_NS, NULL);
        gdb_detach(&probe->gdb, clock_now_ns() + DETACH_NS);
    }
    gdb_close(&probe->gdb);
    child_stop(&probe->child);
    buffer_clear(&probe->words);
    probe->end_told = probe->held = probe->started = false;
}

static void probe_stop(struct device *device)
{
    struct probe *probe = device->state;

    leave_server(probe);
    supply_leave(&probe->supply, device);
}

static int connect_board(struct device *device, int64_t deadline_ns, struct error *error)
{
    struct probe *probe = device->state;
    int64_t limit_ns = limit_of(probe, deadline_ns);

    leave_server(probe);
    for (size_t i = 0; i < probe->socket_count; i++) {
        snprintf(probe->sockets[i].path, sizeof probe->sockets[i].path, "%s/%s",
                 device->scratch, probe->sockets[i].name);
        unlink(probe->sockets[i].path); /* of an earlier start */
    }
    if (launch(device, error) < 0 || attach_patiently(probe, limit_ns, error) < 0 ||
        compare(probe, limit_ns, error) < 0 || set_stops(probe, limit_ns, error) < 0 ||
        reset_halted(probe, limit_ns, error) < 0) {
        leave_server(probe);
        return -1;
    }
    probe->started = true;
    return 0;
}

/* A board that has just got power needs a moment until a probe finds it. */
static void await_power(const struct probe *probe)
{
    if (probe->supply.power.name)
        clock_sleep_until_ns(clock_now_ns() + probe->settle_ns);
}

static int probe_start(struct device *device, int64_t deadline_ns, struct error *error)
{
    struct probe *probe = device->state;

    if (supply_switch(&probe->supply, POWER_ON, deadline_ns, error) < 0)
        return -1;
    await_power(probe);
    return connect_board(device, deadline_ns, error);
}

/* --- while it runs ------------------------------------------------------------------ */

static void note_stack(struct probe *probe)
{
    struct cortex cortex = view_of(probe, clock_now_ns() + COMMAND_NS);
    uint32_t used;

    if (probe->stack.top && cortex_stack_use(&cortex, &used, NULL) == 0 &&
        used > probe->stack_deepest)
        probe->stack_deepest = used;
}

static int halt(struct probe *probe, int64_t deadline_ns, struct error *error)
{
    if (!probe->gdb.runs)
        return 0;
    if (gdb_interrupt(&probe->gdb, error) < 0)
        return -1;
    switch (gdb_await_stop(&probe->gdb, deadline_ns, error)) {
    case 1: return 0;
    case 0: return error_set(error, "the processor does not stop when it is asked to");
    default: return -1;
    }
}

/* A server that was lost is asked for again: that is a start, but for the command. */
static int probe_reset(struct device *device, enum reset_kind kind, int64_t deadline_ns,
                       struct error *error)
{
    struct probe *probe = device->state;
    int64_t limit_ns = limit_of(probe, deadline_ns);

    if (kind == RESET_NONE)
        return 0;
    if (kind == RESET_WARM && probe->gdb.fd >= 0 && !has_ended(probe)) {
        if (halt(probe, limit_ns, error) < 0)
            return -1;
        note_stack(probe);
        return reset_halted(probe, limit_ns, error);
    }
    if (kind == RESET_POWER) {
        leave_server(probe);
        if (supply_cycle(&probe->supply, deadline_ns, error) < 0)
            return -1;
        await_power(probe);
    } else {
        probe->reconnects += !probe->command || kind == RESET_WARM;
    }
    return connect_board(device, deadline_ns, error);
}

/* "stop (signal 11)": what a server says of a stop that nobody asked for. */
static void tell_stop(struct probe *probe, struct observation *observation)
{
    struct cortex cortex = view_of(probe, clock_now_ns() + EXAMINE_NS);
    struct fault fault = {.kind = FAULT_GUEST};
    char report[REPORT_BYTES] = "", otherwise[40];
    struct error why;

    observation_see(observation);
    snprintf(otherwise, sizeof otherwise, "stop (signal %u)", probe->gdb.stop.signal);
    if (cortex_examine(&cortex, otherwise, &fault, report, sizeof report, &why) < 0) {
        snprintf(fault.title, sizeof fault.title, "%s, not examined: %.100s", otherwise,
                 why.text);
        snprintf(fault.cause, sizeof fault.cause, "%s", otherwise);
    }
    note_stack(probe);
    fault.detail_offset = observation_append(observation, view_text(report));
    fault.detail_length = observation->text.length - fault.detail_offset;
    observation_add(observation, &fault);
}

static void tell_end(struct probe *probe, struct observation *observation)
{
    struct fault fault = {.kind = FAULT_EXIT};
    char how[40];

    probe->end_told = true;
    child_end_text(&probe->child, how, sizeof how);
    snprintf(fault.title, sizeof fault.title, "the device's command ended (%s)", how);
    snprintf(fault.cause, sizeof fault.cause, "command %s", how);
    fault.detail_offset = observation_append(observation, buffer_view(&probe->words));
    fault.detail_length = observation->text.length - fault.detail_offset;
    buffer_clear(&probe->words);
    observation_add(observation, &fault);
}

/* In the common case, when nothing happened: one poll(2). A processor that stopped at a
 * fault stands there until it is reset. */
static int probe_observe(struct device *device, int64_t wait_until_ns,
                         struct observation *observation, struct error *error)
{
    struct probe *probe = device->state;
    int stopped = 0;

    if (probe->gdb.fd >= 0 && probe->gdb.runs && !probe->held) {
        stopped = gdb_await_stop(&probe->gdb, wait_until_ns, error);
        buffer_clear(&probe->gdb.said);
        if (stopped > 0)
            tell_stop(probe, observation);
    }
    if (probe->started && !probe->end_told && probe->gdb.fd < 0 && probe->command)
        child_wait(&probe->child, clock_now_ns() + RETRY_NS);
    observation->running = probe->gdb.fd >= 0;
    if (probe->started && !probe->end_told && has_ended(probe)) {
        tell_end(probe, observation);
        return 0;
    }
    return stopped < 0 || (probe->started && probe->gdb.fd < 0) ? -1 : 0;
}

static const char *probe_endpoint(struct device *device, const char *name)
{
    const struct probe *probe = device->state;

    for (size_t i = 0; i < probe->socket_count; i++)
        if (probe->sockets[i].path[0] && strcmp(probe->sockets[i].name, name) == 0)
            return probe->sockets[i].path;
    return NULL;
}

/* A jump to where nothing can run is a fault by the processor's own rules (DDI 0403,
 * B3.1: execute never). */
static int make_fault(struct probe *probe, int64_t deadline_ns, struct error *error)
{
    unsigned number = UNWIND_PC;

    if (halt(probe, deadline_ns, error) < 0)
        return -1;
    /* QEMU's writes no register before it was asked what there are. */
    gdb_find_register(&probe->gdb, "pc", &number, deadline_ns, NULL);
    if (gdb_write_register(&probe->gdb, number, XN_ADDRESS, deadline_ns, error) != 0)
        return -1;
    return gdb_continue(&probe->gdb, deadline_ns, error);
}

static int probe_provoke(struct device *device, enum provocation what,
                         struct error *error)
{
    struct probe *probe = device->state;
    int64_t deadline_ns = clock_now_ns() + COMMAND_NS;

    if (probe->gdb.fd < 0)
        return error_set(error, "the GDB server is not connected");
    if (!probe->provokes)
        return error_set(error, "hardware is stopped or made to fail only with "
                                "`provoke: true`");
    switch (what) {
    case PROVOKE_FAULT: return make_fault(probe, deadline_ns, error);
    case PROVOKE_PAUSE:
        if (halt(probe, deadline_ns, error) < 0)
            return -1;
        probe->held = true;
        return 0;
    case PROVOKE_CONTINUE:
        probe->held = false;
        return gdb_continue(&probe->gdb, deadline_ns, error);
    case PROVOKE_DEATH:
        if (probe->command && probe->child.pid && kill(probe->child.pid, SIGKILL) == 0)
            return 0;
        return error_set(error, "the harness did not start it");
    default: return error_set(error, "a reset that was not asked for does not show");
    }
}

static void probe_release(struct device *device)
{
    struct probe *probe = device->state;

    gdb_close(&probe->gdb);
    unwind_close(probe->unwind);
    program_free(&probe->program);
    symbols_free(probe->symbols);
    supply_free(&probe->supply);
    buffer_free(&probe->words);
}

const struct device_ops device_gdb = {
    .name = "gdb",
    .summary = "a Cortex-M board behind a GDB server: a debug probe's, or an emulator's",
    .keys =
        "probe: qemu, openocd, pyocd, jlink or blackmagic; server: HOST:PORT, unix:PATH "
        "or a serial port; image: ELF; command: [...] that runs the server, with {NAME} "
        "for a socket of its own; sockets: [NAME]; faults: {handlers: [function], catch: "
        "breakpoints or vectors}; stack: {bottom, top, fill}; reset: {warm: monitor "
        "command}; settle: 500ms; compare: true (memory with the image); provoke: stop it "
        "and make it fail, to prove oracles (true for qemu); start-timeout: 10s; " SUPPLY_KEYS,
    .resets = 1u << RESET_WARM | 1u << RESET_RESTART | 1u << RESET_POWER,
    .state_size = sizeof(struct probe),
    .configure = probe_configure,
    .start = probe_start,
    .reset = probe_reset,
    .observe = probe_observe,
    .endpoint = probe_endpoint,
    .provoke = probe_provoke,
    .describe = probe_describe,
    .stop = probe_stop,
    .release = probe_release,
};
