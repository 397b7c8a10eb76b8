#include "report/compare_parts.h"
#include "report/history_parts.h"
#include "report/rows.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* All nights are of one interface. */
static int check_interface(struct history *history, const char *name, struct error *error)
{
    struct run_view view = {.store = history->store};
    struct rows rows =
        rows_of(&view, "SELECT interface FROM old.night ORDER BY rowid DESC");
    int status = 0;

    if (rows_next(&rows) && history->night_count == 1)
        snprintf(history->interface, sizeof history->interface, "%s",
                 rows_text(&rows, 0));
    else if (strcmp(history->interface, rows_text(&rows, 0)) != 0)
        status =
            error_set(error,
                      "%s: %s is of the interface '%.150s', those before it of "
                      "'%.150s': a folder for each",
                      history->folder, name, rows_text(&rows, 0), history->interface);
    rows_close(&rows, &(struct error){0});
    return status;
}

static int take_nights(struct history *history, const struct night_list *list,
                       struct error *error)
{
    int status = 0;

    for (size_t i = 0; status >= 0 && i < list->count; i++) {
        status = history_take(history, &list->nights[i], error);
        if (status == 1)
            status = check_interface(history, list->nights[i].name, error);
    }
    return status < 0 ? -1 : history_close(history, error);
}

int history_read(const char *folder, const char *except, struct history *history,
                 struct error *error)
{
    struct night_list list = {0};
    int status = -1;

    *history = (struct history){0};
    snprintf(history->folder, sizeof history->folder, "%s", folder);
    if (history_begin(history, error) == 0 &&
        ((access(folder, F_OK) < 0 && errno == ENOENT) ||
         night_list_search(&list, folder, 1, except, error) == 0)) {
        night_list_sort(&list);
        status = take_nights(history, &list, error);
    }
    night_list_free(&list);
    return status;
}

void history_free(struct history *history)
{
    store_close(history->store, &(struct error){0});
    *history = (struct history){0};
}

/* --- going on ----------------------------------------------------------------------- */

uint64_t history_position(const struct history *history,
                          const struct history_place *place, char *night, size_t size)
{
    struct run_view view = {.directory = history->folder, .store = history->store};
    struct rows rows = rows_of(
        &view,
        "SELECT position, name FROM old.night WHERE position > 0 AND plan_hash = ?1 "
        "AND selection = ?2 AND (build = ?3 OR ?3 = '') AND (in_order OR first = "
        "CAST(?4 AS INTEGER)) AND engine = 'numbered' ORDER BY started_ns DESC, "
        "name DESC");
    uint64_t position = 0;
    char begin[24];

    snprintf(begin, sizeof begin, "%llu", (unsigned long long)place->begin);
    rows_bind(&rows, 1, place->plan);
    rows_bind(&rows, 2, place->selection);
    rows_bind(&rows, 3, place->build);
    rows_bind(&rows, 4, begin);
    if (rows_next(&rows)) {
        position = (uint64_t)rows_integer(&rows, 0);
        snprintf(night, size, "%s", rows_text(&rows, 1));
    }
    rows_close(&rows, &(struct error){0});
    return position;
}

int history_corpus(const struct history *history, char *path, size_t size,
                   char night[256])
{
    struct run_view view = {.directory = history->folder, .store = history->store};
    struct rows rows = rows_of(&view, "SELECT name FROM old.night WHERE inputs > 0 ORDER "
                                      "BY inputs DESC, started_ns DESC, name DESC");
    int status = -1;

    if (rows_next(&rows)) {
        snprintf(night, 256, "%s", rows_text(&rows, 0));
        snprintf(path, size, "%s/%s/corpus", history->folder, night);
        status = access(path, R_OK | X_OK);
    }
    rows_close(&rows, &(struct error){0});
    return status;
}

/* --- a run held against it ---------------------------------------------------------- */

static int attach_new(struct history *history, const struct run_view *run,
                      struct error *error)
{
    char path[NIGHT_PATH];

    snprintf(path, sizeof path, "%s/campaign.db", run->directory);
    return history_note(history, run, "", 0, error) < 0 ||
                   store_commit(history->store, error) < 0 ||
                   store_attach(history->store, path, "new", error) < 0
               ? -1
               : 0;
}

int history_compare(struct history *history, const char *folder,
                    struct comparison *comparison, struct error *error)
{
    struct run_view *run = &comparison->runs[1];
    int status = -1;

    *comparison = (struct comparison){.both = history->store, .over_history = true};
    run->directory = folder;
    if ((run->store = store_open_run(folder, false, error)) &&
        attach_new(history, run, error) == 0 &&
        figures_read(run, &comparison->figures[1], error) == 0)
        status = compare_with_history(comparison, error);
    history->store = NULL; /* it is the comparison's now */
    return status;
}
