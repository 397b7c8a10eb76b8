/* Follows what recorded conversations agree on: for each connection the context that its
 * next message reads under, learnt from its exchanges as a session says. It owns copies
 * of what it was shown. One thread. */
#ifndef PERCUSS_GENERATE_FOLLOW_H
#define PERCUSS_GENERATE_FOLLOW_H

#include "generate/session.h"

enum { FOLLOWED = 16 }; /* conversations at a time; the one silent for longest goes */

struct conversation {
    uint64_t connection, last; /* last: when it was heard of, in messages */
    struct context context;
    struct tree request; /* the last one; `has_request` */
    bool has_request;
};

struct follower {
    const struct session *session; /* NULL: every message reads under `start` */
    struct context start;          /* of a connection of which nothing is known */
    struct conversation conversations[FOLLOWED];
    uint64_t messages;
};

/* `session` may be NULL, and must outlive the follower. */
void follow_begin(struct follower *follower, const struct session *session,
                  const struct context *start);
void follow_end(struct follower *follower); /* accepts all-zero */
/* What the next message of this connection is to be parsed under. */
struct context follow_context(const struct follower *follower, uint64_t connection);
/* Takes a parsed message; tree->reply says whose. -1 when memory is short. */
int follow_take(struct follower *follower, uint64_t connection, const struct tree *tree);

#endif
