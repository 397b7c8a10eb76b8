/* Findings of several shards: of the same cause they are one, under a number of the run.
 * The first reproducer stays, unless it was intermittent and a later one is confirmed. */
#include "bundle/merge_parts.h"

#include "engine/finding_folder.h"

#include <jansson.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ID = 32 };

/* One finding of the shard, and what it is in the run. */
struct merged {
    const char *id, *cause, *grade, *guilty, *place; /* of the row being read */
    char as[ID], bucket[BUCKET_ID];
    double after_s;
    bool known; /* the cause has a row in the run already */
};

static const char *text_at(sqlite3_stmt *row, int column)
{
    const char *text = (const char *)sqlite3_column_text(row, column);

    return text ? text : "";
}

/* --- its folder --------------------------------------------------------------------- */

static int copy_folder(const struct merge_into *into, const struct merged *finding,
                       char folder[FOLDER_PATH], struct error *error)
{
    char name[64], from[FOLDER_PATH], one[FOLDER_PATH], other[FOLDER_PATH];
    struct folder_list list = {0};
    int status = -1;

    snprintf(name, sizeof name, "findings/%.31s", finding->as);
    if (folder_path(folder, into->directory, name, error) < 0)
        return -1;
    folder_remove(folder);
    snprintf(name, sizeof name, "findings/%.31s", finding->id);
    if (folder_path(from, into->shard->folder, name, error) == 0)
        status = folder_list(&list, from, error);
    for (size_t i = 0; status == 0 && i < list.count; i++)
        if (folder_path(one, from, list.entries[i].path, error) < 0 ||
            folder_path(other, folder, list.entries[i].path, error) < 0 ||
            folder_copy(one, other, error) < 0)
            status = -1;
    folder_list_free(&list);
    return status;
}

/* Numbers and times of the run; which finding of which shard it was. */
static int change_facts(const struct merge_into *into, const struct merged *finding,
                        const char *folder, struct error *error)
{
    char path[FOLDER_PATH], part[SHARD_TEXT];
    json_error_t wrong;
    json_t *json;
    int status = -1;

    if (folder_path(path, folder, "finding.json", error) < 0)
        return -1;
    json = json_load_file(path, 0, &wrong);
    if (!json_is_object(json))
        error_set(error, "%s:%d: %s", path, wrong.line, wrong.text);
    else if (json_object_set_new(json, "id", json_string(finding->as)) == 0 &&
             json_object_set_new(json, "bucket", json_string(finding->bucket)) == 0 &&
             json_object_set_new(json, "found_after_s", json_real(finding->after_s)) ==
                 0 &&
             json_object_set_new(json, "shard",
                                 json_pack("{s:s, s:s}", "part",
                                           shard_text(&into->shard->shard, part), "id",
                                           finding->id)) == 0 &&
             json_dump_file(json, path, JSON_INDENT(2)) == 0)
        status = 0;
    else
        error_set(error, "cannot write %s", path);
    json_decref(json);
    return status;
}

/* It names the finding, and the campaign as seen from its folder. */
static int change_reproducer(const struct merge_into *into, const struct merged *finding,
                             const char *folder, struct error *error)
{
    struct reproducer reproducer;
    char path[FOLDER_PATH];
    int status = -1;

    reproducer_init(&reproducer);
    if (folder_path(path, folder, "reproducer.percuss", error) < 0 ||
        reproducer_read_head(path, &reproducer, error) < 0 ||
        reproducer_read_sequence(path, into->campaign, &reproducer, error) < 0)
        goto out;
    snprintf(reproducer.id, sizeof reproducer.id, "%.15s", finding->as);
    if (!realpath(into->campaign->path, reproducer.campaign_path))
        snprintf(reproducer.campaign_path, sizeof reproducer.campaign_path, "%s",
                 into->campaign->path);
    status = finding_folder_forms(folder, into->campaign, &reproducer, error);
out:
    reproducer_free(&reproducer);
    return status;
}

/* --- its rows ----------------------------------------------------------------------- */

static int write_row(struct merge_into *into, const struct merged *finding,
                     struct error *error)
{
    return store_write(
               into->store, error,
               "INSERT INTO finding SELECT ?, oracle, kind, cause, title, detail, "
               "clause, grade, first_case, case_name, hits, replays, "
               "replay_failures, control_replays, control_failures, p_value, "
               "steps, bytes, ?, printf('findings/%s/reproducer.percuss', ?), ?, "
               "guilty, place FROM shard.finding WHERE id = ?",
               "trttt", finding->as, finding->after_s, finding->as, finding->bucket,
               finding->id) < 0 ||
                   store_write(into->store, error,
                               "INSERT INTO finding_message SELECT ?, place, message, "
                               "changed, delivery, bytes, decoded, wrong FROM "
                               "shard.finding_message WHERE finding = ?",
                               "tt", finding->as, finding->id) < 0
               ? -1
               : 0;
}

static int take(struct merge_into *into, struct merged *finding, struct error *error)
{
    char folder[FOLDER_PATH];

    snprintf(finding->bucket, sizeof finding->bucket, "%s",
             buckets_put(into->buckets, finding->place, finding->guilty)->id);
    return write_row(into, finding, error) < 0 ||
                   copy_folder(into, finding, folder, error) < 0 ||
                   change_reproducer(into, finding, folder, error) < 0 ||
                   change_facts(into, finding, folder, error) < 0
               ? -1
               : 0;
}

