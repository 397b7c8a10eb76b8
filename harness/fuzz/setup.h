/* What the mutators of libFuzzer and AFL++ begin with: the model and the session that
 * their process was given. Whoever opens it closes it. One thread. */
#ifndef PERCUSS_FUZZ_SETUP_H
#define PERCUSS_FUZZ_SETUP_H

#include "generate/mutator.h"

struct setup {
    struct model *model;
    struct session *session; /* NULL: none was given */
    struct mutator *mutator;
};

/* NULL for a path: the environment's PERCUSS_MODEL, PERCUSS_SESSION, else PROGRAM.ksy and
 * PROGRAM.session.yaml beside the program, where they are. -1 and *error: no model, or a
 * file is wrong. */
int setup_open(struct setup *setup, const char *model, const char *session,
               struct error *error);
void setup_close(struct setup *setup); /* accepts all-zero */

#endif
