/* A board in QEMU: its UARTs are Unix sockets, its console and QMP tell what happens. */
#include "device/qemu.h"

#include "core/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define COMMAND_NS (5 * CLOCK_S)

/* How long a failure that has begun may take to end in a banner. A watchdog resets a
 * whole period after its warning; a fault handler at once, or never. A board that needs
 * long to start, as with an operating system, has half of that or four times that, where
 * it is longer. */
#define FAULT_PATIENCE_NS (300 * CLOCK_MS)
#define RESET_PATIENCE_NS (3 * CLOCK_S)
#define LINE_PATIENCE_NS (20 * CLOCK_MS) /* for the rest of a line */

static bool has_ended(const struct qemu *qemu)
{
    return !qemu->child.pid || qemu->child.ended;
}

static bool wait_for_news(const struct qemu *qemu, int64_t deadline_ns)
{
    struct pollfd polled[] = {
        {qemu->child.ended ? -1 : qemu->child.pidfd, POLLIN, 0},
        {qemu->console, POLLIN, 0},
        {qemu->qmp.fd, POLLIN, 0},
        {qemu->child.output, POLLIN, 0},
    };
    int count;

    do {
        count = poll(polled, 4, clock_poll_timeout_ms(deadline_ns));
    } while (count < 0 && errno == EINTR);
    return count > 0;
}

/* Reads what is there. The end is noticed first, so that the last words before it are
 * read; and QMP last: a RESET event is there before the banner that follows it. */
static void gather(struct qemu *qemu)
{
    child_wait(&qemu->child, 0);
    child_read(&qemu->console, &qemu->heard);
    child_read(&qemu->child.output, &qemu->words);
    qmp_read(&qemu->qmp);
}

static int explain(struct qemu *qemu, const char *what, struct error *error)
{
    struct lines lines = {.length = 0};
    struct view words;
    const char *line;
    struct error inner = {.text = ""};

    if (error)
        inner = *error;
    wait_for_news(qemu, clock_now_ns() + 50 * CLOCK_MS);
    gather(qemu);
    words = buffer_view(&qemu->words);
    line = lines_next(&lines, &words);
    return error_set(error, "QEMU %s%s%.160s%s%.300s", what, inner.text[0] ? ": " : "",
                     inner.text, line ? ": " : "", line ? line : "");
}

/* The banner, and after a reset its event as well. */
static int await_boot(struct qemu *qemu, unsigned resets, int64_t deadline_ns,
                      struct error *error)
{
    for (;;) {
        bool heard;

        guest_hear(&qemu->guest, buffer_view(&qemu->heard), NULL);
        buffer_clear(&qemu->heard);
        if ((qemu->guest.boots || !qemu->guest.boot.set) &&
            qemu->qmp.events.host_resets >= resets)
            return 0;
        if (error)
            error->text[0] = '\0';
        if (has_ended(qemu))
            return explain(qemu, "ended before the board was ready", error);
        heard = wait_for_news(qemu, deadline_ns);
        gather(qemu);
        if (!heard)
            return explain(qemu, "runs, but the board's banner did not come", error);
    }
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void qemu_stop(struct device *device)
{
    struct qemu *qemu = device->state;

    if (qemu->breakpoints)
        breakpoints_stop(qemu->breakpoints);
    child_stop(&qemu->child);
    qemu_network_stop(qemu);
    qmp_close(&qemu->qmp);
    close_fd(&qemu->console);
    buffer_clear(&qemu->heard);
    buffer_clear(&qemu->words);
    guest_forget(&qemu->guest);
    qemu->end_told = qemu->paused = qemu->provoked = false;
}

/* Runs QEMU with its QMP on a socket and its console on a pipe, both connected from the
 * start. The console is read between messages only. A pipe holds 64 KiB meanwhile; a
 * socket, whose every byte counts as a packet, some 280 of them, and what the firmware
 * says then is lost. */
static int launch(struct device *device, int *qmp, struct error *error)
{
    struct qemu *qemu = device->state;
    int control[2] = {-1, -1}, console[2] = {-1, -1}, status = -1;
    struct spawn spawn = {.merge = true};
    char **command = NULL;

    if (qemu_network_start(device, error) < 0)
        goto out;
    command = qemu_command(device, error);
    if (!command)
        goto out;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, control) < 0 ||
        pipe2(console, O_CLOEXEC) < 0 || fcntl(console[0], F_SETFL, O_NONBLOCK) < 0) {
        error_set(error, "cannot make a socket and a pipe for QEMU: %s", strerror(errno));
        goto out;
    }
    spawn.command = command;
    spawn.keep[spawn.keep_count++] = control[1];
    spawn.keep[spawn.keep_count++] = console[1];
    if (qemu->map.map)
        spawn.keep[spawn.keep_count++] = qemu->map.file;
    if (qemu_network_tap(qemu) >= 0)
        spawn.keep[spawn.keep_count++] = qemu_network_tap(qemu);
    if (child_start(&qemu->child, &spawn, error) < 0)
        goto out;
    *qmp = control[0];
    qemu->console = console[0];
    control[0] = console[0] = -1;
    status = 0;
