/* `run --baseline`: a run that goes on where the nights before it ended, replays what
 * they know, and is held against them. One thread. */
#ifndef PERCUSS_CLI_BASELINE_H
#define PERCUSS_CLI_BASELINE_H

#include "cli/replays.h"
#include "cli/running.h"
#include "report/night.h"

struct baseline {
    struct history history;
    const char *facts[2][2]; /* for the run's store; ends with NULL */
    char first[24], how[600], corpus[4400];
    struct earlier_finding *known; /* in the order of their replays: those held as fixed
                                      first, then those not seen for longest */
    struct retested *results;
    size_t known_count, held_count;
    int64_t reserve_ns, deadline_ns; /* of the replays; deadline 0: none */
};

/* Reads `folder`; where the guided engine goes on the campaign has to be loaded with
 * another seed: then *seed is set and 1 is returned. -1 and *error. Free it either way.
 * `out`: the run's own folder. */
int baseline_read(struct baseline *baseline, const char *folder, const char *out,
                  const struct campaign *campaign, uint64_t *seed, struct error *error);
void baseline_free(struct baseline *baseline);

/* Sets what the engine is to go on with: its first case (unless the command line names
 * `cases`) or inputs, facts for the store, and the time that replays leave it of
 * `budget_ns` (0: open end). */
void baseline_begin(struct baseline *baseline, struct campaign *campaign, bool cases,
                    int64_t budget_ns, struct engine_options *engine);
/* Replays what is known, into the run in `out`. -1: the device is lost, or this machine
 * failed. */
int baseline_replay(struct baseline *baseline, struct campaign *campaign, const char *out,
                    bool show, struct error *error);
/* Holds the judged run against the nights, writes night.* into it and prints. The exit
 * code; EXIT_HARNESS and *error. */
int baseline_conclude(struct baseline *baseline, const struct criteria *criteria,
                      const char *out, bool json, struct error *error);

/* What tells the build of the campaign's device apart (history_build), as far as its
 * settings show it: it need not run. */
void baseline_build(const struct campaign *campaign, char build[HASH_TEXT]);

#endif
