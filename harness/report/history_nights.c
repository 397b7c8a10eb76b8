/* Which runs lie in a folder, in the order they began. */
#include "report/history_parts.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int64_t started(const char *folder)
{
    struct store *store = store_open_run(folder, false, &(struct error){0});
    char text[32] = "";

    if (store)
        store_get(store, "started_ns", text, sizeof text);
    store_close(store, NULL);
    return strtoll(text, NULL, 10);
}

static int add(struct night_list *list, const char *folder, struct error *error)
{
    struct night_entry *night;

    if (list->count == list->capacity) {
        size_t larger = list->capacity ? 2 * list->capacity : 64;
        void *grown = realloc(list->nights, larger * sizeof *list->nights);

        if (!grown)
            return error_set(error, "out of memory");
        list->nights = grown;
        list->capacity = larger;
    }
    night = &list->nights[list->count];
    if (!(night->path = strdup(folder)))
        return error_set(error, "out of memory");
    night->started_ns = started(folder);
    list->count++;
    return 0;
}

static bool holds_run(const char *folder)
{
    char path[NIGHT_PATH];

    return snprintf(path, sizeof path, "%s/campaign.db", folder) < (int)sizeof path &&
           access(path, F_OK) == 0;
}

static bool is_same_folder(const char *one, const char *other)
{
    struct stat a, b;

    return stat(one, &a) == 0 && stat(other, &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

/* Links are not followed: what they lead to would be a night twice. */
static int search(struct night_list *list, const char *folder, int depth,
                  const char *except, struct error *error)
{
    DIR *directory;
    struct dirent *entry;
    char path[NIGHT_PATH];
    int status = 0;

    if (except && is_same_folder(folder, except))
        return 0;
    if (holds_run(folder))
        return add(list, folder, error);
    if (depth == 0)
        return 0;
    if (!(directory = opendir(folder)))
        return error_set(error, "%s: %s", folder, strerror(errno));
    while (status == 0 && (entry = readdir(directory)))
        if (entry->d_name[0] != '.' && entry->d_type == DT_DIR &&
            snprintf(path, sizeof path, "%s/%s", folder, entry->d_name) <
                (int)sizeof path)
            status = search(list, path, depth - 1, except, error);
    closedir(directory);
    return status;
}

int night_list_search(struct night_list *list, const char *folder, int depth,
                      const char *except, struct error *error)
{
    char path[NIGHT_PATH];
    size_t length, first = list->count;
    int status;

    if (snprintf(path, sizeof path, "%s", folder) >= (int)sizeof path)
        return error_set(error, "%.200s...: the path is too long", folder);
    length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        path[--length] = '\0';
    status = search(list, path, depth, except, error);
    for (size_t i = first; i < list->count; i++)
        list->nights[i].name =
            list->nights[i].path[length] ? list->nights[i].path + length + 1 : ".";
    return status;
}

static int by_start(const void *a, const void *b)
{
    const struct night_entry *one = a, *other = b;

    if (one->started_ns != other->started_ns)
        return one->started_ns < other->started_ns ? -1 : 1;
    return strcmp(one->path, other->path);
}

void night_list_sort(struct night_list *list)
{
    size_t kept = 0;

    if (list->count == 0)
        return;
    qsort(list->nights, list->count, sizeof *list->nights, by_start);
    for (size_t i = 1; i < list->count; i++) {
        if (strcmp(list->nights[i].path, list->nights[kept].path) == 0)
            free(list->nights[i].path);
        else
            list->nights[++kept] = list->nights[i];
    }
    list->count = kept + 1;
}

void night_list_free(struct night_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->nights[i].path);
    free(list->nights);
    *list = (struct night_list){0};
}
