/*
 * A Modbus server built on libmodbus: the software device of this target.
 *
 * Every register map starts above address 0, as on real devices, and the value at an
 * address tells the address: holding register A holds A, input register A holds
 * A ^ 0xffff, coil A is A & 1, discrete input A the inverse. One thread, which owns all
 * it opens; it ends on SIGTERM only.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <modbus.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 128, RTU_BAUD = 115200, RTU_REOPEN_US = 100000 };

enum { PORT, ADDRESS, START, REGISTERS, BITS, TIMEOUT_MS, RTU, UNIT, OPTIONS };

static const struct option known[] = {
    {"port", required_argument, NULL, PORT},
    {"address", required_argument, NULL, ADDRESS},
    {"start", required_argument, NULL, START},
    {"registers", required_argument, NULL, REGISTERS},
    {"bits", required_argument, NULL, BITS},
    {"response-timeout-ms", required_argument, NULL, TIMEOUT_MS},
    {"rtu", required_argument, NULL, RTU},
    {"unit", required_argument, NULL, UNIT},
    {NULL, 0, NULL, 0},
};

static void leave(int signal_number)
{
    (void)signal_number;
    _exit(0);
}

static _Noreturn void fail(int status, const char *what, const char *why)
{
    fprintf(stderr, "modbus-server: %s: %s\n", what, why);
    exit(status);
}

static unsigned number_from(const char *text, unsigned minimum, unsigned maximum)
{
    char *end = NULL;
    long value = strtol(text, &end, 0);
    if (end == text || *end || value < (long)minimum || value > (long)maximum)
        fail(2, text, "not a number, or out of range");
    return (unsigned)value;
}

static modbus_mapping_t *mapping_new(unsigned start, unsigned bits, unsigned registers)
{
    if (start + bits > 65536 || start + registers > 65536)
        fail(2, "--start", "the map would end above address 65535");
    modbus_mapping_t *mapping = modbus_mapping_new_start_address(
        start, bits, start, bits, start, registers, start, registers);
    if (!mapping)
        fail(4, "register map", modbus_strerror(errno));
    for (unsigned i = 0; i < bits; i++) {
        mapping->tab_bits[i] = (start + i) & 1;
        mapping->tab_input_bits[i] = !mapping->tab_bits[i];
    }
    for (unsigned i = 0; i < registers; i++) {
        mapping->tab_registers[i] = (uint16_t)(start + i);
        mapping->tab_input_registers[i] = (uint16_t)~mapping->tab_registers[i];
    }
    return mapping;
}

/* Answers one request; negative when the connection or line is of no more use. */
static int serve(modbus_t *context, modbus_mapping_t *mapping)
{
    uint8_t request[MODBUS_MAX_ADU_LENGTH];
    int length = modbus_receive(context, request);
    if (length > 0 && modbus_reply(context, request, length, mapping) < 0 &&
        errno != ENOPROTOOPT) /* a function that libmodbus knows but does not answer */
        return -1;
    return length;
}

static _Noreturn void serve_tcp(modbus_t *context, modbus_mapping_t *mapping,
                                const char *address)
{
    const struct timeval patience = {.tv_sec = 1}; /* with a peer that does not read */
    struct pollfd polled[1 + CONNECTIONS_MAX] = {{0}};
    nfds_t count = 1;
    struct sockaddr_in bound = {0};
    socklen_t bound_length = sizeof bound;
    int listener = modbus_tcp_listen(context, CONNECTIONS_MAX);
    if (listener < 0 || fcntl(listener, F_SETFL, O_NONBLOCK) < 0 ||
        getsockname(listener, (struct sockaddr *)&bound, &bound_length) < 0)
        fail(4, address, modbus_strerror(errno));
    printf("listening on %s port %u\n", address, ntohs(bound.sin_port));
    fflush(stdout);

    polled[0] = (struct pollfd){.fd = listener};
    for (;;) {
        polled[0].events = count <= CONNECTIONS_MAX ? POLLIN : 0;
        if (poll(polled, count, -1) < 0)
            continue;
        for (nfds_t i = count - 1; i >= 1; i--) {
            if (!polled[i].revents)
                continue;
            modbus_set_socket(context, polled[i].fd);
            if (serve(context, mapping) < 0) {
                close(polled[i].fd);
                polled[i] = polled[--count];
            }
        }
        int peer = polled[0].revents ? accept(listener, NULL, NULL) : -1;
        if (peer >= 0) {
            setsockopt(peer, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
            setsockopt(peer, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
            polled[count++] = (struct pollfd){.fd = peer, .events = POLLIN};
        }
    }
}

static _Noreturn void serve_rtu(modbus_t *context, modbus_mapping_t *mapping,
                                const char *path, int unit)
{
    if (modbus_set_slave(context, unit) < 0 || modbus_connect(context) < 0)
        fail(4, path, modbus_strerror(errno));
    printf("listening on %s unit %d\n", path, unit);
    fflush(stdout);

    for (;;) {
        if (serve(context, mapping) >= 0)
            continue;
        if (errno != EIO && errno != ECONNRESET && errno != EBADF) {
            modbus_flush(context); /* a broken frame: the next one starts afresh */
            continue;
        }
        do { /* the other end of a pty went away: wait for the next one */
            modbus_close(context);
            usleep(RTU_REOPEN_US);
        } while (modbus_connect(context) < 0);
    }
}

int main(int count, char **words)
{
    const char *text[OPTIONS] = {
        [PORT] = "0",  [ADDRESS] = "127.0.0.1", [START] = "0x0160", [REGISTERS] = "64",
        [BITS] = "64", [TIMEOUT_MS] = "500",    [UNIT] = "1"};
    int option;
    while ((option = getopt_long(count, words, "", known, NULL)) != -1) {
        if (option == '?')
            return 2; /* getopt_long has said why */
        text[option] = optarg;
    }
    signal(SIGTERM, leave);
    signal(SIGPIPE, SIG_IGN);

    modbus_mapping_t *mapping =
        mapping_new(number_from(text[START], 0, 65535), number_from(text[BITS], 1, 65536),
                    number_from(text[REGISTERS], 1, 65536));
    int port = (int)number_from(text[PORT], 0, 65535);
    modbus_t *context = text[RTU] ? modbus_new_rtu(text[RTU], RTU_BAUD, 'N', 8, 1)
                                  : modbus_new_tcp(text[ADDRESS], port);
    if (!context)
        fail(4, "libmodbus", modbus_strerror(errno));
    struct in_addr address;
    if (inet_pton(AF_INET, text[ADDRESS], &address) != 1)
        fail(2, text[ADDRESS], "not an IPv4 address");
    unsigned timeout_ms = number_from(text[TIMEOUT_MS], 1, 60000);
    modbus_set_response_timeout(context, timeout_ms / 1000, timeout_ms % 1000 * 1000);
    modbus_set_byte_timeout(context, timeout_ms / 1000, timeout_ms % 1000 * 1000);
    if (text[RTU])
        serve_rtu(context, mapping, text[RTU], (int)number_from(text[UNIT], 1, 247));
    serve_tcp(context, mapping, text[ADDRESS]);
}