out:
    for (int i = 0; i < 2; i++) {
        close_fd(&control[i]);
        close_fd(&console[i]);
    }
    vector_free(command);
    return status;
}

/* The board stood still until now. */
static int let_run(struct qemu *qemu, int64_t deadline_ns, struct error *error)
{
    return qemu->breakpoints
               ? breakpoints_start(qemu->breakpoints, qemu->gdb, deadline_ns, error)
               : qmp_command(&qemu->qmp, "cont", deadline_ns, error);
}

/* Stops the board, or lets it go on. Breakpoints' server would take a stop by QMP for one
 * of its own. */
static int set_paused(struct qemu *qemu, bool paused, int64_t deadline_ns,
                      struct error *error)
{
    qemu->paused = paused;
    return qemu->breakpoints
               ? breakpoints_hold(qemu->breakpoints, paused, deadline_ns, error)
               : qmp_command(&qemu->qmp, paused ? "stop" : "cont", deadline_ns, error);
}

/* A board that nobody lets go on after a breakpoint would look like one that hangs. */
static void watch_server(struct qemu *qemu)
{
    breakpoints_note(qemu->breakpoints);
    if (breakpoints_lost(qemu->breakpoints, NULL) && !has_ended(qemu))
        let_run(qemu, clock_now_ns() + COMMAND_NS, NULL);
}

static int qemu_start(struct device *device, int64_t deadline_ns, struct error *error)
{
    struct qemu *qemu = device->state;
    int64_t begun_ns = clock_now_ns(), limit_ns = begun_ns + qemu->start_timeout_ns;
    int qmp = -1;

    if (deadline_ns < limit_ns)
        limit_ns = deadline_ns;
    qemu_stop(device);
    qemu->guest.holds = (struct resource_use){-1, -1};
    guest_map_rearm(&qemu->map);
    if (launch(device, &qmp, error) < 0)
        goto fail;
    if (qmp_open(&qemu->qmp, qmp, limit_ns, error) < 0 ||
        let_run(qemu, limit_ns, error) < 0) {
        explain(qemu, "did not start", error);
        goto fail;
    }
    if (await_boot(qemu, 0, limit_ns, error) < 0)
        goto fail;
    qemu->boot_ns = clock_now_ns() - begun_ns;
    qemu->ready_holds = qemu->guest.holds;
    if (qemu_take_snapshot(qemu, limit_ns, error) < 0)
        goto fail;
    snprintf(qemu->version, sizeof qemu->version, "%s", qemu->qmp.version);
    guest_forget(&qemu->guest);
    qemu->qmp.events = (struct qmp_events){0};
    return 0;
fail:
    qemu_stop(device);
    return -1;
}

static int reset_warm(struct qemu *qemu, int64_t deadline_ns, struct error *error)
{
    if (qmp_command(&qemu->qmp, "system_reset", deadline_ns, error) < 0 ||
        (qemu->paused && set_paused(qemu, false, deadline_ns, error) < 0))
        return -1;
    return await_boot(qemu, 1, deadline_ns, error);
}

/* What the board said before it was put back belongs to its former life. */
static int restore(struct qemu *qemu, int64_t deadline_ns, struct error *error)
{
    if (qemu_put_back(qemu, deadline_ns, error) < 0)
        return -1;
    gather(qemu);
    buffer_clear(&qemu->heard);
    qemu->guest.holds = qemu->ready_holds;
    return qemu->paused ? set_paused(qemu, false, deadline_ns, error) : 0;
}

