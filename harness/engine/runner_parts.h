/* What the files of the runner share: what goes from one message to the next, the account
 * of an exchange, and who judges it. */
#ifndef PERCUSS_ENGINE_RUNNER_PARTS_H
#define PERCUSS_ENGINE_RUNNER_PARTS_H

#include "core/clock.h"
#include "engine/runner.h"

/* A device that stopped answering gets this long to show why. */
#define RUNNER_EXPLAIN_NS (150 * CLOCK_MS)

/* The bytes to send: as logged, with what earlier replies gave put into the holes. */
struct view runner_fill_holes(struct runner *runner, const struct sequence_step *step,
                              struct view bytes);
/* Keeps what later holes are filled with. */
void runner_capture_values(struct runner *runner, const struct sequence_step *step,
                           const struct exchange_result *result);
/* A new case forgets it, but for what the greeting of an open connection told. */
void runner_forget_captured(struct runner *runner);
/* Lets invariants and other watched values follow what the message may have done. */
void runner_follow_effects(struct runner *runner, struct view bytes,
                           const struct exchange_result *result);

void runner_describe(struct runner *runner, const struct sequence_step *step,
                     struct view bytes, const struct exchange_result *result,
                     bool control, struct exchange *exchange);
/* The first oracle that sees something, of those that count, is the result's. */
void runner_ask(struct runner *runner, const struct exchange *exchange,
                const struct target *target, struct case_result *result);
/* Reads all that is watched, after step `last`. */
void runner_sample(struct runner *runner, const struct sequence *sequence, size_t last,
                   const struct run_options *options, struct case_result *result,
                   struct error *error);
void runner_look_for_effect(struct runner *runner, const struct sequence *sequence,
                            const struct run_options *options, struct case_result *result,
                            struct error *error);

#endif
