/* A deadline that only what hangs meets. */
#ifndef PERCUSS_TESTS_SOON_H
#define PERCUSS_TESTS_SOON_H

#include "core/clock.h"

static inline int64_t soon(void)
{
    return clock_now_ns() + 20 * CLOCK_S;
}

#endif
