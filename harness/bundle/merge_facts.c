/* The facts of shards as those of one run. What differs between them is also kept, under
 * shard.1.…, shard.2.…, in the order of their numbers. */
#include "bundle/merge_parts.h"

#include "core/path.h"
#include "engine/decision.h"

#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FACT = 4096 };

/* --- ways to make one of many ------------------------------------------------------- */

typedef void way(const struct merge *merge, const char *key, char text[FACT]);

static void take_sum(const struct merge *merge, const char *key, char text[FACT])
{
    double sum = 0;

    for (size_t i = 0; i < merge->count; i++)
        if (store_get(merge->shards[i].store, key, text, FACT) == 0)
            sum += strtod(text, NULL);
    snprintf(text, FACT, "%.3f", sum);
}

/* Each shard may spend its part of it: thirds are no decimal fraction. */
static void take_alpha(const struct merge *merge, const char *key, char text[FACT])
{
    double sum = 0;

    for (size_t i = 0; i < merge->count; i++)
        if (store_get(merge->shards[i].store, key, text, FACT) == 0)
            sum += strtod(text, NULL);
    snprintf(text, FACT, "%.4g", sum);
}

static void take_earliest(const struct merge *merge, const char *key, char text[FACT])
{
    int64_t earliest = INT64_MAX;

    for (size_t i = 0; i < merge->count; i++) {
        int64_t value = store_integer(
            merge->shards[i].store, INT64_MAX,
            "SELECT CAST(value AS INTEGER) FROM run WHERE key = ?", "t", key);

        earliest = value < earliest ? value : earliest;
    }
    snprintf(text, FACT, "%lld", (long long)earliest);
}

/* Each value once. */
static void take_list(const struct merge *merge, const char *key, char text[FACT])
{
    size_t used = 0;
    char value[FACT], earlier[FACT];

    text[0] = '\0';
    for (size_t i = 0; i < merge->count && used < FACT; i++) {
        bool known = store_get(merge->shards[i].store, key, value, FACT) < 0;

        for (size_t k = 0; k < i && !known; k++)
            known = store_get(merge->shards[k].store, key, earlier, FACT) == 0 &&
                    strcmp(value, earlier) == 0;
        if (!known)
            used += (size_t)snprintf(text + used, FACT - used, "%s%s", used ? "; " : "",
                                     value);
    }
}

/* Of the shard that was the most patient: figures that belong together, and none of the
 * others waited longer for an answer. */
static void take_of_longest(const struct merge *merge, const char *key, char text[FACT])
{
    const struct merge_shard *longest = &merge->shards[0];
    int64_t limit = -1;

    for (size_t i = 0; i < merge->count; i++) {
        int64_t value =
            store_integer(merge->shards[i].store, -1,
                          "SELECT CAST(value AS INTEGER) FROM run WHERE key = "
                          "'answer_limit_us'",
                          "");

        if (value > limit) {
            limit = value;
            longest = &merge->shards[i];
        }
    }
    if (store_get(longest->store, key, text, FACT) < 0)
        text[0] = '\0';
}

/* Facts that are not the same in all shards. What is in no row is the first shard's. */
static const struct {
    const char *key;
    way *take; /* NULL: it is not the run's */
} ways[] = {
    {"active_seconds", take_sum},
    {"alpha", take_alpha},
    {"started_ns", take_earliest},
    {"host", take_list},
    {"link", take_list},
    {"answer_limit_us", take_of_longest},
    {"baseline_exchanges", take_of_longest},
    {"baseline_median_us", take_of_longest},
    {"baseline_p99_us", take_of_longest},
    {"device", NULL},
    {"case_ranges", NULL},
    {"merkle_root", NULL},
    {"shard", NULL},
};

/* A shard's own measurements spend its own part. */
static int write_spent(const struct merge *merge, struct store *store,
                       struct error *error)
{
    double spent = 0;
    char text[FACT];

    for (size_t i = 0; i < merge->count; i++) {
        struct level level = {
            .tests = (uint64_t)store_integer(merge->shards[i].store, 0,
                                             "SELECT max(test) FROM suspicion", "")};

        if (store_get(merge->shards[i].store, "alpha", text, FACT) == 0)
            level.alpha = strtod(text, NULL);
        spent += level_spent(&level);
    }
    snprintf(text, FACT, "%.9g", spent);
    return store_set(store, "alpha_spent", text, error);
}

/* --- writing ------------------------------------------------------------------------ */

/* All but what criteria said of the shard alone, and what makes it one. */
static int copy_facts(const struct merge_shard *first, struct store *store,
                      struct error *error)
{
    static const char sql[] =
        "SELECT key, value FROM run WHERE key NOT LIKE 'criterion.%' "
        "AND key NOT IN ('shard', 'shard_whole', 'merkle_root', "
        "'campaign_file', 'case_ranges')";
    sqlite3 *database = store_database(first->store);
    sqlite3_stmt *row = NULL;
    int status =
        sqlite3_prepare_v2(database, sql, -1, &row, NULL) == SQLITE_OK
            ? 0
            : error_set(error, "%s: %s", first->folder, sqlite3_errmsg(database));

    while (status == 0 && sqlite3_step(row) == SQLITE_ROW)
        status = store_set(store, (const char *)sqlite3_column_text(row, 0),
                           (const char *)sqlite3_column_text(row, 1), error);
    sqlite3_finalize(row);
    return status;
}

static int keep_each(const struct merge *merge, const char *key, struct store *store,
                     struct error *error)
{
    char name[80], text[FACT];

    for (size_t i = 0; i < merge->count; i++) {
        snprintf(name, sizeof name, "shard.%zu.%s", i + 1, key);
        if (store_get(merge->shards[i].store, key, text, FACT) == 0 &&
            store_set(store, name, text, error) < 0)
            return -1;
    }
    return 0;
}

/* As seen from the run's folder. */
static int write_campaign_file(const struct campaign *campaign, struct store *store,
                               const char *directory, struct error *error)
{
    char folder[PATH_MAX], whole[PATH_MAX], file[PATH_MAX];

    return store_set(store, "campaign_file",
                     realpath(directory, folder) && realpath(campaign->path, whole) &&
                             path_relative(folder, whole, file, PATH_MAX) == 0
                         ? file
                         : campaign->path,
                     error);
}

int merge_facts(const struct merge *merge, const struct campaign *campaign,
                struct store *store, const char *directory, struct error *error)
{
    char text[FACT];

    if (copy_facts(&merge->shards[0], store, error) < 0 ||
        write_spent(merge, store, error) < 0)
        return -1;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        if (keep_each(merge, ways[i].key, store, error) < 0)
            return -1;
        if (!ways[i].take)
            continue;
        ways[i].take(merge, ways[i].key, text);
        if (text[0] && store_set(store, ways[i].key, text, error) < 0)
            return -1;
    }
    snprintf(text, FACT, "%zu", merge->count);
    return store_set(store, "case_ranges", merge->shards[0].shard.whole, error) < 0 ||
                   store_set(store, "shards", text, error) < 0
               ? -1
               : write_campaign_file(campaign, store, directory, error);
}
