/* The way that the canary takes through the device's code, where the device shows it: the
 * edges that all canaries have in common when a sitting begins are those that a restored
 * device has to take again. The runner owns it; without one, nothing is asked. One
 * thread. */
#ifndef PERCUSS_ENGINE_WAY_H
#define PERCUSS_ENGINE_WAY_H

#include "core/error.h"
#include "core/hash.h"

/* An interrupt may step in and cut an edge, but not in each of so many canaries. */
enum { WAY_ATTEMPTS = 8 };

struct runner;
struct way;

/* Sends the canary some times. No way when the device shows none, or none that is the
 * same each time. */
void way_learn(struct runner *runner, struct error *error);
/* Before a canary: nothing is counted yet. */
void way_begin(struct runner *runner);
/* Has the canary taken all of the way? Also true without one. */
bool way_is_taken(const struct runner *runner);
void way_forget(struct runner *runner);
/* How many edges it has, and their hash; 0 and "" without one. */
size_t way_text(const struct runner *runner, char hash[HASH_TEXT]);

#endif
