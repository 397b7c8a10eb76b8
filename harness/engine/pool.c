#include "engine/pool.h"

#include "core/hash.h"
#include "generate/input.h"

#include <stdlib.h>
#include <string.h>

/* The weights are worked out anew behind so many draws: they change slowly. */
enum { DRAWS = 64, CHAMPIONS = 1024 };
/* A trait is rare while no more cases have it. */
enum { RARE = 64 };
/* What a case costs besides the time that it takes on the link. */
static const double base_ns = 5e5;

struct pool_standing {
    uint64_t trait;
    size_t entry; /* 1 + its number; 0: this place is free */
    bool covered; /* by an entry that is needed */
};

const char *pool_name(struct view input, char name[POOL_NAME])
{
    struct hash hash = hash_of(input);
    char text[HASH_TEXT];

    hash_to_text(&hash, text);
    memcpy(name, text, POOL_NAME - 1);
    name[POOL_NAME - 1] = '\0';
    return name;
}

void pool_free(struct pool *pool)
{
    for (size_t i = 0; i < pool->count; i++) {
        buffer_free(&pool->entries[i].input);
        free(pool->entries[i].traits);
    }
    free(pool->entries);
    free(pool->champions);
    *pool = (struct pool){0};
}

bool pool_holds(const struct pool *pool, const char *name)
{
    for (size_t i = 0; i < pool->count; i++)
        if (strcmp(pool->entries[i].name, name) == 0)
            return true;
    return false;
}

static struct pool_entry *make_room(struct pool *pool)
{
    if (pool->count == pool->capacity) {
        size_t capacity = pool->capacity ? pool->capacity * 2 : 64;
        struct pool_entry *longer = realloc(pool->entries, capacity * sizeof *longer);

        if (!longer)
            return NULL;
        pool->entries = longer;
        pool->capacity = capacity;
    }
    pool->entries[pool->count] = (struct pool_entry){.input = buffer_make(INPUT_MAXIMUM)};
    return &pool->entries[pool->count];
}

/* --- who stands for what ------------------------------------------------------------ */

static struct pool_standing *find_champion(const struct pool *pool, uint64_t trait)
{
    size_t mask = pool->champion_capacity - 1, place = (size_t)random_at(trait, 0) & mask;

    while (pool->champions[place].entry && pool->champions[place].trait != trait)
        place = (place + 1) & mask;
    return &pool->champions[place];
}

/* Room for so many more traits, with as much left free. */
static int reserve_champions(struct pool *pool, size_t more)
{
    struct pool old = *pool;
    size_t capacity = old.champion_capacity ? old.champion_capacity : CHAMPIONS;

    while (capacity < 2 * (old.champion_count + more))
        capacity *= 2;
    if (capacity == old.champion_capacity)
        return 0;
    pool->champions = calloc(capacity, sizeof *pool->champions);
    if (!pool->champions) {
        pool->champions = old.champions;
        return -1;
    }
    pool->champion_capacity = capacity;
    for (size_t i = 0; i < old.champion_capacity; i++)
        if (old.champions[i].entry)
            *find_champion(pool, old.champions[i].trait) = old.champions[i];
    free(old.champions);
    return 0;
}

/* What one input is held against another by. */
static double expense(int64_t cost_ns, size_t length)
{
    return (double)cost_ns * (double)length;
}

static bool is_cheaper(const struct pool_entry *a, const struct pool_entry *b)
{
    return expense(a->cost_ns, a->input.length) < expense(b->cost_ns, b->input.length);
}

/* The last entry stands for what no other, or none so cheap, stands for. */
static void challenge(struct pool *pool)
{
    const struct pool_entry *last = &pool->entries[pool->count - 1];

    for (size_t i = 0; i < last->trait_count; i++) {
        struct pool_standing *champion = find_champion(pool, last->traits[i]);

        if (champion->entry && !is_cheaper(last, &pool->entries[champion->entry - 1]))
            continue;
        pool->champion_count += champion->entry == 0;
        *champion =
            (struct pool_standing){.trait = last->traits[i], .entry = pool->count};
    }
}

bool pool_is_improved(const struct pool *pool, struct view input, int64_t cost_ns,
                      const uint64_t *traits, size_t trait_count,
                      const struct tally *cases)
{
    double mine = 2 * expense(cost_ns, input.length);

    for (size_t i = 0; pool->champion_capacity && i < trait_count; i++) {
        const struct pool_standing *champion = find_champion(pool, traits[i]);
        const struct pool_entry *entry =
            champion->entry ? &pool->entries[champion->entry - 1] : NULL;

        if (entry && tally_count(cases, traits[i]) <= RARE &&
            mine < expense(entry->cost_ns, entry->input.length))
            return true;
    }
    return false;
}

