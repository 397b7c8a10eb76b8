/* The second half of minimising: not fewer messages but simpler ones. Used by minimise.c
 * alone. */
#ifndef PERCUSS_ENGINE_MINIMISE_MESSAGE_H
#define PERCUSS_ENGINE_MINIMISE_MESSAGE_H

#include "engine/runner.h"

/* Tries a candidate. 1: it fails too, and is kept as *sequence; 0: not, or `is_over`: no
 * more will be tried; -1: the device is lost, or memory is short. */
struct simplifier {
    struct runner *runner;
    struct sequence *sequence;
    int (*try)(void *context, struct sequence *candidate);
    bool (*is_over)(void *context);
    void *context;
};

/* Earlier messages become their exemplars; in the last one fields become the exemplar's,
 * long strings and lists short, always with right lengths and checksums; what breaks the
 * grammar loses bytes, chunk by chunk, with a right checksum where the checksum is not
 * what matters. */
int minimise_messages(const struct simplifier *simplifier);

#endif
