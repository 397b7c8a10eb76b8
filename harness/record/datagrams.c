#include "record/datagrams.h"

#include "core/hash.h"

#include <stdlib.h>
#include <string.h>

int datagrams_add(struct datagrams *datagrams, struct view bytes, size_t missing)
{
    struct hash hash;

    if (bytes.length + missing == 0)
        return 0;
    if (datagrams->count == datagrams->capacity) {
        size_t capacity = datagrams->capacity ? datagrams->capacity * 2 : 64;
        void *larger = realloc(datagrams->hashes, capacity * sizeof *datagrams->hashes);

        if (!larger)
            return -1;
        datagrams->hashes = larger;
        datagrams->capacity = capacity;
    }
    hash = hash_of(bytes);
    memcpy(&datagrams->hashes[datagrams->count++], hash.bytes, sizeof(uint64_t));
    datagrams->cut |= missing > 0;
    return 0;
}

void datagrams_free(struct datagrams *datagrams)
{
    free(datagrams->hashes);
    *datagrams = (struct datagrams){0};
}

size_t datagrams_follow(const struct datagrams *part, const struct datagrams *whole)
{
    size_t at = 0;

    for (size_t i = 0; i < part->count; i++, at++) {
        while (at < whole->count && whole->hashes[at] != part->hashes[i])
            at++;
        if (at == whole->count)
            return i;
    }
    return part->count;
}
