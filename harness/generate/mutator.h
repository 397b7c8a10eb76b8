/* Changes inputs (generate/input.h) with the model's knowledge: fields by their type,
 * elements, subtrees of other inputs, messages of the session; lengths and checksums are
 * mostly right again, sometimes not. What comes out is a pure function of the input, the
 * random numbers, and what was kept before. Any bytes are welcome. One thread at a time;
 * model and session are borrowed. After warm-up nothing is allocated for an input, but by
 * the few anomalies that build long contents. */
#ifndef PERCUSS_GENERATE_MUTATOR_H
#define PERCUSS_GENERATE_MUTATOR_H

#include "core/random.h"
#include "generate/input.h"
#include "generate/session.h"

struct mutator;

/* Changes `length` bytes in place and makes them at most `most`; returns how many there
 * are then. The engine's own mutation: libFuzzer has one. */
typedef size_t mutator_bytes(void *context, uint8_t *data, size_t length, size_t most,
                             struct random *random);

/* `session` may be NULL: then there is one exemplar, which the model builds. NULL and
 * *error when that cannot be, or memory is short. */
struct mutator *mutator_new(const struct model *model, const struct session *session,
                            struct error *error);
void mutator_free(struct mutator *mutator); /* accepts NULL */

/* Puts a changed `input` into `out`, which is emptied before; never longer than
 * out->maximum, and empty only when that is 0. In a share of the calls all is left to
 * `bytes` (NULL: small changes of our own). -1: memory. */
int mutator_change(struct mutator *mutator, struct view input, struct random *random,
                   mutator_bytes *bytes, void *context, struct buffer *out);
/* The same with parts of another input: its messages, or a subtree of one. */
int mutator_cross(struct mutator *mutator, struct view input, struct view other,
                  struct random *random, struct buffer *out);
/* Makes all lengths, counts and checksums of all messages right, of what can be parsed of
 * them; what cannot, stays. To repair what was repaired changes nothing. -1: it does not
 * fit, or memory. */
int mutator_repair(struct mutator *mutator, struct view input, struct buffer *out);

/* Messages of this input may be spliced into others from now on; the last 64 are kept. */
void mutator_keep(struct mutator *mutator, struct view input);

/* Smaller inputs, numbered: one message less each, then one element of an array less
 * each. The next input, made smaller, has other ones. */
size_t mutator_reductions(struct mutator *mutator, struct view input);
/* The k-th into `out`. 1: it is smaller; 0: it is not, `out` is empty; -1: memory. */
int mutator_reduce(struct mutator *mutator, struct view input, size_t k,
                   struct buffer *out);

/* What the last change was, "insert-integer-integer": letters and dashes. Returns text.
 */
const char *mutator_describe(const struct mutator *mutator, char *text, size_t size);

#endif
