#include "fuzz/hold.h"

#include "core/hash.h"
#include "engine/pool.h"

static uint64_t key_of(struct view input)
{
    return hash_quick(input, 0);
}

static int take(void *context, struct view input)
{
    return tally_add(context, key_of(input)) ? 0 : -1;
}

int hold_read(struct tally *held, const char *folder, struct error *error)
{
    return pool_read(folder, take, held, error);
}

void hold_map(const struct tally *held, struct view input, uint8_t *map, size_t size)
{
    uint64_t key = key_of(input);

    if (tally_count(held, key))
        map[1 + key % (size - 1)] = 1;
}
