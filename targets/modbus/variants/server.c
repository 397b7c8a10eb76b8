/*
 * A small Modbus TCP server with planted defects, one at a time: `--defect NAME`
 * (DEFECTS.md). What it proves is the harness: each defect is made for one oracle.
 *
 * Holding registers 0 to 31 hold three times their address; 3 tells how many jobs are
 * under way, 4 counts the starts since the device was switched on. Functions 3, 6, 8
 * (sub-function 0) and 16. A malformed request is refused. One thread; it ends on SIGTERM
 * only.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    CONNECTIONS = 32,
    HEADER = 7,
    ADU = 260,
    REGISTERS = 32,
    JOBS_HELD = 3,             /* the register with the number of jobs under way */
    STARTS = 4,                /* the register with the number of starts */
    LONG_LOOPBACK = 3 + 2 * 8, /* eight words of text are remembered */
    SILENT = -1                /* a reply's length: there is none */
};

enum { READ = 3, WRITE = 6, LOOPBACK = 8, WRITE_MANY = 16 };
enum { BAD_FUNCTION = 1, BAD_ADDRESS = 2, BAD_VALUE = 3 };

enum defect {
    NONE,
    SANITIZER,
    EXIT,
    ALIVE,
    ANSWERS,
    CONFORMANCE,
    CONSOLE,
    REBOOT,
    STATE,
    INVARIANT,
    LATENCY,
    MEMORY,
    HANDLES,
    JOBS,
    LEAK,
    OVERREAD,
    DEFECTS
};

static const char *const defect_names[DEFECTS] = {
    "none",    "sanitizer", "exit",  "alive",     "answers", "conformance",
    "console", "reboot",    "state", "invariant", "latency", "memory",
    "handles", "jobs",      "leak",  "overread"};

struct server {
    enum defect defect;
    char **words; /* the command line, to start anew */
    int listener;
    uint16_t registers[REGISTERS];
    uint8_t loopback[ADU]; /* the last text that went through it */
    bool deaf;             /* alive: nothing is answered any more */
    bool restart;          /* reboot: behind the reply */
    long delay_ms;         /* latency */
};

static void leave(int signal_number)
{
    (void)signal_number;
    _exit(0);
}

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "modbus-variants: %s: %s\n", what, strerror(errno));
    exit(4);
}

static unsigned take(const uint8_t *bytes)
{
    return (unsigned)bytes[0] << 8 | bytes[1];
}

static void put(uint8_t *bytes, unsigned value)
{
    bytes[0] = (uint8_t)(value >> 8);
    bytes[1] = (uint8_t)value;
}

/* --- planted defects ---------------------------------------------------------------- */

/* A table for values of up to six registers; the seventh is behind it. */
static void overflow(unsigned values)
{
    volatile uint16_t *table = malloc(6 * sizeof *table);

    for (unsigned i = 0; table && i < values; i++)
        table[i] = (uint16_t)i;
    free((void *)(uintptr_t)table);
}

static void take_memory(void)
{
    enum { TAKEN = 64 << 10 };
    volatile uint8_t *block = malloc(TAKEN);

    for (size_t i = 0; block && i < TAKEN; i += 1024)
        block[i] = 1;
}

/* The same process starts anew, with its port and one more start. */
static _Noreturn void start_again(struct server *server)
{
    char starts[16], listener[16];

    snprintf(starts, sizeof starts, "%u", server->registers[STARTS] + 1u);
    snprintf(listener, sizeof listener, "%d", server->listener);
    setenv("MODBUS_VARIANTS_STARTS", starts, 1);
    setenv("MODBUS_VARIANTS_LISTENER", listener, 1);
    for (int handle = 3; handle < 3 + 2 * CONNECTIONS; handle++)
        if (handle != server->listener)
            close(handle);
    execv("/proc/self/exe", server->words);
    fail("execv");
}

/* An exception; one for a wrong value is the place of three defects. */
static int refuse(struct server *server, uint8_t *reply, uint8_t function, uint8_t why)
{
    if (why == BAD_VALUE && server->defect == MEMORY)
        take_memory();
    if (why == BAD_VALUE && server->defect == HANDLES)
        (void)!dup(server->listener);
    if (why == BAD_VALUE && server->defect == JOBS)
        server->registers[JOBS_HELD]++;
    reply[0] = function | 0x80;
    reply[1] = why;
    return 2;
}

