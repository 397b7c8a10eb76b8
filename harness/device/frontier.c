#include "device/frontier.h"

#include "core/hash.h"

#include <stdlib.h>

/* What a turn of being watched costs: the dearer, the fewer turns. */
enum {
    NEXT_COST = 1,  /* one step behind what has run, in its function */
    AGAIN_COST = 2, /* what has run, has been seen to only SHOWN times, and leads on */
    ENTRY_COST = 4, /* where a function begins that may have been called */
    FAR_COST = 32   /* behind what is not known to have run */
};

enum { SHOWN = 3 };

struct place {
    bool covered, watched, dead;
    bool leads;      /* has run, and dominates what has not */
    bool called;     /* by a block that ran */
    bool has_caller; /* that the code tells */
    uint32_t turns;  /* of being watched */
    uint32_t shown;  /* how often it was seen to run */
    uint32_t moment; /* in which it ran first, or was called */
};

struct frontier {
    const struct blocks *blocks;
    struct place *places;
    uint32_t moment;      /* how often a block was seen to run */
    uint32_t *watched_in; /* how many blocks of each function */
};

struct frontier *frontier_create(const struct blocks *blocks)
{
    struct frontier *frontier = calloc(1, sizeof *frontier);

    if (!frontier)
        return NULL;
    frontier->blocks = blocks;
    frontier->places = calloc(blocks->count, sizeof *frontier->places);
    frontier->watched_in = calloc(blocks->function_count, sizeof *frontier->watched_in);
    if (!frontier->places || !frontier->watched_in) {
        frontier_free(frontier);
        return NULL;
    }
    for (uint32_t i = 0; i < blocks->count; i++) {
        frontier->places[i].dead = blocks->list[i].is_dead;
        if (blocks->list[i].calls != BLOCK_NONE)
            frontier->places[blocks->list[i].calls].has_caller = true;
    }
    return frontier;
}

void frontier_free(struct frontier *frontier)
{
    if (!frontier)
        return;
    free(frontier->places);
    free(frontier->watched_in);
    free(frontier);
}

uint32_t frontier_cover(struct frontier *frontier, uint32_t block)
{
    const struct block *one = &frontier->blocks->list[block];

    frontier->places[block].covered = true;
    frontier->places[block].moment = frontier->moment;
    if (one->calls != BLOCK_NONE) {
        frontier->places[one->calls].called = true;
        frontier->places[one->calls].moment = frontier->moment;
    }
    return one->dominator != BLOCK_NONE && !frontier->places[one->dominator].covered
               ? one->dominator
               : BLOCK_NONE;
}

void frontier_show(struct frontier *frontier, uint32_t block)
{
    frontier->places[block].shown++;
    frontier->moment++;
}

bool frontier_is_covered(const struct frontier *frontier, uint32_t block)
{
    return frontier->places[block].covered;
}

static unsigned cost_of(const struct frontier *frontier, uint32_t block)
{
    uint32_t dominator = frontier->blocks->list[block].dominator;
    const struct place *place = &frontier->places[block];

    if (place->covered)
        return AGAIN_COST;
    if (dominator != BLOCK_NONE)
        return frontier->places[dominator].covered ? NEXT_COST : FAR_COST;
    return place->called || !place->has_caller ? ENTRY_COST : FAR_COST;
}

/* Small is good; with this bit it is worse than any without. */
#define FAR_RANK (UINT64_C(1) << 63)

static uint64_t rank(const struct frontier *frontier, uint32_t block, uint64_t salt)
{
    unsigned cost = cost_of(frontier, block);
    /* The first turn of what is far costs little: what must have run before may have done
     * so before the watching began. */
    uint64_t turns = (uint64_t)frontier->places[block].turns * cost + (cost == FAR_COST);
    uint64_t crowd =
        frontier->watched_in[frontier->blocks->list[block].function] & UINT16_MAX;
    uint64_t dice =
        hash_quick((struct view){(const uint8_t *)&block, sizeof block}, salt) & 0xffff;

    return (turns & INT32_MAX) << 32 | crowd << 16 | dice;
}

static void find_leads(struct frontier *frontier)
{
    const struct block *list = frontier->blocks->list;

    for (uint32_t i = 0; i < frontier->blocks->count; i++)
        frontier->places[i].leads = false;
    for (uint32_t i = 0; i < frontier->blocks->count; i++)
        if (!frontier->places[i].covered && !frontier->places[i].dead &&
            list[i].dominator != BLOCK_NONE &&
            frontier->places[list[i].dominator].covered)
            frontier->places[list[i].dominator].leads = true;
}

static bool is_of_interest(const struct place *place)
{
    return !place->watched && !place->dead &&
           (!place->covered || (place->leads && place->shown < SHOWN));
}

/* Not known to have run, and one step behind what ran in that moment. */
static bool is_behind(const struct frontier *frontier, uint32_t block, uint32_t moment)
{
    uint32_t dominator = frontier->blocks->list[block].dominator;
    const struct place *place = &frontier->places[block];

    if (place->covered)
        return false;
    if (dominator == BLOCK_NONE)
        return place->called && place->moment == moment;
    return frontier->places[dominator].covered &&
           frontier->places[dominator].moment == moment;
}

bool frontier_is_spent(const struct frontier *frontier, uint32_t focus)
{
    for (uint32_t i = 0; i < frontier->blocks->count; i++)
        if (!frontier->places[i].dead &&
            is_behind(frontier, i, frontier->places[focus].moment))
            return false;
    return true;
}

uint32_t frontier_choose(struct frontier *frontier, uint32_t focus, uint64_t salt)
{
    uint64_t best_rank = UINT64_MAX;
    uint32_t best = BLOCK_NONE;

    find_leads(frontier);
    for (uint32_t i = 0; i < frontier->blocks->count; i++) {
        uint64_t one;

        if (!is_of_interest(&frontier->places[i]))
            continue;
        one = rank(frontier, i, salt);
        if (focus == BLOCK_NONE ||
            !is_behind(frontier, i, frontier->places[focus].moment))
            one |= FAR_RANK;
        if (one < best_rank) {
            best_rank = one;
            best = i;
        }
    }
    if (best != BLOCK_NONE) {
        frontier->places[best].watched = true;
        frontier->places[best].turns++;
        frontier->watched_in[frontier->blocks->list[best].function]++;
    }
    return best;
}

void frontier_release(struct frontier *frontier, uint32_t block)
{
    if (!frontier->places[block].watched)
        return;
    frontier->places[block].watched = false;
    frontier->watched_in[frontier->blocks->list[block].function]--;
}
