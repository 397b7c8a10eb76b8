/* Inputs as files. */
#include "engine/pool.h"

#include "generate/input.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Under another name first: what a killed process leaves is no input. */
int pool_write(const char *folder, struct view input, struct error *error)
{
    char path[1200], name[POOL_NAME], part[1200];
    FILE *file;
    bool failed;

    snprintf(path, sizeof path, "%s/%s", folder, pool_name(input, name));
    snprintf(part, sizeof part, "%s/.part", folder);
    file = fopen(part, "wb");
    failed = !file ||
             (input.length && fwrite(input.data, 1, input.length, file) != input.length);
    if (file && fclose(file) != 0)
        failed = true;
    return failed || rename(part, path) < 0
               ? error_set(error, "cannot write %s: %s", path, strerror(errno))
               : 0;
}

struct file {
    char *path;
    off_t length;
};

/* One file, all of it. 0 also when it cannot be read: it may be gone by now. */
static int read_one(const char *path, int (*take)(void *, struct view), void *context)
{
    static const size_t most = INPUT_MAXIMUM;
    FILE *file = fopen(path, "rb");
    uint8_t *bytes;
    size_t length;
    int status = 0;

    if (!file)
        return 0;
    bytes = malloc(most);
    length = bytes ? fread(bytes, 1, most, file) : 0;
    fclose(file);
    if (length)
        status = take(context, (struct view){bytes, length});
    free(bytes);
    return status;
}

static int by_length(const void *left, const void *right)
{
    const struct file *a = left, *b = right;

    if (a->length != b->length)
        return a->length < b->length ? -1 : 1;
    return strcmp(a->path, b->path);
}

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* The inputs among the names; how many there are. */
static size_t find_files(const char *folder, struct dirent **names, int count,
                         struct file *files)
{
    size_t found = 0;
    struct stat status;

    for (int i = 0; i < count; i++) {
        struct file *file = &files[found];

        if (asprintf(&file->path, "%s/%s", folder, names[i]->d_name) < 0)
            continue;
        if (stat(file->path, &status) == 0 && S_ISREG(status.st_mode) &&
            status.st_size > 0 && status.st_size <= INPUT_MAXIMUM) {
            file->length = status.st_size;
            found++;
        } else
            free(file->path);
    }
    return found;
}

/* What is short comes first, so that longer ones are kept only for what they have more.
 */
int pool_read(const char *folder, int (*take)(void *context, struct view input),
              void *context, struct error *error)
{
    struct dirent **names;
    int count = scandir(folder, &names, visible, alphasort), status = 0;
    struct file *files;
    size_t found = 0;

    if (count < 0)
        return error_set(error, "corpus folder %s: %s", folder, strerror(errno));
    files = calloc((size_t)count + 1, sizeof *files);
    if (files)
        found = find_files(folder, names, count, files);
    else
        status = -1;
    if (found)
        qsort(files, found, sizeof *files, by_length);
    for (size_t i = 0; i < found; i++) {
        if (status == 0)
            status = read_one(files[i].path, take, context);
        free(files[i].path);
    }
    free(files);
    for (int i = 0; i < count; i++)
        free(names[i]);
    free(names);
    return status < 0 ? error_set(error, "corpus folder %s: out of memory", folder) : 0;
}
