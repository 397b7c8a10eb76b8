/* What may go wrong when shards are brought together, by name. */
#include "bundle/manifest.h"
#include "bundle/merge_parts.h"

#include <limits.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void merge_complain(struct merge *merge, const char *kind, const char *format, ...)
{
    char text[2000];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    merge->accidents++;
    merge->accident(merge->context, kind, text);
}

/* --- altered ------------------------------------------------------------------------ */

struct altered {
    struct merge *merge;
    const char *folder;
    size_t count;
};

enum { ALTERED_NAMED = 5 };

static void name_file(void *context, const char *path, const char *how)
{
    struct altered *altered = context;

    if (altered->count++ < ALTERED_NAMED)
        merge_complain(altered->merge, "altered", "%s: %s %s (%s says what it was)",
                       altered->folder, path, how, MANIFEST_FILE);
}

/* Names what is not as the shard's own list says. */
static int name_altered(struct merge *merge, const char *folder, struct error *error)
{
    struct altered altered = {merge, folder, 0};
    size_t files;

    if (manifest_check(folder, name_file, &altered, &files, error) < 0)
        return -1;
    if (altered.count > ALTERED_NAMED)
        merge_complain(merge, "altered", "%s: %zu more files are not as they were",
                       folder, altered.count - ALTERED_NAMED);
    return 0;
}

static bool is_sealed(const char *folder)
{
    char path[FOLDER_PATH];
    struct stat what;

    return folder_path(path, folder, MANIFEST_FILE, &(struct error){0}) == 0 &&
           stat(path, &what) == 0;
}

/* --- opening ------------------------------------------------------------------------ */

static bool is_named_before(const char *const *folders, size_t index)
{
    char one[PATH_MAX], other[PATH_MAX];

    if (!realpath(folders[index], one))
        return false;
    for (size_t i = 0; i < index; i++)
        if (realpath(folders[i], other) && strcmp(one, other) == 0)
            return true;
    return false;
}

/* NULL: it is a shard; else what it is, and *why. */
static const char *read_shard(struct merge_shard *shard, struct error *why)
{
    char part[SHARD_TEXT] = "", ranges[SELECTION_TEXT] = "", shards[32];

    shard->store = store_open_run(shard->folder, false, why);
    if (!shard->store)
        return "not a run";
    if (store_get(shard->store, "shards", shards, sizeof shards) == 0) {
        error_set(why, "%s is a run that was merged of %s shards: merge the shards",
                  shard->folder, shards);
        return "merged already";
    }
    store_get(shard->store, "shard", part, sizeof part);
    store_get(shard->store, "case_ranges", ranges, sizeof ranges);
    if (shard_read(part, &shard->shard) == 0 &&
        store_get(shard->store, "shard_whole", shard->shard.whole,
                  sizeof shard->shard.whole) == 0 &&
        selection_set_ranges(&shard->numbers, ranges) == 0)
        return NULL;
    error_set(why, "%s was not run as a shard (percuss run --shard K/N)", shard->folder);
    return "not a shard";
}

static int open_shard(struct merge *merge, const char *folder, struct error *error)
{
    struct merge_shard *shard = &merge->shards[merge->count];
    size_t before = merge->accidents;
    struct error why;
    const char *kind;
    int status = 0;

    *shard = (struct merge_shard){.folder = strdup(folder)};
    if (!shard->folder)
        return error_set(error, "out of memory");
    kind = read_shard(shard, &why);
    if (!kind) {
        merge->count++;
        return 0;
    }
    /* What was a shard once is named by what is altered in it. */
    if (is_sealed(folder))
        status = name_altered(merge, folder, error);
    if (merge->accidents == before)
        merge_complain(merge, kind, "%s", why.text);
    store_close(shard->store, NULL);
    free(shard->folder);
    return status;
}

