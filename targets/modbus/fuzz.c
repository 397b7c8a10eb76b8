/*
 * libmodbus's TCP server as one function: the input is what a client sends over one
 * connection. Each request goes to the library in a block of its exact size, so that a
 * sanitizer sees what is read behind it; but the library reads an address in every
 * request, also where the function has none, and that much is always there. The
 * connection is a pair of sockets. A map of each kind starts above address 0, as on real
 * devices. One thread.
 */
#include "../fuzz.h"

#include <modbus.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { START = 2, BITS = 1024, REGISTERS = 512 };
enum { INPUT_MAXIMUM = 4096, HEADER = 7, ADDRESS = 3 };

/* The library's own state, made once: no input changes more than the map's values. */
static modbus_t *context;
static modbus_mapping_t *mapping;

static void start(void)
{
    context = modbus_new_tcp("127.0.0.1", MODBUS_TCP_DEFAULT_PORT);
    mapping = modbus_mapping_new_start_address(START, BITS, START, BITS, START, REGISTERS,
                                               START, REGISTERS);
    /* A refusal waits for the rest of a broken request: there is none. */
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

/* Answers one request; false when there are no more. */
static bool serve(void)
{
    uint8_t received[MODBUS_MAX_ADU_LENGTH], *request;
    int length = modbus_receive(context, received);

    if (length <= 0)
        return length == 0;
    request = calloc(1, (size_t)(length < HEADER + ADDRESS ? HEADER + ADDRESS : length));
    if (!request)
        abort();
    memcpy(request, received, (size_t)length);
    modbus_reply(context, request, length, mapping);
    free(request);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t replies[4096];
    int ends[2];

    if (size > INPUT_MAXIMUM)
        return 0;
    if (!context)
        start();
    reset_map();
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) < 0 ||
        write(ends[1], data, size) != (ssize_t)size || shutdown(ends[1], SHUT_WR) < 0)
        abort();
    modbus_set_socket(context, ends[0]);
    while (serve())
        while (read(ends[1], replies, sizeof replies) > 0)
            ;
    close(ends[0]);
    close(ends[1]);
    return 0;
}
