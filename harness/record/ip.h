/* IP headers made for payload whose real ones were not seen: right lengths and checksums
 * (RFC 791, 8200), and the checksum that TCP and UDP compute over both (RFC 1071). Pure.
 */
#ifndef PERCUSS_RECORD_IP_H
#define PERCUSS_RECORD_IP_H

#include "core/bytes.h"

enum ip_side { IP_LOCAL, IP_REMOTE };
enum { IP_PROTOCOL_TCP = 6, IP_PROTOCOL_UDP = 17 };

/* The two ends of a connection. */
struct ip {
    bool version6;
    uint8_t address[2][16];
    uint16_t port[2];
    uint16_t identification;
};

/* Addresses of 4 or 16 bytes in network order, ports in host order. */
void ip_begin(struct ip *ip, bool version6, const uint8_t *local, const uint8_t *remote,
              uint16_t local_port, uint16_t remote_port);
size_t ip_header_size(const struct ip *ip);
/* Writes the header of a packet with `length` bytes of `protocol` to `out`. */
void ip_write(struct ip *ip, enum ip_side from, uint8_t protocol, size_t length,
              uint8_t *out);
/* The checksum of a segment, its own field being zero, in network order at `at`. */
void ip_checksum(const struct ip *ip, uint8_t protocol, struct view segment, uint8_t *at);

#endif
