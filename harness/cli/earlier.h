/* A run that is to be done again on another build: what it was, which cases it sent, what
 * it found. Read once from its store. */
#ifndef PERCUSS_CLI_EARLIER_H
#define PERCUSS_CLI_EARLIER_H

#include "engine/campaign.h"

struct earlier_finding {
    char id[16], grade[16];
    char title[204];
    char reproducer[4200];     /* its file */
    char plan_hash[HASH_TEXT]; /* of the run that found it */
    char known_as[80];         /* what a replay is recorded as: its id, where the plan
                                  says which run it is of */
    int64_t replays, failures;
};

struct earlier {
    const char *folder;
    uint64_t seed;
    char plan_hash[HASH_TEXT], engine[16], interface[600], device[600];
    char ranges[SELECTION_TEXT]; /* of case numbers: all that it sent, and no later one */
    char patterns[SELECTION_TEXT]; /* as the store has them; then cut into parts */
    struct earlier_finding *findings;
    size_t count;
};

/* -1 and *error when the folder holds no run, or one that sent nothing. Free it either
 * way. */
int earlier_read(const char *folder, struct earlier *earlier, struct error *error);
void earlier_free(struct earlier *earlier);

/* Makes the campaign's cases those of the run: its engine, patterns, and its numbers or
 * `ranges` (NULL: its own). -1 and *error when its plan is another one. The campaign
 * borrows from *earlier. */
int earlier_apply(struct earlier *earlier, struct campaign *campaign, const char *ranges,
                  struct error *error);
/* The patterns of a run's fact `selection`, which is cut into parts that the selection
 * borrows. */
void earlier_patterns(char *text, struct selection *selection);

#endif
