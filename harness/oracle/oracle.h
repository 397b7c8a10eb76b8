/* Oracles judge what one case did. A kind is a const table (oracle_ops, one file a kind,
 * listed in oracles.def). Hard ones saw a failure by itself (fault, exit, reset): a
 * finding at once. Soft ones (alive, latency, conformance, invariant) give suspicions
 * that replay must confirm. */
#ifndef PERCUSS_ORACLE_ORACLE_H
#define PERCUSS_ORACLE_ORACLE_H

#include "core/hash.h"
#include "device/device.h"
#include "generate/session.h"

/* --- what a sample reads beside the invariants -------------------------------------- */

enum { READINGS = 16, CANARIES = 8, CANARY_LENGTH = 16 };

/* A counter of starts, or an uptime. */
struct reboot_reading {
    const struct session_reboot *reboot;
    bool known; /* read now and before */
    int64_t before, now;
};

/* What a resource did since the device was warm after its last reset. */
struct growth {
    const char *id, *text, *unit;
    bool warm;                      /* `first` is set */
    int64_t first, now;             /* in `unit` */
    int64_t limit;                  /* growth that is too much */
    unsigned samples, rises, falls; /* since `first` */
};

struct readings {
    struct {
        bool read,
            judged; /* judged: only what must not act was sent since the last one */
        struct hash before, now;
    } state;
    struct reboot_reading reboots[READINGS];
    size_t reboot_count;
    struct growth growths[READINGS + 2];
    size_t growth_count;
    struct {
        unsigned exchanges; /* valid ones in a row, all slower than the limit; 0: none */
        int64_t fastest_ns, limit_ns, baseline_ns; /* the baseline's median */
    } latency;
};

/* Bytes that valid traffic brought into the device, and no other reply may show. */
struct canary {
    uint8_t bytes[CANARY_LENGTH];
    size_t length;
};

/* The engine's account of one case, filled before the oracles see it. */
struct exchange {
    const struct session *session;
    const struct tree
        *request; /* the fuzzed message, parsed from the bytes that were sent */
    const struct tree *reply;   /* its reply parsed, NULL when none came */
    struct view sent, received; /* received: the reply's frame */
    struct view garbage;        /* received bytes that are no frame */
    size_t extra_replies;       /* frames beyond the one that is due */
    unsigned expected,
        outcome; /* core/outcome.h; outcome 0: no answer, and no proof of silence */
    const char *expected_why; /* what decided `expected`: a rule's id or a field path */
    const char *expected_clause; /* specification clause of it, "" when none */
    const char *message;         /* exemplar's name */
    int64_t latency_ns;          /* -1: none */
    int64_t limit_ns;            /* the answer limit in force */
    bool probed, probe_ok;       /* a valid exchange right after the case */
    bool is_valid_traffic;       /* control and canary traffic */
    const struct observation *observation;
    const struct invariant_sample *samples; /* read after this case */
    size_t sample_count;
    const struct readings *readings; /* at a sample; else NULL */
    const struct canary *canaries;
    size_t canary_count;
};

struct invariant_sample {
    const struct session_invariant *invariant;
    bool read; /* the value could be read */
    int64_t actual;
    bool any;            /* an effect that cannot be computed: everything is right */
    int64_t expected[2]; /* one of these (equal when only one is right) */
};

/* What an oracle saw. */
struct judgement {
    const char *kind; /* schema.sql, finding.kind */
    char cause[200];  /* deduplication key inside the oracle: stable over runs */
    char place[96];   /* in the device's code, "": not known */
    char title[200];
    char detail[600];
    char clause[120];
    bool at_sample; /* seen when values were read: what did it may lie some cases back */
};

enum verdict { VERDICT_PASS, VERDICT_SUSPECT };

struct oracle_ops {
    const char *name, *summary, *blind_to;
    bool hard;
    bool gradual;   /* many cases together do it, so there is no culprit to look for */
    unsigned needs; /* enum device_can bits without which it sees nothing */
    /* What is done to the device to prove that this oracle sees: bits (1 << enum
     * provocation); 0: proven on a falsified exchange in memory by `self_test`, or not at
     * all. */
    unsigned proven_by;
    enum verdict (*judge)(const struct exchange *exchange, struct judgement *judgement);
};

extern const struct oracle_ops
    *const oracle_kinds[]; /* NULL-terminated, from oracles.def */
enum { ORACLE_NONE = -1 };
int oracle_named(const char *name); /* its place in oracle_kinds, or ORACLE_NONE */
extern const struct oracle_ops oracle_conformance; /* also asked whether to read on */

#endif
