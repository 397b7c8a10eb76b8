/* TCP and UDP packets out of a capture file (pcap or pcapng, plain or .zst), decoded as
 * far as a comparison of bytes needs. Files are hostile input. Nothing is kept between
 * packets. */
#ifndef PERCUSS_RECORD_WIRE_H
#define PERCUSS_RECORD_WIRE_H

#include "core/bytes.h"
#include "core/error.h"

struct wire_end {
    uint8_t family; /* 4 or 6 */
    uint8_t address[16];
    uint16_t port;
};
bool wire_same_end(const struct wire_end *a, const struct wire_end *b);

struct wire_packet {
    int64_t wall_ns;
    struct wire_end from, to;
    bool is_udp;
    uint32_t sequence; /* TCP */
    unsigned flags;    /* of the TCP header */
    struct view bytes; /* of the payload that are in the file */
    size_t missing;    /* payload bytes that the capture cut off, or in later fragments */
};

struct wire_result {
    uint64_t packets, not_decoded; /* not_decoded: other protocols, TCP
                                       in fragments, fragments but the first */
    bool cut; /* the file ends inside a packet: its writer was killed */
};
/* Calls `take` for each packet; -1 and *error when the file cannot be read. */
int wire_read(const char *path,
              void (*take)(void *context, const struct wire_packet *packet),
              void *context, struct wire_result *result, struct error *error);

#endif
