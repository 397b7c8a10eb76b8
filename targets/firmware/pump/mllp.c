#include "mllp.h"

#include "block.h"
#include "board.h"
#include "bytes.h"
#include "external.h"
#include "lwip/tcp.h"
#include "orders.h"

#define PORT 2575
#define CONNECTIONS 4
#define MLLP_MAX 65536 /* of a block */
#define MESSAGE_MAX (MLLP_MAX - BLOCK_AROUND)
#define STALLED_TICKS (BOARD_TICKS_PER_SECOND / 2)

/* Messages are longer than what fits the processor's own memory. */
struct texts {
    uint8_t message[MESSAGE_MAX + 1]; /* and the first byte of its end */
    uint8_t reply[MLLP_MAX];
};

struct connection {
    struct tcp_pcb *pcb;  /* NULL: not in use */
    struct pbuf *waiting; /* not yet looked at */
    struct texts *texts;
    struct block block;
    bool has_ended; /* the peer sends no more */
    uint16_t stalled;
    uint32_t sent, replied; /* of the reply; its length */
    uint32_t used;          /* when a message was last served */
};

static struct {
    struct device *device;
    struct texts *texts; /* of each connection */
    struct connection connections[CONNECTIONS];
    uint32_t served; /* messages so far: what connection->used compares */
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

/* ------------------------------------------------------------------------------ blocks
 */
/* Sends as much of the reply as there is room for; the rest follows when that was
 * received. */
static void push(struct connection *connection)
{
    while (connection->sent < connection->replied) {
        uint32_t left = connection->replied - connection->sent;
        u16_t room = tcp_sndbuf(connection->pcb);
        u16_t count = left < room ? (u16_t)left : room;

        if (count == 0 ||
            tcp_write(connection->pcb, connection->texts->reply + connection->sent, count,
                      TCP_WRITE_FLAG_COPY) != ERR_OK) {
            break;
        }
        connection->sent += count;
    }
    tcp_output(connection->pcb);
}

static bool is_replying(const struct connection *connection)
{
    return connection->sent < connection->replied;
}

/* Answers the message that is whole. False when the answer is too long to be sent. */
static bool serve(struct connection *connection)
{
    struct hl7_text message = {connection->block.message, connection->block.filled};
    struct hl7_writer reply = {connection->texts->reply + 1, 0, MESSAGE_MAX,
                               hl7_recommended};

    connection->used = ++server.served;
    orders_answer(server.device, message, &reply);
    if (reply.length > reply.size) {
        return false;
    }
    if (reply.length > 0) {
        connection->texts->reply[0] = BLOCK_START;
        reply.at[reply.length] = BLOCK_END_1;
        reply.at[reply.length + 1] = BLOCK_END_2;
        connection->sent = 0;
        connection->replied = reply.length + BLOCK_AROUND;
        push(connection);
    }
    return true;
}

/* False when the connection has to be given up. */
static bool take(struct connection *connection, uint8_t byte)
{
    enum block_state state = block_take(&connection->block, byte);

    return state == BLOCK_IS_WHOLE ? serve(connection) : state == BLOCK_GOES_ON;
}

/* Takes what waits, up to where a reply has to be sent first. */
static bool consume(struct connection *connection)
{
    while (connection->waiting != 0 && !is_replying(connection)) {
        struct pbuf *waiting = connection->waiting;
        const uint8_t *bytes = waiting->payload;
        uint16_t count = 0;
        bool goes_on = true;

        while (goes_on && count < waiting->len && !is_replying(connection)) {
            goes_on = take(connection, bytes[count++]);
        }
        connection->waiting = pbuf_free_header(waiting, count);
        connection->stalled = 0;
        tcp_recved(connection->pcb, count);
        if (!goes_on) {
            return false;
        }
    }
    return true;
}

/* --------------------------------------------------------------------- what lwIP calls
 */
static err_t go_on(struct connection *connection)
{
    push(connection);
    if (!consume(connection)) {
        drop(connection);
        return ERR_ABRT;
    }
    return connection->has_ended && connection->waiting == 0 && !is_replying(connection)
               ? end(connection)
               : ERR_OK;
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
    struct connection *connection = context;

    (void)pcb;
    (void)length;
    connection->stalled = 0;
    return go_on(connection);
}

/* lwIP has freed the control block already. */
static void on_error(void *context, err_t error)
{
    (void)error;
    forget(context);
}

/* A free place, or that of the connection that was served the longest time ago. */
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
    struct texts *texts_of;

    (void)context;
    if (error != ERR_OK || pcb == 0) {
        return ERR_VAL;
    }
    connection = find_place();
    texts_of = &server.texts[connection - server.connections];
    *connection = (struct connection){
        .pcb = pcb,
        .texts = texts_of,
        .block = {texts_of->message, sizeof texts_of->message, 0, false},
        .used = ++server.served};
    tcp_nagle_disable(pcb);
    tcp_arg(pcb, connection);
    tcp_recv(pcb, on_receive);
    tcp_sent(pcb, on_sent);
    tcp_err(pcb, on_error);
    /* What a user network gains by it: tcp.c. */
    board_silence_arm();
    return ERR_OK;
}

/* -------------------------------------------------------------------------- the port */
void mllp_start(struct device *device)
{
    struct tcp_pcb *pcb;

    if (board_external_size() < CONNECTIONS * sizeof(struct texts)) {
        return;
    }
    server.device = device;
    server.texts = (struct texts *)board_external;
    pcb = tcp_new();
    tcp_bind(pcb, IP_ANY_TYPE, PORT);
    tcp_accept(tcp_listen(pcb), on_accept);
}

/* Who stops inside a block, or does not read the reply, is left. */
void mllp_tick(void)
{
    for (struct connection *one = server.connections;
         one < server.connections + CONNECTIONS; one++) {
        bool stalls = one->pcb != 0 && (one->block.is_inside || is_replying(one));

        one->stalled = stalls ? (uint16_t)(one->stalled + 1) : 0;
        if (one->stalled > STALLED_TICKS) {
            drop(one);
        }
    }
}
