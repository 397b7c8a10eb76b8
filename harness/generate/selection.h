/* Which cases of a plan are sent: ranges of numbers, and patterns over messages, fields,
 * anomalies and states. What is left out leaves gaps; numbers never change. */
#ifndef PERCUSS_GENERATE_SELECTION_H
#define PERCUSS_GENERATE_SELECTION_H

#include "generate/plan.h"

enum { SELECTION_RANGES = 32, SELECTION_TEXT = 1024 };

/* A range of case numbers, both ends included. */
struct case_range {
    uint64_t first, last; /* UINT64_MAX: no end */
};

/* All zero selects everything. Texts are lists of patterns, separated by commas, in which
 * * stands for any text and ? for a character; NULL: everything. */
struct selection {
    struct case_range ranges[SELECTION_RANGES]; /* ascending, apart; none: all numbers */
    size_t range_count;
    const char *only;      /* MESSAGE or MESSAGE/PATH; PATH may leave out outer fields */
    const char *anomalies; /* names of anomalies */
    const char *states;
    bool *streams;   /* by stream id, set by selection_bind; NULL: all */
    bool enumerated; /* of these only enumerated cases: set by it, too */
};

/* "5", "1-5000", "1-100,20000-": -1 on anything else, and *selection stays as it was. */
int selection_set_ranges(struct selection *selection, const char *text);
/* Looks the patterns up in the plan. -1 and *error when one of them matches nothing. */
int selection_bind(struct selection *selection, const struct plan *plan,
                   struct error *error);
void selection_free(struct selection *selection);

/* The first selected number from `number` on, 0 when there is none. A stacked case is
 * selected when all its changes are. */
uint64_t selection_next(const struct selection *selection, const struct plan *plan,
                        uint64_t number);
/* How many numbers the ranges hold from `number` on; UINT64_MAX without an end or where
 * patterns leave gaps. */
uint64_t selection_left(const struct selection *selection, uint64_t number);
/* "1-5000,20000-" and "only write_*; states ready" (or "everything"). Both return text,
 * which is cut to `size` (at least 16). */
const char *selection_ranges_text(const struct selection *selection, char *text,
                                  size_t size);
const char *selection_patterns_text(const struct selection *selection, char *text,
                                    size_t size);

#endif
