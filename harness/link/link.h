/* A link: the wire to a device. A kind is a const table of functions (link_ops, one file
 * a kind, listed in links.def); an instance is a struct link with private state. One
 * thread at a time. The peer is hostile: whatever it sends or does ends in a status,
 * never in a crash or a hang. */
#ifndef PERCUSS_LINK_LINK_H
#define PERCUSS_LINK_LINK_H

#include "core/carries.h"
#include "core/yaml.h"

/* Results of send and receive that are not a length. */
enum link_status {
    LINK_CLOSED = -2, /* the peer closed or reset the link */
    LINK_FAILED = -1, /* this end failed; *error says why */
    LINK_TIMEOUT = 0  /* receive only: nothing came before the deadline */
};

/* How a capture describes the two ends. kind 0: no addresses. */
struct link_ends {
    int family;                    /* AF_INET, AF_INET6 or 0 */
    uint8_t local[16], remote[16]; /* network order; IPv4 in the first 4 bytes */
    uint16_t local_port, remote_port;
};

/* What `percuss list links --probe` looks for. */
struct link_finder {
    /* One that is there: its address, what else is known of it, and why it could not be
     * used (NULL: nothing is known against it). */
    void (*found)(void *context, const char *address, const char *what,
                  const char *obstacle);
    void *context;
};

enum { LINK_SMALLEST = 64 };

struct link;
struct link_ops {
    const char *name, *summary;
    unsigned carries;    /* enum link_carries: what the kind can, at best */
    const char *keys;    /* its settings for `percuss list links`: "address, baud, …" */
    size_t state_size;   /* bytes of private state, zeroed by link_create */
    size_t largest;      /* bytes of one send at most; 0: any number */
    size_t smallest;     /* a shorter send is filled with zeros; at most LINK_SMALLEST */
    bool has_no_address; /* no key `address`: `configure` sets link->address */
    bool encrypts;       /* who listens to the network cannot tell what was sent */
    /* Reads and checks its settings. `settings` outlives the link. */
    int (*configure)(struct link *link, const struct yaml *settings, struct error *error);
    int (*open)(struct link *link, const char *address, int64_t deadline_ns,
                struct error *error);
    /* Optional: false for bytes that no send can put on this wire. */
    bool (*takes)(const struct link *link, struct view bytes);
    /* In the server role, before the first `open`: the device can connect from now on,
     * and waits until it is taken. `anew`: who has connected before is turned away. */
    int (*listen)(struct link *link, const char *address, bool anew, struct error *error);
    /* In the server role: whether somebody has connected, and waits to be taken, by then.
     */
    bool (*waits)(struct link *link, int64_t until_ns);
    /* 0 when all bytes went, or a negative status; LINK_FAILED when the peer does not
     * take them before the deadline. */
    int (*send)(struct link *link, struct view bytes, int64_t deadline_ns,
                struct error *error);
    /* Appends at least one byte (at most 64 KiB) and returns how many, or a status <= 0.
     * What has already arrived is received even when the deadline has passed. With
     * LINK_DATAGRAMS what is appended is one datagram; one without bytes is passed over,
     * and one that does not fit is lost: LINK_FAILED. */
    int (*receive)(struct link *link, struct buffer *in, int64_t deadline_ns,
                   struct error *error);
    /* Optional: puts the `what` (LINK_BREAK, LINK_PARITY, LINK_BAUD or LINK_FRAMING, one
     * that link->carries has) on the wire: a break of `amount` ns; `bytes` with the wrong
     * parity (in the `amount`-th one, 0: in all), without stop bits or at `amount`
     * percent of the speed. As `send`. */
    int (*disturb)(struct link *link, unsigned what, int64_t amount, struct view bytes,
                   int64_t deadline_ns, struct error *error);
    void (*half_close)(struct link *link); /* optional: no more bytes from us */
    void (*discard)(struct link *link);    /* optional: drop what has already arrived */
    void (*ends)(const struct link *link, struct link_ends *ends); /* optional */
    /* True when the address cannot leave this machine (loopback, pty, unix socket). */
    bool (*is_local)(const char *address);
    void (*close)(struct link *link); /* accepts half-open things */
    /* Optional: tells the finder of each wire of this kind that this machine has, and
     * opens none. -1 and *error: there is none, and why. */
    int (*probe)(const struct link_finder *finder, struct error *error);
    /* Optional: what `configure` made, also when it failed half-way. */
    void (*free)(struct link *link);
};

struct link {
    const struct link_ops *ops;
    /* As in the settings: "127.0.0.1:502", "/dev/ttyUSB0", "device:uart0". */
    const char *address;
    unsigned carries; /* of what the kind carries: as far as known before it is opened */
    bool is_server;   /* the device connects: link_open waits for it, after link_listen */
    bool is_open;
    /* Received since it was made, where the link tells: characters with wrong parity or
     * no stop bit, error frames of a CAN controller; and breaks. */
    uint64_t line_errors, breaks;
    /* After LINK_CLOSED of receive: the peer reset the connection, which throws away what
     * was on its way. */
    bool was_reset;
    void *state;
};

extern const struct link_ops *const link_kinds[]; /* NULL-terminated, from links.def */
const struct link_ops *link_kind(const char *name);

/* Makes a closed link from a campaign's `link:` map (keys `kind`, `address` and the
 * kind's own). NULL and *error on bad settings. The YAML document must outlive the link.
 */
struct link *link_create(const struct yaml *settings, struct error *error);
void link_free(struct link *link); /* closes; accepts NULL */

/* What the key `role` of a kind that has it can be. */
extern const char *const link_roles[]; /* client, server; NULL-terminated */

/* Thin checked wrappers: opening twice closes first; using a closed link is LINK_CLOSED.
 * `address` is the resolved one (the engine resolves "device:NAME"). Absolute deadlines
 * on core/clock.h. link_open returns 0, LINK_CLOSED (refused) or LINK_FAILED /
 * LINK_TIMEOUT-like failures as LINK_FAILED with *error. On every negative status *error
 * says what happened, also what the peer did ("the peer reset the connection"). A host
 * name is resolved at the first open, which the deadline does not limit; numeric
 * addresses need no resolver. An address that ends in "@/FILE" is opened in the network
 * namespace of that file (link/namespace.h). link_receive into a buffer that has reached
 * its maximum is LINK_FAILED: a caller that lets a device flood looks at in->length
 * first. */
int link_open(struct link *link, const char *address, int64_t deadline_ns,
              struct error *error);
/* Where is_server, to be called before the device is made to connect; with no effect on a
 * link that is open. 0 or LINK_FAILED. */
int link_listen(struct link *link, const char *address, bool anew, struct error *error);
/* Of a link that listens: whether somebody waits to be taken by then. */
bool link_waits(struct link *link, int64_t until_ns);
int link_send(struct link *link, struct view bytes, int64_t deadline_ns,
              struct error *error);
/* LINK_FAILED for what the link does not carry. */
int link_disturb(struct link *link, unsigned what, int64_t amount, struct view bytes,
                 int64_t deadline_ns, struct error *error);
int link_receive(struct link *link, struct buffer *in, int64_t deadline_ns,
                 struct error *error);
/* What arrives of these bytes on a link of that kind, sent whole: `bytes`, or filled up
 * in `room`. Who judges what the device should do looks at this. */
struct view link_filled(const struct link_ops *ops, struct view bytes,
                        uint8_t room[LINK_SMALLEST]);
void link_half_close(struct link *link);
void link_discard(struct link *link);
void link_close(struct link *link);

#endif
