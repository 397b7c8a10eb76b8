#include "core/random.h"

/* Finalizer of SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number
 * generators, 2014), applied twice over a Weyl sequence so that key and counter both
 * spread. */
static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint64_t random_at(uint64_t key, uint64_t counter)
{
    return mix(mix(key + 0x9e3779b97f4a7c15u) ^ (counter * 0x9e3779b97f4a7c15u));
}

uint64_t random_below(uint64_t key, uint64_t counter, uint64_t limit)
{
    return (uint64_t)(((unsigned __int128)random_at(key, counter) * limit) >> 64);
}

uint64_t random_key(uint64_t key, uint64_t stream)
{
    return random_at(key ^ 0x5851f42d4c957f2du, stream);
}

uint64_t random_next(struct random *random)
{
    return random_at(random->key, random->counter++);
}

uint64_t random_next_below(struct random *random, uint64_t limit)
{
    return random_below(random->key, random->counter++, limit);
}
