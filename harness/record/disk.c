#include "record/disk.h"

#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>

int disk_free_bytes(const char *path, uint64_t *bytes, struct error *error)
{
    struct statvfs status;

    if (statvfs(path, &status))
        return error_set(error, "%s: free disk space: %s", path, strerror(errno));
    *bytes = (uint64_t)status.f_bavail * status.f_frsize;
    return 0;
}
