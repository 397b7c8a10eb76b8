#include "device/gdb.h"

#include "core/clock.h"
#include "device/gdb_parts.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    IN_MAXIMUM = 64 << 10,
    SAID_MAXIMUM = 64 << 10,
    ATTEMPTS = 4 /* of one packet */
};

/* --- connection --------------------------------------------------------------------- */

void gdb_init(struct gdb *gdb, struct gdb_pc pc)
{
    *gdb = (struct gdb){.fd = -1,
                        .pc = pc,
                        .in = buffer_make(IN_MAXIMUM),
                        .reply = buffer_make(IN_MAXIMUM),
                        .said = buffer_make(SAID_MAXIMUM)};
}

static void lose(struct gdb *gdb)
{
    if (gdb->fd >= 0)
        close(gdb->fd);
    gdb->fd = -1;
    gdb->runs = false;
}

void gdb_close(struct gdb *gdb)
{
    lose(gdb);
    buffer_free(&gdb->in);
    buffer_free(&gdb->reply);
    buffer_free(&gdb->said);
    gdb_init(gdb, gdb->pc);
}

/* 1: something to do, 0: nothing in time, -1: lost. */
static int await(struct gdb *gdb, short events, int64_t deadline_ns)
{
    struct pollfd polled = {gdb->fd, events, 0};
    int count;

    if (gdb->fd < 0)
        return -1;
    do {
        count = poll(&polled, 1, clock_poll_timeout_ms(deadline_ns));
    } while (count < 0 && errno == EINTR);
    return count < 0 ? -1 : count;
}

