/* A session: what one protocol conversation knows beyond the grammar of one message:
 * exemplar messages, the states they lead to, what a right answer is, what the device may
 * refuse, what must never change. Read from session YAML (format:
 * harness/generate/README.md); no protocol is known in C. Immutable after loading; shared
 * by threads. */
#ifndef PERCUSS_GENERATE_SESSION_H
#define PERCUSS_GENERATE_SESSION_H

#include "model/expression.h"
#include "model/segments.h"

enum {
    SESSION_CAPTURES = 8,
    SESSION_INVARIANTS = 32,
    SESSION_WATCHED = 16,
    MESSAGE_HOLES = 4
};

/* A field that is filled, when the message is sent, with a value carried from an earlier
 * reply. */
struct session_hole {
    const char *path;
    unsigned capture; /* index into session->captures */
};
struct session_capture {
    unsigned capture;
    struct expression *value; /* over request, reply */
};

struct session_message {
    const char *name;
    struct tree tree; /* built, emitted, whole and valid, in its own `context` */
    struct buffer bytes;
    struct session_hole holes[MESSAGE_HOLES];
    size_t hole_count;
    struct session_capture captures[MESSAGE_HOLES];
    size_t capture_count;
    uint32_t vary; /* node that differs in every probe; TREE_NONE: none */
    size_t pieces; /* it is sent in frames with so many bytes of it at most; 0: it is one
                      frame */
    size_t frames; /* with pieces: how many it is */
    size_t room;   /* with pieces: how many more bytes fill its last frame, and some more
                      frames: 1 KiB at least */
    bool fuzz;     /* anomalies are applied to it */
    bool control;  /* part of the valid-only control traffic */
    const char *const *states; /* states in which it is fuzzed */
    size_t state_count;
    unsigned line, column;
};

/* `context`: what an exchange tells about the messages that follow it. */
struct session_context {
    unsigned parameter;       /* of the model's root: where it goes */
    struct expression *when;  /* over request, reply; NULL: always */
    struct expression *value; /* over request, reply; absent: nothing is learnt */
};

struct session_state {
    const char *name;
    const unsigned *path; /* messages that lead there from a reset state */
    size_t path_count;
};

/* Where a connection begins with a handshake: whether that is behind it. */
enum session_opening { OPENING_BEFORE = 1, OPENING_BEHIND = 2 };

/* `expect`: the first rule whose `when` holds says what a grammatically valid message may
 * get. */
struct session_expect {
    const char *id, *clause;
    struct expression *when; /* over request; NULL: always */
    unsigned outcomes;
    bool always;    /* for messages that break the grammar as well */
    bool several;   /* further replies are right too: it holds several requests */
    bool goes_on;   /* silence is right, and the next message may come at once */
    unsigned opens; /* a set of enum session_opening: when the rule counts */
};

/* `greeting`: what a device that connects by itself says first. */
struct session_greeting {
    bool expected;
    struct expression *when; /* over reply; NULL: any message that keeps the grammar */
    struct session_capture captures[MESSAGE_HOLES]; /* over reply */
    size_t capture_count;
};

/* `deviations`: how this kind of device is known to break the model's grammar. */
struct session_deviation {
    const char *id, *text;
    const char *breaks; /* as violation_text says it */
};

/* `conform`: what must hold between a request and its reply. */
struct session_conform {
    const char *id, *text, *clause;
    struct expression *when; /* over request, reply; NULL: always */
    struct expression *rule;
};

struct session_effect {
    struct expression *when;    /* over request, value */
    struct expression *becomes; /* over request, value; NULL: any value from now on */
};

/* A fact about the device that only valid, accepted requests may change. */
struct session_invariant {
    const char *id, *text;
    const char *hazard;       /* what its change may lead to, "": not said */
    unsigned read;            /* message that reads it */
    struct expression *value; /* over request, reply */
    struct session_effect *effects;
    size_t effect_count;
};

/* --- what is watched beside the invariants (session_watch.c) ------------------------ */

/* `state-reads`: part of the state that a rejected request must leave alone. */
struct session_state_read {
    unsigned read;            /* message that reads it */
    struct expression *value; /* over request, reply; NULL: the whole reply but what
                                 numbers and checks it */
};

/* `state-changes`: accepted, such a request may change that state. */
struct session_state_change {
    struct expression *when; /* over request */
};

/* `reboots`: a value that only a reset makes fall or change. */
struct session_reboot {
    const char *id, *text;
    unsigned read;
    struct expression *value; /* over request, reply */
    bool may_rise;            /* an uptime; else a counter of starts */
};

/* `resources`: the device's own account of something that runs out. */
struct session_resource {
    const char *id, *text;
    unsigned read;
    struct expression *value; /* over request, reply: how much is used */
    int64_t limit;            /* growth that is too much */
};

/* `canaries`: a field that may hold any bytes, which no other exchange shows. */
struct session_canary {
    unsigned message;
    uint32_t node; /* in the message's tree */
};