/* The emulator goes on, and with it the links. */
static int reset_board(struct qemu *qemu, enum reset_kind kind, int64_t deadline_ns,
                       struct error *error)
{
    gather(qemu);
    buffer_clear(&qemu->heard);
    guest_forget(&qemu->guest);
    qemu->qmp.events = (struct qmp_events){0};
    qemu->provoked = false;
    guest_map_rearm(&qemu->map);
    if ((kind == RESET_WARM ? reset_warm : restore)(qemu, deadline_ns, error) < 0)
        return -1;
    guest_forget(&qemu->guest);
    qemu->qmp.events = (struct qmp_events){0};
    return 0;
}

static int qemu_reset(struct device *device, enum reset_kind kind, int64_t deadline_ns,
                      struct error *error)
{
    struct qemu *qemu = device->state;

    if (kind == RESET_NONE)
        return 0;
    /* There is no board to reset when QEMU has ended. */
    if (kind < RESET_RESTART && !has_ended(qemu) && !child_wait(&qemu->child, 0))
        return reset_board(qemu, kind, deadline_ns, error);
    return qemu_start(device, deadline_ns, error);
}

/* What the guest ran last. The trap was set before its handler's words came. */
static void look_at_map(struct qemu *qemu, struct observation *observation)
{
    bool trapped = guest_map_trapped(&qemu->map), ended = has_ended(qemu);
    char text[4096], place[72];

    if (!trapped && !(ended && qemu->map.map))
        return;
    guest_map_tell(&qemu->map, qemu->guest.symbols, text, sizeof text, place,
                   sizeof place);
    if (trapped)
        guest_trap(&qemu->guest, place, text, observation);
    else {
        buffer_append(&qemu->words, view_text(text));
        buffer_append(&qemu->words, view_text("\n"));
    }
}

/* Something that QMP said during a command, or the map: no descriptor tells of it. */
static bool has_untold(struct qemu *qemu)
{
    return guest_map_trapped(&qemu->map) || qemu->qmp.events.host_resets ||
           qemu->qmp.events.guest_resets;
}

static void digest(struct qemu *qemu, struct observation *observation)
{
    struct qmp_events *events = &qemu->qmp.events;
    unsigned resets = events->guest_resets;
    char how[40];

    if (!qemu->end_told)
        look_at_map(qemu, observation);
    if (qemu->provoked && events->host_resets) {
        resets++;
        qemu->provoked = false;
    }
    *events = (struct qmp_events){0};
    for (unsigned i = 0; i < resets; i++)
        guest_note_reset(&qemu->guest, observation);
    guest_hear(&qemu->guest, buffer_view(&qemu->heard), observation);
    buffer_clear(&qemu->heard);
    if (has_ended(qemu) && !qemu->end_told) {
        qemu->end_told = true;
        guest_end(&qemu->guest, child_end_text(&qemu->child, how, sizeof how),
                  buffer_view(&qemu->words), observation);
        buffer_clear(&qemu->words);
    }
}

static int64_t longer(int64_t a_ns, int64_t b_ns)
{
    return a_ns > b_ns ? a_ns : b_ns;
}

/* Until when to go on listening; 0: as long as the caller wants. */
static int64_t patience(const struct qemu *qemu, int64_t since_ns)
{
    const struct guest *guest = &qemu->guest;

    if (guest->failing)
        return since_ns + (guest->found.kind == FAULT_GUEST && !guest->resets
                               ? longer(FAULT_PATIENCE_NS, qemu->boot_ns / 2)
                               : longer(RESET_PATIENCE_NS, 4 * qemu->boot_ns));
    return guest->lines.length && !guest->lines.done ? since_ns + LINE_PATIENCE_NS : 0;
}

/* In the common case, when nothing happened: one poll(2). */
static int qemu_observe(struct device *device, int64_t wait_until_ns,
                        struct observation *observation, struct error *error)
{
    struct qemu *qemu = device->state;
    size_t faults = observation->fault_count;
    int64_t until_ns = wait_until_ns, begun_ns = 0, more_ns;

