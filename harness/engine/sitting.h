/* One sitting of a campaign: what engine.c (the cases), suspicions.c (what was suspect)
 * and sitting.c (beginning and end) share. Private to the engine; one thread. */
#ifndef PERCUSS_ENGINE_SITTING_H
#define PERCUSS_ENGINE_SITTING_H

#include "core/clock.h"
#include "engine/classes.h"
#include "engine/engine.h"
#include "engine/findings.h"
#include "engine/guided.h"
#include "engine/waiting.h"

struct engine {
    const struct campaign *campaign;
    const struct engine_options *options;
    struct runner runner;
    struct recorder recorder;
    struct findings findings;
    struct waiting waiting;
    struct classes classes;
    struct guided *guided; /* NULL: the numbered engine */
    struct script script;
    struct sequence log;           /* everything sent since the last verified reset */
    int64_t began_ns, deadline_ns; /* deadline 0: none */
    double earlier_s;              /* active seconds of earlier sittings */
    int64_t next_progress_ns, next_enough_ns;
    uint64_t sent, since_sample, since_check, in_epoch;
    const char *reason; /* why the sitting ended; NULL while it goes on */
    const char *doing;
};

enum { STEP_OK = 0, STEP_FAILED = -1, STEP_LOST = -2 };

/* Seconds of work at a moment of the clock, and now; earlier sittings included. */
double engine_seconds_at(const struct engine *engine, int64_t at_ns);
double engine_active_seconds(const struct engine *engine);
/* Tells the caller how far it is; notes when it wants to stop. */
void engine_report_progress(struct engine *engine, uint64_t number);
/* The first case from `number` on that the campaign selects, 0 when there is none. */
uint64_t engine_next_case(const struct engine *engine, uint64_t number);
/* The name of case `number`: of the numbered engine any, of the guided one the last in
 * the log. Returns text. */
const char *engine_case_name(const struct engine *engine, uint64_t number, char *text,
                             size_t size);
/* What the capture says about the packets from here on. */
void engine_comment_case(struct engine *engine, const char *purpose);
/* A valid exemplar among the cases, every so many. */
int engine_valid_check(struct engine *engine, struct error *error);
int engine_open_epoch(struct engine *engine, uint64_t first_case,
                      const struct restoration *restoration, struct error *error);

/* Turns what an oracle saw into a hit, a finding or an unconfirmed suspicion, or lets it
 * wait (waiting.h). *verdict is the case's; *restore says whether the device has to be
 * brought back. */
int suspicion_handle(struct engine *engine, struct case_result *result,
                     const char **verdict, bool *restore, struct error *error);
/* Confirms those that wait, oldest first; the device has to be brought back then. What a
 * device that is lost keeps from being replayed stands as unconfirmed, without replays.
 */
int suspicions_settle(struct engine *engine, struct error *error);
/* Lists all that wait so: the device is lost. */
void suspicions_leave(struct engine *engine);

/* From a stopped device to the first epoch: started, its oracles proven. */
int sitting_begin(struct engine *engine, struct error *error);
/* Writes what is known at the end; `status`: how the cases ended. */
enum engine_end sitting_finish(struct engine *engine, int status, bool started,
                               struct error *error);

#endif
