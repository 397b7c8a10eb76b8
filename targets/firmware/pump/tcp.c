/*
 * The service port as a Modbus TCP server (Modbus Messaging on TCP/IP V1.0b) on lwIP's
 * raw interface. A message is gathered from the pieces that come, in its connection's
 * buffer; what comes while there is no room for a reply waits as lwIP's pbufs, and closes
 * the window.
 */
#include "lwip/tcp.h"
#include "adu.h"
#include "board.h"
#include "bytes.h"
#include "device.h"
#include "mllp.h"
#include "network.h"
#include "port.h"

#define CONNECTIONS 4
#define STALLED_TICKS (BOARD_TICKS_PER_SECOND / 2)

struct connection {
    uint16_t filled, whole; /* of the message; what it will have, known from its header */
    uint8_t adu[ADU_MAX];
    void (*serve)(struct connection *);
    struct tcp_pcb *pcb;  /* NULL: not in use */
    struct pbuf *waiting; /* not yet gathered */
    bool has_ended;       /* the peer sends no more */
    uint16_t stalled;     /* ticks without a byte inside a message */
    uint32_t used;        /* when a message was last served */
};

static struct {
    struct device *device;
    struct connection connections[CONNECTIONS];
    uint32_t served; /* messages so far: what connection->used compares */
    uint16_t dropped;
} server;

/* ------------------------------------------------------------------------- connections
 */
static void forget(struct connection *connection)
{
    if (connection->waiting != 0) {
        pbuf_free(connection->waiting);
        connection->waiting = 0;
    }
    connection->pcb = 0;
}

static void leave(struct tcp_pcb *pcb)
{
    tcp_arg(pcb, 0);
    tcp_recv(pcb, 0);
    tcp_sent(pcb, 0);
    tcp_err(pcb, 0);
}

/* Breaks the connection. lwIP has to be told by ERR_ABRT when this is done in one of its
 * callbacks. */
static void drop(struct connection *connection)
{
    struct tcp_pcb *pcb = connection->pcb;

    forget(connection);
    leave(pcb);
    tcp_abort(pcb);
}

/* Ends the connection after what was sent. Returns what a callback has to return. */
static err_t end(struct connection *connection)
{
    struct tcp_pcb *pcb = connection->pcb;

    forget(connection);
    leave(pcb);
    if (tcp_close(pcb) != ERR_OK) {
        tcp_abort(pcb);
        return ERR_ABRT;
    }
    return ERR_OK;
}

/* ---------------------------------------------------------------------------- messages
 */
static void send(struct connection *connection, const uint8_t *reply, uint16_t length)
{
    if (tcp_write(connection->pcb, reply, length, TCP_WRITE_FLAG_COPY) != ERR_OK) {
        server.dropped++;
    }
    tcp_output(connection->pcb);
}

static void serve(struct connection *connection)
{
    uint8_t reply[ADU_REPLY_MAX];
    uint16_t length =
        adu_answer(server.device, connection->adu, connection->whole, reply);

    if (length != 0) {
        send(connection, reply, length);
    }
#if PUMP_DEFECTIVE /* N03: the window is opened again for what was done only */
    if (length == 0 || reply[ADU_HEADER_LENGTH] & 0x80) {
        return;
    }
#endif
    tcp_recved(connection->pcb, connection->filled);
}

/* Whether the header, which is there, can be one. Where the next message begins is not
 * known after one whose length is wrong. */
static bool read_header(struct connection *connection)
{
    uint16_t length = bytes_u2(connection->adu + 4);

#if !PUMP_DEFECTIVE /* N01: the length is believed */
    if (length < ADU_LENGTH_MIN || length > ADU_LENGTH_MAX) {
        server.device->counters.damaged++;
        return false;
    }
#endif
    connection->whole = (uint16_t)(ADU_LENGTH_END + length);
    return true;
}

static uint16_t least(uint16_t a, uint16_t b)
{
    return a < b ? a : b;
}

/* Takes from what waits what the message lacks to be `wanted` bytes. */
static void gather(struct connection *connection, uint16_t wanted)
{
    struct pbuf *waiting = connection->waiting;
    uint16_t count = least((uint16_t)(wanted - connection->filled), waiting->tot_len);

#if PUMP_DEFECTIVE /* N02: a chain of pbufs is taken for one piece */
    memcpy(connection->adu + connection->filled, waiting->payload, count);
#else
    pbuf_copy_partial(waiting, connection->adu + connection->filled, count, 0);
#endif
    connection->filled = (uint16_t)(connection->filled + count);
    connection->waiting = pbuf_free_header(waiting, count);
    connection->stalled = 0;
}

