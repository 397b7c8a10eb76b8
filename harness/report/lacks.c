#include "report/lacks.h"

#include "report/rows.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

static const char *const asked[LACKS_COUNT] = {"AC-05", "AC-06"};

static const struct criterion *find(const struct criteria *criteria, const char *id)
{
    const struct criterion *criterion;

    for (size_t i = 0; (criterion = criteria_at(criteria, i)); i++)
        if (strcmp(criterion->id, id) == 0)
            return criterion;
    return NULL;
}

/* What must be reached lacks in proportion; what must not be exceeded is met or is not.
 */
static int percent_lacking(const struct criterion *criterion,
                           const struct criterion_result *result)
{
    double share = 0;

    if (result->verdict == CRITERION_PASS || result->verdict == CRITERION_NOT_APPLICABLE)
        return 0;
    if (result->measured_known && strcmp(criterion->comparison, ">=") == 0 &&
        criterion->limit > 0)
        share = result->measured / criterion->limit;
    return share >= 1 ? 1 : share <= 0 ? 100 : 1 + (int)(99 * (1 - share));
}

static void judge(struct lacks *lacks, const struct criteria *criteria,
                  struct store *store)
{
    lacks->need = 0;
    for (int i = 0; i < LACKS_COUNT; i++) {
        struct lack *lack = &lacks->lacks[i];
        const struct criterion *criterion = find(criteria, lack->id);
        struct criterion_result result;

        lack->percent = 0;
        if (!criterion)
            continue;
        criterion_judge(criterion, store, &result);
        lack->percent = percent_lacking(criterion, &result);
        memcpy(lack->explanation, result.explanation, sizeof lack->explanation);
        lacks->need += lack->percent;
    }
    lacks->need /= LACKS_COUNT;
}

/* As an assessment takes its runs. */
static int add_run(struct store *store, const char *folder, const char *night,
                   struct error *error)
{
    char path[4500], *message = NULL;
    int status;

    snprintf(path, sizeof path, "%s/%s/campaign.db", folder, night);
    if (store_attach(store, path, "member", error) < 0)
        return -1;
    status = sqlite3_exec(store_database(store),
                          "INSERT INTO assessed_run SELECT (SELECT count(*) FROM "
                          "assessed_run), 'test', NULL, * FROM member.this_run;"
                          "DETACH member",
                          NULL, NULL, &message) == SQLITE_OK
                 ? 0
                 : error_set(error, "%s: %s", path, message ? message : "out of memory");
    sqlite3_free(message);
    return status;
}

int lacks_read(struct lacks *lacks, const struct history *history,
               const struct criteria *criteria, const char *build, struct error *error)
{
    struct run_view view = {.store = history->store};
    struct store *store = store_create_in_memory(error);
    struct rows rows;
    int status = store ? 0 : -1;

    *lacks = (struct lacks){.need = 100};
    for (int i = 0; i < LACKS_COUNT; i++)
        lacks->lacks[i] = (struct lack){.id = asked[i], .percent = 100};
    if (!store)
        return -1;
    rows = rows_of(&view, "SELECT name FROM old.night WHERE sent AND (build = ?1 OR ?1 = "
                          "'') ORDER BY started_ns DESC, name DESC");
    rows_bind(&rows, 1, build);
    while (status == 0 && lacks->need > 0 && rows_next(&rows)) {
        status = add_run(store, history->folder, rows_text(&rows, 0), error);
        lacks->nights++;
        if (status == 0)
            judge(lacks, criteria, store);
    }
    if (rows_close(&rows, status == 0 ? error : &(struct error){0}) < 0)
        status = -1;
    store_close(store, &(struct error){0});
    return status;
}
