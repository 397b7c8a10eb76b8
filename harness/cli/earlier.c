#include "cli/earlier.h"

#include "record/store.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SENT "verdict IN ('pass', 'suspect', 'finding')"

/* --- which cases -------------------------------------------------------------------- */

static int64_t count_sent(struct store *store, const struct case_range *range)
{
    int64_t last = range->last > INT64_MAX ? INT64_MAX : (int64_t)range->last;

    return store_integer(store, 0,
                         "SELECT count(DISTINCT number) FROM cases WHERE " SENT
                         " AND number BETWEEN ? AND ?",
                         "ii", (int64_t)range->first, last);
}

/* A run that was ended early sent no more than its last number. */
static void cut_behind(struct selection *selection, uint64_t last)
{
    size_t count = 0;

    for (size_t i = 0; i < selection->range_count; i++) {
        if (selection->ranges[i].first > last)
            break;
        if (selection->ranges[i].last > last)
            selection->ranges[i].last = last;
        count++;
    }
    selection->range_count = count;
}

/* The ranges of its last sitting, if all that it sent is in them; else from the first
 * number to the last. */
static int read_ranges(struct earlier *earlier, struct store *store, struct error *error)
{
    struct case_range all = {1, UINT64_MAX};
    struct selection selection = {0};
    int64_t within = 0, sent = count_sent(store, &all);
    char text[SELECTION_TEXT] = "";
    bool whole = store_integer(store, 0,
                               "SELECT reason IN ('cases', 'exhausted') FROM sitting "
                               "ORDER BY id DESC LIMIT 1",
                               "");

    if (sent == 0)
        return error_set(error, "%s sent no case: there is nothing to do again",
                         earlier->folder);
    all = (struct case_range){
        (uint64_t)store_integer(store, 1, "SELECT min(number) FROM cases WHERE " SENT,
                                ""),
        (uint64_t)store_integer(store, 1, "SELECT max(number) FROM cases WHERE " SENT,
                                "")};
    store_get(store, "case_ranges", text, sizeof text);
    if (selection_set_ranges(&selection, text) < 0)
        selection = (struct selection){.ranges = {{1, UINT64_MAX}}, .range_count = 1};
    for (size_t i = 0; i < selection.range_count; i++)
        within += count_sent(store, &selection.ranges[i]);
    if (within < sent)
        selection = (struct selection){.ranges = {all}, .range_count = 1};
    if (!whole || within < sent)
        cut_behind(&selection, all.last);
    selection_ranges_text(&selection, earlier->ranges, sizeof earlier->ranges);
    return 0;
}

/* "only write_*; anomalies lie; states ready" (selection_patterns_text), in parts. */
void earlier_patterns(char *text, struct selection *selection)
{
    struct {
        const char *name, **text;
    } parts[] = {{"only ", &selection->only},
                 {"anomalies ", &selection->anomalies},
                 {"states ", &selection->states}};
    char *rest = text;

    selection->only = selection->anomalies = selection->states = NULL;
    while (rest) {
        char *part = rest, *next = strstr(rest, "; ");

        rest = next ? next + 2 : NULL;
        if (next)
            *next = '\0';
        for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
            if (strncmp(part, parts[i].name, strlen(parts[i].name)) == 0)
                *parts[i].text = part + strlen(parts[i].name);
    }
}

/* --- the run ------------------------------------------------------------------------ */

static int read_findings(struct earlier *earlier, struct store *store,
                         struct error *error)
{
    sqlite3 *database = store_database(store);
    sqlite3_stmt *row = NULL;
    size_t room = (size_t)store_integer(store, 0, "SELECT count(*) FROM finding", "");

    if (!(earlier->findings = calloc(room + 1, sizeof *earlier->findings)))
        return error_set(error, "out of memory");
    if (sqlite3_prepare_v2(database,
                           "SELECT id, grade, title, reproducer, replays, "
                           "replay_failures FROM finding ORDER BY id",
                           -1, &row, NULL) != SQLITE_OK)
        return error_set(error, "%s: %s", earlier->folder, sqlite3_errmsg(database));
    while (earlier->count < room && sqlite3_step(row) == SQLITE_ROW) {
        struct earlier_finding *finding = &earlier->findings[earlier->count++];
        char *const texts[] = {finding->id, finding->grade, finding->title};
        const size_t sizes[] = {sizeof finding->id, sizeof finding->grade,
                                sizeof finding->title};

        for (int i = 0; i < 3; i++)
            snprintf(texts[i], sizes[i], "%s", (const char *)sqlite3_column_text(row, i));
        snprintf(finding->reproducer, sizeof finding->reproducer, "%s/%s",
                 earlier->folder, (const char *)sqlite3_column_text(row, 3));
        snprintf(finding->plan_hash, sizeof finding->plan_hash, "%s", earlier->plan_hash);
        snprintf(finding->known_as, sizeof finding->known_as, "%s", finding->id);
        finding->replays = sqlite3_column_int64(row, 4);
        finding->failures = sqlite3_column_int64(row, 5);
    }
    sqlite3_finalize(row);
    return 0;
}

int earlier_read(const char *folder, struct earlier *earlier, struct error *error)
{
    const struct {
        const char *key;
        char *text;
        size_t size;
    } facts[] = {{"plan_hash", earlier->plan_hash, sizeof earlier->plan_hash},
                 {"engine", earlier->engine, sizeof earlier->engine},
                 {"interface", earlier->interface, sizeof earlier->interface},
                 {"device", earlier->device, sizeof earlier->device},
                 {"selection", earlier->patterns, sizeof earlier->patterns}};
    char seed[32] = "";
    struct store *store;
    int status;

    *earlier = (struct earlier){.folder = folder};
    store = store_open_run(folder, false, error);
    if (!store)
        return -1;
    for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++)
        store_get(store, facts[i].key, facts[i].text, facts[i].size);
    store_get(store, "seed", seed, sizeof seed);
    earlier->seed = strtoull(seed, NULL, 10);
    status = read_ranges(earlier, store, error);
    if (status == 0)
        status = read_findings(earlier, store, error);
    store_close(store, NULL);
    return status;
}

void earlier_free(struct earlier *earlier)
{
    free(earlier->findings);
    *earlier = (struct earlier){0};
}

int earlier_apply(struct earlier *earlier, struct campaign *campaign, const char *ranges,
                  struct error *error)
{
    struct selection *selection = &campaign->selection;
    struct error why;

    if (strcmp(campaign->plan.hash, earlier->plan_hash) != 0)
        return error_set(error,
                         "%s has plan %.16s, %s gives plan %.16s: the retest of a run is "
                         "made with its model and session, and another build",
                         earlier->folder, earlier->plan_hash, campaign->path,
                         campaign->plan.hash);
    if (strcmp(campaign->interface, earlier->interface) != 0)
        return error_set(error, "%s is of the interface '%.200s', %s of '%.200s'",
                         earlier->folder, earlier->interface, campaign->path,
                         campaign->interface);
    if (selection_set_ranges(selection, ranges ? ranges : earlier->ranges) < 0)
        return error_set(error,
                         "--cases: expected ascending ranges such as 5 or 1-5000,20000-, "
                         "found '%s'",
                         ranges);
    earlier_patterns(earlier->patterns, selection);
    if (campaign_set_engine(campaign, earlier->engine, error) < 0)
        return -1;
    if (selection_bind(selection, &campaign->plan, &why) < 0)
        return error_set(error, "%s: the cases of %s: %s", campaign->path,
                         earlier->folder, why.text);
    return 0;
}
