/*
 * libmodbus's TCP server as one function: the input is what a client sends over one
 * connection. Each request goes to the library in a block of its exact size, so that a
 * sanitizer sees what is read behind it; but the library reads an address in every
 * request, also where the function has none, and that much is always there. A map of
 * each kind starts above address 0, as on real devices. One thread.
 *
 * The connection is a pair of sockets. With MODBUS_DIRECT there is none: requests are cut
 * as the library cuts them and go to modbus_reply, many times as fast. The library sleeps
 * before some refusals; here (--wrap=nanosleep) that takes no time.
 */
#include "../fuzz.h"

#include <modbus.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { START = 2, BITS = 1024, REGISTERS = 512 };
enum { INPUT_MAXIMUM = 4096, HEADER = 7, ADDRESS = 3 };

/* The library's own state, made once: no input changes more than the map's values. */
static modbus_t *context;
static modbus_mapping_t *mapping;

int __wrap_nanosleep(const struct timespec *wanted, struct timespec *left);
int __wrap_nanosleep(const struct timespec *wanted, struct timespec *left)
{
    (void)wanted, (void)left;
    return 0;
}

static void start(void)
{
    context = modbus_new_tcp("127.0.0.1", MODBUS_TCP_DEFAULT_PORT);
    mapping = modbus_mapping_new_start_address(START, BITS, START, BITS, START, REGISTERS,
                                               START, REGISTERS);
    /* The rest of a broken request never comes: it is not waited for. */
    if (!context || !mapping || modbus_set_response_timeout(context, 0, 1) < 0 ||
        modbus_set_byte_timeout(context, 0, 1) < 0)
        abort();
}

static void reset_map(void)
{
    memset(mapping->tab_bits, 0, BITS);
    memset(mapping->tab_input_bits, 0, BITS);
    memset(mapping->tab_registers, 0, REGISTERS * sizeof(uint16_t));
    memset(mapping->tab_input_registers, 0, REGISTERS * sizeof(uint16_t));
}

static void reply(const uint8_t *received, size_t length)
{
    uint8_t *request = calloc(1, length < HEADER + ADDRESS ? HEADER + ADDRESS : length);

    if (!request)
        abort();
    memcpy(request, received, length);
    modbus_reply(context, request, (int)length, mapping);
    free(request);
}

#ifdef MODBUS_DIRECT

ssize_t __wrap_send(int socket, const void *bytes, size_t length, int flags);
ssize_t __wrap_send(int socket, const void *bytes, size_t length, int flags)
{
    (void)socket, (void)bytes, (void)flags;
    return (ssize_t)length;
}

/* What modbus_receive waits for behind the function: the fixed part, and where in the
 * request the length of the rest stands (0: there is none). */
static size_t fixed_length(uint8_t function, size_t *rest_at)
{
    *rest_at = 0;
    switch (function) {
    case MODBUS_FC_WRITE_MULTIPLE_COILS:
    case MODBUS_FC_WRITE_MULTIPLE_REGISTERS: *rest_at = HEADER + 5; return 5;
    case MODBUS_FC_WRITE_AND_READ_REGISTERS: *rest_at = HEADER + 9; return 9;
    case MODBUS_FC_MASK_WRITE_REGISTER: return 6;
    default: return function <= MODBUS_FC_WRITE_SINGLE_REGISTER ? 4 : 0;
    }
}

/* The first request's length; 0 when it is not whole, or longer than the library takes.
 */
static size_t request_length(const uint8_t *data, size_t size)
{
    size_t length = HEADER + 1, rest_at;

    if (size < length)
        return 0;
    length += fixed_length(data[HEADER], &rest_at);
    if (size >= length && rest_at)
        length += data[rest_at];
    return size < length || length > MODBUS_TCP_MAX_ADU_LENGTH ? 0 : length;
}

static void serve(const uint8_t *data, size_t size)
{
    for (size_t length; (length = request_length(data, size)); data += length) {
        reply(data, length);
        size -= length;
    }
}

#else

/* Answers one request; false when there are no more. */
static bool serve_one(void)
{
    uint8_t received[MODBUS_MAX_ADU_LENGTH];
    int length = modbus_receive(context, received);

    if (length > 0)
        reply(received, (size_t)length);
    return length >= 0;
}

static void serve(const uint8_t *data, size_t size)
{
    uint8_t replies[4096];
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) < 0 ||
        write(ends[1], data, size) != (ssize_t)size || shutdown(ends[1], SHUT_WR) < 0)
        abort();
    modbus_set_socket(context, ends[0]);
    while (serve_one())
        while (read(ends[1], replies, sizeof replies) > 0)
            ;
    close(ends[0]);
    close(ends[1]);
}

#endif

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > INPUT_MAXIMUM)
        return 0;
    if (!context)
        start();
    reset_map();
    serve(data, size);
    return 0;
}
