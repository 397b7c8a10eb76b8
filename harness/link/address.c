#include "link/address.h"

#include "core/yaml.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

int address_split(const char *address, char *host, size_t host_size, char *port,
                  size_t port_size)
{
    const char *colon = strrchr(address, ':');
    size_t length = colon ? (size_t)(colon - address) : 0;
    int64_t number;

    if (length >= 2 && address[0] == '[' && address[length - 1] == ']') {
        address++;
        length -= 2;
    } else if (memchr(address, ':', length)) {
        return -1; /* an IPv6 address needs brackets */
    }
    if (!length || length >= host_size || text_to_integer(colon + 1, &number) < 0 ||
        number < 1 || number > 65535)
        return -1;
    snprintf(host, host_size, "%.*s", (int)length, address);
    snprintf(port, port_size, "%d", (int)number);
    return 0;
}

bool address_is_local(const char *address)
{
    struct in6_addr v6;
    struct in_addr v4;
    char host[256], port[8];

    if (address_split(address, host, sizeof host, port, sizeof port) < 0)
        return false;
    if (inet_pton(AF_INET, host, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == IN_LOOPBACKNET;
    if (inet_pton(AF_INET6, host, &v6) == 1)
        return IN6_IS_ADDR_LOOPBACK(&v6);
    return strcmp(host, "localhost") == 0;
}

bool address_is_same(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
    uint8_t x[16] = {0}, y[16] = {0};

    return a->ss_family == b->ss_family &&
           (a->ss_family == AF_INET || a->ss_family == AF_INET6) &&
           address_copy(a, x) == address_copy(b, y) && memcmp(x, y, sizeof x) == 0;
}

uint16_t address_copy(const struct sockaddr_storage *from, uint8_t to[16])
{
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)from;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)from;

    if (from->ss_family == AF_INET) {
        memcpy(to, &v4->sin_addr, sizeof v4->sin_addr);
        return ntohs(v4->sin_port);
    }
    memcpy(to, &v6->sin6_addr, sizeof v6->sin6_addr);
    return ntohs(v6->sin6_port);
}
