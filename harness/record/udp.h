/* IP and UDP headers made for a datagram whose real ones were not seen (RFC 768). Pure.
 */
#ifndef PERCUSS_RECORD_UDP_H
#define PERCUSS_RECORD_UDP_H

#include "record/ip.h"

size_t udp_header_size(const struct ip *ends);
size_t udp_payload_maximum(const struct ip *ends); /* bytes that one datagram can have */
/* Writes headers and payload to `out` (udp_header_size + payload.length bytes). */
void udp_write(struct ip *ends, enum ip_side from, struct view payload, uint8_t *out);

#endif
