/* session_expect for messages in one frame: the tree borrows no joiner then. */
#ifndef PERCUSS_TESTS_EXPECT_H
#define PERCUSS_TESTS_EXPECT_H

#include "generate/session.h"

static inline void expect_in(const struct session *session, struct view bytes, bool open,
                             struct tree *request, struct expectation *expectation)
{
    struct joiner joiner;

    joiner_init(&joiner, session->model, 1 << 16);
    session_expect(session, bytes, open, &joiner, request, expectation);
    joiner_free(&joiner);
}

/* On a connection that is not open. */
static inline void expect_frame(const struct session *session, struct view bytes,
                                struct tree *request, struct expectation *expectation)
{
    expect_in(session, bytes, false, request, expectation);
}

#endif
