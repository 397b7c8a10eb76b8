#include "device/relay.h"

#include "core/bytes.h"
#include "core/prefixed.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { FRAME_ROOM = 65536, BATCH = 64 };

struct relay {
    int tap, wire, stop; /* wire: -1 of a stream on which no board is */
    int door;            /* of a stream: where the board connects; -1: datagrams */
    struct sockaddr_un here, board;
    bool connected, running;
    pthread_t thread;
    size_t held; /* bytes of a frame that the board has no room for yet */
    size_t sent; /* of a stream: bytes of it that are on their way */
    struct prefixed in;
    uint8_t frame[FRAME_ROOM], out[PREFIXED_HEAD + FRAME_ROOM];
};

/* --- datagrams ---------------------------------------------------------------------- */

/* A datagram socket's queue is short, and what is lost in it comes again a quarter of a
 * second later: a frame waits here, and those behind it in the tap. Before the emulator
 * has made its socket, the cable is not plugged in. */
static bool give_datagram(struct relay *relay, size_t length)
{
    if (!relay->connected)
        relay->connected = connect(relay->wire, (struct sockaddr *)&relay->board,
                                   sizeof relay->board) == 0;
    if (!relay->connected)
        return true;
    return send(relay->wire, relay->out + PREFIXED_HEAD, length,
                MSG_DONTWAIT | MSG_NOSIGNAL) >= 0 ||
           errno != EAGAIN;
}

/* --- a stream ----------------------------------------------------------------------- */

static void hang_up(struct relay *relay)
{
    close(relay->wire);
    relay->wire = -1;
    relay->held = relay->sent = relay->in.held = 0;
}

static bool give_stream(struct relay *relay, size_t length)
{
    size_t all = PREFIXED_HEAD + length;

    bytes_write_be(relay->out, PREFIXED_HEAD, length);
    while (relay->wire >= 0 && relay->sent < all) {
        ssize_t count = send(relay->wire, relay->out + relay->sent, all - relay->sent,
                             MSG_DONTWAIT | MSG_NOSIGNAL);

        if (count < 0 && errno == EAGAIN)
            return false;
        if (count < 0)
            hang_up(relay);
        else
            relay->sent += (size_t)count;
    }
    relay->sent = 0;
    return true;
}

/* 1: *frame is the next one; 0: a part of it; -1: nothing is there. */
static int take_stream(struct relay *relay, struct view *frame)
{
    size_t wanted;
    uint8_t *room = prefixed_room(&relay->in, &wanted);
    ssize_t count = recv(relay->wire, room, wanted, MSG_DONTWAIT), length;

    if (count < 0 && errno == EAGAIN)
        return -1;
    length = count > 0 ? prefixed_add(&relay->in, (size_t)count) : -1;
    if (length < 0) {
        hang_up(relay);
        return -1;
    }
    *frame = (struct view){relay->in.bytes + PREFIXED_HEAD, (size_t)length};
    return length > 0;
}