int pool_add(struct pool *pool, struct view input, int64_t cost_ns,
             const uint64_t *traits, size_t trait_count)
{
    struct pool_entry *entry = make_room(pool);

    if (!entry || reserve_champions(pool, trait_count) < 0)
        return -1;
    entry->traits = malloc((trait_count + 1) * sizeof *traits);
    if (!entry->traits || buffer_append(&entry->input, input) < 0) {
        free(entry->traits);
        buffer_free(&entry->input);
        return -1;
    }
    if (trait_count)
        memcpy(entry->traits, traits, trait_count * sizeof *traits);
    entry->trait_count = trait_count;
    entry->cost_ns = cost_ns;
    pool_name(input, entry->name);
    pool->count++;
    challenge(pool);
    pool->stale = true;
    return 0;
}

size_t pool_champion(const struct pool *pool, uint64_t trait)
{
    size_t entry = pool->champion_capacity ? find_champion(pool, trait)->entry : 0;

    return entry ? entry - 1 : pool->count;
}

/* --- which one is next -------------------------------------------------------------- */

/* An entry that others make superfluous has so much less of a chance. */
static const double superfluous = 0.1;

/* The trait wants to be looked at the more, the fewer cases had it or were made from its
 * champion: what was reached once by chance has its turn, and is then no rarer than the
 * rest. */
static double want(const struct pool_entry *champion, uint32_t cases)
{
    double seen = 1 + (double)(cases > champion->children ? cases : champion->children);

    return 1 / seen;
}

/* For what it costs: time, and a reset for each child that breaks the device, which shows
 * what is known. */
static double price(const struct pool_entry *entry)
{
    double all = (double)(entry->children + 1);

    return (base_ns + (double)entry->cost_ns) * all / (all - (double)entry->breakers);
}

/* All that the entry reaches needs no other one. */
static void cover(struct pool *pool, struct pool_entry *entry)
{
    entry->needed = true;
    for (size_t i = 0; i < entry->trait_count; i++)
        find_champion(pool, entry->traits[i])->covered = true;
}

/* Few entries that reach everything, the cheapest first. */
static void choose_needed(struct pool *pool)
{
    struct pool_entry *next;

    for (size_t i = 0; i < pool->count; i++)
        pool->entries[i].needed = false;
    for (size_t i = 0; i < pool->champion_capacity; i++)
        pool->champions[i].covered = pool->champions[i].entry == 0;
    do {
        next = NULL;
        for (size_t i = 0; i < pool->champion_capacity; i++) {
            const struct pool_standing *champion = &pool->champions[i];
            struct pool_entry *entry =
                champion->covered ? NULL : &pool->entries[champion->entry - 1];

            if (entry && (!next || is_cheaper(entry, next)))
                next = entry;
        }
        if (next)
            cover(pool, next);
    } while (next);
}

static void work_out(struct pool *pool, const struct tally *cases)
{
    double sum = 0;

    if (pool->stale)
        choose_needed(pool);
    for (size_t i = 0; i < pool->count; i++)
        pool->entries[i].until = 0;
    for (size_t i = 0; i < pool->champion_capacity; i++) {
        const struct pool_standing *champion = &pool->champions[i];
        struct pool_entry *entry =
            champion->entry ? &pool->entries[champion->entry - 1] : NULL;
        double wanted = entry ? want(entry, tally_count(cases, champion->trait)) : 0;

        if (entry && wanted > entry->until)
            entry->until = wanted;
    }
    for (size_t i = 0; i < pool->count; i++) {
        struct pool_entry *entry = &pool->entries[i];

        sum += entry->until * (entry->needed ? 1 : superfluous) / price(entry);
        entry->until = sum;
    }
    pool->drawn = 0;
    pool->stale = false;
}

size_t pool_draw(struct pool *pool, const struct tally *cases, struct random *random)
{
    size_t low = 0, high = pool->count - 1;
    double place;

    if (pool->stale || pool->drawn++ >= DRAWS)
        work_out(pool, cases);
    place = (double)(random_next(random) >> 11) / (double)(UINT64_C(1) << 53) *
            pool->entries[high].until;
    while (low < high) { /* the first whose sum is above the place */
        size_t middle = low + (high - low) / 2;

        if (pool->entries[middle].until > place)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}