static int send_all(struct gdb *gdb, const char *text, size_t length, int64_t deadline_ns)
{
    while (length && gdb->fd >= 0) {
        ssize_t count = send(gdb->fd, text, length, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (count < 0 && errno == ENOTSOCK)
            count = write(gdb->fd, text, length); /* a serial port */
        if (count > 0) {
            text += count;
            length -= (size_t)count;
        } else if (errno != EINTR && errno != EAGAIN) {
            lose(gdb);
        } else if (errno == EAGAIN && await(gdb, POLLOUT, deadline_ns) <= 0) {
            return -1;
        }
    }
    return length ? -1 : 0;
}

/* Reads what has arrived, waiting for it. As await. */
static int fill(struct gdb *gdb, int64_t deadline_ns)
{
    uint8_t chunk[4096];
    int status = await(gdb, POLLIN, deadline_ns);
    size_t room = gdb->in.maximum - gdb->in.length;
    ssize_t count;

    if (status <= 0)
        return status;
    if (room > sizeof chunk)
        room = sizeof chunk;
    count = recv(gdb->fd, chunk, room, MSG_DONTWAIT);
    if (count < 0 && errno == ENOTSOCK)
        count = read(gdb->fd, chunk, room);
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
        return 1;
    if (count <= 0 || buffer_append(&gdb->in, (struct view){chunk, (size_t)count}) < 0) {
        lose(gdb);
        return -1;
    }
    return 1;
}

/* --- packets ------------------------------------------------------------------------ */

static int complain(const struct gdb *gdb, const char *what, struct error *error)
{
    return error_set(error, "the GDB server %s %.60s",
                     gdb->fd < 0 ? "closed the connection during" : "does not answer",
                     what);
}

/* The next item, acknowledged if it is a packet; GDB_NOTHING: nothing in time, or lost.
 * Output and notifications, which come at any time, are dealt with here. What has arrived
 * is looked at whatever the deadline; a server that never stops talking is not. */
static enum gdb_item next_item(struct gdb *gdb, int64_t deadline_ns)
{
    bool filled = false;

    for (;;) {
        enum gdb_item item = gdb_packet_take(&gdb->in, &gdb->reply);

        switch (item) {
        case GDB_NOTHING:
            if ((filled && clock_now_ns() > deadline_ns) || fill(gdb, deadline_ns) <= 0)
                return GDB_NOTHING;
            filled = true;
            break;
        case GDB_DAMAGED:
            if (++gdb->damaged > ATTEMPTS || send_all(gdb, "-", 1, deadline_ns) < 0) {
                lose(gdb);
                return GDB_NOTHING;
            }
            break;
        case GDB_IS_PACKET:
            gdb->damaged = 0;
            if (send_all(gdb, "+", 1, deadline_ns) < 0)
                return GDB_NOTHING;
            if (!gdb_packet_output(buffer_view(&gdb->reply), &gdb->said))
                return item;
            break;
        case GDB_NOTICE: break;
        default: return item;
        }
    }
}

static bool note_stop(struct gdb *gdb)
{
    struct gdb_stop stop;

    if (!gdb_packet_stop(buffer_view(&gdb->reply), &gdb->pc, &stop))
        return false;
    gdb->stop = stop;
    gdb->runs = false;
    return true;
}

/* Sends until it is acknowledged. */
static int deliver(struct gdb *gdb, const char *text, int64_t deadline_ns,
                   struct error *error)
{
    char packet[GDB_PACKET + 1];
    enum gdb_item item = GDB_NAK;

    if (gdb_packet_make(text, packet) < 0)
        return error_set(error, "'%.60s' cannot be sent to a GDB server", text);
    for (int i = 0; item == GDB_NAK && i < ATTEMPTS; i++) {
        if (send_all(gdb, packet, strlen(packet), deadline_ns) < 0)
            return complain(gdb, text, error);
        do { /* a packet now is a stop, or a late answer to something else */
            item = next_item(gdb, deadline_ns);
            if (item == GDB_IS_PACKET)
                note_stop(gdb);
        } while (item == GDB_IS_PACKET);
    }
    return item == GDB_ACK ? 0 : complain(gdb, text, error);
}

int gdb_ask(struct gdb *gdb, const char *text, bool stops, int64_t deadline_ns,
            struct error *error)
{
    enum gdb_item item;

    if (deliver(gdb, text, deadline_ns, error) < 0)
        return -1;
    do {
        item = next_item(gdb, deadline_ns);
        if (item == GDB_NOTHING)
            return complain(gdb, text, error);
        if (item != GDB_IS_PACKET)
            continue;
        if (note_stop(gdb)) {
            if (stops)
                return 0;
        } else if (!stops) {
            return 0;
        } else {
            error_set(error, "the GDB server refuses %.60s", text);
            return 1;
        }
    } while (clock_now_ns() <= deadline_ns);
    return complain(gdb, text, error);
}

/* The stop that a stub sends by itself when somebody connects comes before the answer to
 * the first question. */
static int greet(struct gdb *gdb, int fd, int64_t deadline_ns, struct error *error)
{
    gdb_close(gdb);
    gdb->fd = fd;
    if (gdb_ask(gdb, "qSupported", false, deadline_ns, error) == 0)
        return 0;
    gdb_close(gdb);
    return -1;
}

static int need_program(struct gdb *gdb, const char *question, int64_t deadline_ns,
                        struct error *error)
{
    if (gdb_ask(gdb, question, true, deadline_ns, error)) {
        gdb_close(gdb);
        return -1;
    }
    if (!gdb->stop.gone)
        return 0;
    gdb_close(gdb);
    return error_set(error, "the GDB server has no program that could run");
}

int gdb_ask_halted(struct gdb *gdb, int64_t deadline_ns, struct error *error)
{
    return need_program(gdb, "?", deadline_ns, error);
}

int gdb_attach(struct gdb *gdb, unsigned number, int64_t deadline_ns, struct error *error)
{
    char text[32];

    snprintf(text, sizeof text, "vAttach;%x", number);
    return need_program(gdb, text, deadline_ns, error);
}

int gdb_open(struct gdb *gdb, int fd, int64_t deadline_ns, struct error *error)
{
    return greet(gdb, fd, deadline_ns, error) < 0 ||
                   gdb_ask_halted(gdb, deadline_ns, error) < 0
               ? -1
               : 0;
}

int gdb_reach(struct gdb *gdb, const char *address, int64_t deadline_ns,
              struct error *error)
{
    int fd = gdb_connect_socket(address, deadline_ns, error);

    return fd < 0 ? -1 : greet(gdb, fd, deadline_ns, error);
}

int gdb_connect(struct gdb *gdb, const char *address, int64_t deadline_ns,
                struct error *error)
{
    int fd = gdb_connect_socket(address, deadline_ns, error);

    return fd < 0 ? -1 : gdb_open(gdb, fd, deadline_ns, error);
}

void gdb_detach(struct gdb *gdb, int64_t deadline_ns)
{
    if (gdb->fd >= 0)
        gdb_ask(gdb, "D", false, deadline_ns, NULL);
    gdb_close(gdb);
}

/* --- a program that runs ------------------------------------------------------------ */

int gdb_continue(struct gdb *gdb, int64_t deadline_ns, struct error *error)
{
    gdb->runs = true; /* first: the stop may come with the acknowledgement */
    if (deliver(gdb, "c", deadline_ns, error) == 0)
        return 0;
    gdb->runs = false;
    return -1;
}

int gdb_interrupt(struct gdb *gdb, struct error *error)
{
    return send_all(gdb, "\x03", 1, clock_now_ns() + CLOCK_S) == 0
               ? 0
               : complain(gdb, "a request to stop", error);
}

int gdb_await_stop(struct gdb *gdb, int64_t deadline_ns, struct error *error)
{
    while (gdb->runs) {
        enum gdb_item item = next_item(gdb, deadline_ns);

        if (item == GDB_IS_PACKET)
            note_stop(gdb);
        else if (item == GDB_NOTHING)
            return gdb->fd < 0 ? complain(gdb, "a wait for a stop", error) : 0;
        if (gdb->runs && !gdb->in.length && clock_now_ns() > deadline_ns)
            return 0;
    }
    return 1;
}
