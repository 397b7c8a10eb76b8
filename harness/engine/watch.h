/* What a runner watches beside the invariants, between two samples: the declared state,
 * signs of a reset, what the device holds, how fast it answers, and canaries in valid
 * traffic. Part of struct runner; filled at samples for the oracles. One thread. */
#ifndef PERCUSS_ENGINE_WATCH_H
#define PERCUSS_ENGINE_WATCH_H

#include "oracle/oracle.h"

struct runner;
struct target;

enum { WATCH_BASELINE = 40, WATCH_BURST = 12 };

/* One reading serves all that is read by the same message in a row. */
struct reader {
    bool fresh; /* the reply in the wire answers `message` */
    unsigned message;
};

struct watch {
    struct readings readings; /* of the last sample, and what the next is held against */
    struct reader reader;
    bool state_known, state_free; /* free: something was sent that may have changed it */
    unsigned since_state;         /* cases since it was read */
    bool reboot_known[READINGS];
    unsigned
        warm_up; /* samples since the last reset, until what the device holds counts */
    size_t baseline_count;
    int64_t median_ns,
        p99_ns; /* of valid exchanges when the run began; 0: not measured */
    struct canary canaries[CANARIES];
    size_t canary_count;
    uint64_t planted;
    struct tree plant;
    struct buffer bytes;
};

void watch_init(struct runner *runner);
void watch_free(struct runner *runner);

/* --- readings ----------------------------------------------------------------------- */

void reader_begin(struct reader *reader);
/* The value of `expression` over the reply to `message`. False: it could not be read, or
 * is no integer. */
bool reader_integer(struct runner *runner, unsigned message,
                    const struct expression *expression, int64_t *integer,
                    struct error *error);

/* What is sent in between enters no digest and takes none of the case's serial numbers:
 * it hangs on what came before. */
struct aside {
    bool in_case;
    uint64_t serial;
};
struct aside watch_step_aside(struct runner *runner);
void watch_step_back(struct runner *runner, struct aside aside);

/* --- samples ------------------------------------------------------------------------ */

/* Whether a sample reads anything over the wire. */
bool watch_reads(const struct runner *runner);
/* After a reset: everything is right as it is. Goes on with the reader of the invariants.
 */
void watch_adopt(struct runner *runner, struct error *error);
/* A request was sent, and `outcome` came of it. */
void watch_follow(struct runner *runner, const struct tree *request, bool may_act);
/* Before a case: reads the state again when it may have changed since, not too often:
 * what must not act is then held against what was there right before it. */
void watch_before(struct runner *runner, const struct target *target,
                  struct error *error);
/* Reads all into watch.readings. `target`: what a replay looks for, or NULL. */
void watch_sample(struct runner *runner, const struct target *target,
                  struct error *error);

/* --- resources ---------------------------------------------------------------------- */

void growth_begin(struct runner *runner);
void growth_sample(struct runner *runner, struct error *error);
/* How many resources can be read at all. */
size_t growth_count(const struct runner *runner);

/* --- latency ------------------------------------------------------------------------ */

/* Times valid exchanges: what later ones are held against, and the answer limit follows.
 */
void latency_begin(struct runner *runner, struct error *error);
/* `always`: measures whether or not the last valid exchange was slow. */
void latency_sample(struct runner *runner, bool always, struct error *error);
/* An answer may take so long: what is specified, or three times the 99th percentile. */
int64_t latency_limit_ns(const struct runner *runner);

/* --- canaries ----------------------------------------------------------------------- */

void canaries_plant(struct runner *runner, struct error *error);

#endif
