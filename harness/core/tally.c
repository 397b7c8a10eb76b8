#include "core/tally.h"

#include "core/random.h"

#include <stdlib.h>

struct tally_entry {
    uint64_t key;
    uint32_t count;
};

enum { FIRST_CAPACITY = 64 };

void tally_free(struct tally *tally)
{
    free(tally->entries);
    *tally = (struct tally){0};
}

/* The key's entry, or the free one where it belongs: there is always one. */
static struct tally_entry *find(const struct tally *tally, uint64_t key)
{
    size_t mask = tally->capacity - 1, place = (size_t)random_at(key, 0) & mask;

    while (tally->entries[place].count && tally->entries[place].key != key)
        place = (place + 1) & mask;
    return &tally->entries[place];
}

static int grow(struct tally *tally)
{
    struct tally grown = {.capacity =
                              tally->capacity ? tally->capacity * 2 : FIRST_CAPACITY,
                          .used = tally->used};

    grown.entries = calloc(grown.capacity, sizeof *grown.entries);
    if (!grown.entries)
        return -1;
    for (size_t i = 0; i < tally->capacity; i++)
        if (tally->entries[i].count)
            *find(&grown, tally->entries[i].key) = tally->entries[i];
    free(tally->entries);
    *tally = grown;
    return 0;
}

uint32_t tally_add(struct tally *tally, uint64_t key)
{
    struct tally_entry *entry;

    if (tally->used * 4 >= tally->capacity * 3 && grow(tally) < 0)
        return 0;
    entry = find(tally, key);
    tally->used += entry->count == 0;
    entry->key = key;
    entry->count += entry->count < UINT32_MAX;
    return entry->count;
}

uint32_t tally_count(const struct tally *tally, uint64_t key)
{
    return tally->capacity ? find(tally, key)->count : 0;
}

uint64_t tally_key(uint64_t key, uint64_t part)
{
    return random_key(key, part);
}

uint64_t tally_key_text(uint64_t key, const char *part)
{
    for (; *part; part++)
        key = (key ^ (uint8_t)*part) * 0x100000001b3u; /* FNV-1a */
    return tally_key(key, 0);
}
