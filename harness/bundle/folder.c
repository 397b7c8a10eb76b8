#include "bundle/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEPTH_MAXIMUM = 32, COPY_BYTES = 1 << 16 };

int folder_path(char path[FOLDER_PATH], const char *folder, const char *name,
                struct error *error)
{
    int length = snprintf(path, FOLDER_PATH, "%s/%s", folder, name);

    return length < 0 || length >= FOLDER_PATH
               ? error_set(error, "%s/%s: path too long", folder, name)
               : 0;
}

/* --- listing ------------------------------------------------------------------------ */

static int add_entry(struct folder_list *list, const char *path, enum folder_kind kind,
                     struct error *error)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : 64;
        void *grown = realloc(list->entries, capacity * sizeof *list->entries);

        if (!grown)
            return error_set(error, "out of memory for the list of files");
        list->entries = grown;
        list->capacity = capacity;
    }
    list->entries[list->count] = (struct folder_entry){strdup(path), kind};
    return list->entries[list->count].path ? (list->count++, 0)
                                           : error_set(error, "out of memory");
}

static int list_below(struct folder_list *list, const char *folder, const char *below,
                      unsigned depth, struct error *error);

static int list_entry(struct folder_list *list, const char *folder, const char *below,
                      const char *name, unsigned depth, struct error *error)
{
    char inside[FOLDER_PATH], path[FOLDER_PATH];
    struct stat status;
    int length =
        snprintf(inside, sizeof inside, "%s%s%s", below, *below ? "/" : "", name);

    if (length < 0 || length >= FOLDER_PATH)
        return error_set(error, "%s/%s: path too long", below, name);
    if (folder_path(path, folder, inside, error) < 0)
        return -1;
    if (lstat(path, &status) < 0)
        return error_set(error, "%s: %s", path, strerror(errno));
    if (S_ISDIR(status.st_mode) && depth < DEPTH_MAXIMUM)
        return list_below(list, folder, inside, depth + 1, error);
    return add_entry(list, inside, S_ISREG(status.st_mode) ? FOLDER_FILE : FOLDER_OTHER,
                     error);
}

static int list_below(struct folder_list *list, const char *folder, const char *below,
                      unsigned depth, struct error *error)
{
    char path[FOLDER_PATH];
    struct dirent *entry;
    bool empty = true;
    int status = 0;
    DIR *open;

    if (folder_path(path, folder, below, error) < 0)
        return -1;
    open = opendir(path);
    if (!open)
        return error_set(error, "%s: %s", path, strerror(errno));
    while (status == 0 && (entry = readdir(open))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        empty = false;
        status = list_entry(list, folder, below, entry->d_name, depth, error);
    }
    closedir(open);
    return status == 0 && empty && *below ? add_entry(list, below, FOLDER_EMPTY, error)
                                          : status;
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct folder_entry *)a)->path,
                  ((const struct folder_entry *)b)->path);
}

int folder_list(struct folder_list *list, const char *folder, struct error *error)
{
    *list = (struct folder_list){0};
    if (list_below(list, folder, "", 0, error) < 0) {
        folder_list_free(list);
        return -1;
    }
    if (list->count)
        qsort(list->entries, list->count, sizeof *list->entries, by_path);
    return 0;
}

void folder_list_free(struct folder_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->entries[i].path);
    free(list->entries);
    *list = (struct folder_list){0};
}

const struct folder_entry *folder_find(const struct folder_list *list, const char *path)
{
    struct folder_entry wanted = {.path = (char *)path};

    return list->count ? bsearch(&wanted, list->entries, list->count,
                                 sizeof *list->entries, by_path)
                       : NULL;
}

/* --- writing ------------------------------------------------------------------------ */

int folder_temporary(char path[FOLDER_PATH], struct error *error)
{
    const char *base = getenv("TMPDIR");

    if (folder_path(path, base && *base ? base : "/tmp", "percuss-XXXXXX", error) < 0)
        return -1;
    return mkdtemp(path) ? 0 : error_set(error, "%s: %s", path, strerror(errno));
}

int folder_make_parents(const char *path, struct error *error)
{
    char part[FOLDER_PATH];

    for (size_t i = 1; path[i] && i < sizeof part; i++) {
        if (path[i] != '/')
            continue;
        snprintf(part, sizeof part, "%.*s", (int)i, path);
        if (mkdir(part, 0777) < 0 && errno != EEXIST)
            return error_set(error, "cannot make the folder %s: %s", part,
                             strerror(errno));
    }
    return 0;
}

static int copy_bytes(int from, int to, const char *name, struct error *error)
{
    static const char failed[] = "copying %s: %s";
    char bytes[COPY_BYTES];
    ssize_t got;

    while ((got = read(from, bytes, sizeof bytes)) > 0)
        for (ssize_t done = 0, put; done < got; done += put) {
            put = write(to, bytes + done, (size_t)(got - done));
            if (put < 0)
                return error_set(error, failed, name, strerror(errno));
        }
    return got < 0 ? error_set(error, failed, name, strerror(errno)) : 0;
}

int folder_copy(const char *from, const char *to, struct error *error)
{
    int in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), out = -1, status = -1;
    struct stat what;

    if (in < 0 || fstat(in, &what) < 0 || !S_ISREG(what.st_mode)) {
        error_set(error, "%s: expected a plain file that can be read (%s)", from,
                  in < 0 ? strerror(errno) : "it is none");
        goto out;
    }
    if (folder_make_parents(to, error) < 0)
        goto out;
    out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    status = out < 0 ? error_set(error, "%s: %s", to, strerror(errno))
                     : copy_bytes(in, out, from, error);
out:
    if (in >= 0)
        close(in);
    if (out >= 0 && close(out) < 0 && status == 0)
        status = error_set(error, "%s: %s", to, strerror(errno));
    return status;
}

int folder_write(const char *path, const char *text, size_t length, struct error *error)
{
    FILE *file;
    bool whole;

    if (folder_make_parents(path, error) < 0)
        return -1;
    file = fopen(path, "wx");
    if (!file)
        return error_set(error, "%s: %s", path, strerror(errno));
    whole = fwrite(text, 1, length, file) == length;
    return fclose(file) == 0 && whole ? 0
                                      : error_set(error, "%s: cannot be written", path);
}

static int remove_one(const char *path, const struct stat *status, int kind,
                      struct FTW *where)
{
    (void)status;
    (void)kind;
    (void)where;
    return remove(path);
}

void folder_remove(const char *folder)
{
    if (folder && *folder)
        nftw(folder, remove_one, DEPTH_MAXIMUM, FTW_DEPTH | FTW_PHYS);
}
