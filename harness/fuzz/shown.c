#include "fuzz/shown.h"

#include "core/tally.h"

void shown_clear(struct shown *shown)
{
    shown->count = 0;
}

void shown_note(struct shown *shown, unsigned message, unsigned outcome, uint64_t shape)
{
    if (shown->count < INPUT_MESSAGES)
        shown->classes[shown->count++] = tally_key(tally_key(shape, message), outcome);
}

/* A full count stays full: a class that came often is not one that never came. */
static void count_one(uint8_t *map, size_t size, uint64_t key)
{
    uint8_t *place = &map[key & (size - 1)];

    if (*place < UINT8_MAX)
        ++*place;
}

void shown_count(const struct shown *shown, uint8_t *map, size_t size)
{
    uint64_t before = 0;

    for (size_t i = 0; i < shown->count; i++) {
        count_one(map, size, shown->classes[i]);
        count_one(map, size, tally_key(shown->classes[i], before));
        before = shown->classes[i];
    }
}
