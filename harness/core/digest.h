/* The sent digest: SHA-256 over the very bytes that were sent, case by case, in blocks of
 * case numbers under a Merkle root, so that shards, resumes and parallel links combine.
 * Pure: no I/O. A block is plain memory without pointers; one thread uses it at a time.
 *
 * - canonical record of a case, integers big-endian: u64 number, then for each thing done
 *   on the link, in order: u8 kind (enum digest_kind), u32 length, `length` bytes
 * - case hash: SHA-256(record)
 * - block hash: SHA-256(0x00 || for each case present, ascending: u64 number ||
 *   case hash); a block is number / 1024
 * - leaf: SHA-256(0x00 || u64 block || block hash)
 * - inner node: SHA-256(0x01 || left || right); an odd node at the end of a level moves
 * up unchanged (the tree of RFC 6962 section 2.1)
 * - root: over the leaves of the blocks present, ascending; of no block: SHA-256 of
 *   nothing */
#ifndef PERCUSS_CORE_DIGEST_H
#define PERCUSS_CORE_DIGEST_H

#include "core/bytes.h"
#include "core/hash.h"

enum { DIGEST_BLOCK = 1024 };

enum digest_kind {
    DIGEST_SENT = 1,   /* the bytes */
    DIGEST_OPENED = 2, /* no bytes, as all below */
    DIGEST_HALF_CLOSED = 3,
    DIGEST_CLOSED = 4,
    DIGEST_RESET = 5,
    DIGEST_DELIVERED = 6 /* how what is sent next is put on the link, where that is not
                            whole and at once: bytes as in generate/delivery.h */
};

/* The record is built in a buffer that the caller keeps from case to case. Both return -1
 * when its maximum would be exceeded. */
int digest_begin(struct buffer *record, uint64_t number);
int digest_add(struct buffer *record, enum digest_kind kind, struct view bytes);

struct digest_block {
    uint64_t block; /* case number / DIGEST_BLOCK */
    uint32_t cases;
    uint64_t present[DIGEST_BLOCK / 64];
    struct hash hashes[DIGEST_BLOCK];
};

static inline uint64_t digest_block_of(uint64_t number)
{
    return number / DIGEST_BLOCK;
}
void digest_block_start(struct digest_block *digest, uint64_t block);
/* Adds the case whose record has this hash, in any order. A case that was there already
 * (an epoch that is repeated) is replaced. -1 when its number belongs to another block.
 */
int digest_block_put(struct digest_block *digest, uint64_t number,
                     const struct hash *hash);
struct hash digest_block_hash(const struct digest_block *digest);

/* One row of the store's table `digest`. */
struct digest_row {
    uint64_t block;
    struct hash hash;
};
/* The root over the rows, one at a time: a run's table need not be held in memory. */
struct digest_tree {
    uint64_t count, last;
    struct hash pending[64]; /* by level: the left brother that waits */
};
void digest_tree_start(struct digest_tree *tree);
/* -1 unless the blocks are strictly ascending. */
int digest_tree_add(struct digest_tree *tree, const struct digest_row *row);
struct hash digest_tree_root(const struct digest_tree *tree);

#endif
