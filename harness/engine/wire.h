/* The wire: the one place where bytes go to and come from the device. Every send passes
 * the gate, is written to the send log first, and enters the case's digest; replies are
 * cut into frames here: on a link with datagrams each of them is one frame, whatever the
 * model's framing is. Owned by a runner; one thread. */
#ifndef PERCUSS_ENGINE_WIRE_H
#define PERCUSS_ENGINE_WIRE_H

#include "core/digest.h"
#include "device/device.h"
#include "engine/campaign.h"
#include "engine/gate.h"
#include "engine/trace.h"
#include "link/link.h"

enum wire_status {
    WIRE_FRAME = 1, /* a reply is in wire->frame and parsed in wire->reply: a frame, or a
                       message that was joined from several */
    WIRE_TIMEOUT = 0,
    WIRE_PIECE = 2,   /* inside the wire only: a piece of a reply that is not whole yet */
    WIRE_FAILED = -1, /* this machine failed */
    WIRE_CLOSED = -2, /* the device closed */
    WIRE_REFUSED = -3, /* sending: the gate kept it back */
    WIRE_FLOOD = -4    /* more bytes than a reply may have, without a frame among them */
};

struct wire {
    const struct campaign *campaign;
    struct link *link;
    struct device *device;
    struct capture *capture; /* NULL: nothing is recorded */
    struct trace *trace;     /* NULL: nobody asks what this replay looks like */
    struct buffer in;        /* received, not yet cut into a frame */
    struct buffer frame;     /* the last reply frame */
    struct tree reply, gate_tree;
    uint8_t filled[LINK_SMALLEST];     /* `gate_tree` may borrow it */
    struct context context;            /* what was agreed on, see wire_context */
    struct joiner joiner, gate_joiner; /* of replies, of what is sent */
    struct buffer digest_record; /* canonical, of the current case (core/digest.h) */
    bool in_case;                /* what is sent enters the record */
    bool opened; /* this connection's handshake was accepted (session_opens) */
    uint64_t gate_hits[GATE_REASONS];
    uint64_t connections, packets_sent;
    int refused_by;           /* the gate's rule after WIRE_REFUSED */
    struct capture_ends ends; /* of the connection that is open, or was last */
    char comment[256];        /* what the capture says about the packets that follow */
};

int wire_init(struct wire *wire, const struct campaign *campaign, struct device *device,
              struct link *link, struct error *error);
void wire_free(struct wire *wire); /* does not free link, device, capture */

/* Everything sent in between is case `number`'s record, valid until the next one begins;
 * its SHA-256 is the case's digest. */
void wire_begin_case(struct wire *wire, uint64_t number);
struct view wire_end_case(struct wire *wire);

/* Opens the link to the device. In the server role it is the device that connects: one
 * that has to be told to is told once the link listens. As link_open. */
int wire_open(struct device *device, struct link *link, int64_t deadline_ns,
              struct error *error);
int wire_connect(struct wire *wire, int64_t deadline_ns,
                 struct error *error); /* no-op when open */
void wire_disconnect(struct wire *wire);
/* What the next message is read under. A new connection or endpoint begins with nothing
 * agreed; on a line there is neither, and only the device's reset forgets. */
struct context wire_context(const struct wire *wire);
void wire_forget(struct wire *wire);
void wire_half_close(struct wire *wire);
/* Whoever asks for a trace gets what goes over the link from here on. */
void wire_trace_begin(struct wire *wire);
/* Ends the connection as part of a case: it stands in the case's record. */
void wire_abandon(struct wire *wire);
/* 0 or a negative enum wire_status. A device that takes no more bytes has closed. */
int wire_send(struct wire *wire, struct view bytes, struct error *error);
/* The same in the way that `delivery` says. What it does to the connection, and the pause
 * of a late one, are the caller's. *sent_ns is when the last byte went, *sent how many
 * went. All of it passes the gate before the first part goes, and so does each part that
 * a device may take for a message. */
int wire_deliver(struct wire *wire, struct view bytes, const struct delivery *delivery,
                 int64_t *sent_ns, size_t *sent, struct error *error);
/* The gate alone: 0 or WIRE_REFUSED. For messages that are sent together and do not say
 * how long they are. */
int wire_judge(struct wire *wire, struct view bytes);
/* How many messages a flood has, and how far apart they begin. */
uint64_t wire_flood_size(const struct campaign *campaign, const struct delivery *delivery,
                         int64_t *interval_ns);
/* Which of a delivery's needs (enum link_carries) this link and campaign do not have. */
unsigned wire_lacks(const struct campaign *campaign, const struct link *link,
                    const struct delivery *delivery);
/* Whether anything arrives by then, or the connection ends: 1; 0: nothing yet. What came
 * stays for wire_receive. WIRE_FAILED: it cannot be recorded. */
int wire_hear(struct wire *wire, int64_t until_ns, struct error *error);
/* The next frame, or why there is none by the deadline. */
enum wire_status wire_receive(struct wire *wire, int64_t deadline_ns,
                              struct error *error);
/* On a line where silence ends frames: appends to `bytes` what still comes until it is
 * silent. Returns how many. */
size_t wire_rest(struct wire *wire, struct buffer *bytes);
/* Drops what has arrived and was not read. Returns how many buffered bytes that were. */
size_t wire_discard(struct wire *wire);
/* The same until nothing has come for `quiet_ns`, at most up to the deadline. Where a
 * reply was cut in two by it, nothing tells. */
size_t wire_settle(struct wire *wire, int64_t quiet_ns, int64_t deadline_ns);

#endif
