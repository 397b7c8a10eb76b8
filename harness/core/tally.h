/* Counts by key: how often something was met whose 64-bit key stands for it (a hash of
 * what it is). Grows as needed; one thread. */
#ifndef PERCUSS_CORE_TALLY_H
#define PERCUSS_CORE_TALLY_H

#include <stddef.h>
#include <stdint.h>

struct tally {
    struct tally_entry *entries; /* a power of two of them; count 0: free */
    size_t capacity, used;
};

void tally_free(struct tally *tally); /* leaves an empty one; all zero is empty, too */
/* One more of `key`: how many that makes, 0 when memory is short. */
uint32_t tally_add(struct tally *tally, uint64_t key);
uint32_t tally_count(const struct tally *tally, uint64_t key);
/* A key for what consists of several parts: fold them in one after the other, beginning
 * with any number. */
uint64_t tally_key(uint64_t key, uint64_t part);
uint64_t tally_key_text(uint64_t key, const char *part);

#endif
