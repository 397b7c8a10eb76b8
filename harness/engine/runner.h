/* The runner: drives one device over one wire: sends sequences, proves silence by valid
 * probes, watches invariants, asks the oracles, restores the device. It knows nothing of
 * stores, findings or campaigns' progress; the campaign loop, confirmation, replay and
 * `check` all stand on it. One thread. */
#ifndef PERCUSS_ENGINE_RUNNER_H
#define PERCUSS_ENGINE_RUNNER_H

#include "engine/resets.h"
#include "engine/sequence.h"
#include "engine/watch.h"
#include "engine/way.h"
#include "engine/wire.h"
#include "oracle/oracle.h"

enum { RUNNER_INVARIANTS = SESSION_INVARIANTS, RUNNER_PROBES = 2 };

/* What is known of one invariant between two samples. */
struct invariant_state {
    bool known, any;
    int64_t expected[2];
    int64_t home; /* its value after the first start */
    bool has_home;
};

/* What a reply told, for the holes of later messages. */
struct captured {
    enum { CAPTURED_NOTHING, CAPTURED_INTEGER, CAPTURED_BYTES } kind;
    int64_t integer;
    size_t length;
    uint8_t bytes[256];
};

struct runner {
    const struct campaign *campaign;
    struct device *device;
    struct link *link;
    struct wire wire;
    struct generator generator; /* for probes, canary and control traffic */
    struct buffer exemplar;     /* the exemplar being sent */
    struct tree request, probe_request, fill_tree;
    uint8_t request_filled[LINK_SMALLEST]; /* `request` may borrow it */
    struct joiner joiner,
        probe_joiner;  /* `request` and `probe_request` may borrow them */
    struct tree reply; /* the case's reply */
    struct buffer reply_bytes, filled, joined;
    struct observation observation;
    struct invariant_state invariants[RUNNER_INVARIANTS];
    struct watch watch;
    struct lines console; /* joins the console's lines */
    struct resets resets; /* each one that the device had */
    struct way *way;      /* that the canary takes; NULL: none is known */
    struct captured captured[SESSION_CAPTURES];
    struct buffer greeted;      /* an exemplar with what the greeting told filled in */
    bool dead;                  /* the last probe was not answered */
    bool followed;              /* a message of the same case comes behind this one */
    bool blind;                 /* the device can no longer be observed */
    uint64_t serial;            /* of probes and exemplars */
    uint64_t resent;            /* messages and probes that had to be sent again */
    int64_t observed_ns;        /* when the device was last observed */
    int64_t control_latency_ns; /* of the last valid exchange */
    int64_t next_case_ns; /* not before: the campaign's rate limit, replays included */
    int64_t patience_ns;  /* waits this long for an answer; 0: the campaign's limit */
};

int runner_init(struct runner *runner, const struct campaign *campaign,
                struct error *error);
void runner_free(struct runner *runner); /* stops the device (power-off included) */

/* --- one message -------------------------------------------------------------------- */

struct exchange_result {
    struct expectation expectation;
    unsigned outcome;   /* core/outcome.h; 0: no answer, and no proof of silence */
    int64_t latency_ns; /* -1: none */
    size_t sent_bytes, received_bytes, extra_replies;
    bool has_reply, probed, probe_ok, closed, refused, failed;
    bool more_to_come; /* the reply is not the last one */
    bool trails;       /* what comes behind the reply belongs to it */
    bool went_on;      /* no answer is due, and the next message of the case follows */
};
/* Sends bytes as one request and finds out what became of it. On a line and with
 * datagrams a message that should be answered, and is not while the device answers a
 * probe, is sent a second time. -1 only when this machine failed. */
int exchange_run(struct runner *runner, struct view bytes, struct exchange_result *result,
                 struct error *error);
/* The same with the bytes put on the link as `delivery` says. What answers a flood, or
 * messages that were sent together where no connection tells their replies apart, is not
 * read: a valid exchange must work behind it. */
int exchange_deliver(struct runner *runner, struct view bytes,
                     const struct delivery *delivery, struct exchange_result *result,
                     struct error *error);
/* The start of a reply may be a right frame by chance: where silence ends frames, takes
 * what comes behind it, if both together are right. True: the reply is another one now.
 */
bool exchange_read_on(struct runner *runner, struct exchange_result *result);
/* Opens the link unless it is open. Where the session has a greeting it is read first,
 * and nothing is sent to a device that has not said it. */
