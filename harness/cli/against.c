#include "cli/against.h"

#include "cli/common.h"
#include "core/escape.h"
#include "record/store.h"

#include <jansson.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Cases by "state/message/path[anomaly]", ascending by name. */
struct part {
    char *name;
    int64_t cases;
};
struct parts {
    struct part *part;
    size_t count, capacity;
    char hash[HASH_TEXT];
};

static void free_parts(struct parts *parts)
{
    for (size_t i = 0; i < parts->count; i++)
        free(parts->part[i].name);
    free(parts->part);
}

static int add_part(struct parts *parts, const char *state, const char *message,
                    const char *path, const char *anomaly, int64_t cases)
{
    struct part *part;

    if (parts->count == parts->capacity) {
        size_t larger = parts->capacity ? parts->capacity * 2 : 256;

        part = realloc(parts->part, larger * sizeof *part);
        if (!part)
            return -1;
        parts->part = part;
        parts->capacity = larger;
    }
    part = &parts->part[parts->count];
    if (asprintf(&part->name, "%s/%s%s%s[%s]", state, message, path[0] ? "/" : "", path,
                 anomaly) < 0)
        return -1;
    part->cases = cases;
    parts->count++;
    return 0;
}

static int compare_parts(const void *a, const void *b)
{
    return strcmp(((const struct part *)a)->name, ((const struct part *)b)->name);
}

/* Several streams may share a name: their cases are one part. */
static void join_parts(struct parts *parts)
{
    size_t kept = 0;

    if (parts->count == 0)
        return;
    qsort(parts->part, parts->count, sizeof *parts->part, compare_parts);
    for (size_t i = 1; i < parts->count; i++) {
        if (strcmp(parts->part[kept].name, parts->part[i].name) == 0) {
            parts->part[kept].cases += parts->part[i].cases;
            free(parts->part[i].name);
        } else {
            parts->part[++kept] = parts->part[i];
        }
    }
    parts->count = kept + 1;
}

/* --- where they come from ----------------------------------------------------------- */

static int read_plan(struct parts *parts, const struct plan *plan, struct error *error)
{
    char path[256];

    snprintf(parts->hash, sizeof parts->hash, "%s", plan->hash);
    for (size_t i = 0; i < plan->stream_count; i++) {
        const struct stream *stream = &plan->streams[i];
        const struct site *site = &stream->site;

        if (add_part(parts, plan->session->states[site->state].name,
                     plan->session->messages[site->message].name,
                     stream_path(stream, path, sizeof path), stream->anomaly->name,
                     (int64_t)stream->count) < 0)
            return error_set(error, "out of memory while comparing plans");
    }
    join_parts(parts);
    return 0;
}

static const char *column(sqlite3_stmt *row, int index)
{
    const char *text = (const char *)sqlite3_column_text(row, index);

    return text ? text : "";
}

static int read_store(struct parts *parts, const char *path, struct error *error)
{
    struct store *store = store_open(path, false, error);
    sqlite3_stmt *rows = NULL;
    int status = 0, step = SQLITE_ERROR;

    if (!store)
        return -1;
    store_get(store, "plan_hash", parts->hash, sizeof parts->hash);
    if (sqlite3_prepare_v2(store_database(store),
                           "SELECT state, message, path, anomaly, planned FROM stream",
                           -1, &rows, NULL) == SQLITE_OK)
        while (status == 0 && (step = sqlite3_step(rows)) == SQLITE_ROW)
            status = add_part(parts, column(rows, 0), column(rows, 1), column(rows, 2),
                              column(rows, 3), sqlite3_column_int64(rows, 4));
    if (status < 0 || step != SQLITE_DONE)
        status = error_set(error, "%s: the plan's streams cannot be read", path);
    sqlite3_finalize(rows);
    store_close(store, &(struct error){0});
    join_parts(parts);
    return status;
}

static int read_old(struct parts *parts, const char *old, struct error *error)
{
    struct campaign *campaign;
    char path[4096];
    struct stat about;
    int status;

    if (stat(old, &about) == 0 && S_ISDIR(about.st_mode)) {
        snprintf(path, sizeof path, "%s/campaign.db", old);
        return read_store(parts, path, error);
    }
    campaign = campaign_load(old, common_build_folder(), NULL, error);
    if (!campaign)
        return -1;
    status = read_plan(parts, &campaign->plan, error);
    campaign_free(campaign);
    return status;
}

/* --- the difference ----------------------------------------------------------------- */

struct difference {
    int64_t added, removed;
    json_t *rows; /* NULL: rows are printed */
};

static void report(struct difference *difference, const char *name, int64_t before,
                   int64_t after)
{
    if (after > before)
        difference->added += after - before;
    else
        difference->removed += before - after;
    if (difference->rows) {
        json_array_append_new(difference->rows,
                              json_pack("{s:s, s:I, s:I}", "name", name, "before",
                                        (json_int_t)before, "after", (json_int_t)after));
        return;
    }
    printf("%c ", before == 0 ? '+' : after == 0 ? '-' : '~');
    escape_write(stdout, name, ESCAPE_TERMINAL);
    if (before && after)
        printf(" %lld, was %lld", (long long)after, (long long)before);
    else
        printf(" %lld", (long long)(before + after));
    putchar('\n');
}

static void walk(struct difference *difference, const struct parts *before,
                 const struct parts *after)
{
    size_t i = 0, j = 0;

    while (i < before->count || j < after->count) {
        int order = i == before->count ? 1
                    : j == after->count
                        ? -1
                        : compare_parts(&before->part[i], &after->part[j]);

        if (order < 0) {
            report(difference, before->part[i].name, before->part[i].cases, 0);
        } else if (order > 0) {
            report(difference, after->part[j].name, 0, after->part[j].cases);
        } else if (before->part[i].cases != after->part[j].cases) {
            report(difference, after->part[j].name, before->part[i].cases,
                   after->part[j].cases);
        }
        i += order <= 0;
        j += order >= 0;
    }
}

static void print(const struct parts *before, const struct parts *after, bool json)
{
    struct difference difference = {.rows = json ? json_array() : NULL};
    json_t *whole;

    walk(&difference, before, after);
    if (!json) {
        printf("plan %.16s, was %.16s: %lld cases added, %lld removed\n", after->hash,
               before->hash, (long long)difference.added, (long long)difference.removed);
        return;
    }
    whole = json_pack("{s:s, s:s, s:I, s:I, s:o}", "plan", after->hash, "old_plan",
                      before->hash, "added", (json_int_t)difference.added, "removed",
                      (json_int_t)difference.removed, "streams", difference.rows);
    json_dumpf(whole, stdout, JSON_COMPACT);
    putchar('\n');
    json_decref(whole);
}

int against_print(const struct campaign *campaign, const char *old, bool json,
                  struct error *error)
{
    struct parts before = {0}, after = {0};
    int status = read_old(&before, old, error);

    if (status == 0)
        status = read_plan(&after, &campaign->plan, error);
    if (status == 0)
        print(&before, &after, json);
    free_parts(&before);
    free_parts(&after);
    return status;
}
