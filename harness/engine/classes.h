/* Response classes: what kinds of answers the device has shown. A class is a message,
 * what became of it, and the shape of the reply: which fields it has and what its
 * enumerations say, whatever the other values and however many elements. The first case
 * of each is stored; a run that meets no new ones any more has reached a plateau. One
 * thread. */
#ifndef PERCUSS_ENGINE_CLASSES_H
#define PERCUSS_ENGINE_CLASSES_H

#include "core/tally.h"
#include "engine/recorder.h"

struct classes {
    struct tally seen;
};

void classes_free(struct classes *classes);
/* Those that earlier sittings met. */
int classes_load(struct classes *classes, struct recorder *recorder, struct error *error);
/* Stores the class of a case that was sent, if it is new. */
int classes_note(struct classes *classes, struct recorder *recorder, uint64_t number,
                 const struct case_result *result, struct error *error);

#endif
