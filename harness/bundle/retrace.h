/* What a case must have sent, as far as it does not hang on the device: its messages are
 * the plan's; whether a connection was opened before, and which valid exchange followed,
 * is tried. A record that has the digest is the one that was sent: SHA-256 admits no
 * other. Private to bundle/. One thread. */
#ifndef PERCUSS_BUNDLE_RETRACE_H
#define PERCUSS_BUNDLE_RETRACE_H

#include "core/digest.h"
#include "core/hash.h"
#include "generate/plan.h"

/* Nothing; a valid exchange where it was, or over a new connection: because our side was
 * ended, because the device closed, because the first one was not answered. Where nothing
 * below repeats what got lost: the exchange twice, or the message again. */
enum { RETRACE_OUTCOMES = 16 };
enum after {
    AFTER_NOTHING,
    AFTER_PROBE,
    AFTER_END,
    AFTER_CLOSE,
    AFTER_SECOND,
    AFTER_TWICE,
    AFTER_AGAIN,
    AFTER_AGAIN_PROBE,
    AFTERS
};

/* What the store says of a case. */
struct retrace_case {
    uint64_t number;
    unsigned outcome;
    bool excluded;  /* the gate, or the link, kept a message back */
    bool cut_short; /* an oracle saw something: what comes after it was not sent */
    bool resent;    /* something was sent a second time */
    bool sampled;   /* what is watched was read behind it */
    struct hash digest;
};

struct retrace {
    const struct plan *plan;
    bool per_case;                      /* a connection belongs to a case */
    bool half_closes;                   /* the link does */
    struct generator generator, probes; /* of cases, of valid messages */
    struct script script;
    struct buffer record, message;
    struct hash_state *hashing;
    const struct retrace_case *wanted;
    unsigned reads[SESSION_INVARIANTS + 3 * SESSION_WATCHED]; /* messages of a sample */
    size_t read_count;
    uint64_t serial;
    bool open;                   /* the connection is */
    bool was_open;               /* it was, behind the case before */
    unsigned tries, most, turns; /* records tried, how many may be; turns left */
    uint8_t
        habit_end[RETRACE_OUTCOMES]; /* enum after: behind the last message, by outcome */
    uint8_t *habit; /* behind others, by message and whether it was changed */
};

/* What a case came to. */
enum retraced {
    RETRACED_SAME,  /* the record was found: these very bytes were sent */
    RETRACED_OTHER, /* it was not */
    RETRACED_HOLES, /* it holds values of replies */
    RETRACED_RESULTS
};

int retrace_begin(struct retrace *retrace, const struct plan *plan, bool per_case,
                  const char *link_carries);
void retrace_end(struct retrace *retrace);
/* -1: memory. */
int retrace_run(struct retrace *retrace, const struct retrace_case *wanted,
                enum retraced *result);

#endif
