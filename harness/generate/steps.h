/* Messages to steps of a script: a message that spans frames becomes several. What the
 * generator made lies in its `tree` and `bytes`, emitted. */
#ifndef PERCUSS_GENERATE_STEPS_H
#define PERCUSS_GENERATE_STEPS_H

#include "generate/plan.h"

void script_clear(struct script *script);
/* One step, or one a frame where frames are acknowledged. The pieces go the way that
 * `arrangement` says; NULL: as they are. What does not fit into a script is left out; -1:
 * memory. */
int script_append(struct generator *generator, unsigned message, bool fuzzed,
                  const struct arrangement *arrangement, struct script *script);
/* One plain exemplar inside a case: on the way to a state, or before the fuzzed message.
 */
int script_exemplar(struct generator *generator, unsigned message, struct script *script);
/* All that comes before the case's message. */
int script_lead(struct generator *generator, const struct site *site,
                const struct arrangement *arrangement, struct script *script);
/* How the last message's steps, from `first` on, are put on the link. What ends it, and
 * slow parts, are for its last step. */
void script_deliver(struct script *script, size_t first, const struct delivery *delivery);
/* The message's bytes, also where they are several frames. */
int generator_frames(struct generator *generator, unsigned message, struct view *frames);

#endif