/* `reply-limits`: how long the frame of a reply may be. */
struct session_reply_limit {
    const char *id, *text, *clause;
    struct expression *when;  /* over request, reply; NULL: always */
    struct expression *bytes; /* over request */
};

struct session {
    const char *id, *title;
    const struct model *model; /* borrowed */
    struct session_message *messages;
    size_t message_count;
    struct session_state *states; /* 0 is the state after a reset */
    size_t state_count;
    const char *captures[SESSION_CAPTURES];
    size_t capture_count;
    unsigned probe;         /* message */
    const unsigned *canary; /* messages that prove a reset */
    size_t canary_count;
    struct expression *belongs; /* over request, reply: this reply answers that request */
    struct expression *rejected; /* over request, reply: the reply is a refusal */
    struct expression *more;   /* over request, reply: more replies follow; NULL: never */
    struct expression *trails; /* over request, reply: further frames may follow, which
                                  are no answers; NULL: never */
    struct expression
        *ends; /* over request, reply: the connection is over; NULL: never */
    struct session_greeting greeting;
    struct session_deviation *deviations;
    size_t deviation_count;
    struct session_context *contexts;
    size_t context_count;
    struct expression *opens; /* over request: accepted, it opens the connection */
    struct session_expect *expects;
    size_t expect_count;
    struct session_conform *conforms;
    size_t conform_count;
    struct session_invariant *invariants;
    size_t invariant_count;
    struct session_state_read *state_reads;
    size_t state_read_count;
    bool wrong_parity_bytes;    /* also each byte of a message alone has a wrong one */
    const char *no_state_reads; /* why the protocol offers none; NULL: not said */
    struct session_state_change *state_changes; /* none: any accepted request */
    size_t state_change_count;
    struct session_reboot *reboots;
    size_t reboot_count;
    struct session_resource *resources;
    size_t resource_count;
    struct session_canary *canaries;
    size_t canary_field_count;
    struct session_reply_limit *reply_limits;
    size_t reply_limit_count;
    char hash[65];                 /* SHA-256 over the files, in order of reading */
    struct session_memory *memory; /* owns all of the above */
};

/* NULL and *error (file, line, key) on failure. `model` must outlive the session. */
struct session *session_load(const char *path, const struct model *model,
                             struct error *error);
void session_free(struct session *session); /* accepts NULL */

/* The state in which `message` is at home: the first of its states. */
const struct session_state *session_home(const struct session *session, unsigned message);

/* Whether `message` is sent in that state by right: one of its states, without any the
 * first. */
bool session_belongs(const struct session *session, unsigned message, unsigned state);

/* Whether a right device may do as the exemplar asks, or take it without an answer: one
 * of which all rules say that it is refused is part of a session, too. */
bool session_is_sound(const struct session *session, unsigned message);
/* The state that the first `length` messages of a state's path lead to, UINT_MAX when the
 * session has no name for it. */
unsigned session_state_behind(const struct session *session, unsigned state,
                              size_t length);

/* Names of the bindings in session expressions, and their fixed order. */
enum session_name { NAME_REQUEST, NAME_REPLY, NAME_VALUE, NAMES_COUNT };
extern const char *const session_names[];
void session_bind(struct binding bindings[NAMES_COUNT], const struct tree *request,
                  const struct tree *reply, int64_t value);

/* Puts into *context what a request and the right reply to it tell: later entries of the
 * session last. A reply that breaks a rule or belongs to another request tells nothing.
 */
void session_learn(const struct session *session, const struct tree *request,
                   const struct tree *reply, struct context *context);

/* What the device may do with the bytes of one send. */
struct expectation {
    unsigned outcomes;
    const char *clause;       /* "" when none */
    char why[120];            /* rule id or "pdu.body.quantity: rule broken" */
    bool several;             /* further replies are right too */
    bool valid;               /* whole and grammatically valid, so that effects apply */
    enum frame_status status; /* of the first frame in the bytes */
    size_t frame_length;      /* bytes of the request; surplus follows when smaller */
};
/* A valid `request` gets no answer by its rule, and the conversation goes on behind it
 * over the same connection, which is `open` or is not (as for session_expect). */
bool session_goes_on(const struct session *session, const struct tree *request,
                     bool open);
/* Parses `bytes` as one request into *request (which borrows them and the joiner), in the
 * context that it has, and judges it. `joiner` reads a request in several frames that are
 * sent at once; what was in it is forgotten. `open`: session_opens held for what was
 * accepted on this connection before. */
void session_expect(const struct session *session, struct view bytes, bool open,
                    struct joiner *joiner, struct tree *request,
                    struct expectation *expectation);

/* Whether `reply`, the first message on a connection, is what the session expects. */
bool session_greets(const struct session *session, const struct tree *reply);

/* Takes from a reply's violations those that are declared deviations. */
void session_forgive(const struct session *session, struct tree *reply);

/* Whether the connection is open once `request` is accepted. */
bool session_opens(const struct session *session, const struct tree *request);

#endif
