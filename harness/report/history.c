#include "report/compare_parts.h"
#include "report/history_parts.h"
#include "report/rows.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- which nights ------------------------------------------------------------------- */

struct nights {
    struct night_entry *nights;
    size_t count, capacity;
};

static int64_t started(const char *path)
{
    struct store *store = store_open(path, false, &(struct error){0});
    char text[32] = "";

    if (store)
        store_get(store, "started_ns", text, sizeof text);
    store_close(store, NULL);
    return strtoll(text, NULL, 10);
}

static bool is_same_folder(const char *one, const char *other)
{
    struct stat a, b;

    return stat(one, &a) == 0 && stat(other, &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

/* Adds it when it holds a run. */
static int add_night(struct nights *nights, const char *folder, const char *name,
                     const char *except, struct error *error)
{
    struct night_entry *night;
    char path[NIGHT_PATH];

    if (access(history_path(folder, name, true, path), F_OK) < 0)
        return 0;
    if (except && is_same_folder(except, history_path(folder, name, false, path)))
        return 0;
    if (nights->count == nights->capacity) {
        size_t larger = nights->capacity ? 2 * nights->capacity : 64;

        night = realloc(nights->nights, larger * sizeof *night);
        if (!night)
            return error_set(error, "out of memory");
        nights->nights = night;
        nights->capacity = larger;
    }
    night = &nights->nights[nights->count++];
    snprintf(night->name, sizeof night->name, "%s", name);
    night->started_ns = started(history_path(folder, name, true, path));
    return 0;
}

static int list_nights(struct nights *nights, const char *folder, const char *except,
                       struct error *error)
{
    DIR *directory = opendir(folder);
    struct dirent *entry;
    int status = 0;

    if (!directory)
        return errno == ENOENT ? 0 : error_set(error, "%s: %s", folder, strerror(errno));
    status = add_night(nights, folder, ".", except, error);
    while (status == 0 && (entry = readdir(directory)))
        if (entry->d_name[0] != '.')
            status = add_night(nights, folder, entry->d_name, except, error);
    closedir(directory);
    return status;
}

static int by_start(const void *a, const void *b)
{
    const struct night_entry *one = a, *other = b;

    if (one->started_ns != other->started_ns)
        return one->started_ns < other->started_ns ? -1 : 1;
    return strcmp(one->name, other->name);
}

/* --- all of them -------------------------------------------------------------------- */

int history_read(const char *folder, const char *except, const char *plan,
                 struct history *history, struct error *error)
{
    struct nights nights = {0};
    int status = -1;

    *history = (struct history){0};
    snprintf(history->folder, sizeof history->folder, "%s", folder);
    if (!(history->store = store_create_in_memory(error)) ||
        history_execute(history, history_tables, folder, error) < 0 ||
        store_write(history->store, error,
                    "INSERT INTO old.run VALUES ('plan_hash', ?), ('engine', 'numbered')",
                    "t", plan) < 0 ||
        store_commit(history->store, error) < 0 ||
        list_nights(&nights, folder, except, error) < 0)
        goto out;
    if (nights.count)
        qsort(nights.nights, nights.count, sizeof *nights.nights, by_start);
    status = 0;
    for (size_t i = 0; status == 0 && i < nights.count; i++)
        status = history_take(history, &nights.nights[i], error);
    if (status == 0)
        status = history_execute(history, history_close, folder, error);
out:
    free(nights.nights);
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
    struct night_entry night = {.name = ""};
    char path[NIGHT_PATH];

    return history_note(history, &night, run->store, error) < 0 ||
                   store_commit(history->store, error) < 0 ||
                   store_attach(history->store,
                                history_path(run->directory, ".", true, path), "new",
                                error) < 0
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
