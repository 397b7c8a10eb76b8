#include "device/gdb.h"

#include "core/clock.h"
#include "device/gdb_packet.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    IN_MAXIMUM = 64 << 10,
    SAID_MAXIMUM = 64 << 10,
    ATTEMPTS = 4,                      /* of one packet */
    READ_BYTES = (GDB_PACKET - 8) / 2, /* of memory, so that the answer fits a packet */
    DESCRIPTION_MAXIMUM = 256 << 10,
    DESCRIPTIONS = 1 + GDB_INCLUDES
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

/* The answer is in gdb->reply; `stops`: it is a stop, and nothing else will do. */
static int ask(struct gdb *gdb, const char *text, bool stops, int64_t deadline_ns,
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

static bool reply_is(const struct gdb *gdb, const char *text)
{
    return view_equal(buffer_view(&gdb->reply), view_text(text));
}

/* 0 for "OK", 1 and *error for anything else. */
static int expect_ok(struct gdb *gdb, const char *what, struct error *error)
{
    if (reply_is(gdb, "OK"))
        return 0;
    error_set(error, "the GDB server %s %.60s",
              gdb->reply.length ? "refuses" : "does not know", what);
    return 1;
}

/* The stop that a stub sends by itself when somebody connects comes before the answer to
 * the first question. */
static int greet(struct gdb *gdb, int fd, int64_t deadline_ns, struct error *error)
{
    gdb_close(gdb);
    gdb->fd = fd;
    if (ask(gdb, "qSupported", false, deadline_ns, error) == 0)
        return 0;
    gdb_close(gdb);
    return -1;
}

static int need_program(struct gdb *gdb, const char *question, int64_t deadline_ns,
                        struct error *error)
{
    if (ask(gdb, question, true, deadline_ns, error)) {
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
    return gdb_reach(gdb, address, deadline_ns, error) < 0 ||
                   gdb_ask_halted(gdb, deadline_ns, error) < 0
               ? -1
               : 0;
}

void gdb_detach(struct gdb *gdb, int64_t deadline_ns)
{
    if (gdb->fd >= 0)
        ask(gdb, "D", false, deadline_ns, NULL);
    gdb_close(gdb);
}

/* --- what can be asked -------------------------------------------------------------- */

int gdb_read_pc(struct gdb *gdb, uint64_t *pc, int64_t deadline_ns, struct error *error)
{
    struct view digits;

    if (ask(gdb, "g", false, deadline_ns, error) < 0)
        return -1;
    digits = view_slice(buffer_view(&gdb->reply), 2 * (size_t)gdb->pc.offset_bytes,
                        2 * (size_t)gdb->pc.width_bytes);
    if (gdb_packet_value(digits, gdb->pc.width_bytes, pc))
        return 0;
    error_set(error, "the GDB server's registers hold no program counter");
    return 1;
}

int gdb_read_registers(struct gdb *gdb, uint64_t *values, size_t count,
                       unsigned width_bytes, int64_t deadline_ns, struct error *error)
{
    struct view digits;

    if (ask(gdb, "g", false, deadline_ns, error) < 0)
        return -1;
    digits = buffer_view(&gdb->reply);
    for (size_t i = 0; i < count; i++)
        if (!gdb_packet_value(
                view_slice(digits, 2 * i * width_bytes, 2 * (size_t)width_bytes),
                width_bytes, &values[i])) {
            error_set(error, "the GDB server tells no register %zu", i);
            return 1;
        }
    return 0;
}

int gdb_read_register(struct gdb *gdb, unsigned number, unsigned width_bytes,
                      uint64_t *value, int64_t deadline_ns, struct error *error)
{
    char text[32];

    snprintf(text, sizeof text, "p%x", number);
    if (ask(gdb, text, false, deadline_ns, error) < 0)
        return -1;
    if (gdb_packet_value(buffer_view(&gdb->reply), width_bytes, value))
        return 0;
    error_set(error, "the GDB server tells no register %u", number);
    return 1;
}

int gdb_write_word(struct gdb *gdb, uint64_t address, uint32_t word, int64_t deadline_ns,
                   struct error *error)
{
    uint8_t bytes[4];
    char text[64];
    size_t length;

    bytes_write_le(bytes, 4, word);
    length = (size_t)snprintf(text, sizeof text, "M%llx,4:", (unsigned long long)address);
    bytes_to_hex((struct view){bytes, 4}, text + length, sizeof text - length);
    if (ask(gdb, text, false, deadline_ns, error) < 0)
        return -1;
    return expect_ok(gdb, text, error);
}

/* One part of the answer to qXfer: 'm' and text, 'l' and the last of it. */
static int read_description(struct gdb *gdb, const char *name, struct buffer *text,
                            int64_t deadline_ns, struct error *error)
{
    size_t from = text->length;
    char question[160];
    uint8_t kind;

    do {
        snprintf(question, sizeof question, "qXfer:features:read:%.80s:%zx,%x", name,
                 text->length - from, GDB_PACKET / 2);
        if (ask(gdb, question, false, deadline_ns, error) < 0)
            return -1;
        kind = gdb->reply.length ? gdb->reply.data[0] : 0;
        if ((kind != 'm' && kind != 'l') || (kind == 'm' && gdb->reply.length == 1) ||
            buffer_append(
                text, view_slice(buffer_view(&gdb->reply), 1, gdb->reply.length)) < 0) {
            error_set(error, "the GDB server does not describe its target");
            return 1;
        }
    } while (kind == 'm');
    return 0;
}

int gdb_find_register(struct gdb *gdb, const char *name, unsigned *number,
                      int64_t deadline_ns, struct error *error)
{
    struct buffer text = buffer_make(DESCRIPTION_MAXIMUM);
    struct gdb_description description = {.wanted = name};
    int status = read_description(gdb, "target.xml", &text, deadline_ns, error);

    /* Each document may name others, which stand for what they hold. */
    for (int i = 0; status == 0 && i < DESCRIPTIONS; i++) {
        gdb_packet_describe(buffer_view(&text), &description);
        if (description.found || i >= description.include_count)
            break;
        buffer_clear(&text);
        status =
            read_description(gdb, description.includes[i], &text, deadline_ns, error);
    }
    buffer_free(&text);
    if (status == 0 && !description.found) {
        error_set(error, "the GDB server knows no register '%.20s'", name);
        return 1;
    }
    *number = description.number;
    return status;
}

int gdb_read_memory(struct gdb *gdb, uint64_t address, size_t length_bytes,
                    struct buffer *bytes, int64_t deadline_ns, struct error *error)
{
    char text[64];

    while (length_bytes) {
        size_t part = length_bytes < READ_BYTES ? length_bytes : READ_BYTES;
        struct view digits;

        snprintf(text, sizeof text, "m%llx,%zx", (unsigned long long)address, part);
        if (ask(gdb, text, false, deadline_ns, error) < 0)
            return -1;
        digits = buffer_view(&gdb->reply);
        for (size_t i = 0; i < part; i++) {
            uint64_t byte;

            if (!gdb_packet_value(view_slice(digits, 2 * i, 2), 1, &byte) ||
                buffer_append_byte(bytes, (uint8_t)byte) < 0) {
                error_set(error, "the GDB server cannot read %zu bytes at 0x%llx", part,
                          (unsigned long long)address);
                return 1;
            }
        }
        address += part;
        length_bytes -= part;
    }
    return 0;
}

int gdb_set_breakpoint(struct gdb *gdb, enum gdb_breakpoint kind, bool set,
                       uint64_t address, unsigned size, int64_t deadline_ns,
                       struct error *error)
{
    char text[64];

    snprintf(text, sizeof text, "%c%d,%llx,%x", set ? 'Z' : 'z', (int)kind,
             (unsigned long long)address, size);
    if (ask(gdb, text, false, deadline_ns, error) < 0)
        return -1;
    return expect_ok(gdb, text, error);
}

/* Some stubs answer a command with what it says, instead of before "OK". */
static bool took_output(struct gdb *gdb)
{
    struct buffer text = buffer_make(IN_MAXIMUM);
    bool taken = gdb->reply.length && buffer_append_byte(&text, 'O') == 0 &&
                 buffer_append(&text, buffer_view(&gdb->reply)) == 0 &&
                 gdb_packet_output(buffer_view(&text), &gdb->said);

    buffer_free(&text);
    return taken;
}

int gdb_monitor(struct gdb *gdb, const char *command, int64_t deadline_ns,
                struct error *error)
{
    char text[GDB_PACKET];
    size_t length = (size_t)snprintf(text, sizeof text, "qRcmd,");

    if (length + 2 * strlen(command) >= sizeof text)
        return error_set(error, "'%.60s…' is too long for a GDB server", command);
    bytes_to_hex(view_text(command), text + length, sizeof text - length);
    if (ask(gdb, text, false, deadline_ns, error) < 0)
        return -1;
    return took_output(gdb) ? 0 : expect_ok(gdb, command, error);
}

int gdb_run(struct gdb *gdb, int64_t deadline_ns, struct error *error)
{
    return ask(gdb, "vRun;", true, deadline_ns, error);
}

int gdb_write_register(struct gdb *gdb, unsigned number, uint32_t value,
                       int64_t deadline_ns, struct error *error)
{
    uint8_t bytes[4];
    char digits[9], text[32];

    bytes_write_le(bytes, 4, value);
    bytes_to_hex((struct view){bytes, 4}, digits, sizeof digits);
    snprintf(text, sizeof text, "P%x=%s", number, digits);
    if (ask(gdb, text, false, deadline_ns, error) < 0)
        return -1;
    return expect_ok(gdb, text, error);
}

int gdb_step(struct gdb *gdb, int64_t deadline_ns, struct error *error)
{
    return ask(gdb, "s", true, deadline_ns, error);
}

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