    (void)error;
    if (qemu->breakpoints)
        watch_server(qemu);
    while (qemu->child.pid && !qemu->end_told) {
        if (!qemu->child.ended && !wait_for_news(qemu, until_ns) && !has_untold(qemu))
            break;
        gather(qemu);
        digest(qemu, observation);
        if (!begun_ns)
            begun_ns = clock_now_ns();
        more_ns = patience(qemu, begun_ns);
        if (!more_ns && observation->fault_count > faults)
            break;
        until_ns = more_ns ? more_ns : wait_until_ns;
        if (until_ns <= clock_now_ns())
            break;
    }
    guest_conclude(&qemu->guest, observation);
    observation->running = !has_ended(qemu);
    return 0;
}

static struct coverage_map *qemu_coverage(struct device *device)
{
    struct qemu *qemu = device->state;

    return qemu->breakpoints ? breakpoints_map(qemu->breakpoints) : qemu->map.map;
}

/* As its console said last: what came since the latest observation counts for the next.
 */
static int qemu_resources(struct device *device, struct resource_use *use,
                          struct error *error)
{
    const struct qemu *qemu = device->state;

    *use = qemu->guest.holds;
    return use->memory_kib >= 0 || use->handles >= 0
               ? 0
               : error_set(error, "the console has not said what the device holds");
}

static const char *qemu_endpoint(struct device *device, const char *name)
{
    const struct qemu *qemu = device->state;

    for (size_t i = 0; i < qemu->port_count; i++)
        if (qemu->ports[i].path[0] && strcmp(qemu->ports[i].name, name) == 0)
            return qemu->ports[i].path;
    return qemu_network_endpoint(qemu, name);
}

static int qemu_provoke(struct device *device, enum provocation what, struct error *error)
{
    struct qemu *qemu = device->state;
    int64_t deadline_ns = clock_now_ns() + COMMAND_NS;

    if (has_ended(qemu))
        return error_set(error, "QEMU is not running");
    switch (what) {
    case PROVOKE_DEATH:
        return kill(qemu->child.pid, SIGABRT) == 0
                   ? 0
                   : error_set(error, "cannot end QEMU: %s", strerror(errno));
    case PROVOKE_FAULT:
        return error_set(error, "QEMU cannot make its guest fault from outside");
    case PROVOKE_RESET:
        qemu->provoked = true;
        return qmp_command(&qemu->qmp, "system_reset", deadline_ns, error);
    default: return set_paused(qemu, what == PROVOKE_PAUSE, deadline_ns, error);
    }
}

static void qemu_release(struct device *device)
{
    struct qemu *qemu = device->state;

    qemu_network_release(qemu);
    vector_free(qemu->arguments);
    guest_free(&qemu->guest);
    guest_map_free(&qemu->map);
    breakpoints_free(qemu->breakpoints);
    buffer_free(&qemu->heard);
    buffer_free(&qemu->words);
}

const struct device_ops device_qemu = {
    .name = "qemu",
    .summary = "a board emulated by QEMU",
    .keys =
        "machine; image: ELF; kernel, initrd, append: what boots instead, when the image "
        "is a program in it; binary: qemu-system-arm; serial: [name, console or "
        "none]; network: {kind: user, forward: [{name: modbus, port: 502, protocol: "
        "tcp or udp}]}, {kind: dgram, frames: name} or {kind: dgram or tap, forward: "
        "[...], guest: 10.0.2.15, host: 10.0.2.2/24}; clock: realtime, realtime*N (a "
        "clock that runs N times as fast) or the text of -icount; snapshot: true, of the "
        "started board, which the step restore puts back in place of a warm reset; "
        "arguments: [...]; start-timeout: "
        "10s; console: {boot: regex, fault: regex, place: regex, reset: regex, memory: "
        "regex (KiB), handles: regex}; coverage: true, constant (a map that shows "
        "nothing, to compare with), or {breakpoints: 6, rotate-after: 16}",
    .resets = 1u << RESET_WARM | 1u << RESET_RESTORE | 1u << RESET_RESTART,
    .state_size = sizeof(struct qemu),
    .configure = qemu_configure,
    .start = qemu_start,
    .reset = qemu_reset,
    .observe = qemu_observe,
    .endpoint = qemu_endpoint,
    .provoke = qemu_provoke,
    .resources = qemu_resources,
    .coverage = qemu_coverage,
    .describe = qemu_describe,
    .stop = qemu_stop,
    .release = qemu_release,
};
