/* How much of an image runs reached. */
#include "report/reached.h"

#include <stdlib.h>
#include <string.h>

static void count_one(const struct reached *reached, const uint64_t *executions,
                      struct reached_count *count)
{
    bool any = false;

    count->all++;
    for (size_t i = 0; i < reached->run_count; i++) {
        count->runs[i] += executions[i] > 0;
        any |= executions[i] > 0;
    }
    count->together += any;
}

struct reached_count reached_blocks(const struct reached *reached, uint32_t function)
{
    const struct blocks *blocks = reached->blocks;
    bool all = function == REACHED_ALL;
    uint32_t from = all ? 0 : blocks->functions[function].first_block;
    uint32_t end = all ? blocks->count : from + blocks->functions[function].block_count;
    struct reached_count count = {0};

    for (uint32_t i = from; i < end; i++) {
        uint64_t executions[REACHED_RUNS] = {0};

        for (size_t k = 0; k < reached->run_count; k++)
            executions[k] = reached->runs[k].executions[i];
        if (!blocks->list[i].is_dead)
            count_one(reached, executions, &count);
    }
    return count;
}

/* The first line of the function. */
static size_t first_line(const struct reached_lines *lines, uint32_t function)
{
    size_t low = 0, high = lines->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (lines->list[middle].function < function)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct reached_count reached_lines(const struct reached *reached, uint32_t function)
{
    bool all = function == REACHED_ALL;
    const struct reached_lines *lines = all ? &reached->by_file : &reached->by_function;
    struct reached_count count = {0};

    for (size_t i = all ? 0 : first_line(lines, function);
         i < lines->count && (all || lines->list[i].function == function); i++)
        count_one(reached, lines->list[i].executions, &count);
    return count;
}

struct place {
    uint32_t function, left;
    const char *name;
};

static int place_order(const void *left, const void *right)
{
    const struct place *a = left, *b = right;

    if (a->left != b->left)
        return a->left > b->left ? -1 : 1;
    return strcmp(a->name, b->name);
}

uint32_t *reached_order(const struct reached *reached)
{
    uint32_t count = reached->blocks->function_count;
    struct place *places = malloc((count + 1) * sizeof *places);
    uint32_t *order = malloc((count + 1) * sizeof *order);

    for (uint32_t i = 0; places && order && i < count; i++) {
        struct reached_count blocks = reached_blocks(reached, i);

        places[i] = (struct place){i, blocks.all - blocks.together,
                                   reached->blocks->functions[i].name};
    }
    if (!places || !order) {
        free(places);
        free(order);
        return NULL;
    }
    qsort(places, count, sizeof *places, place_order);
    for (uint32_t i = 0; i < count; i++)
        order[i] = places[i].function;
    free(places);
    return order;
}

char reached_letter(size_t run)
{
    return (char)('A' + run);
}
