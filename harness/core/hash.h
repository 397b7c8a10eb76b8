/* SHA-256 (FIPS 180-4) over OpenSSL, and a fast non-cryptographic hash for tables. */
#ifndef PERCUSS_CORE_HASH_H
#define PERCUSS_CORE_HASH_H

#include "core/bytes.h"

#define HASH_SIZE 32
#define HASH_TEXT 65 /* hex and terminator */

struct hash {
    uint8_t bytes[HASH_SIZE];
};

struct hash_state; /* an incremental hash; one thread */

struct hash hash_of(struct view bytes);
struct hash_state *hash_begin(void); /* NULL when memory is short */
void hash_add(struct hash_state *state, struct view bytes);
void hash_add_text(struct hash_state *state, const char *text);  /* with its terminator */
void hash_add_integer(struct hash_state *state, uint64_t value); /* 8 bytes, big-endian */
struct hash hash_end(struct hash_state *state);                  /* frees the state */
/* The hash of `bytes`, on a state that stays open: for many short ones, in a loop. What
 * was added to the state before is dropped. */
struct hash hash_again(struct hash_state *state, struct view bytes);
void hash_free(struct hash_state *state); /* accepts NULL */
void hash_to_text(const struct hash *hash, char text[HASH_TEXT]);

/* FNV-1a, 64 bits: for tables and keys inside one process, never for evidence. */
uint64_t hash_quick(struct view bytes, uint64_t seed);

#endif
