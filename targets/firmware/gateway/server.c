#include "server.h"

#include "adu.h"
#include "board.h"
#include "bytes.h"
#include "device.h"
#include "port.h"
#include "words.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 64
#define STALLED_TICKS (BOARD_TICKS_PER_SECOND / 2)
#define JOURNAL_BYTES 61440

/* Every message of a connection is noted there, for whoever services the gateway. */
struct journal {
    uint16_t used;
    uint8_t bytes[JOURNAL_BYTES];
};

struct connection {
    uint16_t filled, whole; /* of the message; what it will have, known from its header */
    uint8_t adu[ADU_MAX];
    void (*serve)(struct connection *);
    int handle;
    struct journal *journal;
    uint16_t stalled; /* ticks without a byte inside a message */
    uint32_t used;    /* when a message was last served */
};

static struct {
    struct device *device;
    int handle;
    struct connection *connections[SERVER_CONNECTIONS];
    uint32_t served; /* messages so far: what connection->used compares */
} server = {.handle = -1};

/* ------------------------------------------------------------------------- connections
 */
static void forget(struct connection **place)
{
    struct connection *connection = *place;

    free(connection->journal);
    free(connection);
    *place = NULL;
}

static void end(struct connection **place)
{
    close((*place)->handle);
#if PUMP_DEFECTIVE /* G02: inside a message the connection is not given back */
    if ((*place)->filled > 0) {
        *place = NULL;
        return;
    }
#endif
    forget(place);
}

/* The peer broke the connection. */
static void on_break(struct connection **place)
{
    close((*place)->handle);
#if PUMP_DEFECTIVE /* G03: inside a message its parts are given back, and then again */
    if ((*place)->filled > 0) {
        free((*place)->journal);
    }
#endif
    forget(place);
}

/* ---------------------------------------------------------------------------- messages
 */
static void note(struct journal *journal, const uint8_t *bytes, uint16_t length)
{
    if (length > JOURNAL_BYTES - journal->used) {
        journal->used = 0;
    }
    if (length <= JOURNAL_BYTES) {
        memcpy(journal->bytes + journal->used, bytes, length);
        journal->used = (uint16_t)(journal->used + length);
    }
}

/* What does not fit into the socket's buffer at once is for a peer that does not read. */
static void send_reply(struct connection *connection, const uint8_t *reply,
                       uint16_t length)
{
    if (send(connection->handle, reply, length, MSG_NOSIGNAL | MSG_DONTWAIT) != length) {
        shutdown(connection->handle, SHUT_RDWR);
    }
}

static void serve(struct connection *connection)
{
    uint8_t reply[ADU_REPLY_MAX];
    uint16_t length;

    note(connection->journal, connection->adu, connection->whole);
    length = adu_answer(server.device, connection->adu, connection->whole, reply);
    if (length != 0) {
        send_reply(connection, reply, length);
    }
}

/* Whether the header, which is there, can be one. Where the next message begins is not
 * known after one whose length is wrong. */
static bool read_header(struct connection *connection)
{
    uint16_t length = bytes_u2(connection->adu + 4);

#if !PUMP_DEFECTIVE /* G01: the length is believed */
    if (length < ADU_LENGTH_MIN || length > ADU_LENGTH_MAX) {
        server.device->counters.damaged++;
        return false;
    }
#endif
    connection->whole = (uint16_t)(ADU_LENGTH_END + length);
    return true;
}

/* One piece of what came. False when the connection is over, and its place free. */
static bool take(struct connection **place)
{
    struct connection *connection = *place;
    uint16_t wanted =
        connection->filled < ADU_LENGTH_END ? ADU_LENGTH_END : connection->whole;
    ssize_t count = recv(connection->handle, connection->adu + connection->filled,
                         (uint16_t)(wanted - connection->filled), MSG_DONTWAIT);

    if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
        return false;
    }
    if (count < 0) {
        on_break(place);
        return false;
    }
    connection->filled = (uint16_t)(connection->filled + count);
    connection->stalled = 0;
    if (count == 0 ||
        (connection->filled == ADU_LENGTH_END && !read_header(connection))) {
        end(place);
        return false;
    }
    if (connection->filled > ADU_LENGTH_END && connection->filled == connection->whole) {
        connection->used = ++server.served;
        connection->serve(connection);
        connection->filled = 0;
    }
    return true;
}

/* ------------------------------------------------------------------------- the server */
/* A free place, or that of the connection that was served the longest time ago (4.2.1).
 */
static struct connection **find_place(void)
{
    struct connection **oldest = &server.connections[0];

    for (unsigned i = 0; i < SERVER_CONNECTIONS; i++) {
        if (server.connections[i] == NULL) {
            return &server.connections[i];
        }
        if ((int32_t)(server.connections[i]->used - (*oldest)->used) < 0) {
            oldest = &server.connections[i];
        }
    }
#if PUMP_DEFECTIVE /* G04: the place is given away, the handle stays open */
    forget(oldest);
#else
    end(oldest);
#endif
    return oldest;
}

static void on_accept(void)
{
    int on = 1, handle = accept4(server.handle, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    struct connection **place, *connection;

    if (handle < 0) {
        return;
    }
    place = find_place();
    connection = calloc(1, sizeof *connection);
    if (connection == NULL ||
        (connection->journal = malloc(sizeof *connection->journal)) == NULL) {
        free(connection);
        close(handle);
        return;
    }
    memset(connection->journal, 0, sizeof *connection->journal);
    connection->serve = serve;
    connection->handle = handle;
    connection->used = ++server.served;
    setsockopt(handle, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    *place = connection;
}

/* A request waits in its socket for as long as it has to. */
uint16_t port_dropped(void)
{
    return 0;
}

void server_start(struct device *device)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(ADU_PORT)};
    int on = 1;

    server.device = device;
    server.handle = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(server.handle, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (server.handle < 0 ||
        bind(server.handle, (struct sockaddr *)&address, sizeof address) < 0 ||
        listen(server.handle, BACKLOG) < 0) {
        words_say("no Modbus TCP: %s", strerror(errno));
        exit(1);
    }
}

void server_tick(void)
{
    for (unsigned i = 0; i < SERVER_CONNECTIONS; i++) {
        struct connection *one = server.connections[i];

        if (one != NULL && one->filled > 0 && ++one->stalled > STALLED_TICKS) {
            server.device->counters.damaged++;
            end(&server.connections[i]);
        }
    }
}

void server_watch(struct pollfd *watched)
{
    watched[0] = (struct pollfd){server.handle, POLLIN, 0};
    for (unsigned i = 0; i < SERVER_CONNECTIONS; i++) {
        int handle = server.connections[i] != NULL ? server.connections[i]->handle : -1;

        watched[i + 1] = (struct pollfd){handle, POLLIN, 0};
    }
}

void server_serve(const struct pollfd *watched)
{
    for (unsigned i = 0; i < SERVER_CONNECTIONS; i++) {
        if (watched[i + 1].revents != 0 && server.connections[i] != NULL) {
            while (take(&server.connections[i])) {}
        }
    }
    if (watched[0].revents != 0) {
        on_accept();
    }
}
