/* IP and TCP headers made for a byte stream whose real ones were not seen: right lengths,
 * checksums, sequence numbers, handshake and close (RFC 9293). Pure. */
#ifndef PERCUSS_RECORD_TCP_H
#define PERCUSS_RECORD_TCP_H

#include "record/ip.h"

enum { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_PUSH = 8, TCP_ACK = 16 };
enum {
    TCP_PAYLOAD = 65000, /* at most in one packet */
    TCP_CONNECTIONS_APART = 0x00b504f3
};

struct tcp {
    struct ip ip;
    uint32_t sequence[2]; /* of the next byte */
};

/* A new connection between the ends; `ordinal` differs between connections, so that
 * tshark does not take a reused port for a retransmission. */
void tcp_begin(struct tcp *tcp, const struct ip *ends, uint32_t ordinal);
size_t tcp_header_size(const struct tcp *tcp);
/* Writes headers and payload to `out` (tcp_header_size + payload.length bytes) and moves
 * the sender's sequence number on. */
void tcp_write(struct tcp *tcp, enum ip_side from, unsigned flags, struct view payload,
               uint8_t *out);

#endif
