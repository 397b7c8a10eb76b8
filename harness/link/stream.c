#include "link/stream.h"

#include "core/clock.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* SO_RCVTIMEO counts in scheduler ticks (1-10 ms): shorter waits use ppoll. */
#define SHORT_WAIT_NS (20 * CLOCK_MS)
/* A timeout that is set may end this much late, or anything early, before it is set anew.
 */
#define LATE_NS (2 * CLOCK_MS)

static void set_wait(int fd, int option, int64_t *set_ns, int64_t wanted_ns)
{
    struct timeval wait;

    if (*set_ns && *set_ns <= wanted_ns + LATE_NS && *set_ns >= wanted_ns / 2)
        return;
    wait = (struct timeval){wanted_ns / CLOCK_S, wanted_ns % CLOCK_S / 1000};
    if (wait.tv_sec == 0 && wait.tv_usec == 0)
        wait.tv_usec = 1; /* zero would mean for ever */
    if (setsockopt(fd, SOL_SOCKET, option, &wait, sizeof wait) == 0)
        *set_ns = wanted_ns;
}

bool stream_wait(int fd, short events, int64_t deadline_ns)
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

/* Refusals are the peer's answer; everything else is a failure of this end. */
static int connect_failure(int number, struct error *error)
{
    if (number == 0 || number == EAGAIN || number == EINPROGRESS || number == ETIMEDOUT) {
        error_set(error, "no answer to the connection request before the deadline");
        return LINK_FAILED;
    }
    error_set(error, "cannot connect: %s", strerror(number));
    return number == ECONNREFUSED || number == ECONNRESET || number == ENOENT
               ? LINK_CLOSED
               : LINK_FAILED;
}

int stream_connect(struct stream *stream, const struct sockaddr *address,
                   socklen_t length, int64_t deadline_ns, struct error *error)
{
    int64_t left_ns = deadline_ns - clock_now_ns(), set_ns = 0;
    int number = 0;

    stream_close(stream);
    stream->fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (stream->fd < 0) {
        error_set(error, "cannot make a socket: %s", strerror(errno));
        return LINK_FAILED;
    }
    /* Linux lets SO_SNDTIMEO limit connect(2): no switch to non-blocking and back. */
    set_wait(stream->fd, SO_SNDTIMEO, &set_ns, left_ns > 0 ? left_ns : 1);
    if (connect(stream->fd, address, length) == 0)
        return 0;
    number = errno;
    if (number == EINTR && stream_wait(stream->fd, POLLOUT, deadline_ns)) {
        socklen_t size = sizeof number;

        if (getsockopt(stream->fd, SOL_SOCKET, SO_ERROR, &number, &size) == 0 && !number)
            return 0;
    }
    stream_close(stream);
    return connect_failure(number == EINTR ? EINPROGRESS : number, error);
}

/* --- the server role ---------------------------------------------------------------- */

int stream_listen(const struct sockaddr *address, socklen_t length, struct error *error)
{
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    /* An address whose last connections are in TIME_WAIT can be had all the same. */
    if (fd >= 0 &&
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)) == 0 &&
        bind(fd, address, length) == 0 && listen(fd, SOMAXCONN) == 0)
        return fd;
    error_set(error, "cannot listen: %s", strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

int stream_accept(struct stream *stream, int listener, int64_t deadline_ns,
                  struct error *error)
{
    stream_close(stream);
    for (;;) {
        stream->fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (stream->fd >= 0)
            return 0;
        if (errno == EAGAIN && !stream_wait(listener, POLLIN, deadline_ns)) {
            error_set(error, "nothing connected before the deadline");
            return LINK_FAILED;
        }
        /* One that connected and hung up at once is not the last. */
        if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
            error_set(error, "cannot accept: %s", strerror(errno));
            return LINK_FAILED;
        }
    }
}

/* --- transfers ---------------------------------------------------------------------- */

