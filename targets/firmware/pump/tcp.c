/*
 * The service port as a Modbus TCP server (Modbus Messaging on TCP/IP V1.0b) on lwIP's
 * raw interface. A message is gathered from the pieces that come, in its connection's
 * buffer; what comes while there is no room for a reply waits as lwIP's pbufs, and closes
 * the window.
 */
#include "lwip/tcp.h"
#include "board.h"
#include "bytes.h"
#include "device.h"
#include "mllp.h"
#include "network.h"
#include "port.h"

#define PORT 502
#define CONNECTIONS 4
#define HEADER_LENGTH 7 /* transaction, protocol, length, unit (3.1.3) */
#define LENGTH_END 6    /* what the length counts begins here */
#define LENGTH_MIN 2
#define LENGTH_MAX 254
#define ADU_MAX (LENGTH_END + LENGTH_MAX)
#define REPLY_MAX (HEADER_LENGTH + PDU_REPLY_MAX)
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
static void send(struct connection *connection, const struct pdu_reply *reply)
{
    uint8_t adu[REPLY_MAX];

    memcpy(adu, connection->adu, HEADER_LENGTH);
    bytes_put_u2(adu + 4, (uint16_t)(reply->length + 1));
    memcpy(adu + HEADER_LENGTH, reply->bytes, reply->length);
    if (tcp_write(connection->pcb, adu, (u16_t)(HEADER_LENGTH + reply->length),
                  TCP_WRITE_FLAG_COPY) != ERR_OK) {
        server.dropped++;
    }
    tcp_output(connection->pcb);
}

/* 0 and 255 are whoever has this IP address (4.4.1.2). */
static bool is_for_us(uint8_t unit)
{
    return unit == 0 || unit == 1 || unit == 255;
}

static bool answer(const struct connection *connection, struct pdu_reply *reply)
{
    struct counters *counters = &server.device->counters;
    struct pdu_view request = {connection->adu + HEADER_LENGTH,
                               (uint16_t)(connection->whole - HEADER_LENGTH)};

    reply->length = 0;
    if (bytes_u2(connection->adu + 2) != 0) {
        counters->damaged++;
        return false;
    }
    counters->seen++;
    if (!is_for_us(connection->adu[6])) {
        return false;
    }
    counters->addressed++;
    pdu_answer(server.device, request, false, reply);
    counters->unanswered += reply->length == 0;
    return reply->length != 0;
}

static void serve(struct connection *connection)
{
    struct pdu_reply *reply = &server.device->reply;

    if (answer(connection, reply)) {
        send(connection, reply);
    }
#if PUMP_DEFECTIVE /* N03: the window is opened again for what was done only */
    if (reply->length == 0 || reply->bytes[0] & 0x80) {
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
    if (length < LENGTH_MIN || length > LENGTH_MAX) {
        server.device->counters.damaged++;
        return false;
    }
#endif
    connection->whole = (uint16_t)(LENGTH_END + length);
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
    return tcp_sndbuf(connection->pcb) >= REPLY_MAX &&
           tcp_sndqueuelen(connection->pcb) + 2 < TCP_SND_QUEUELEN;
}

/* Serves what waits, as far as there is room for replies. False when the connection has
 * to be given up. */
static bool consume(struct connection *connection)
{
    while (connection->waiting != 0 && has_room(connection)) {
        if (connection->filled < LENGTH_END) {
            gather(connection, LENGTH_END);
            if (connection->filled == LENGTH_END && !read_header(connection)) {
                return false;
            }
        } else {
            gather(connection, connection->whole);
        }
        if (connection->filled >= LENGTH_END && connection->filled == connection->whole) {
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
    tcp_bind(pcb, IP_ANY_TYPE, PORT);
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
