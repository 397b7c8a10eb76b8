#include "device/resources.h"

#include <dirent.h>
#include <stdio.h>
#include <unistd.h>

static int count_handles(pid_t pid, int64_t *handles)
{
    char path[40];
    DIR *folder;

    snprintf(path, sizeof path, "/proc/%ld/fd", (long)pid);
    folder = opendir(path);
    if (!folder)
        return -1;
    for (*handles = 0; readdir(folder); ++*handles)
        ;
    *handles -= 2; /* "." and ".." */
    closedir(folder);
    return 0;
}

/* Resident memory, from the second figure of statm (proc(5)). */
static int measure_memory(pid_t pid, int64_t *kib)
{
    char path[40];
    long long pages;
    FILE *file;
    int found;

    snprintf(path, sizeof path, "/proc/%ld/statm", (long)pid);
    file = fopen(path, "re");
    if (!file)
        return -1;
    found = fscanf(file, "%*s %lld", &pages);
    fclose(file);
    *kib = found == 1 ? pages * (sysconf(_SC_PAGESIZE) / 1024) : 0;
    return found == 1 ? 0 : -1;
}

int resources_measure(pid_t pid, struct resource_use *use)
{
    return count_handles(pid, &use->handles) < 0 ||
                   measure_memory(pid, &use->memory_kib) < 0
               ? -1
               : 0;
}
