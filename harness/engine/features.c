#include "engine/features.h"

#include "core/tally.h"

void features_clear(struct features *features)
{
    features->count = 0;
}

void features_note(struct features *features, unsigned message, unsigned outcome,
                   uint64_t shape)
{
    if (features && features->count < INPUT_MESSAGES)
        features->classes[features->count++] =
            tally_key(tally_key(shape, message), outcome);
}

/* A full count stays full: a class that came often is not one that never came. */
static void count_one(uint8_t *map, size_t size, uint64_t key)
{
    uint8_t *place = &map[key & (size - 1)];

    if (*place < UINT8_MAX)
        ++*place;
}

void features_count(const struct features *features, uint8_t *map, size_t size)
{
    uint64_t before = 0;

    for (size_t i = 0; i < features->count; i++) {
        count_one(map, size, features->classes[i]);
        count_one(map, size, tally_key(features->classes[i], before));
        before = features->classes[i];
    }
}
