/* What a device showed over its link in one execution, as features that guide an engine
 * where nothing tells which code ran: for each message what became of it and the shape of
 * the reply. Filled by the driver. One thread. */
#ifndef PERCUSS_FUZZ_SHOWN_H
#define PERCUSS_FUZZ_SHOWN_H

#include "generate/input.h"

struct shown {
    uint64_t classes[INPUT_MESSAGES]; /* in order; later ones have no place */
    size_t count;
};

void shown_clear(struct shown *shown);
/* `message`: the exemplar; `shape`: tree_shape of the reply, 0: none. */
void shown_note(struct shown *shown, unsigned message, unsigned outcome, uint64_t shape);
/* Counts them in a map of `size` bytes (a power of two), each by itself and behind the
 * one before it: where a class comes is part of what the device did, as an edge is. */
void shown_count(const struct shown *shown, uint8_t *map, size_t size);

#endif
