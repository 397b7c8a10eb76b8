/* The guided engine: each case is an input (generate/input.h) made by changing one of the
 * corpus; one that reaches something new (reach.h) joins the corpus (pool.h), in memory,
 * in the run's folder `corpus` and in the store. Cases are numbered in the order of
 * sending, so a number says nothing about the bytes; the name does: "guided/" and the
 * name of the input. One thread. */
#ifndef PERCUSS_ENGINE_GUIDED_H
#define PERCUSS_ENGINE_GUIDED_H

#include "engine/recorder.h"

struct guided;

/* Reads the seeds: the session's exemplars with what leads to their states, the
 * campaign's corpora and `corpus` (NULL: none), and what an earlier sitting kept. NULL
 * and *error. */
struct guided *guided_open(struct runner *runner, struct recorder *recorder,
                           const char *corpus, struct error *error);
void guided_free(struct guided *guided); /* accepts NULL */
/* What the device runs while nothing is sent does not count. The device is up. */
void guided_begin(struct guided *guided);
/* The device was restored: what is known of the session's state is forgotten. */
void guided_restart(struct guided *guided);

/* Makes the next case: the seeds first. -1: memory. */
int guided_case(struct guided *guided, uint64_t number, struct script *script);
/* For the options of its run: replies are part of what it reaches. */
void guided_watch(struct guided *guided, struct run_options *options);
/* Reads what it reached; nothing else has been sent since. -1: memory. */
int guided_read(struct guided *guided);
/* Keeps it, as far as it was sent, when it reached something new and broke nothing.
 * `broken`: the device had to be brought back. */
int guided_keep(struct guided *guided, const struct case_result *result, bool broken,
                struct error *error);
/* How far it has come, for the store. */
int guided_grow(struct guided *guided, struct error *error);

/* The name of the last case in the log. */
const char *guided_name(const struct campaign *campaign, const struct sequence *log,
                        char *text, size_t size);

#endif
