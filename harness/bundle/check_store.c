/* The store: is it sound, are its rows those that were fingerprinted, do its logs and
 * digests hold together. */
#include "bundle/evidence.h"
#include "bundle/rows.h"
#include "record/digests.h"
#include "record/triage.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- soundness ---------------------------------------------------------------------- */

static void check_integrity(sqlite3 *database, struct verification *all)
{
    sqlite3_stmt *statement = NULL;
    const char *text = NULL;

    if (sqlite3_prepare_v2(database, "PRAGMA integrity_check(1)", -1, &statement, NULL) ==
            SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        text = (const char *)sqlite3_column_text(statement, 0);
    if (!text || strcmp(text, "ok") != 0)
        verification_add(all, CHECK_ALTERED, "store",
                         EVIDENCE_STORE " is damaged: %.300s",
                         text ? text : sqlite3_errmsg(database));
    sqlite3_finalize(statement);
}

/* --- rows --------------------------------------------------------------------------- */

static char *rows_now(struct evidence_folder *evidence, struct verification *all)
{
    char *text = NULL;
    size_t length;
    struct error error;
    FILE *out = open_memstream(&text, &length);
    int status = out ? rows_write(evidence->store, out, &error) : -1;

    if (out)
        fclose(out);
    if (status == 0)
        return text;
    verification_add(all, CHECK_ALTERED, "store", "%s", out ? error.text : "no memory");
    free(text);
    return NULL;
}

/* "TABLE FIRST-LAST" of a line. */
static const char *place(const char *line)
{
    const char *space = strchr(line, ' ');

    return space ? space + 1 : line;
}

static bool same_table(const char *a, const char *b)
{
    size_t length = strcspn(a, " \n");

    return length == strcspn(b, " \n") && strncmp(a, b, length) == 0;
}

static void name_piece(struct verification *all, const char *line, const char *how)
{
    verification_add(all, CHECK_ALTERED, "rows", EVIDENCE_STORE ": table %.*s: %s",
                     (int)strcspn(place(line), "\n"), place(line), how);
}

/* Both lists are in one order; what is only in one of them was added or removed. */
static size_t compare_rows(const char *then, const char *now, struct verification *all)
{
    size_t pieces = 0;

    for (; *then || *now; pieces++) {
        size_t was = strcspn(then, "\n"), is = strcspn(now, "\n");

        if (*then && *now && was == is && strncmp(then, now, was) == 0) {
            then += was + (then[was] != '\0');
            now += is + (now[is] != '\0');
            continue;
        }
        if (*then && *now && same_table(place(then), place(now))) {
            name_piece(all, then, "rows are not as they were");
            then += was + (then[was] != '\0');
            now += is + (now[is] != '\0');
        } else if (*then && (!*now || strcmp(place(then), place(now)) < 0)) {
            name_piece(all, then, "rows are missing");
            then += was + (then[was] != '\0');
        } else {
            name_piece(all, now, "rows were added");
            now += is + (now[is] != '\0');
        }
    }
    return pieces;
}

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

void check_store(struct evidence_folder *evidence, struct verification *all)
{
    char path[FOLDER_PATH], *then = NULL, *now;
    struct error error;
    size_t pieces, before = all->results[CHECK_ALTERED];

    check_integrity(store_database(evidence->store), all);
    now = rows_now(evidence, all);
    if (folder_path(path, evidence->path, ROWS_FILE, &error) == 0)
        then = read_whole(path);
    if (now && !then)
        verification_add(all, CHECK_ALTERED, "rows", ROWS_FILE " is missing");
    pieces = now && then ? compare_rows(then, now, all) : 0;
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

char *digests_text(struct store *store)
{
    char *text = NULL, root_text[HASH_TEXT];
    size_t length;
    struct hash root;
    FILE *out = open_memstream(&text, &length);
    int status =
        out ? digests_compute(store, print_block, out, &root, &(struct error){0}) : -1;

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
    char path[FOLDER_PATH], *then = NULL, *now = digests_text(evidence->store);

    if (folder_path(path, evidence->path, DIGESTS_FILE, &(struct error){0}) == 0)
        then = read_whole(path);
    if (!then || !now || strcmp(then, now) != 0)
        verification_add(all, CHECK_ALTERED, "digests",
                         DIGESTS_FILE " has other digests than the cases in the store");
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
                         EVIDENCE_STORE
                         ": cases %lld to %lld are not those of their block's digest",
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
                         EVIDENCE_STORE ": the digests' root is %.16s…, stored is %.16s…",
                         text, stored);
    if (store_integer(evidence->store, 0, "SELECT count(*) FROM digest", "") !=
        check.blocks)
        verification_add(all, CHECK_ALTERED, "digests",
                         EVIDENCE_STORE ": the table of digests has other blocks than "
                                        "the cases");
    check_list(evidence, all);
    if (all->results[CHECK_ALTERED] == before)
        verification_add(all, CHECK_GOOD, "digests",
                         "%lld cases in %lld blocks, root %.16s…", (long long)check.cases,
                         (long long)check.blocks, text);
}