/* The better one in its place; hits are added behind. */
static int replace(struct merge_into *into, struct merged *finding, struct error *error)
{
    int64_t hits = store_integer(into->store, 0, "SELECT hits FROM finding WHERE id = ?",
                                 "t", finding->as);

    return store_write(into->store, error,
                       "DELETE FROM finding_message WHERE finding = ?", "t",
                       finding->as) < 0 ||
                   store_write(into->store, error, "DELETE FROM finding WHERE id = ?",
                               "t", finding->as) < 0 ||
                   store_write(into->store, error,
                               "UPDATE suspicion SET result = 'duplicate' WHERE finding "
                               "= ? AND result = 'finding'",
                               "t", finding->as) < 0 ||
                   take(into, finding, error) < 0 ||
                   store_write(into->store, error,
                               "UPDATE finding SET hits = hits + ? WHERE id = ?", "it",
                               hits, finding->as) < 0
               ? -1
               : 0;
}

static int add_hits(struct merge_into *into, const struct merged *finding, int64_t hits,
                    struct error *error)
{
    return store_write(into->store, error,
                       "UPDATE finding SET hits = hits + ? WHERE id = ?", "it", hits,
                       finding->as);
}

/* The finding's number in the run. */
static void number(struct merge_into *into, struct merged *finding)
{
    int64_t count = store_integer(into->store, 0, "SELECT count(*) FROM finding", "");
    int64_t known = store_integer(into->store, 0,
                                  "SELECT CAST(substr(id, 3) AS INTEGER) FROM finding "
                                  "WHERE cause = ?",
                                  "t", finding->cause);

    finding->known = known > 0;
    snprintf(finding->as, sizeof finding->as, "F-%03lld",
             (long long)(known > 0 ? known : count + 1));
}

static bool is_better(struct merge_into *into, const struct merged *finding)
{
    return strcmp(finding->grade, "confirmed") == 0 &&
           store_integer(into->store, 0,
                         "SELECT grade <> 'confirmed' FROM finding WHERE id = ?", "t",
                         finding->as);
}

/* The id names a folder: nothing but F-001 … is one. */
static int check_id(const struct merge_into *into, const char *id, struct error *error)
{
    if (strncmp(id, "F-", 2) == 0 && id[2] &&
        strspn(id + 2, "0123456789") == strlen(id + 2))
        return 0;
    return error_set(error, "%s: '%.40s' is no finding's id", into->shard->folder, id);
}

static int merge_finding(struct merge_into *into, sqlite3_stmt *row, struct error *error)
{
    struct merged finding = {.id = text_at(row, 0),
                             .cause = text_at(row, 1),
                             .grade = text_at(row, 2),
                             .guilty = text_at(row, 3),
                             .place = text_at(row, 4),
                             .after_s = into->seconds + sqlite3_column_double(row, 6)};
    bool better;

    if (check_id(into, finding.id, error) < 0)
        return -1;
    number(into, &finding);
    better = finding.known && is_better(into, &finding);
    if (store_write(into->store, error, "INSERT INTO temp.renamed VALUES (?,?,?)", "tti",
                    finding.id, finding.as, (int64_t)(better || !finding.known)) < 0)
        return -1;
    if (!finding.known)
        return take(into, &finding, error);
    return better ? replace(into, &finding, error)
                  : add_hits(into, &finding, sqlite3_column_int64(row, 5), error);
}

/* --- all of them -------------------------------------------------------------------- */

/* Measurements are counted on; what each could spend stands in its row. */
static int merge_rows_of_findings(struct merge_into *into, struct error *error)
{
    int64_t tests =
        store_integer(into->store, 0, "SELECT max(test) FROM main.suspicion", "");
    static const char *const steps[] = {
        "INSERT INTO suspicion SELECT NULL, number, attempt, oracle, cause, text, "
        "iif(result = 'finding' AND NOT kept, 'duplicate', result), now, replays, "
        "replay_failures, control_replays, control_failures, test + ?1, p_value, alpha FROM "
        "shard.suspicion LEFT JOIN temp.renamed ON was = finding ORDER BY id",
        "INSERT OR IGNORE INTO skip SELECT stream, (SELECT now FROM temp.renamed WHERE was = "
        "finding), scope, hits, from_case FROM shard.skip"};

    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
        if (merge_run(into, steps[i], &tests, error) < 0)
            return -1;
    return 0;
}

int merge_findings(struct merge_into *into, struct error *error)
{
    sqlite3_stmt *row = NULL;
    int status;

    if (merge_run(
            into,
            "CREATE TEMP TABLE IF NOT EXISTS renamed(was TEXT, now TEXT, kept INTEGER)",
            NULL, error) < 0 ||
        merge_run(into, "DELETE FROM temp.renamed", NULL, error) < 0)
        return -1;
    /* From the shard's own connection: here rows are written between two of them. */
    status =
        sqlite3_prepare_v2(
            store_database(into->shard->store),
            "SELECT id, cause, grade, guilty, place, hits, found_after_s FROM finding "
            "ORDER BY CAST(substr(id, 3) AS INTEGER)",
            -1, &row, NULL) == SQLITE_OK
            ? 0
            : error_set(error, "%s: its findings cannot be read", into->shard->folder);
    while (status == 0 && sqlite3_step(row) == SQLITE_ROW)
        status = merge_finding(into, row, error);
    sqlite3_finalize(row);
    if (status == 0)
        status = store_commit(into->store, error);
    return status == 0 ? merge_rows_of_findings(into, error) : -1;
}