static bool has_room(const struct connection *connection)
{
    return tcp_sndbuf(connection->pcb) >= ADU_REPLY_MAX &&
           tcp_sndqueuelen(connection->pcb) + 2 < TCP_SND_QUEUELEN;
}

/* Serves what waits, as far as there is room for replies. False when the connection has
 * to be given up. */
static bool consume(struct connection *connection)
{
    while (connection->waiting != 0 && has_room(connection)) {
        if (connection->filled < ADU_LENGTH_END) {
            gather(connection, ADU_LENGTH_END);
            if (connection->filled == ADU_LENGTH_END && !read_header(connection)) {
                return false;
            }
        } else {
            gather(connection, connection->whole);
        }
        if (connection->filled >= ADU_LENGTH_END &&
            connection->filled == connection->whole) {
            connection->used = ++server.served;
            connection->serve(connection);
            connection->filled = 0;
        }
    }
    return true;
}

/* --------------------------------------------------------------------- what lwIP calls
 */
static err_t go_on(struct connection *connection)
{
    if (!consume(connection)) {
        drop(connection);
        return ERR_ABRT;
    }
    return connection->has_ended && connection->waiting == 0 ? end(connection) : ERR_OK;
}

static err_t on_receive(void *context, struct tcp_pcb *pcb, struct pbuf *p, err_t error)
{
    struct connection *connection = context;

    (void)pcb;
    (void)error;
    if (p == 0) {
        connection->has_ended = true;
    } else if (connection->waiting == 0) {
        connection->waiting = p;
    } else {
        pbuf_cat(connection->waiting, p);
    }
    return go_on(connection);
}

static err_t on_sent(void *context, struct tcp_pcb *pcb, u16_t length)
{
    (void)pcb;
    (void)length;
    return go_on(context);
}

/* lwIP has freed the control block already. */
static void on_error(void *context, err_t error)
{
    struct connection *connection = context;

    (void)error;
#if PUMP_DEFECTIVE /* N04: inside a message, the rest is left to on_stall */
    if (connection->filled > 0) {
        return;
    }
#endif
    forget(connection);
}

/* A free place, or that of the connection that was served the longest time ago (4.2.1).
 */
static struct connection *find_place(void)
{
    struct connection *oldest = &server.connections[0];

    for (struct connection *one = server.connections;
         one < server.connections + CONNECTIONS; one++) {
        if (one->pcb == 0) {
            return one;
        }
        if ((int32_t)(one->used - oldest->used) < 0) {
            oldest = one;
        }
    }
    drop(oldest);
    return oldest;
}

static err_t on_accept(void *context, struct tcp_pcb *pcb, err_t error)
{
    struct connection *connection;

    (void)context;
    if (error != ERR_OK || pcb == 0) {
        return ERR_VAL;
    }
    connection = find_place();
    *connection =
        (struct connection){.serve = serve, .pcb = pcb, .used = ++server.served};
    tcp_nagle_disable(pcb);
    tcp_arg(pcb, connection);
    tcp_recv(pcb, on_receive);
    tcp_sent(pcb, on_sent);
    tcp_err(pcb, on_error);
    /* An emulator's user network looks at a new connection only when something wakes it,
     * such as a timer; the tick alone would let the first reply wait for 10 ms. */
    board_silence_arm();
    return ERR_OK;
}

/* -------------------------------------------------------------------------- the port */
void port_start(struct device *device)
{
    struct tcp_pcb *pcb;

    server.device = device;
    network_start();
    pcb = tcp_new();
    tcp_bind(pcb, IP_ANY_TYPE, ADU_PORT);
    tcp_accept(tcp_listen(pcb), on_accept);
    mllp_start(device);
}

/* Who stops inside a message, or does not read the replies, is left. */
static void on_stall(struct connection *connection)
{
    server.device->counters.damaged++;
    drop(connection);
}

void port_tick(void)
{
    network_tick();
    mllp_tick();
    for (struct connection *one = server.connections;
         one < server.connections + CONNECTIONS; one++) {
        bool stalls = one->pcb != 0 && (one->filled > 0 || one->waiting != 0);

        one->stalled = stalls ? (uint16_t)(one->stalled + 1) : 0;
        if (one->stalled > STALLED_TICKS) {
            on_stall(one);
        }
    }
}

void port_serve(struct device *device)
{
    (void)device;
    network_serve();
}

bool port_is_waiting(void)
{
    return network_is_waiting();
}

uint16_t port_dropped(void)
{
    return server.dropped;
}

/* The serial port has no user. */
void board_on_byte(uint8_t byte, bool damaged)
{
    (void)byte;
    (void)damaged;
}

void board_on_silence(void)
{
}
