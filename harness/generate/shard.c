#include "generate/shard.h"

#include <stdio.h>
#include <string.h>

/* Numbers that are looked at one by one, where patterns select. */
enum { SHARD_COUNTED = 20000000 };

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

/* Numbers of the ranges up to `last`, which is one of them. */
static uint64_t numbers_to(const struct selection *selection, uint64_t last)
{
    uint64_t count = 0;

    for (size_t i = 0; i < selection->range_count; i++) {
        const struct case_range *range = &selection->ranges[i];

        if (range->first <= last)
            count += (range->last < last ? range->last : last) - range->first + 1;
    }
    return count;
}

static uint64_t count_numbers(const struct selection *selection)
{
    return numbers_to(selection, selection->ranges[selection->range_count - 1].last);
}

/* How many of the numbers up to the `cases`th selected case there are; *cases becomes how
 * many there are, if less. */
static uint64_t numbers_of(const struct selection *selection, const struct plan *plan,
                           uint64_t *cases)
{
    uint64_t found = 0, last = 0;

    for (uint64_t number = selection_next(selection, plan, 1); number && found < *cases;
         number = selection_next(selection, plan, number + 1)) {
        last = number;
        found++;
    }
    *cases = found;
    return found ? numbers_to(selection, last) : 0;
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

/* Behind how many numbers the first `part` parts end. */
static uint64_t end_of(const struct shard *shard, const struct selection *selection,
                       const struct plan *plan, unsigned part, uint64_t cases)
{
    uint64_t larger = cases % shard->parts;
    uint64_t end = cases / shard->parts * part + (part < larger ? part : larger);

    if (part == shard->parts)
        return count_numbers(selection);
    return selection->streams ? numbers_of(selection, plan, &end) : end;
}

int shard_cut(struct shard *shard, struct selection *selection, const struct plan *plan,
              struct error *error)
{
    struct selection whole = *selection;
    uint64_t cases, before, end;

    if (close_end(&whole, plan->total, error) < 0)
        return -1;
    cases = count_numbers(&whole);
    if (whole.streams && cases > SHARD_COUNTED)
        return error_set(
            error,
            "of %llu case numbers those that are selected cannot be counted: "
            "name a range of at most %d",
            (unsigned long long)cases, SHARD_COUNTED);
    if (whole.streams)
        numbers_of(&whole, plan, &cases);
    if (cases < shard->parts)
        return error_set(error, "%llu cases cannot be cut into %u shards",
                         (unsigned long long)cases, shard->parts);
    selection_ranges_text(&whole, shard->whole, sizeof shard->whole);
    before = end_of(shard, &whole, plan, shard->part - 1, cases);
    end = end_of(shard, &whole, plan, shard->part, cases);
    keep_numbers(&whole, before, end - before);
    *selection = whole;
    return 0;
}
