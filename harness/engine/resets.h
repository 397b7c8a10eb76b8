/* Every reset of a run, counted by the step of the ladder, why it was taken, and what
 * came of it. The runner owns it and notes each; the engine writes it into the store,
 * where it is the fact `resets`: a JSON list of rows. One thread. */
#ifndef PERCUSS_ENGINE_RESETS_H
#define PERCUSS_ENGINE_RESETS_H

#include "device/device.h"

enum { RESETS_ROWS = 64, RESETS_WHY = 16, RESETS_WORDS = 200 };

struct reset_row {
    enum reset_kind step;
    char why[RESETS_WHY];     /* fault | blind | confirm | epoch | replay | proof */
    bool back;                /* the canary was answered as it should be */
    char words[RESETS_WORDS]; /* what was wrong, "" nothing */
    uint64_t times;
    uint64_t first_case, last_case; /* the one sent before it */
    int64_t slowest_ns;             /* until the canary was answered or given up */
};

struct resets {
    struct reset_row rows[RESETS_ROWS];
    size_t count;
    const char *why; /* of those that follow; NULL: a replay */
    uint64_t after_case;
};

/* `words`: what was wrong, "" nothing. When all rows are taken, what is
 * new counts in the last, whose words then say so. */
void resets_note(struct resets *resets, enum reset_kind step, int64_t took_ns, bool back,
                 const char *words);
/* Of an earlier sitting; a store without the fact leaves it empty. */
struct store;
int resets_load(struct resets *resets, struct store *store, struct error *error);
int resets_write(const struct resets *resets, struct store *store, struct error *error);

#endif
