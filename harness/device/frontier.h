/* Which blocks of an image have run, and which of the others are worth watching next with
 * what few breakpoints there are. What has run is known by being told of it; a block that
 * ran tells of all that dominate it. Pure; borrows the blocks; one thread. */
#ifndef PERCUSS_DEVICE_FRONTIER_H
#define PERCUSS_DEVICE_FRONTIER_H

#include "device/blocks.h"

struct frontier;

struct frontier *frontier_create(const struct blocks *blocks); /* NULL: out of memory */
void frontier_free(struct frontier *frontier);                 /* accepts NULL */

/* Notes that the block ran. Returns one more that must have run and had not been noted,
 * to be noted next; BLOCK_NONE when there is none. */
uint32_t frontier_cover(struct frontier *frontier, uint32_t block);
/* It was seen to run, a first time or again. What is noted until the next is seen ran in
 * the same moment. */
void frontier_show(struct frontier *frontier, uint32_t block);
bool frontier_is_covered(const struct frontier *frontier, uint32_t block);

/* The block to watch, which counts as watched until it is released; BLOCK_NONE: nothing
 * is left. First those that were watched least often, where turns of what is one step
 * behind what has run count least. What leads there is watched again until it was seen to
 * run a few times, as whoever sent what came there may not have kept it; of these what is
 * in functions where few are watched already; `salt` decides the rest. `focus`: before
 * all of these what is one step behind what ran in the same moment as that block, as long
 * as there is any; BLOCK_NONE: nothing comes before. */
uint32_t frontier_choose(struct frontier *frontier, uint32_t focus, uint64_t salt);
/* Nothing is left that `focus` would bring first, watched or not. */
bool frontier_is_spent(const struct frontier *frontier, uint32_t focus);
void frontier_release(struct frontier *frontier, uint32_t block);

#endif
