/* session_expect for messages in one frame: the tree borrows no joiner then. */
#ifndef PERCUSS_TESTS_EXPECT_H
#define PERCUSS_TESTS_EXPECT_H

#include "generate/session.h"

static inline void expect_frame(const struct session *session, struct view bytes,
                                struct tree *request, struct expectation *expectation)
{
    struct joiner joiner;

    joiner_init(&joiner, session->model, 1 << 16);
    session_expect(session, bytes, &joiner, request, expectation);
    joiner_free(&joiner);
}

#endif
