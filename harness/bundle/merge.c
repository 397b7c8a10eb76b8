#include "bundle/merge_parts.h"

#include "engine/coverage.h"
#include "record/compare.h"
#include "record/digests.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* --- a shard ------------------------------------------------------------------------ */

static int attach(struct merge_into *into, struct error *error)
{
    char path[FOLDER_PATH];

    return folder_path(path, into->shard->folder, "campaign.db", error) < 0
               ? -1
               : store_attach(into->store, path, "shard", error);
}

static int add_shard(struct merge_into *into, struct error *error)
{
    char seconds[32] = "";

    if (store_commit(into->store, error) < 0 || attach(into, error) < 0)
        return -1;
    into->sittings =
        store_integer(into->store, 0, "SELECT max(id) FROM main.sitting", "");
    into->epochs = store_integer(into->store, 0, "SELECT max(id) FROM main.epoch", "");
    if (merge_run(into, "BEGIN", NULL, error) < 0 || merge_rows(into, error) < 0 ||
        merge_captures(into, error) < 0 || merge_run(into, "COMMIT", NULL, error) < 0 ||
        merge_findings(into, error) < 0 ||
        merge_run(into, "DETACH shard", NULL, error) < 0)
        return -1;
    store_get(into->shard->store, "active_seconds", seconds, sizeof seconds);
    into->seconds += strtod(seconds, NULL);
    return 0;
}

/* --- what is worked out over all of them -------------------------------------------- */

struct compared {
    struct store *store;
    struct error *error;
    int status;
};

static void store_comparison(void *context, const struct capture_comparison *found)
{
    struct compared *compared = context;

    if (found->whole &&
        store_write(compared->store, compared->error,
                    "INSERT OR REPLACE INTO capture_check VALUES (?,?,?,?)", "tiit",
                    found->connection, (int64_t)found->sent_equal,
                    (int64_t)found->received_equal, found->note) < 0)
        compared->status = -1;
}

/* Two benches may have used the same ports, so that connections have other names now. */
static int compare_captures(const struct merge *merge, struct store *store,
                            const char *directory, struct error *error)
{
    struct compared compared = {store, error, 0};
    int64_t checks = 0;

    for (size_t i = 0; i < merge->count; i++)
        checks += store_integer(merge->shards[i].store, 0,
                                "SELECT count(*) FROM capture_check", "");
    if (checks && capture_compare(directory, store_is_server(store), store_comparison,
                                  &compared, error) < 0)
        return -1;
    return compared.status;
}

/* All shards were run by the same signed plan, or by none. */
static int copy_plan(const struct merge *merge, const char *directory,
                     struct error *error)
{
    static const char *const names[] = {"plan.json", "plan.json.p7s"};
    char from[FOLDER_PATH], to[FOLDER_PATH];
    struct stat what;

    for (size_t i = 0; i < 2; i++)
        if (folder_path(from, merge->shards[0].folder, names[i], error) < 0 ||
            folder_path(to, directory, names[i], error) < 0 ||
            (stat(from, &what) == 0 && folder_copy(from, to, error) < 0))
            return -1;
    return 0;
}

static int add_all(const struct merge *merge, struct merge_into *into,
                   struct error *error)
{
    for (size_t i = 0; i < merge->count; i++) {
        into->shard = &merge->shards[i];
        into->index = i;
        if (add_shard(into, error) < 0)
            return -1;
    }
    return compare_captures(merge, into->store, into->directory, error) < 0 ||
                   copy_plan(merge, into->directory, error) < 0 ||
                   store_commit(into->store, error) < 0 ||
                   coverage_count(into->campaign, into->store, error) < 0 ||
                   digests_store(into->store, error) < 0 ||
                   merge_facts(merge, into->campaign, into->store, into->directory,
                               error) < 0
               ? -1
               : 0;
}

/* --- the run ------------------------------------------------------------------------ */

static int make_folder(const char *directory, struct error *error)
{
    if (folder_make_parents(directory, error) < 0)
        return -1;
    return mkdir(directory, 0777) < 0
               ? error_set(error, "%s: %s: a merged run goes into a new folder",
                           directory, strerror(errno))
               : 0;
}

int merge_write(struct merge *merge, const struct campaign *campaign,
                const char *directory, struct error *error)
{
    struct merge_into into = {
        .campaign = campaign, .directory = directory, .count = merge->count};
    char path[FOLDER_PATH];
    int status = -1;

    if (folder_path(path, directory, "campaign.db", error) < 0 ||
        make_folder(directory, error) < 0)
        return -1;
    into.buckets = calloc(1, sizeof *into.buckets);
    into.store = into.buckets ? store_create(path, error) : NULL;
    if (into.store)
        status = add_all(merge, &into, error);
    if (store_close(into.store, status == 0 ? error : &(struct error){0}) < 0)
        status = -1;
    free(into.buckets);
    if (status < 0)
        folder_remove(directory);
    return status;
}
