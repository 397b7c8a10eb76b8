#include "criteria/folder.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_SIZE = 4096 };

static int is_yaml(const struct dirent *file)
{
    size_t length = strlen(file->d_name);

    return length > 5 && file->d_name[0] != '.' &&
           strcmp(file->d_name + length - 5, ".yaml") == 0;
}

/* Not alphasort: the order decides the hash of the criteria. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

int folder_each(const char *folder, const char *what,
                int (*visit)(void *context, const char *path, struct error *error),
                void *context, struct error *error)
{
    struct dirent **files = NULL;
    char path[PATH_SIZE];
    int count = scandir(folder, &files, is_yaml, by_name), status = 0;

    if (count < 0)
        return error_set(error, "%s: the folder of %s cannot be read: %m", folder, what);
    for (int i = 0; i < count; i++) {
        int length = snprintf(path, sizeof path, "%s/%s", folder, files[i]->d_name);

        if (status == 0 && (length < 0 || length >= PATH_SIZE))
            status = error_set(error, "%s: path too long", folder);
        if (status == 0)
            status = visit(context, path, error);
        free(files[i]);
    }
    free(files);
    return status;
}
