#include "generate/shard.h"

#include <stdio.h>
#include <string.h>

int shard_read(const char *text, struct shard *shard)
{
    const char *slash = strchr(text, '/');
    char part[SHARD_TEXT];
    int64_t of, parts;

    if (!slash || slash - text >= SHARD_TEXT)
        return -1;
    snprintf(part, sizeof part, "%.*s", (int)(slash - text), text);
    if (text_to_integer(part, &of) < 0 || text_to_integer(slash + 1, &parts) < 0 ||
        of < 1 || of > parts || parts > SHARDS)
        return -1;
    *shard = (struct shard){.part = (unsigned)of, .parts = (unsigned)parts};
    return 0;
}

const char *shard_text(const struct shard *shard, char text[SHARD_TEXT])
{
    text[0] = '\0';
    if (shard->parts)
        snprintf(text, SHARD_TEXT, "%u/%u", shard->part, shard->parts);
    return text;
}

/* Without an open end. */
static int close_end(struct selection *selection, uint64_t total, struct error *error)
{
    struct case_range *last;

    if (selection->range_count == 0)
        selection->ranges[selection->range_count++] = (struct case_range){1, UINT64_MAX};
    last = &selection->ranges[selection->range_count - 1];
    if (last->last != UINT64_MAX)
        return 0;
    if (last->first > total)
        return error_set(error,
                         "the numbers from %llu on have no end (the plan enumerates %llu "
                         "cases): name a range with an end",
                         (unsigned long long)last->first, (unsigned long long)total);
    last->last = total;
    return 0;
}

static uint64_t count_numbers(const struct selection *selection)
{
    uint64_t count = 0;

    for (size_t i = 0; i < selection->range_count; i++)
        count += selection->ranges[i].last - selection->ranges[i].first + 1;
    return count;
}

/* Leaves out the first `skip` numbers, and all but the next `keep`. */
static void keep_numbers(struct selection *selection, uint64_t skip, uint64_t keep)
{
    struct selection whole = *selection;

    selection->range_count = 0;
    for (size_t i = 0; i < whole.range_count && keep; i++) {
        struct case_range range = whole.ranges[i];
        uint64_t length = range.last - range.first + 1;
        uint64_t left = skip < length ? skip : length;

        skip -= left;
        if (left == length)
            continue;
        range.first += left;
        length -= left;
        if (length > keep)
            length = keep;
        range.last = range.first + length - 1;
        keep -= length;
        selection->ranges[selection->range_count++] = range;
    }
}

int shard_cut(struct shard *shard, struct selection *selection, uint64_t total,
              struct error *error)
{
    struct selection whole = *selection;
    uint64_t count, size, larger, before = shard->part - 1;

    if (close_end(&whole, total, error) < 0)
        return -1;
    count = count_numbers(&whole);
    if (count < shard->parts)
        return error_set(error, "%llu case numbers cannot be cut into %u shards",
                         (unsigned long long)count, shard->parts);
    selection_ranges_text(&whole, shard->whole, sizeof shard->whole);
    /* The first `larger` parts have one number more. */
    size = count / shard->parts;
    larger = count % shard->parts;
    keep_numbers(&whole, size * before + (before < larger ? before : larger),
                 size + (before < larger));
    *selection = whole;
    return 0;
}
