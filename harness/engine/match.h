/* Which exemplar of the session a message is nearest to: messages that no plan made
 * (corpus files) have no exemplar of their own, but steps, reports, holes and captures go
 * by one. One thread. */
#ifndef PERCUSS_ENGINE_MATCH_H
#define PERCUSS_ENGINE_MATCH_H

#include "engine/sequence.h"
#include "generate/input.h"
#include "generate/survey.h"

struct matcher {
    const struct session *session; /* borrowed */
    struct survey survey;          /* says what kind a message is */
    char (*kinds)[SURVEY_KIND];    /* of the exemplars */
    struct tree tree;
};

int matcher_init(struct matcher *matcher, const struct session *session); /* -1: memory */
void matcher_free(struct matcher *matcher); /* accepts all-zero */

/* The exemplar of the same kind, of several the one with most bytes alike; without one of
 * that kind, of all. */
unsigned matcher_nearest(struct matcher *matcher, struct view message);

/* Appends an input's messages as case `number`, each whole and at once. -1: memory. */
int matcher_append_input(struct matcher *matcher, struct view input, uint64_t number,
                         struct sequence *sequence);

#endif