int exchange_connect(struct runner *runner, struct error *error);
/* Where states belong to connections: a new connection, in the state of `message`.
 * Otherwise nothing is done. False, with *error, when that state is not reached. */
bool exchange_enter(struct runner *runner, unsigned message, struct error *error);
/* Sends a valid exemplar, on a line and with datagrams twice when nothing answers; true
 * when it is answered in time, rightly, and not refused. The reply is in
 * runner->wire.reply. */
bool exchange_valid(struct runner *runner, unsigned message, int64_t *latency_ns,
                    struct error *error);
/* The same over a new connection when the old one is gone or stuck, RUNNER_PROBES times.
 */
bool exchange_probe(struct runner *runner, struct error *error);

/* --- invariants --------------------------------------------------------------------- */

/* Reads all invariants as they are and takes the values as right from now on. */
void invariants_adopt(struct runner *runner, struct error *error);
/* Lets them follow what a valid request that was (perhaps) accepted does. */
void invariants_follow(struct runner *runner, const struct tree *request, bool certain);
/* Reads them into samples[RUNNER_INVARIANTS]; returns how many. */
size_t invariants_sample(struct runner *runner, struct invariant_sample *samples,
                         struct error *error);
/* True when every value is what it was after the first start; *known false when none was
 * read. */
bool invariants_at_home(const struct runner *runner, bool *known);

/* --- sequences ---------------------------------------------------------------------- */

struct case_result {
    unsigned expected, outcome;
    int64_t latency_ns;
    size_t sent_bytes, received_bytes, messages;
    unsigned last_message; /* exemplar that the last of them was made from */
    uint64_t reply_shape;  /* tree_shape of the reply to it; 0: none */
    uint64_t resent;       /* of these messages, and of the probes behind them */
    bool refused;          /* the gate kept a message back */
    bool dead;             /* the probe after the last message was not answered */
    int oracle;            /* index in oracle_kinds, ORACLE_NONE: nothing seen */
    size_t suspect_step;   /* step that the judgement is about */
    struct judgement judgement;
    int passed_over; /* on the way to a target: the oracle that saw something else last */
    size_t passed_over_step;
    struct judgement passed_over_judgement;
    struct invariant_sample samples[RUNNER_INVARIANTS];
    size_t sample_count;
    bool sampled; /* all that is watched was read at its end, into: */
    struct readings readings;
};
/* What a replay looks for. Other soft suspicions on the way are passed over. */
struct target {
    int oracle;
    const char *cause; /* NULL: any of this oracle's */
    size_t from;       /* at this step or later, unless the device breaks down before */
};
struct run_options {
    bool sample;                 /* read all that is watched at the end */
    bool control;                /* the steps are valid traffic */
    const struct target *target; /* NULL: stop at the first suspicion */
    /* Called behind each message, with what is known of it; NULL: nobody wants to know.
     */
    void (*exchanged)(void *context, const struct case_result *result);
    void *context; /* its own */
};
/* Sends steps [first, end) of `sequence` and judges each; stops at the first that is
 * suspect. -1 only when this machine failed. */
int runner_run(struct runner *runner, const struct sequence *sequence, size_t first,
               size_t end, const struct run_options *options, struct case_result *result,
               struct error *error);
/* Behind messages that a device may have answered several times: where answers do not say
 * to what (the campaign's `timing.silence`), the next one must not have the last of them.
 */
void runner_settle(struct runner *runner);
/* True when the result is what the target looks for. */
bool target_hit(const struct target *target, const struct case_result *result);
/* Collects what the device itself saw, waiting up to wait_ns for it to show. True: a
 * fault. */
bool runner_observe(struct runner *runner, int64_t wait_ns, struct error *error);
bool runner_oracle_enabled(const struct runner *runner, size_t oracle);

/* --- restoring ---------------------------------------------------------------------- */

struct restoration {
    enum reset_kind reset; /* the one that helped */
    int64_t recovery_ns;   /* from the reset to the canary's right answer */
    bool state_known, state_equal;
};
/* Starts the device and proves it with the canary. */
int runner_start(struct runner *runner, struct restoration *restoration,
                 struct error *error);
/* Climbs the ladder of resets until the canary is answered; without a reset it must be
 * answered as the device is. -1: the device is lost. */
int runner_restore(struct runner *runner, enum reset_kind kind,
                   struct restoration *restoration, struct error *error);

#endif
