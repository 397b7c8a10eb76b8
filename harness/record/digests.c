#include "record/digests.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

struct blocks {
    struct digest_block *block;
    struct digest_tree tree;
    bool open;
    int (*found)(void *context, const struct digest_row *row, uint32_t cases,
                 struct error *error);
    void *context;
};

static int close_block(struct blocks *blocks, struct error *error)
{
    struct digest_row row;

    if (!blocks->open)
        return 0;
    blocks->open = false;
    row = (struct digest_row){blocks->block->block, digest_block_hash(blocks->block)};
    if (digest_tree_add(&blocks->tree, &row) < 0)
        return error_set(error, "digest blocks are out of order");
    return blocks->found(blocks->context, &row, blocks->block->cases, error);
}

static int add_case(struct blocks *blocks, uint64_t number, const struct hash *hash,
                    struct error *error)
{
    if (blocks->open && blocks->block->block != digest_block_of(number) &&
        close_block(blocks, error) < 0)
        return -1;
    if (!blocks->open)
        digest_block_start(blocks->block, digest_block_of(number));
    blocks->open = true;
    return digest_block_put(blocks->block, number, hash);
}

static int add_cases(struct blocks *blocks, sqlite3_stmt *statement, struct error *error)
{
    int step;

    while ((step = sqlite3_step(statement)) == SQLITE_ROW) {
        struct hash hash;

        if (sqlite3_column_bytes(statement, 1) != HASH_SIZE)
            continue;
        memcpy(hash.bytes, sqlite3_column_blob(statement, 1), HASH_SIZE);
        if (add_case(blocks, (uint64_t)sqlite3_column_int64(statement, 0), &hash, error) <
            0)
            return -1;
    }
    if (step != SQLITE_DONE)
        return error_set(error, "cannot read the digests of the cases: %s",
                         sqlite3_errmsg(sqlite3_db_handle(statement)));
    return close_block(blocks, error);
}

int digests_compute(struct store *store,
                    int (*found)(void *context, const struct digest_row *row,
                                 uint32_t cases, struct error *error),
                    void *context, struct hash *root, struct error *error)
{
    static const char sql[] = "SELECT number, digest, max(attempt) FROM cases WHERE "
                              "digest IS NOT NULL GROUP BY number ORDER BY number";
    sqlite3 *database = store_database(store);
    struct blocks blocks = {
        .block = malloc(sizeof *blocks.block), .found = found, .context = context};
    sqlite3_stmt *statement = NULL;
    int status = -1;

    digest_tree_start(&blocks.tree);
    if (!blocks.block ||
        sqlite3_prepare_v2(database, sql, -1, &statement, NULL) != SQLITE_OK)
        error_set(error, "cannot compute the digests: %s", sqlite3_errmsg(database));
    else
        status = add_cases(&blocks, statement, error);
    sqlite3_finalize(statement);
    free(blocks.block);
    *root = digest_tree_root(&blocks.tree);
    return status;
}

static int store_block(void *context, const struct digest_row *row, uint32_t cases,
                       struct error *error)
{
    char text[HASH_TEXT];

    hash_to_text(&row->hash, text);
    return store_write(context, error, "INSERT OR REPLACE INTO digest VALUES (?,?,?)",
                       "iit", (int64_t)row->block, (int64_t)cases, text);
}

int digests_store(struct store *store, struct error *error)
{
    struct hash root;
    char text[HASH_TEXT];

    if (digests_compute(store, store_block, store, &root, error) < 0)
        return -1;
    hash_to_text(&root, text);
    return store_set(store, "merkle_root", text, error);
}
