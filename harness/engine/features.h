/* What a device showed over its link in one execution, as features that guide an engine
 * where nothing tells which code ran: for each message what became of it and the shape of
 * the reply. Filled by the runner. One thread. */
#ifndef PERCUSS_ENGINE_FEATURES_H
#define PERCUSS_ENGINE_FEATURES_H

#include "generate/input.h"

struct features {
    uint64_t classes[INPUT_MESSAGES]; /* in order; later ones have no place */
    size_t count;
};

void features_clear(struct features *features);
/* `message`: the exemplar; `shape`: tree_shape of the reply, 0: none. NULL takes none. */
void features_note(struct features *features, unsigned message, unsigned outcome,
                   uint64_t shape);
/* Counts them in a map of `size` bytes (a power of two), each by itself and behind the
 * one before it: where a class comes is part of what the device did, as an edge is. */
void features_count(const struct features *features, uint8_t *map, size_t size);

#endif
