/* A map that is held: of the inputs in a folder it says which one it is, so that a fuzzer
 * keeps them all; everything else looks alike. Runs with it show what guidance is worth:
 * the same fuzzer, the same seeds, the same device, and nothing learnt from it. */
#ifndef PERCUSS_FUZZ_HOLD_H
#define PERCUSS_FUZZ_HOLD_H

#include "core/bytes.h"
#include "core/error.h"
#include "core/tally.h"

/* Notes the contents of all files in `folder`. */
int hold_read(struct tally *held, const char *folder, struct error *error);
void hold_map(const struct tally *held, struct view input, uint8_t *map, size_t size);

#endif
