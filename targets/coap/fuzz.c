/*
 * libcoap's example server as one function: the input is the datagrams that one endpoint
 * sends, each behind its length (harness/generate/input.h). Each goes to the library in a
 * block of its exact size, as if a socket had brought it; what the server says goes
 * nowhere. A server of its own answers each input: resources that clients may make
 * (-d 16), bodies joined from their blocks (-L 3). One thread.
 */
#include "../fuzz.h"

#include "generate/input.h"

/* The server's own file: its resources are static, and its main is not ours. */
int coap_server_main(int count, char **words);
#define main coap_server_main
#include <coap-server.c>
#undef main

#include <coap3/coap_internal.h>
#include <string.h>

static const struct framing datagrams = {.kind = FRAMING_DATAGRAM};

static ssize_t discard(coap_socket_t *socket, const coap_session_t *session,
                       const uint8_t *data, size_t length)
{
    (void)socket, (void)session, (void)data;
    return (ssize_t)length;
}

static void start(void)
{
    coap_startup();
    coap_set_log_level(LOG_EMERG);
    clock_offset = time(NULL);
    support_dynamic = 16;
}

static coap_context_t *server_new(void)
{
    coap_context_t *server = coap_new_context(NULL);

    if (!server)
        abort();
    server->network_send = discard;
    init_resources(server);
    coap_context_set_block_mode(server, COAP_BLOCK_USE_LIBCOAP | COAP_BLOCK_SINGLE_BODY);
    return server;
}

/* Frees what the server has, and what its own file keeps, in the order of its main. */
static void server_free(coap_context_t *server)
{
    for (int i = 0; i < dynamic_count; i++) {
        coap_delete_string(dynamic_entry[i].uri_path);
        release_resource_data(NULL, dynamic_entry[i].value);
    }
    free(dynamic_entry);
    dynamic_entry = NULL;
    dynamic_count = 0;
    release_resource_data(NULL, example_data_value);
    example_data_value = NULL;
    coap_free_context(server);
    time_resource = NULL;
}

static coap_address_t loopback(uint16_t port)
{
    coap_address_t address;

    coap_address_init(&address);
    address.size = sizeof address.addr.sin;
    address.addr.sin.sin_family = AF_INET;
    address.addr.sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.addr.sin.sin_port = htons(port);
    return address;
}

static void serve(coap_context_t *server, coap_endpoint_t *endpoint, struct view datagram)
{
    coap_packet_t packet = {
        .addr_info = {.local = loopback(5683), .remote = loopback(40000)}, .ifindex = 1};
    coap_socket_t *sockets[8];
    coap_session_t *session;
    unsigned count;
    coap_tick_t now;
    uint8_t *block = malloc(datagram.length ? datagram.length : 1);

    if (!block)
        abort();
    memcpy(block, datagram.data, datagram.length);
    coap_ticks(&now);
    session = coap_endpoint_get_session(endpoint, &packet, now);
    if (!session)
        abort();
    coap_handle_dgram(server, session, block, datagram.length);
    free(block);
    /* What the server does between two datagrams: notifications, retransmissions. */
    coap_io_prepare_io(server, sockets, sizeof sockets / sizeof *sockets, &count, now);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct view datagrams_sent[INPUT_MESSAGES];
    coap_address_t address = loopback(0);
    coap_context_t *server;
    coap_endpoint_t *endpoint;
    size_t count;

    if (size > INPUT_MAXIMUM)
        return 0;
    if (!support_dynamic)
        start();
    count = input_split(&datagrams, (struct view){data, size}, datagrams_sent,
                        INPUT_MESSAGES);
    server = server_new();
    endpoint = coap_new_endpoint(server, &address, COAP_PROTO_UDP);
    if (!endpoint)
        abort();
    for (size_t i = 0; i < count; i++)
        serve(server, endpoint, datagrams_sent[i]);
    server_free(server);
    return 0;
}