/* A board that starts again connects again. */
static void open_door(struct relay *relay)
{
    relay->wire = accept4(relay->door, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

/* --- both --------------------------------------------------------------------------- */

static bool give(struct relay *relay, size_t length)
{
    return relay->door < 0 ? give_datagram(relay, length) : give_stream(relay, length);
}

static int take_datagram(struct relay *relay, struct view *frame)
{
    ssize_t length = recv(relay->wire, relay->frame, FRAME_ROOM, MSG_DONTWAIT);

    *frame = (struct view){relay->frame, length > 0 ? (size_t)length : 0};
    return length > 0 ? 1 : -1;
}

/* Both directions, a batch at a time, so that a flood does not keep the other waiting. */
static void to_board(struct relay *relay)
{
    if (relay->held && !give(relay, relay->held))
        return;
    relay->held = 0;
    for (int i = 0; i < BATCH; i++) {
        ssize_t length = read(relay->tap, relay->out + PREFIXED_HEAD, FRAME_ROOM);

        if (length <= 0)
            return;
        if (!give(relay, (size_t)length)) {
            relay->held = (size_t)length;
            return;
        }
    }
}

static void from_board(struct relay *relay)
{
    for (int i = 0; i < BATCH; i++) {
        struct view frame;
        int status =
            relay->door < 0 ? take_datagram(relay, &frame) : take_stream(relay, &frame);

        /* What the tap does not take is lost, as at any interface. */
        if (status < 0 || (status && write(relay->tap, frame.data, frame.length) < 0))
            return;
    }
}

static void *work(void *argument)
{
    struct relay *relay = argument;
    struct pollfd polled[] = {{relay->stop, POLLIN, 0},
                              {relay->tap, 0, 0},
                              {relay->wire, 0, 0},
                              {relay->door, POLLIN, 0}};

    while (!polled[0].revents) {
        polled[1].events = relay->held ? 0 : POLLIN;
        polled[2].events = relay->held ? POLLIN | POLLOUT : POLLIN;
        polled[2].fd = relay->wire; /* below 0: poll passes it over */
        polled[3].fd = relay->wire < 0 ? relay->door : -1;
        if (poll(polled, 4, -1) < 0)
            continue;
        if (polled[3].revents)
            open_door(relay);
        if (polled[1].revents || polled[2].revents & POLLOUT)
            to_board(relay);
        if (polled[2].revents & ~POLLOUT)
            from_board(relay);
    }
    return NULL;
}

static int open_wire(struct relay *relay, const char *path, bool stream,
                     struct error *error)
{
    struct sockaddr_un here = {.sun_family = AF_UNIX}, board = {.sun_family = AF_UNIX};
    int fd;

    if (strlen(path) + sizeof ".peer" > sizeof here.sun_path)
        return error_set(error, "%s: too long for a socket's path", path);
    snprintf(board.sun_path, sizeof board.sun_path, "%s", path);
    snprintf(here.sun_path, sizeof here.sun_path, "%s%s", path, stream ? "" : ".peer");
    relay->board = board;
    relay->here = here;
    unlink(here.sun_path);
    fd = socket(AF_UNIX, (stream ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
    *(stream ? &relay->door : &relay->wire) = fd;
    relay->stop = eventfd(0, EFD_CLOEXEC);
    if (fd < 0 || relay->stop < 0 ||
        bind(fd, (struct sockaddr *)&here, sizeof here) < 0 ||
        (stream && listen(fd, 1) < 0))
        return error_set(error, "%s: cannot make a socket: %s", here.sun_path,
                         strerror(errno));
    return 0;
}

/* Signals stay with the thread that runs the campaign. */
static int start_thread(struct relay *relay, struct error *error)
{
    sigset_t all, before;
    int status;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    status = pthread_create(&relay->thread, NULL, work, relay);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (status)
        return error_set(error, "cannot carry frames: %s", strerror(status));
    relay->running = true;
    return 0;
}

struct relay *relay_start(int tap, const char *path, bool stream, struct error *error)
{
    struct relay *relay = calloc(1, sizeof *relay);

    if (!relay) {
        error_set(error, "out of memory");
        return NULL;
    }
    relay->tap = tap;
    relay->wire = relay->stop = relay->door = -1;
    if (open_wire(relay, path, stream, error) < 0 || start_thread(relay, error) < 0) {
        relay_stop(relay);
        return NULL;
    }
    return relay;
}

void relay_stop(struct relay *relay)
{
    if (!relay)
        return;
    if (relay->running) {
        eventfd_write(relay->stop, 1);
        pthread_join(relay->thread, NULL);
    }
    if (relay->wire >= 0)
        close(relay->wire);
    if (relay->stop >= 0)
        close(relay->stop);
    if (relay->door >= 0)
        close(relay->door);
    if (relay->here.sun_path[0])
        unlink(relay->here.sun_path);
    free(relay);
}
