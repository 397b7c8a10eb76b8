#include "core/digest.h"

#include <string.h>

enum { LEAF = 0x00, INNER = 0x01, NUMBER = 8, ENTRY = NUMBER + HASH_SIZE };

int digest_begin(struct buffer *record, uint64_t number)
{
    uint8_t bytes[NUMBER];

    buffer_clear(record);
    bytes_write_be(bytes, sizeof bytes, number);
    return buffer_append(record, (struct view){bytes, sizeof bytes});
}

int digest_add(struct buffer *record, enum digest_kind kind, struct view bytes)
{
    uint8_t head[5] = {(uint8_t)kind};

    if (bytes.length > UINT32_MAX || buffer_reserve(record, sizeof head + bytes.length))
        return -1;
    bytes_write_be(head + 1, 4, bytes.length);
    buffer_append(record, (struct view){head, sizeof head});
    return buffer_append(record, bytes);
}

void digest_block_start(struct digest_block *digest, uint64_t block)
{
    digest->block = block;
    digest->cases = 0;
    memset(digest->present, 0, sizeof digest->present);
}

static bool is_present(const struct digest_block *digest, size_t slot)
{
    return digest->present[slot / 64] >> (slot % 64) & 1;
}

int digest_block_put(struct digest_block *digest, uint64_t number,
                     const struct hash *hash)
{
    size_t slot = number % DIGEST_BLOCK;

    if (digest_block_of(number) != digest->block)
        return -1;
    digest->hashes[slot] = *hash;
    if (!is_present(digest, slot)) {
        digest->present[slot / 64] |= UINT64_C(1) << (slot % 64);
        digest->cases++;
    }
    return 0;
}

struct hash digest_block_hash(const struct digest_block *digest)
{
    uint8_t bytes[1 + DIGEST_BLOCK * ENTRY];
    size_t length = 0;

    bytes[length++] = LEAF;
    for (size_t slot = 0; slot < DIGEST_BLOCK; slot++) {
        if (!is_present(digest, slot))
            continue;
        bytes_write_be(bytes + length, NUMBER, digest->block * DIGEST_BLOCK + slot);
        memcpy(bytes + length + NUMBER, digest->hashes[slot].bytes, HASH_SIZE);
        length += ENTRY;
    }
    return hash_of((struct view){bytes, length});
}

static struct hash join(const struct hash *left, const struct hash *right)
{
    uint8_t bytes[1 + 2 * HASH_SIZE] = {INNER};

    memcpy(bytes + 1, left->bytes, HASH_SIZE);
    memcpy(bytes + 1 + HASH_SIZE, right->bytes, HASH_SIZE);
    return hash_of((struct view){bytes, sizeof bytes});
}

void digest_tree_start(struct digest_tree *tree)
{
    *tree = (struct digest_tree){0};
}

int digest_tree_add(struct digest_tree *tree, const struct digest_row *row)
{
    uint8_t bytes[1 + ENTRY] = {LEAF};
    struct hash node;
    unsigned level = 0;

    if (tree->count && row->block <= tree->last)
        return -1;
    bytes_write_be(bytes + 1, NUMBER, row->block);
    memcpy(bytes + 1 + NUMBER, row->hash.bytes, HASH_SIZE);
    node = hash_of((struct view){bytes, sizeof bytes});
    /* As in counting: every full pair below moves up one level. */
    for (; tree->count >> level & 1; level++)
        node = join(&tree->pending[level], &node);
    tree->pending[level] = node;
    tree->last = row->block;
    tree->count++;
    return 0;
}

struct hash digest_tree_root(const struct digest_tree *tree)
{
    struct hash node = {{0}};
    bool has_node = false;

    if (!tree->count)
        return hash_of((struct view){NULL, 0});
    for (unsigned level = 0; level < 64; level++) {
        if (!(tree->count >> level & 1))
            continue;
        node = has_node ? join(&tree->pending[level], &node) : tree->pending[level];
        has_node = true;
    }
    return node;
}
