#include "report/part.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

int part_open(struct part *part, const char *path, struct error *error)
{
    int length = snprintf(part->beside, sizeof part->beside, "%s.part", path);

    if (length < 0 || (size_t)length >= sizeof part->beside)
        return error_set(error, "path too long: %s", path);
    part->path = path;
    part->out = fopen(part->beside, "w");
    return part->out ? 0 : error_set(error, "%s: %s", part->beside, strerror(errno));
}

int part_close(struct part *part, int status, struct error *error)
{
    if (status == 0 && (fflush(part->out) || ferror(part->out)))
        status = error_set(error, "%s: %s", part->beside, strerror(errno));
    if (fclose(part->out) && status == 0)
        status = error_set(error, "%s: %s", part->beside, strerror(errno));
    if (status == 0 && rename(part->beside, part->path))
        status = error_set(error, "%s: %s", part->path, strerror(errno));
    if (status)
        unlink(part->beside);
    return status;
}
