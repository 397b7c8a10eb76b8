/* The TCP connections of a set of capture files, in order of appearance, with length and
 * hash of the bytes of each direction. A new SYN on a used port is a new connection. UDP
 * has none: all datagrams between two ends are one flow, begun by the client. */
#ifndef PERCUSS_RECORD_FLOWS_H
#define PERCUSS_RECORD_FLOWS_H

#include "record/datagrams.h"
#include "record/stream.h"
#include "record/wire.h"

enum { FLOW_CLIENT, FLOW_SERVER };

/* What a second reading of the same files should find out: two a flow, client first. */
struct flow_want {
    uint64_t target;        /* the hash of so many first bytes */
    struct buffer *collect; /* the bytes themselves, NULL: not */
};

struct flow {
    struct wire_end end[2];
    int64_t begun_ns;
    uint32_t isn;     /* the client's initial sequence number */
    uint32_t ordinal; /* 1, 2, … of this pair of ends */
    size_t previous;  /* index + 1 of the earlier flow between these ends, 0: none */
    bool has_syn, answered;   /* answered: by a SYN-ACK, or seen from the middle */
    bool reset[2], closed[2]; /* an RST, a FIN of this side */
    bool whole[2];            /* every byte from the first is there */
    uint64_t length[2];
    struct hash hash[2], at_target[2];
    struct stream *stream[2]; /* NULL once it has ended, and with UDP */
    bool is_udp;
    struct datagrams datagrams[2]; /* UDP */
};

struct flows {
    struct flow *flows;
    size_t count, capacity;
    size_t *slots, slot_count; /* index + 1 of the newest flow, by its ends */
    const struct flow_want *wants;
    size_t want_count;
    /* Where the bytes themselves go, or NULL. A stream's key is twice the flow's index,
     * plus FLOW_SERVER when the server sent them. */
    const struct stream_sink *sink;
    bool failed; /* memory */
};

void flows_take(void *flows, const struct wire_packet *packet); /* for wire_read; others
                                                                 * but TCP are left out */
void flows_end(struct flows *flows);                            /* ends every stream */
void flows_free(struct flows *flows);
/* The newest flow between these ends, whichever is which; NULL when there is none. */
struct flow *flows_newest(const struct flows *flows, const struct wire_end *a,
                          const struct wire_end *b);
void flow_name(const struct flow *flow, char *text, size_t size);

#endif
