/* A serial line: a tty or a pty, raw, and ours alone while it is open. */
#include "link/serial_parts.h"
#include "link/serial_port.h"
#include "link/stream.h"

#include "core/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* The other end of a Unix98 pty: Linux gives those majors 136 to 143 (devices.txt). */
static bool is_pty(const struct stat *file)
{
    return S_ISCHR(file->st_mode) && major(file->st_rdev) >= 136 &&
           major(file->st_rdev) <= 143;
}

/* A pty hands on bytes and nothing else of a line. */
static unsigned carried(const struct serial *serial)
{
    unsigned carries = LINK_STREAM | LINK_GAPS;

    return serial->is_pty
               ? carries
               : carries | LINK_BREAK | LINK_BAUD |
                     serial_line_carries((int)serial->line.bits, serial->line.parity);
}

static int read_line(const struct yaml *settings, struct serial_line *line,
                     struct error *error)
{
    static const char *const parities[] = {"none", "even", "odd", "mark", "space", NULL};
    static const char *const flows[] = {"none", "rtscts", "xonxoff", NULL};

    *line = (struct serial_line){.baud = 115200, .bits = 8, .stop = 1};
    return yaml_read_integer(settings, "baud", 1, 20000000, &line->baud, error) < 0 ||
                   yaml_read_integer(settings, "bits", 5, 8, &line->bits, error) < 0 ||
                   yaml_read_choice(settings, "parity", parities, &line->parity, error) <
                       0 ||
                   yaml_read_integer(settings, "stop", 1, 2, &line->stop, error) < 0 ||
                   yaml_read_choice(settings, "flow", flows, &line->flow, error) < 0
               ? -1
               : 0;
}

static int serial_configure(struct link *link, const struct yaml *settings,
                            struct error *error)
{
    static const char *const known[] = {
        "kind", "address", "baud",       "bits",      "parity",        "stop",
        "flow", "rs485",   "rts-before", "rts-after", "latency-timer", NULL};
    struct serial *serial = link->state;
    struct stat file;

    *serial = (struct serial){.fd = -1};
    if (yaml_check_keys(settings, known, error) < 0 ||
        read_line(settings, &serial->line, error) < 0 ||
        serial_drive_read(settings, &serial->drive, error) < 0 ||
        yaml_read_integer(settings, "latency-timer", 1, 255, &serial->latency_timer_ms,
                          error) < 0)
        return -1;
    if (serial_port_check(link->address, error) < 0)
        return yaml_locate(yaml_get(settings, "address"), 0, error);
    if (serial->drive.mode != DRIVE_ALWAYS && serial->line.flow == FLOW_RTSCTS)
        return yaml_refuse(yaml_get(settings, "rs485"), error,
                           "rs485 and flow: rtscts both want the line RTS");
    /* An address of a device is known when it has started: what emulators offer is a pty.
     */
    serial->is_pty = strncmp(link->address, "device:", 7) == 0 ||
                     (stat(link->address, &file) == 0 && is_pty(&file));
    link->carries = carried(serial);
    return 0;
}

/* Two programs on one line damage each other's traffic. TIOCEXCL keeps out programs that
 * ask nobody, except root's; flock keeps out those that ask. A pty keeps TIOCEXCL after
 * we are killed, for as long as its other end lives: it gets the lock only. */
static int take(struct serial *serial, struct error *error)
{
    if (flock(serial->fd, LOCK_EX | LOCK_NB) < 0)
        return errno == EWOULDBLOCK
                   ? error_set(error, "the port is busy: another program holds its lock")
                   : error_set(error, "cannot lock the port: %s", strerror(errno));
    if (!serial->is_pty && ioctl(serial->fd, TIOCEXCL) < 0)
        return error_set(error, "cannot take the port alone: %s", strerror(errno));
    return 0;
}

/* What is set is read back, but of a pty, which has no characters of so many bits. */
static int set_line(const struct serial *serial, struct error *error)
{
    struct termios2 line, got;

    if (ioctl(serial->fd, TCGETS2, &line) < 0)
        return error_set(error, "not a serial port (a tty)");
    serial_line_set(&serial->line, !serial->is_pty, &line);
    if (ioctl(serial->fd, TCSETS2, &line) < 0)
        return error_set(error, "the port refuses these settings: %s", strerror(errno));
    if (ioctl(serial->fd, TCGETS2, &got) < 0)
        return error_set(error, "the port does not say how it is set: %s",
                         strerror(errno));
    return serial->is_pty ? 0 : serial_line_compare(&line, &got, error);
}

static int prepare(struct serial *serial, const char *path, struct error *error)
{
    struct stat file;

    if (fstat(serial->fd, &file) < 0 || !isatty(serial->fd))
        return error_set(error, "not a serial port (a tty)");
    serial->is_pty = is_pty(&file);
    serial->marks.before = 0;
    if (take(serial, error) < 0 || set_line(serial, error) < 0 ||
        serial_drive_open(serial->fd, &serial->drive, error) < 0 ||
        (serial->latency_timer_ms &&
         serial_port_set_latency_timer(path, (int)serial->latency_timer_ms, error) < 0))
        return -1;
    ioctl(serial->fd, TCFLSH, TCIOFLUSH);
    return 0;
}

