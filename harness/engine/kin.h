/* Which of a session's exemplars a message is most like: what is known of that one
 * (holes, captures, its name in reports) goes for the message. One thread. */
#ifndef PERCUSS_ENGINE_KIN_H
#define PERCUSS_ENGINE_KIN_H

#include "generate/session.h"

struct kin {
    const struct session *session;
    struct tree tree;
    uint64_t *shapes; /* tree_shape of each exemplar */
};

int kin_init(struct kin *kin, const struct session *session, struct error *error);
void kin_free(struct kin *kin); /* accepts an all-zero one */
struct kinship {
    unsigned message; /* the exemplar's number */
    bool changed;     /* it is not the exemplar itself */
    bool valid;       /* by the grammar */
};
/* Of the same shape, if any is; then the one with the most bytes in common. */
struct kinship kin_find(struct kin *kin, struct view message);

#endif
