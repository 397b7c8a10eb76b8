/* How bytes go out of a serial port: as the line is set, or wrongly on purpose. */
#include "link/serial_parts.h"

#include "core/clock.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { UNIT_BITS = 12 }; /* of a character, at most */

int serial_wait_for(int fd, short events, int64_t deadline_ns)
{
    struct pollfd polled = {fd, events, 0};
    int64_t left_ns;
    int count;

    do {
        left_ns = deadline_ns - clock_now_ns();
        if (left_ns < 0)
            left_ns = 0;
        count = ppoll(&polled, 1,
                      &(struct timespec){left_ns / CLOCK_S, left_ns % CLOCK_S}, NULL);
    } while (count < 0 && errno == EINTR);
    return count > 0;
}

int serial_failure(const char *what, int number, struct error *error)
{
    if (number == EIO || number == ENXIO || number == ENODEV || number == 0) {
        error_set(error, "the line hung up");
        return LINK_CLOSED;
    }
    error_set(error, "cannot %s: %s", what, strerror(number));
    return LINK_FAILED;
}

/* --- right -------------------------------------------------------------------------- */

/* write(2) only queues. Waiting here until the bytes are out makes the pause between two
 * sends the pause that the device sees. */
static void wait_sent(const struct serial *serial, size_t length, int64_t start_ns,
                      int64_t deadline_ns)
{
    const struct serial_line *line = &serial->line;
    int64_t unit_bits = 1 + line->bits + (line->parity != PARITY_NONE) + line->stop;
    int64_t sent_ns;

    if (serial->is_pty)
        return;
    sent_ns = start_ns + (int64_t)length * unit_bits * CLOCK_S / line->baud;
    clock_sleep_until_ns(sent_ns < deadline_ns ? sent_ns : deadline_ns);
}

static int put(const struct serial *serial, struct view bytes, int64_t deadline_ns,
               struct error *error)
{
    int64_t start_ns = serial->is_pty ? 0 : clock_now_ns();
    size_t sent = 0;

    while (sent < bytes.length) {
        ssize_t count = write(serial->fd, bytes.data + sent, bytes.length - sent);

        if (count > 0) {
            sent += (size_t)count;
        } else if (count < 0 && errno != EAGAIN && errno != EINTR) {
            return serial_failure("send", errno, error);
        } else if (!serial_wait_for(serial->fd, POLLOUT, deadline_ns)) {
            error_set(error, "the line took only %zu of %zu bytes before the deadline",
                      sent, bytes.length);
            return LINK_FAILED;
        }
    }
    wait_sent(serial, bytes.length, start_ns, deadline_ns);
    return 0;
}

/* Where the line is driven by hand, RTS is held for all that goes in between. */
static int take_line(const struct serial *serial, struct error *error)
{
    return serial_drive_begin(serial->fd, &serial->drive) < 0
               ? serial_failure("raise RTS", errno, error)
               : 0;
}

static int give_line(const struct serial *serial, int status, int64_t deadline_ns,
                     struct error *error)
{
    return serial_drive_end(serial->fd, &serial->drive, deadline_ns) < 0 && status == 0
               ? serial_failure("lower RTS", errno, error)
               : status;
}

int serial_send(struct link *link, struct view bytes, int64_t deadline_ns,
                struct error *error)
{
    const struct serial *serial = link->state;
    int status = take_line(serial, error);

    return status < 0 ? status
                      : give_line(serial, put(serial, bytes, deadline_ns, error),
                                  deadline_ns, error);
}

/* --- wrong on purpose --------------------------------------------------------------- */

static int send_break(const struct serial *serial, int64_t length_ns, struct error *error)
{
    if (ioctl(serial->fd, TIOCSBRK) < 0)
        return serial_failure("send a break", errno, error);
    clock_sleep_until_ns(clock_now_ns() + length_ns);
    return ioctl(serial->fd, TIOCCBRK) < 0 ? serial_failure("end a break", errno, error)
                                           : 0;
}

/* `bytes` on a line that is set so, and out of it: by the time that they take, as to wait
 * for the line itself (TCSETSW2) has no deadline, and by what the UART tells. */
static int put_on(const struct serial *serial, const struct termios2 *line,
                  struct view bytes, int64_t deadline_ns, struct error *error)
{
    int64_t out_ns =
        clock_now_ns() + CLOCK_MS +
        (int64_t)bytes.length * UNIT_BITS * CLOCK_S / (int64_t)line->c_ospeed;
    int status;

    if (!bytes.length)
        return 0;
    if (ioctl(serial->fd, TCSETS2, line) < 0)
        return serial_failure("set the line", errno, error);
    status = put(serial, bytes, deadline_ns, error);
    clock_sleep_until_ns(out_ns < deadline_ns ? out_ns : deadline_ns);
    serial_drive_wait(serial->fd, deadline_ns);
    return status;
}

/* What is right in front of the wrong bytes and behind them, and these. */
static int put_wrong(const struct serial *serial, const struct termios2 *right,
                     const struct termios2 *wrong, struct view bytes, struct view changed,
                     size_t first, int64_t deadline_ns, struct error *error)
{
    size_t end = first + changed.length;
    struct error ignored;
    int status = put_on(serial, right, view_slice(bytes, 0, first), deadline_ns, error);

    if (status == 0)
        status = put_on(serial, wrong, changed, deadline_ns, error);
    if (ioctl(serial->fd, TCSETS2, right) < 0)
        return serial_failure("set the line back", errno, status < 0 ? &ignored : error);
    return status < 0 ? status
                      : put(serial, view_slice(bytes, end, bytes.length - end),
                            deadline_ns, error);
}

/* The line is set differently for the wrong bytes, and back when they are out. */
int serial_disturb(struct link *link, unsigned what, int64_t amount, struct view bytes,
                   int64_t deadline_ns, struct error *error)
{
    const struct serial *serial = link->state;
    bool single = what == LINK_PARITY && amount;
    size_t first = single ? (size_t)amount - 1 : 0;
    struct buffer changed = buffer_make(bytes.length);
    struct termios2 right, wrong;
    int status = LINK_FAILED;

    if (what == LINK_BREAK)
        return send_break(serial, amount, error);
    if (ioctl(serial->fd, TCGETS2, &right) < 0)
        return serial_failure("read the line's settings", errno, error);
    wrong = right;
    if (buffer_append(&changed, single ? view_slice(bytes, first, 1) : bytes) < 0 ||
        (single && !changed.length) ||
        serial_line_disturb(what, amount, &wrong, changed.data, changed.length) < 0)
        error_set(error, "this line cannot be disturbed that way");
    else if ((status = take_line(serial, error)) == 0)
        status = give_line(serial,
                           put_wrong(serial, &right, &wrong, bytes, buffer_view(&changed),
                                     first, deadline_ns, error),
                           deadline_ns, error);
    buffer_free(&changed);
    return status;
}
