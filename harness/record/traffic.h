/* The messages in recorded traffic: capture files in, frames out, each with its direction
 * and time. TCP is put together in both directions, UDP and byte pipes are taken as they
 * are; a model's framing cuts the bytes. Nothing is judged here. One thread. */
#ifndef PERCUSS_RECORD_TRAFFIC_H
#define PERCUSS_RECORD_TRAFFIC_H

#include "model/model.h"
#include "record/wire.h"

struct traffic_options {
    const struct framing *framing;
    uint16_t port; /* the device's, of TCP and UDP; 0: any, and see below */
};

/* A frame, or bytes that no frame took. The view goes away after the call. */
struct traffic_piece {
    const char *file;
    uint64_t packet;     /* number in the file of the packet that made it whole */
    int64_t wall_ns;     /* of that packet */
    bool reply;          /* from the device */
    bool pipe;           /* of a serial or unix link: the direction is known */
    uint64_t connection; /* what the same connection said has the same number */
    struct view bytes;
    const char *problem; /* NULL: a frame; else why there is none */
};
typedef void traffic_taker(void *context, const struct traffic_piece *piece);

struct traffic_totals {
    uint64_t packets, not_decoded, unfinished; /* as in wire_result */
    uint64_t other_ports;                      /* packets of TCP and UDP left out */
    uint64_t internet, pipe; /* packets of TCP and UDP, of byte pipes, that were used */
    uint64_t lost;           /* bytes of TCP that are not in the captures */
    bool cut;                /* a file ends inside a packet */
};

/* Who is the device: the end with `port`. When both ends have it, or it is 0: for TCP who
 * took the connection (without its SYN the lower port), for UDP the lower port. A pipe
 * knows. NULL when memory is short. */
struct traffic *traffic_make(const struct traffic_options *options, traffic_taker *take,
                             void *context);
/* Reads one file; connections go on from one file to the next. -1 and *error when it
 * cannot be read. */
int traffic_read(struct traffic *traffic, const char *path, struct error *error);
/* Ends every connection: what is left in them is given to `take`. -1 and *error when
 * memory was short at any time. */
int traffic_end(struct traffic *traffic, struct traffic_totals *totals,
                struct error *error);
void traffic_free(struct traffic *traffic); /* accepts NULL */

#endif
