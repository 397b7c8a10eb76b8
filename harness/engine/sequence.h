/* A sequence of messages as they were sent: the log of an epoch, a suspected window, a
 * reproducer. Owns its bytes. One thread. */
#ifndef PERCUSS_ENGINE_SEQUENCE_H
#define PERCUSS_ENGINE_SEQUENCE_H

#include "generate/plan.h"

struct sequence_step {
    uint64_t number;  /* case; 0: control or hand-made */
    unsigned message; /* exemplar: its holes and captures apply */
    bool fuzzed;
    size_t offset, length; /* inside sequence.bytes */
    struct delivery delivery;
};

struct sequence {
    struct sequence_step *steps;
    size_t count, capacity;
    struct buffer bytes;
};

void sequence_init(struct sequence *sequence);
void sequence_free(struct sequence *sequence);
void sequence_clear(struct sequence *sequence);
/* All return -1 when memory is short. */
int sequence_append(struct sequence *sequence, const struct sequence_step *step,
                    struct view bytes);
int sequence_append_script(struct sequence *sequence, const struct script *script);
/* Appends steps [first, end) of `from`. */
int sequence_append_range(struct sequence *sequence, const struct sequence *from,
                          size_t first, size_t end);
struct view sequence_bytes(const struct sequence *sequence, size_t step);
/* The end of the case, before `end`, that begins with step `first`. */
size_t sequence_case_end(const struct sequence *sequence, size_t first, size_t end);
/* The end of the steps, before `end`, that are sent together with step `first`: those of
 * its case up to the first that is not joined to the next. */
size_t sequence_joined(const struct sequence *sequence, size_t first, size_t end);
/* The index where the last `cases` cases begin. */
size_t sequence_tail(const struct sequence *sequence, size_t cases);
/* Cases from step `first` on: different numbers in a row. */
size_t sequence_cases(const struct sequence *sequence, size_t first);

#endif
