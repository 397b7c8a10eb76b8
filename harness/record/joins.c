#include "record/joins.h"

#include <stdlib.h>
#include <string.h>

struct joins_entry {
    uint64_t connection;
    bool reply;
    struct joiner joiner;
};

void joins_init(struct joins *joins, const struct model *model)
{
    *joins = (struct joins){.model = model};
}

void joins_free(struct joins *joins)
{
    for (size_t i = 0; i < joins->count; i++) {
        joiner_free(&joins->entries[i]->joiner);
        free(joins->entries[i]);
    }
    *joins = (struct joins){0};
}

/* A new entry at the end of the list, or the one that was silent longest, emptied. */
static bool add(struct joins *joins, uint64_t connection, bool reply)
{
    struct joins_entry *entry;

    if (joins->count == JOINS_STREAMS) {
        entry = joins->entries[joins->count - 1];
        joiner_reset(&entry->joiner);
    } else {
        entry = calloc(1, sizeof *entry);
        if (!entry)
            return false;
        joiner_init(&entry->joiner, joins->model, JOINS_MESSAGE);
        joins->entries[joins->count++] = entry;
    }
    entry->connection = connection;
    entry->reply = reply;
    return true;
}

struct joiner *joins_of(struct joins *joins, uint64_t connection, bool reply)
{
    struct joins_entry *found;
    size_t place = 0;

    while (place < joins->count && (joins->entries[place]->connection != connection ||
                                    joins->entries[place]->reply != reply))
        place++;
    if (place == joins->count && !add(joins, connection, reply))
        return NULL;
    if (place == JOINS_STREAMS)
        place--;
    found = joins->entries[place];
    memmove(joins->entries + 1, joins->entries, place * sizeof *joins->entries);
    joins->entries[0] = found;
    return &found->joiner;
}
