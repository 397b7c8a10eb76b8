/* Addresses of the links to an IP host: their text, and what is known of them without a
 * resolver. Pure. */
#ifndef PERCUSS_LINK_ADDRESS_H
#define PERCUSS_LINK_ADDRESS_H

#include "core/bytes.h"

#include <sys/socket.h>

/* "host:port" or "[IPv6]:port" into two texts; -1 when it is neither. */
int address_split(const char *address, char *host, size_t host_size, char *port,
                  size_t port_size);
/* True for a loopback address and for "localhost": only what is certain without a
 * resolver, as a name may lead anywhere. */
bool address_is_local(const char *address);
/* The same host and port. */
bool address_is_same(const struct sockaddr_storage *a, const struct sockaddr_storage *b);
/* Copies the 4 or 16 bytes of the host in network order; returns the port. */
uint16_t address_copy(const struct sockaddr_storage *from, uint8_t to[16]);

#endif