static void serial_close(struct link *link)
{
    struct serial *serial = link->state;

    if (serial->fd < 0)
        return;
    ioctl(serial->fd, TCFLSH, TCOFLUSH); /* a stopped peer must not hold up close(2) */
    if (!serial->is_pty)
        ioctl(serial->fd, TIOCNXCL);
    close(serial->fd);
    serial->fd = -1;
}

static int serial_open(struct link *link, const char *address, int64_t deadline_ns,
                       struct error *error)
{
    struct serial *serial = link->state;
    char path[PATH_MAX];
    int number;

    (void)deadline_ns; /* O_NONBLOCK: nothing here waits */
    if (serial_port_resolve(address, path, sizeof path, error) < 0)
        return LINK_FAILED;
    serial->fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    number = errno;
    if (serial->fd >= 0 && prepare(serial, path, error) == 0) {
        link->carries = carried(serial);
        return 0;
    }
    if (serial->fd < 0 && number == EBUSY)
        error_set(error, "the port is busy: another program has it open");
    else if (serial->fd < 0)
        error_set(error, "cannot open the port: %s", strerror(number));
    error_prefix(error, "%s: ", address);
    return LINK_FAILED;
}

/* How many of the `length` bytes behind `in` are data. A pty marks nothing. */
static size_t take_marks(struct link *link, struct buffer *in, size_t length)
{
    struct serial *serial = link->state;

    if (!serial->is_pty)
        length = serial_line_unmark(&serial->marks, in->data + in->length, length);
    link->line_errors = serial->marks.wrong;
    link->breaks = serial->marks.breaks;
    return length;
}

static int serial_receive(struct link *link, struct buffer *in, int64_t deadline_ns,
                          struct error *error)
{
    const struct serial *serial = link->state;
    size_t room = stream_make_room(in, error);

    if (!room)
        return LINK_FAILED;
    for (;;) {
        bool ready = serial_wait_for(serial->fd, POLLIN, deadline_ns);
        ssize_t count = read(serial->fd, in->data + in->length, room);
        size_t kept = count > 0 ? take_marks(link, in, (size_t)count) : 0;

        if (kept) {
            in->length += kept;
            return (int)kept;
        }
        if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR))
            return serial_failure("receive", count == 0 ? 0 : errno, error);
        /* Breaks alone are no data, however many of them come. */
        if (!ready || (count > 0 && clock_now_ns() >= deadline_ns))
            return LINK_TIMEOUT;
    }
}

static void serial_discard(struct link *link)
{
    const struct serial *serial = link->state;

    ioctl(serial->fd, TCFLSH, TCIFLUSH);
}

static bool serial_is_local(const char *address)
{
    struct stat file;

    return stat(address, &file) == 0 && is_pty(&file);
}

static int serial_probe(const struct link_finder *finder, struct error *error)
{
    struct serial_port *ports = NULL;
    char what[400];
    size_t count;

    if (serial_port_list(&ports, &count, error) < 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        size_t used = strlen(serial_port_identity(&ports[i], what, sizeof what));

        if (ports[i].latency_timer_ms)
            snprintf(what + used, sizeof what - used, " latency-timer:%dms",
                     ports[i].latency_timer_ms);
        finder->found(finder->context, ports[i].path, what,
                      access(ports[i].path, R_OK | W_OK) == 0 ? NULL
                                                              : "no right to open it");
    }
    free(ports);
    return count ? 0 : error_set(error, "this machine shows no serial port");
}

const struct link_ops link_serial = {
    .name = "serial",
    .summary =
        "a serial port (tty), or a pseudo-terminal (pty): that carries stream and gaps",
    .carries =
        LINK_STREAM | LINK_GAPS | LINK_BREAK | LINK_PARITY | LINK_BAUD | LINK_FRAMING,
    .keys =
        "address: path, usb:VENDOR:PRODUCT[:SERIAL], label:TEXT or device:NAME; baud: "
        "115200; bits: 5-8; parity: none, even, odd, mark or space; stop: 1 or 2; flow: "
        "none, rtscts or xonxoff; rs485: none, kernel (the driver holds RTS while it "
        "sends) or rts (percuss does); rts-before, rts-after: 1ms; latency-timer: 1-255 "
        "(ms; of FTDI adapters, which keep it)",
    .state_size = sizeof(struct serial),
    .configure = serial_configure,
    .open = serial_open,
    .send = serial_send,
    .receive = serial_receive,
    .disturb = serial_disturb,
    .discard = serial_discard,
    .is_local = serial_is_local,
    .probe = serial_probe,
    .close = serial_close,
};
