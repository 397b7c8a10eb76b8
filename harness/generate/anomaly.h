/* The anomaly catalogue: each kind is a const table entry (anomalies.def) that says where
 * it applies, how many cases it has there, and makes the k-th one. Pure: the same site
 * and k always give the same message. Thread-safe. */
#ifndef PERCUSS_GENERATE_ANOMALY_H
#define PERCUSS_GENERATE_ANOMALY_H

#include "core/random.h"
#include "generate/delivery.h"

/* Where an anomaly is put: one node of one exemplar, or (node 0) the whole message. */
struct site {
    const struct session *session;
    unsigned state, message;
    uint32_t node;
};

/* What becomes of one piece of a message that is split. */
enum piece_way {
    PIECE_RIGHT,
    PIECE_LEFT_OUT,
    PIECE_TWICE,
    PIECE_LATE, /* it changes places with the next one */
    PIECE_ENDS, /* those behind it are not sent */
    PIECE_WAYS = PIECE_ENDS
};

/* How a message is placed among others, its pieces among each other, and its bytes on the
 * link: filled by anomalies of order and of delivery. */
struct arrangement {
    unsigned repeat; /* how often the message is sent, at least 1 */
    unsigned skip;   /* which message of the state's path is left out; UINT_MAX: none */
    unsigned swap; /* which message of the path changes places with the next; UINT_MAX */
    unsigned before; /* message sent just before it; UINT_MAX: none */
    enum piece_way way;
    unsigned piece; /* which piece goes that way */
    unsigned state; /* the state that is gone to; UINT_MAX: the site's */
    unsigned paths; /* how often what leads to the state is sent, at least 1 */
    unsigned walk;  /* valid messages of the states on the way and of the last one */
    int sequence; /* its sequence number is that of so many messages later, or earlier */
    struct delivery delivery; /* of the message; all zero: whole and at once */
    unsigned behind;          /* message sent behind it; UINT_MAX: none */
    unsigned behind_times;
};
extern const struct arrangement arrangement_plain; /* the message once, in its state */

struct anomaly_ops {
    const char *name, *applies, *summary, *cwe, *example; /* applies: to what */
    bool apart; /* every case is a stream of its own: the first round holds them all */
    bool enumerated; /* no part of stacked cases: it takes time, or few links carry it */
    /* NULL: part of every plan. Else of those whose session it is for, and others have
     * the hash that they would have without it. */
    bool (*wanted)(const struct session *session);
    /* How many cases there are at this site; 0: it does not apply. */
    uint64_t (*count)(const struct site *site);
    /* One of these, whichever the anomaly works on: */
    int (*change)(const struct site *site, uint64_t k, struct tree *tree);
    int (*rewrite)(const struct site *site, uint64_t k,
                   struct buffer *bytes); /* emitted bytes */
    void (*arrange)(const struct site *site, uint64_t k, struct arrangement *arrangement);
    /* What the k-th one is, for its name: "max+1", "-3", "cut at 4". */
    void (*label)(const struct site *site, uint64_t k, char *text, size_t size);
};

extern const struct anomaly_ops *const anomaly_kinds[]; /* NULL-terminated */
extern const struct anomaly_ops anomaly_limit; /* its cases are the boundaries of AC-04 */

/* A field's limits and the first values outside them, as far as its type can hold them:
 * "min-1", "min", "max", "max+1". Returns how many; 0 without bounds. */
enum { LIMITS = 4 };
struct limit {
    int64_t value;
    const char *label;
};
size_t field_limits(const struct field *field, struct limit limits[LIMITS]);

const struct tree *site_tree(const struct site *site);
const struct node *site_node(const struct site *site);

/* How much longer a message may be: up to the framing's maximum; of one that is split, up
 * to the end of its last frame. */
size_t site_room(const struct site *site);

#endif
