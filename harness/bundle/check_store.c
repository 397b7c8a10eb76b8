/* The store: is it sound, are its rows those that were fingerprinted, do its logs and
 * digests hold together. */
#include "bundle/evidence.h"
#include "bundle/fingerprints.h"
#include "record/digests.h"
#include "record/triage.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- soundness ---------------------------------------------------------------------- */

void evidence_check_integrity(struct store *store, const char *name,
                              struct verification *all)
{
    sqlite3 *database = store_database(store);
    sqlite3_stmt *statement = NULL;
    const char *text = NULL;

    if (sqlite3_prepare_v2(database, "PRAGMA integrity_check(1)", -1, &statement, NULL) ==
            SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        text = (const char *)sqlite3_column_text(statement, 0);
    if (!text || strcmp(text, "ok") != 0)
        verification_add(all, CHECK_ALTERED, "store", "%s is damaged: %.300s", name,
                         text ? text : sqlite3_errmsg(database));
    sqlite3_finalize(statement);
}

/* --- rows --------------------------------------------------------------------------- */

static char *read_whole(const char *path)
{
    FILE *file = fopen(path, "rb");
    char *text = NULL, part[4096];
    size_t length = 0, got;
    FILE *out = open_memstream(&text, &length);

    while (file && out && (got = fread(part, 1, sizeof part, file)) > 0)
        fwrite(part, 1, got, out);
    if (out)
        fclose(out);
    if (file)
        fclose(file);
    else {
        free(text);
        text = NULL;
    }
    return text;
}

static int place_fingerprints(const struct evidence_folder *evidence, const char *file,
                              char inside[FOLDER_PATH], char path[FOLDER_PATH],
                              struct error *error)
{
    return evidence_place(evidence->path, EVIDENCE_FINGERPRINTS, evidence->run->name,
                          file, inside, path, error);
}

void check_store(struct evidence_folder *evidence, struct verification *all)
{
    char inside[FOLDER_PATH], path[FOLDER_PATH], *then = NULL, *now;
    struct error error;
    size_t pieces, before = all->results[CHECK_ALTERED];

    evidence_check_integrity(evidence->store, evidence->store_name, all);
    now = fingerprints_text(evidence->store, &error);
    if (!now)
        verification_add(all, CHECK_ALTERED, "store", "%s", error.text);
    if (place_fingerprints(evidence, ROWS_FILE, inside, path, &error) == 0)
        then = read_whole(path);
    if (now && !then)
        verification_add(all, CHECK_ALTERED, "rows", "%s is missing", inside);
    pieces = now && then ? fingerprints_compare(then, now, evidence->store_name, all) : 0;
    if (triage_verify(evidence->store, &error) < 0)
        verification_add(all, CHECK_ALTERED, "triage", "%s", error.text);
    if (all->results[CHECK_ALTERED] == before)
        verification_add(all, CHECK_GOOD, "rows",
                         "%zu pieces of the store's tables are as fingerprinted; the "
                         "triage log's chain is whole",
                         pieces);
    free(now);
    free(then);
}

/* --- digests ------------------------------------------------------------------------ */

static int print_block(void *context, const struct digest_row *row, uint32_t cases,
                       struct error *error)
{
    char text[HASH_TEXT];

    (void)error;
    hash_to_text(&row->hash, text);
    fprintf(context, "%s block %llu, %u cases\n", text, (unsigned long long)row->block,
            cases);
    return 0;
}

char *digests_text(struct store *store, struct error *error)
{
    char *text = NULL, root_text[HASH_TEXT];
    size_t length;
    struct hash root;
    FILE *out = open_memstream(&text, &length);
    int status = out ? digests_compute(store, print_block, out, &root, error)
                     : error_set(error, "out of memory for the digests");

    if (out && status == 0) {
        hash_to_text(&root, root_text);
        fprintf(out, "%s root\n", root_text);
    }
    if (out)
        fclose(out);
    if (status == 0)
        return text;
    free(text);
    return NULL;
}

/* The list beside the store says the same as the store. */
static void check_list(struct evidence_folder *evidence, struct verification *all)
{
    char inside[FOLDER_PATH], path[FOLDER_PATH], *then = NULL;
    char *now = digests_text(evidence->store, &(struct error){0});

    if (place_fingerprints(evidence, DIGESTS_FILE, inside, path, &(struct error){0}) == 0)
        then = read_whole(path);
    if (!then || !now || strcmp(then, now) != 0)
        verification_add(all, CHECK_ALTERED, "digests",
                         "%s has other digests than the cases in the store", inside);
    free(then);
    free(now);
}

struct digest_check {
    struct evidence_folder *evidence;
    struct verification *all;
    int64_t blocks, cases;
};

static int check_block(void *context, const struct digest_row *row, uint32_t cases,
                       struct error *error)
{
    struct digest_check *check = context;
    char text[HASH_TEXT];

    (void)error;
    hash_to_text(&row->hash, text);
    if (!store_integer(check->evidence->store, 0,
                       "SELECT count(*) FROM digest WHERE block = ? AND cases = ? AND "
                       "sha256 = ?",
                       "iit", (int64_t)row->block, (int64_t)cases, text))
        verification_add(check->all, CHECK_ALTERED, "digests",
                         "%s: cases %lld to %lld are not those of their block's digest",
                         check->evidence->store_name,
                         (long long)(row->block * DIGEST_BLOCK),
                         (long long)(row->block * DIGEST_BLOCK + DIGEST_BLOCK - 1));
    check->blocks++;
    check->cases += cases;
    return 0;
}

void check_digests(struct evidence_folder *evidence, struct verification *all)
{
    struct digest_check check = {evidence, all, 0, 0};
    size_t before = all->results[CHECK_ALTERED];
    char text[HASH_TEXT], stored[HASH_TEXT] = "";
    struct hash root;
    struct error error;

    if (digests_compute(evidence->store, check_block, &check, &root, &error) < 0) {
        verification_add(all, CHECK_ALTERED, "digests", "%s", error.text);
        return;
    }
    hash_to_text(&root, text);
    store_get(evidence->store, "merkle_root", stored, sizeof stored);
    if (strcmp(text, stored) != 0)
        verification_add(all, CHECK_ALTERED, "digests",
                         "%s: the digests' root is %.16s…, stored is %.16s…",
                         evidence->store_name, text, stored);
    if (store_integer(evidence->store, 0, "SELECT count(*) FROM digest", "") !=
        check.blocks)
        verification_add(all, CHECK_ALTERED, "digests",
                         "%s: the table of digests has other blocks than the cases",
                         evidence->store_name);
    check_list(evidence, all);
    if (all->results[CHECK_ALTERED] == before)
        verification_add(all, CHECK_GOOD, "digests",
                         "%lld cases in %lld blocks, root %.16s…", (long long)check.cases,
                         (long long)check.blocks, text);
}
