/* What percuss replay --on adds to a replay: the finding is graded, and the grade is kept
 * beside its reproducer. One thread. */
#ifndef PERCUSS_CLI_REPLAY_ON_H
#define PERCUSS_CLI_REPLAY_ON_H

#include "engine/cross.h"
#include "engine/reproducer.h"

#include <jansson.h>

struct replay_on {
    enum cross_bench there, here;
    struct cross_count then, now;
    const char *grade; /* NULL: not yet */
    char file[1200];   /* cross-replay.json beside the reproducer */
};

/* Reads what is known of the finding at `path` (its reproducer.percuss). The other
 * campaign must have the finding's plan. -1 and *error. */
int replay_on_open(struct replay_on *on, const char *path,
                   const struct reproducer *reproducer, const struct campaign *campaign,
                   struct error *error);
/* Grades what on->now counts and appends it to on->file. */
int replay_on_close(struct replay_on *on, const struct campaign *campaign,
                    const char *device, struct error *error);
/* {grade, there: {bench, replays, failures}, here: {…}} into `json`. */
void replay_on_json(const struct replay_on *on, json_t *json);
void replay_on_print(const struct replay_on *on);

#endif