static int by_first_number(const void *a, const void *b)
{
    const struct merge_shard *left = a, *right = b;
    uint64_t x = left->numbers.ranges[0].first, y = right->numbers.ranges[0].first;

    return x != y ? (x > y) - (x < y) : strcmp(left->folder, right->folder);
}

int merge_open(struct merge *merge, const char *const *folders, size_t count,
               struct error *error)
{
    merge->count = merge->accidents = 0;
    merge->shards = calloc(count + 1, sizeof *merge->shards);
    if (!merge->shards)
        return error_set(error, "out of memory");
    for (size_t i = 0; i < count; i++) {
        if (is_named_before(folders, i))
            merge_complain(merge, "double", "%s is named twice", folders[i]);
        else if (open_shard(merge, folders[i], error) < 0)
            return -1;
    }
    qsort(merge->shards, merge->count, sizeof *merge->shards, by_first_number);
    return 0;
}

void merge_close(struct merge *merge)
{
    for (size_t i = 0; i < merge->count; i++) {
        store_close(merge->shards[i].store, NULL);
        free(merge->shards[i].folder);
    }
    free(merge->shards);
    merge->shards = NULL;
    merge->count = 0;
}

/* --- each shard --------------------------------------------------------------------- */

/* A process works on it, or was killed. */
static bool has_log(const struct merge_shard *shard)
{
    char path[FOLDER_PATH];
    struct stat what;

    return folder_path(path, shard->folder, "campaign.db-wal", &(struct error){0}) == 0 &&
           stat(path, &what) == 0 && what.st_size > 0;
}

static bool is_going_on(const struct merge_shard *shard)
{
    return has_log(shard) ||
           store_integer(shard->store, 1,
                         "SELECT ended_ns IS NULL FROM sitting ORDER BY id DESC LIMIT 1",
                         "");
}

static void complain_unfinished(struct merge *merge, const struct merge_shard *shard,
                                const char *how)
{
    merge_complain(merge, "unfinished", "%s %s: go on with percuss run --resume",
                   shard->folder, how);
}

/* The numbers that the store has a result of, held against those that it is to have. */
static int check_numbers(struct merge *merge, const struct merge_shard *shard,
                         const struct campaign *campaign, struct error *error)
{
    static const char sql[] =
        "SELECT number FROM (SELECT number, verdict, max(attempt) FROM cases GROUP BY "
        "number) WHERE verdict <> 'interrupted' ORDER BY number";
    struct selection selection = campaign->selection;
    sqlite3 *database = store_database(shard->store);
    sqlite3_stmt *row = NULL;
    uint64_t wanted, lacking = 0, first = 0, surplus = 0;

    memcpy(selection.ranges, shard->numbers.ranges, sizeof selection.ranges);
    selection.range_count = shard->numbers.range_count;
    if (sqlite3_prepare_v2(database, sql, -1, &row, NULL) != SQLITE_OK)
        return error_set(error, "%s: %s", shard->folder, sqlite3_errmsg(database));
    wanted = selection_next(&selection, &campaign->plan, 1);
    while (sqlite3_step(row) == SQLITE_ROW) {
        uint64_t number = (uint64_t)sqlite3_column_int64(row, 0);

        for (; wanted && wanted < number;
             wanted = selection_next(&selection, &campaign->plan, wanted + 1))
            first = lacking++ ? first : wanted;
        if (wanted == number)
            wanted = selection_next(&selection, &campaign->plan, wanted + 1);
        else
            surplus++;
    }
    sqlite3_finalize(row);
    for (; wanted; wanted = selection_next(&selection, &campaign->plan, wanted + 1))
        first = lacking++ ? first : wanted;
    if (lacking)
        merge_complain(merge, "unfinished",
                       "%s has no result of %llu of its cases, first of case %llu",
                       shard->folder, (unsigned long long)lacking,
                       (unsigned long long)first);
    if (surplus)
        merge_complain(merge, "altered", "%s has %llu cases that are not in its range",
                       shard->folder, (unsigned long long)surplus);
    return 0;
}

/* --- against the others
 * -------------------------------------------------------------------- */

