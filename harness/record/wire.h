/* TCP segments, UDP datagrams and the packets of byte pipes out of a capture file (pcap
 * or pcapng, plain or .zst), with IP fragments put together. A pipe's packets (link type
 * USER0, as percuss writes serial and unix links) are read from pcapng only: their
 * direction is in the packet flags. Files are hostile input. */
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

enum wire_protocol { WIRE_TCP, WIRE_UDP, WIRE_PIPE };
struct wire_packet {
    enum wire_protocol protocol;
    uint64_t number; /* in its file, from 1; of the last fragment */
    int64_t wall_ns;
    struct wire_end from, to; /* not of a pipe */
    bool outbound;            /* a pipe's: from the client to the device */
    uint32_t sequence;        /* of TCP, as the flags */
    unsigned flags;
    struct view bytes; /* of the payload that are in the file */
    size_t missing;    /* payload bytes that the capture cut off */
};

/* What is done with a packet: its bytes go away afterwards. */
typedef void wire_taker(void *context, const struct wire_packet *packet);

struct wire_result {
    uint64_t packets, not_decoded; /* not_decoded: other protocols, damaged headers */
    uint64_t unfinished;           /* IP datagrams of which fragments are missing */
    bool cut; /* the file ends inside a packet: its writer was killed */
};
/* Calls `take` for each packet; -1 and *error when the file cannot be read. */
int wire_read(const char *path, wire_taker *take, void *context,
              struct wire_result *result, struct error *error);

#endif
