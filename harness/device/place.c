#include "device/place.h"

#include "device/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FOLDER_SIZE = 2048 };

/* Of the build this program came out of; an installed one asks nothing of it. */
static const char built_in[] = PERCUSS_BUILD;

static const struct {
    const char *name, *folder;
} in_project[] = {{"criteria", PERCUSS_PROJECT "/harness/criteria"},
                  {"targets", PERCUSS_PROJECT "/targets"}};

/* The program's folder; true when it is that of the build, or below it. */
static int program_is_built(char folder[FOLDER_SIZE])
{
    size_t length = strlen(built_in);

    file_program_folder(folder, FOLDER_SIZE);
    return strncmp(folder, built_in, length) == 0 &&
           (folder[length] == '\0' || folder[length] == '/');
}

/* PREFIX of PREFIX/bin. */
static void go_up(char *folder)
{
    char *slash = strrchr(folder, '/');

    if (slash)
        *slash = '\0';
}

static const char *project_folder(const char *name)
{
    for (size_t i = 0; i < sizeof in_project / sizeof in_project[0]; i++)
        if (strcmp(in_project[i].name, name) == 0)
            return in_project[i].folder;
    return PERCUSS_PROJECT;
}

void place_share(char *path, size_t size, const char *name)
{
    const char *share = getenv("PERCUSS_SHARE");
    char folder[FOLDER_SIZE];

    if (share && *share)
        snprintf(path, size, "%s/%s", share, name);
    else if (program_is_built(folder))
        snprintf(path, size, "%s", project_folder(name));
    else {
        go_up(folder);
        snprintf(path, size, "%s/share/percuss/%s", folder, name);
    }
}

void place_build(char *path, size_t size)
{
    char folder[FOLDER_SIZE];

    if (program_is_built(folder))
        snprintf(path, size, "%s", built_in);
    else {
        go_up(folder);
        snprintf(path, size, "%s/libexec/percuss", folder);
    }
}

int place_part(const char *name, char *path, size_t size, struct error *error)
{
    char folder[FOLDER_SIZE];
    int length;

    place_build(folder, sizeof folder);
    length = snprintf(path, size, "%s/%s", folder, name);
    if (length > 0 && (size_t)length < size && access(path, R_OK) == 0)
        return 0;
    return error_set(error,
                     "%s is not in %s: cmake --build makes it, the package brings it",
                     name, folder);
}
