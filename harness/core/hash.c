#include "core/hash.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <string.h>

struct hash hash_of(struct view bytes)
{
    struct hash hash;

    SHA256(bytes.length ? bytes.data : (const uint8_t *)"", bytes.length, hash.bytes);
    return hash;
}

struct hash_state *hash_begin(void)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    if (context && EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1) {
        EVP_MD_CTX_free(context);
        context = NULL;
    }
    return (struct hash_state *)context;
}

void hash_add(struct hash_state *state, struct view bytes)
{
    if (bytes.length)
        EVP_DigestUpdate((EVP_MD_CTX *)state, bytes.data, bytes.length);
}

void hash_add_text(struct hash_state *state, const char *text)
{
    hash_add(state, (struct view){(const uint8_t *)text, strlen(text) + 1});
}

void hash_add_integer(struct hash_state *state, uint64_t value)
{
    uint8_t bytes[8];

    bytes_write_be(bytes, sizeof bytes, value);
    hash_add(state, (struct view){bytes, sizeof bytes});
}

struct hash hash_end(struct hash_state *state)
{
    struct hash hash = {{0}};

    EVP_DigestFinal_ex((EVP_MD_CTX *)state, hash.bytes, NULL);
    EVP_MD_CTX_free((EVP_MD_CTX *)state);
    return hash;
}

struct hash hash_again(struct hash_state *state, struct view bytes)
{
    struct hash hash = {{0}};

    EVP_DigestInit_ex((EVP_MD_CTX *)state, NULL,
                      NULL); /* the same algorithm, from the start */
    hash_add(state, bytes);
    EVP_DigestFinal_ex((EVP_MD_CTX *)state, hash.bytes, NULL);
    return hash;
}

void hash_free(struct hash_state *state)
{
    EVP_MD_CTX_free((EVP_MD_CTX *)state);
}

void hash_to_text(const struct hash *hash, char text[HASH_TEXT])
{
    bytes_to_hex((struct view){hash->bytes, HASH_SIZE}, text, HASH_TEXT);
}

uint64_t hash_quick(struct view bytes, uint64_t seed)
{
    uint64_t hash = seed ^ 0xcbf29ce484222325u;

    for (size_t i = 0; i < bytes.length; i++)
        hash = (hash ^ bytes.data[i]) * 0x100000001b3u;
    return hash;
}