/* A read of no registers, of function 3: refused, and more. */
static void meet_empty_read(struct server *server)
{
    if (server->defect == ALIVE)
        server->deaf = true;
    if (server->defect == CONSOLE)
        fprintf(stderr, "assertion failed: quantity > 0 (read.c:%d)\n", __LINE__);
    if (server->defect == REBOOT)
        server->restart = true;
    if (server->defect == LATENCY && server->delay_ms < 120)
        server->delay_ms += 60;
}

/* --- functions ---------------------------------------------------------------------- */

static int serve_read(struct server *server, const uint8_t *pdu, size_t length,
                      uint8_t *reply)
{
    unsigned start, quantity;

    if (length != 5)
        return refuse(server, reply, READ, BAD_VALUE);
    start = take(pdu + 1);
    quantity = take(pdu + 3);
    if (quantity == 0)
        meet_empty_read(server);
    if (quantity == 0 && server->defect == CONFORMANCE) {
        reply[0] = READ;
        reply[1] = 0;
        return 2;
    }
    if (quantity == 0 && (server->deaf || server->defect == ANSWERS))
        return SILENT;
    if (quantity == 0 || quantity > 125)
        return refuse(server, reply, READ, BAD_VALUE);
    if (start + quantity > REGISTERS)
        return refuse(server, reply, READ, BAD_ADDRESS);
    reply[0] = READ;
    reply[1] = (uint8_t)(quantity * 2);
    for (unsigned i = 0; i < quantity; i++)
        put(reply + 2 + 2 * i, server->registers[start + i]);
    return (int)(2 + quantity * 2);
}

/* Registers from 16 on may be written. */
static int serve_write(struct server *server, const uint8_t *pdu, size_t length,
                       uint8_t *reply)
{
    unsigned address, value;

    if (length != 5)
        return refuse(server, reply, WRITE, BAD_VALUE);
    address = take(pdu + 1);
    value = take(pdu + 3);
    if (server->defect == EXIT && address == 0xffff)
        abort();
    /* Register 20 is one that no invariant reads, 2 is one that does. */
    if (server->defect == STATE && address < 16)
        server->registers[20] ^= (uint16_t)value;
    if (server->defect == INVARIANT && address < 16)
        server->registers[2] ^= (uint16_t)value;
    if (address < 16 || address >= REGISTERS)
        return refuse(server, reply, WRITE, BAD_ADDRESS);
    server->registers[address] = (uint16_t)value;
    memcpy(reply, pdu, 5);
    return 5;
}

static int serve_write_many(struct server *server, const uint8_t *pdu, size_t length,
                            uint8_t *reply)
{
    unsigned start, quantity;

    if (length < 6)
        return refuse(server, reply, WRITE_MANY, BAD_VALUE);
    start = take(pdu + 1);
    quantity = take(pdu + 3);
    if (server->defect == SANITIZER)
        overflow(pdu[5] / 2u);
    if (quantity == 0 || quantity > 123 || pdu[5] != quantity * 2 ||
        length != 6 + quantity * 2)
        return refuse(server, reply, WRITE_MANY, BAD_VALUE);
    if (start < 16 || start + quantity > REGISTERS)
        return refuse(server, reply, WRITE_MANY, BAD_ADDRESS);
    for (unsigned i = 0; i < quantity; i++)
        server->registers[start + i] = (uint16_t)take(pdu + 6 + 2 * i);
    memcpy(reply, pdu, 5);
    return 5;
}

/* Returns the data as it is, whole words. */
static int serve_loopback(struct server *server, const uint8_t *pdu, size_t length,
                          uint8_t *reply)
{
    size_t said = length;

    if (length < 5 || length % 2 == 0)
        return length >= 3 && take(pdu + 1) != 0
                   ? refuse(server, reply, LOOPBACK, BAD_FUNCTION)
                   : refuse(server, reply, LOOPBACK, BAD_VALUE);
    if (take(pdu + 1) != 0)
        return refuse(server, reply, LOOPBACK, BAD_FUNCTION);
    memcpy(reply, pdu, length);
    if (length == LONG_LOOPBACK && isalpha(pdu[3]))
        memcpy(server->loopback, pdu, length);
    /* What is behind the one word is what the buffer holds there. */
    if (server->defect == OVERREAD && length == 5)
        said = 11;
    return (int)said;
}

/* The reply's PDU; its length, or SILENT. */
static int serve(struct server *server, const uint8_t *pdu, size_t length, uint8_t *reply)
{
    if (server->deaf)
        return SILENT;
    switch (pdu[0]) {
    case READ: return serve_read(server, pdu, length, reply);
    case WRITE: return serve_write(server, pdu, length, reply);
    case WRITE_MANY: return serve_write_many(server, pdu, length, reply);
    case LOOPBACK: return serve_loopback(server, pdu, length, reply);
    default:
        /* What earlier requests left in the buffer stands behind the exception. */
        if (server->defect == LEAK) {
            refuse(server, server->loopback, pdu[0], BAD_FUNCTION);
            memcpy(reply, server->loopback, LONG_LOOPBACK);
            return LONG_LOOPBACK;
        }
        return refuse(server, reply, pdu[0] & 0x7f, BAD_FUNCTION);
    }
}

