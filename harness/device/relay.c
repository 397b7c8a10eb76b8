#include "device/relay.h"

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
    int tap, wire, stop;
    struct sockaddr_un here, board;
    bool connected, running;
    pthread_t thread;
    size_t held; /* bytes of a frame that the board has no room for yet */
    uint8_t frame[FRAME_ROOM], out[FRAME_ROOM];
};

/* A datagram socket's queue is short, and what is lost in it comes again a quarter of a
 * second later: a frame waits here, and those behind it in the tap. Before the emulator
 * has made its socket, the cable is not plugged in. */
static bool give(struct relay *relay, size_t length)
{
    if (!relay->connected)
        relay->connected = connect(relay->wire, (struct sockaddr *)&relay->board,
                                   sizeof relay->board) == 0;
    if (!relay->connected)
        return true;
    return send(relay->wire, relay->out, length, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0 ||
           errno != EAGAIN;
}

/* Both directions, a batch at a time, so that a flood does not keep the other waiting. */
static void to_board(struct relay *relay)
{
    if (relay->held && !give(relay, relay->held))
        return;
    relay->held = 0;
    for (int i = 0; i < BATCH; i++) {
        ssize_t length = read(relay->tap, relay->out, FRAME_ROOM);

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
        ssize_t length = recv(relay->wire, relay->frame, FRAME_ROOM, MSG_DONTWAIT);

        /* What the tap does not take is lost, as at any interface. */
        if (length <= 0 || write(relay->tap, relay->frame, (size_t)length) < 0)
            return;
    }
}

static void *work(void *argument)
{
    struct relay *relay = argument;
    struct pollfd polled[] = {
        {relay->stop, POLLIN, 0}, {relay->tap, 0, 0}, {relay->wire, 0, 0}};

    while (!polled[0].revents) {
        polled[1].events = relay->held ? 0 : POLLIN;
        polled[2].events = relay->held ? POLLIN | POLLOUT : POLLIN;
        if (poll(polled, 3, -1) < 0)
            continue;
        if (polled[1].revents || polled[2].revents & POLLOUT)
            to_board(relay);
        if (polled[2].revents & ~POLLOUT)
            from_board(relay);
    }
    return NULL;
}

static int open_wire(struct relay *relay, const char *path, struct error *error)
{
    struct sockaddr_un here = {.sun_family = AF_UNIX}, board = {.sun_family = AF_UNIX};

    if (strlen(path) + sizeof ".peer" > sizeof here.sun_path)
        return error_set(error, "%s: too long for a socket's path", path);
    snprintf(board.sun_path, sizeof board.sun_path, "%s", path);
    snprintf(here.sun_path, sizeof here.sun_path, "%s.peer", path);
    relay->board = board;
    relay->here = here;
    unlink(here.sun_path);
    relay->wire = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    relay->stop = eventfd(0, EFD_CLOEXEC);
    if (relay->wire < 0 || relay->stop < 0 ||
        bind(relay->wire, (struct sockaddr *)&here, sizeof here) < 0)
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

struct relay *relay_start(int tap, const char *path, struct error *error)
{
    struct relay *relay = calloc(1, sizeof *relay);

    if (!relay) {
        error_set(error, "out of memory");
        return NULL;
    }
    relay->tap = tap;
    relay->wire = relay->stop = -1;
    if (open_wire(relay, path, error) < 0 || start_thread(relay, error) < 0) {
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
    if (relay->here.sun_path[0])
        unlink(relay->here.sun_path);
    free(relay);
}