/* The peer's doing, or ours? */
static int transfer_failure(const char *what, int number, struct error *error)
{
    switch (number) {
    case ECONNRESET:
    case ECONNABORTED:
        error_set(error, "the peer reset the connection");
        return LINK_CLOSED;
    case EPIPE: error_set(error, "the peer closed the connection"); return LINK_CLOSED;
    case ETIMEDOUT:
        error_set(error, "the peer no longer acknowledges");
        return LINK_CLOSED;
    default:
        error_set(error, "cannot %s: %s", what, strerror(number));
        return LINK_FAILED;
    }
}

int stream_send(struct stream *stream, struct view bytes, int64_t deadline_ns,
                struct error *error)
{
    size_t sent = 0;

    stream->received = false;
    while (sent < bytes.length) {
        ssize_t count = send(stream->fd, bytes.data + sent, bytes.length - sent,
                             MSG_NOSIGNAL | MSG_DONTWAIT);

        if (count >= 0) {
            sent += (size_t)count;
        } else if (errno == EAGAIN && !stream_wait(stream->fd, POLLOUT, deadline_ns)) {
            error_set(error, "the peer took only %zu of %zu bytes before the deadline",
                      sent, bytes.length);
            return LINK_FAILED;
        } else if (errno != EINTR && errno != EAGAIN) {
            return transfer_failure("send", errno, error);
        }
    }
    return 0;
}

size_t stream_make_room(struct buffer *in, struct error *error)
{
    size_t room = in->maximum - in->length;

    if (room > STREAM_CHUNK)
        room = STREAM_CHUNK;
    if (buffer_reserve(in, room) == 0)
        return room;
    error_set(error, "out of memory for %zu received bytes", room);
    return 0;
}

int stream_receive(struct stream *stream, struct buffer *in, int64_t deadline_ns,
                   struct error *error)
{
    size_t room = stream_make_room(in, error);

    if (!room)
        return LINK_FAILED;
    /* A reply that comes in pieces: Nagle's algorithm at the peer holds the next piece
     * until the first is acknowledged. A reply in one piece is acknowledged by our next
     * request, and costs no system call here. */
    if (stream->quick_ack && stream->received)
        setsockopt(stream->fd, IPPROTO_TCP, TCP_QUICKACK, &(int){1}, sizeof(int));
    for (;;) {
        int64_t left_ns = deadline_ns - clock_now_ns();
        int flags = MSG_DONTWAIT;
        ssize_t count;

        if (left_ns > SHORT_WAIT_NS) {
            set_wait(stream->fd, SO_RCVTIMEO, &stream->receive_wait_ns, left_ns);
            flags = 0;
        } else if (left_ns > 0) {
            stream_wait(stream->fd, POLLIN, deadline_ns);
        }
        count = recv(stream->fd, in->data + in->length, room, flags);
        if (count > 0) {
            in->length += (size_t)count;
            stream->received = true;
            return (int)count;
        }
        if (count == 0) {
            error_set(error, "the peer closed the connection");
            return LINK_CLOSED;
        }
        if (errno == EAGAIN && clock_now_ns() >= deadline_ns)
            return LINK_TIMEOUT;
        stream->was_reset = errno == ECONNRESET;
        if (errno != EAGAIN && errno != EINTR)
            return transfer_failure("receive", errno, error);
    }
}

void stream_drop_arrived(int fd)
{
    char scrap[4096];
    int arrived = 0;

    if (ioctl(fd, FIONREAD, &arrived) < 0)
        return;
    while (arrived > 0) {
        size_t part = (size_t)arrived < sizeof scrap ? (size_t)arrived : sizeof scrap;
        ssize_t count = read(fd, scrap, part);

        if (count <= 0)
            return;
        arrived -= (int)count;
    }
}

void stream_discard(struct stream *stream)
{
    stream_drop_arrived(stream->fd);
}

void stream_close(struct stream *stream)
{
    if (stream->fd >= 0)
        close(stream->fd);
    stream->fd = -1;
    stream->receive_wait_ns = 0;
    stream->received = stream->was_reset = false;
}