/* --- the wire ----------------------------------------------------------------------- */

struct connection {
    uint8_t bytes[ADU];
    size_t length;
};

static void answer(struct server *server, int peer, const uint8_t *frame, size_t length)
{
    uint8_t reply[HEADER + ADU] = {0};
    int made = serve(server, frame + HEADER, length - HEADER, reply + HEADER);

    if (server->delay_ms)
        nanosleep(&(struct timespec){.tv_nsec = server->delay_ms * 1000000}, NULL);
    if (made == SILENT)
        return;
    memcpy(reply, frame, HEADER);
    put(reply + 4, (unsigned)made + 1);
    (void)!send(peer, reply, HEADER + (size_t)made, MSG_NOSIGNAL);
    if (server->restart)
        start_again(server);
}

/* Answers the whole frames in it. False: the connection is of no more use. */
static bool work_off(struct server *server, int peer, struct connection *connection)
{
    while (connection->length >= HEADER) {
        size_t length = 6 + take(connection->bytes + 4);

        if (take(connection->bytes + 2) != 0 || length <= HEADER || length > ADU)
            return false;
        if (connection->length < length)
            return true;
        answer(server, peer, connection->bytes, length);
        connection->length -= length;
        memmove(connection->bytes, connection->bytes + length, connection->length);
    }
    return true;
}

static bool hear(struct server *server, int peer, struct connection *connection)
{
    ssize_t got = recv(peer, connection->bytes + connection->length,
                       sizeof connection->bytes - connection->length, 0);

    if (got <= 0)
        return false;
    connection->length += (size_t)got;
    return work_off(server, peer, connection);
}

static _Noreturn void run(struct server *server)
{
    struct pollfd polled[1 + CONNECTIONS] = {{.fd = server->listener, .events = POLLIN}};
    static struct connection connections[1 + CONNECTIONS];
    nfds_t count = 1;

    for (;;) {
        int peer;

        polled[0].events = count <= CONNECTIONS ? POLLIN : 0;
        if (poll(polled, count, -1) < 0)
            continue;
        for (nfds_t i = count - 1; i >= 1; i--) {
            if (!polled[i].revents || hear(server, polled[i].fd, &connections[i]))
                continue;
            close(polled[i].fd);
            polled[i] = polled[--count];
            connections[i] = connections[count];
        }
        peer = polled[0].revents ? accept(server->listener, NULL, NULL) : -1;
        if (peer < 0)
            continue;
        setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
        connections[count].length = 0;
        polled[count++] = (struct pollfd){.fd = peer, .events = POLLIN};
    }
}

static int listen_on(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(port),
                                  .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
    int listener = socket(AF_INET, SOCK_STREAM, 0);

    if (listener < 0 ||
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)) < 0 ||
        bind(listener, (struct sockaddr *)&address, sizeof address) < 0 ||
        listen(listener, CONNECTIONS) < 0)
        fail("listen");
    return listener;
}

static enum defect defect_named(const char *name)
{
    for (int i = 0; i < DEFECTS; i++)
        if (strcmp(defect_names[i], name) == 0)
            return (enum defect)i;
    fprintf(stderr, "modbus-variants: no defect '%s'\n", name);
    exit(2);
}

int main(int count, char **words)
{
    const char *starts = getenv("MODBUS_VARIANTS_STARTS"),
               *listener = getenv("MODBUS_VARIANTS_LISTENER");
    struct server server = {.words = words};

    if (count != 5 || strcmp(words[1], "--port") != 0 ||
        strcmp(words[3], "--defect") != 0) {
        fprintf(stderr, "usage: %s --port PORT --defect NAME\n", words[0]);
        return 2;
    }
    server.defect = defect_named(words[4]);
    signal(SIGTERM, leave);
    for (unsigned i = 0; i < REGISTERS; i++)
        server.registers[i] = (uint16_t)(i * 3);
    server.registers[JOBS_HELD] = 0;
    server.registers[STARTS] = starts ? (uint16_t)atoi(starts) : 1;
    server.listener = listener ? atoi(listener) : listen_on((uint16_t)atoi(words[2]));
    printf("listening on 127.0.0.1 port %s\n", words[2]);
    fflush(stdout);
    run(&server);
}