/* What all shards have alike; "" where a shard has none. */
static const struct {
    const char *kind, *what;
    const char *sql;
} alike[] = {
    {"other plan", "the plan (model, session, seed)",
     "SELECT value FROM run WHERE key = 'plan_hash'"},
    {"other campaign", "the campaign's file",
     "SELECT value FROM run WHERE key = 'campaign_hash'"},
    {"other criteria", "the criteria",
     "SELECT value FROM run WHERE key = 'criteria_hash'"},
    {"other criteria", "the signed plan",
     "SELECT value FROM run WHERE key = 'plan_signed_sha256'"},
    {"other selection", "the selection of cases",
     "SELECT value FROM run WHERE key = 'selection'"},
    {"other range", "the range of all shards together",
     "SELECT value FROM run WHERE key = 'shard_whole'"},
    {"other percuss", "the version of percuss",
     "SELECT value FROM run WHERE key = 'tool_version'"},
    {"other percuss", "the build of percuss",
     "SELECT value FROM run WHERE key = 'tool_sha256'"},
    {"other device", "the device", "SELECT coalesce(image, device) FROM this_run"},
    {"other device", "the device, changed while it was tested,",
     "SELECT value FROM run WHERE key = 'image_changed'"},
    {"other device", "how many resources are watched",
     "SELECT value FROM run WHERE key = 'resources'"},
    {"other link", "what the link carries",
     "SELECT value FROM run WHERE key = 'link_carries'"},
};

static void read_alike(const struct merge_shard *shard, size_t row, char *text,
                       size_t size)
{
    sqlite3_stmt *statement = NULL;
    const char *value = NULL;

    text[0] = '\0';
    if (sqlite3_prepare_v2(store_database(shard->store), alike[row].sql, -1, &statement,
                           NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        value = (const char *)sqlite3_column_text(statement, 0);
    snprintf(text, size, "%s", value ? value : "");
    sqlite3_finalize(statement);
}

/* One difference says enough: who has another plan has another campaign, too. */
static bool check_alike(struct merge *merge, const struct merge_shard *shard)
{
    char text[1200], first[1200];

    for (size_t i = 0; i < sizeof alike / sizeof alike[0]; i++) {
        read_alike(&merge->shards[0], i, first, sizeof first);
        read_alike(shard, i, text, sizeof text);
        if (strcmp(text, first) == 0)
            continue;
        merge_complain(merge, alike[i].kind,
                       "%s: %s is another (%.40s) than that of %s (%.40s)", shard->folder,
                       alike[i].what, text, merge->shards[0].folder, first);
        return false;
    }
    return true;
}

static int check_shard(struct merge *merge, struct merge_shard *shard,
                       const struct campaign *campaign, struct error *error)
{
    size_t before = merge->accidents;

    /* Of another plan the numbers say nothing, and what is altered may say anything. */
    if (!check_alike(merge, shard))
        return 0;
    if (is_going_on(shard))
        complain_unfinished(merge, shard, "is being run, or its run was killed");
    else if (!is_sealed(shard->folder))
        complain_unfinished(merge, shard,
                            "has no " MANIFEST_FILE ", which a shard gets when it ends");
    else if (name_altered(merge, shard->folder, error) < 0)
        return -1;
    if (merge->accidents != before)
        return 0;
    if (!store_integer(shard->store, 0,
                       "SELECT reason = 'cases' FROM sitting ORDER BY id DESC LIMIT 1",
                       ""))
        complain_unfinished(merge, shard, "ended before its cases were through");
    else if (check_numbers(merge, shard, campaign, error) < 0)
        return -1;
    return 0;
}

int merge_check(struct merge *merge, const struct campaign *campaign, struct error *error)
{
    for (size_t i = 0; i < merge->count; i++) {
        if (check_shard(merge, &merge->shards[i], campaign, error) < 0)
            return -1;
    }
    merge_check_ranges(merge);
    return 0;
}
