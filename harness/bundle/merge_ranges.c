/* Whether shards make up the whole: no number twice, none in no shard. */
#include "bundle/merge_parts.h"

/* Two shards share numbers. */
static void check_overlap(struct merge *merge, const struct merge_shard *one,
                          const struct merge_shard *other)
{
    char part[SHARD_TEXT];

    if (one->shard.part == other->shard.part && one->shard.parts == other->shard.parts) {
        merge_complain(merge, "double", "%s and %s are both shard %s", one->folder,
                       other->folder, shard_text(&one->shard, part));
        return;
    }
    for (size_t i = 0; i < one->numbers.range_count; i++)
        for (size_t k = 0; k < other->numbers.range_count; k++) {
            struct case_range a = one->numbers.ranges[i], b = other->numbers.ranges[k];
            uint64_t first = a.first > b.first ? a.first : b.first;
            uint64_t last = a.last < b.last ? a.last : b.last;

            if (first <= last)
                merge_complain(merge, "overlapping",
                               "cases %llu-%llu are in %s and in %s",
                               (unsigned long long)first, (unsigned long long)last,
                               one->folder, other->folder);
        }
}

/* The last number from `number` on that some shard has without a gap; number - 1: none
 * has it. */
static uint64_t covered_to(const struct merge *merge, uint64_t number)
{
    uint64_t end = number - 1;
    bool grown = true;

    while (grown) {
        grown = false;
        for (size_t i = 0; i < merge->count; i++)
            for (size_t k = 0; k < merge->shards[i].numbers.range_count; k++) {
                const struct case_range *range = &merge->shards[i].numbers.ranges[k];

                if (range->first <= end + 1 && range->last > end) {
                    end = range->last;
                    grown = true;
                }
            }
    }
    return end;
}

/* The first number behind `number` that some shard has. */
static uint64_t next_covered(const struct merge *merge, uint64_t number, uint64_t end)
{
    uint64_t next = end;

    for (size_t i = 0; i < merge->count; i++)
        for (size_t k = 0; k < merge->shards[i].numbers.range_count; k++) {
            uint64_t first = merge->shards[i].numbers.ranges[k].first;

            if (first > number && first < next)
                next = first;
        }
    return next;
}

/* Numbers of the whole that are in no shard. */
static void check_missing(struct merge *merge)
{
    const struct shard *first = &merge->shards[0].shard;
    struct selection whole = {0};

    if (selection_set_ranges(&whole, first->whole) < 0)
        return;
    for (size_t i = 0; i < whole.range_count; i++)
        for (uint64_t at = whole.ranges[i].first; at <= whole.ranges[i].last;) {
            uint64_t end = covered_to(merge, at), next;

            if (end >= at) {
                at = end + 1;
                continue;
            }
            next = next_covered(merge, at, whole.ranges[i].last + 1);
            merge_complain(merge, "missing", "cases %llu-%llu of %s are in no shard",
                           (unsigned long long)at, (unsigned long long)next - 1,
                           first->whole);
            at = next;
        }
}

void merge_check_ranges(struct merge *merge)
{
    for (size_t i = 0; i < merge->count; i++)
        for (size_t k = 0; k < i; k++)
            check_overlap(merge, &merge->shards[k], &merge->shards[i]);
    if (merge->count)
        check_missing(merge);
}
