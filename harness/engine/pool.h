/* The guided engine's corpus: inputs that reached something new, each with what it
 * reached (its traits). For each trait the cheapest input stands for it; the next one to
 * change is drawn among these, by how few cases and children its rarest trait has seen,
 * how much it reaches, and what it costs. Owns the inputs; on disk each is a file named
 * after its content (pool_name). One thread. */
#ifndef PERCUSS_ENGINE_POOL_H
#define PERCUSS_ENGINE_POOL_H

#include "core/bytes.h"
#include "core/error.h"
#include "core/random.h"
#include "core/tally.h"

/* The first 32 hex digits of the content's SHA-256. */
enum { POOL_NAME = 33 };
const char *pool_name(struct view input, char name[POOL_NAME]);

struct pool_entry {
    char name[POOL_NAME];
    struct buffer input;
    int64_t cost_ns;  /* how long it took */
    uint64_t *traits; /* what it reaches */
    size_t trait_count;
    uint64_t children; /* cases made from it */
    uint64_t breakers; /* of these, after which the device had to be brought back */
    bool needed;       /* of few that reach all that is reached */
    double until;      /* sum of the weights up to and with this one */
};

struct pool_standing; /* which entry stands for a trait */

struct pool {
    struct pool_entry *entries;
    size_t count, capacity;
    struct pool_standing *champions; /* by a hash of the trait; a power of two of them */
    size_t champion_count, champion_capacity;
    unsigned drawn; /* since the weights were worked out */
    bool stale;     /* an entry has come since */
};

void pool_free(struct pool *pool); /* leaves an empty one; all zero is empty, too */
bool pool_holds(const struct pool *pool, const char *name);
/* Copies both. -1: memory. */
int pool_add(struct pool *pool, struct view input, int64_t cost_ns,
             const uint64_t *traits, size_t trait_count);
/* Would an input be the champion of a trait that few cases have, for less than half of
 * what the present one costs? */
bool pool_is_improved(const struct pool *pool, struct view input, int64_t cost_ns,
                      const uint64_t *traits, size_t trait_count,
                      const struct tally *cases);
/* An entry's number, drawn by the rarity of what it reaches; `cases`: how many cases
 * have a trait. The pool is not empty. */
size_t pool_draw(struct pool *pool, const struct tally *cases, struct random *random);

/* The number of the entry that stands for a trait; `count`: none does. */
size_t pool_champion(const struct pool *pool, uint64_t trait);

/* Writes an input into the folder, which exists, under its name. */
int pool_write(const char *folder, struct view input, struct error *error);
/* The files of a folder, the shortest first: each to `take`, which returns 0 to go on.
 * Files longer than an input may be are passed over. */
int pool_read(const char *folder, int (*take)(void *context, struct view input),
              void *context, struct error *error);

#endif
