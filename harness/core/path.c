#include "core/path.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* How much of both is one folder, its '/' included where there is one. */
static size_t common_folder(const char *folder, const char *to)
{
    size_t same = 0, i;

    for (i = 0; folder[i] && folder[i] == to[i]; i++)
        if (folder[i] == '/')
            same = i + 1;
    if ((!folder[i] && (to[i] == '/' || !to[i])) || (!to[i] && folder[i] == '/'))
        same = i;
    return same;
}

static const char *skip_slashes(const char *text)
{
    return text + strspn(text, "/");
}

int path_relative(const char *folder, const char *to, char *text, size_t size)
{
    size_t same = common_folder(folder, to), used = 0;
    const char *down = skip_slashes(to + same);
    int length;

    for (const char *up = skip_slashes(folder + same); *up;
         up = skip_slashes(up + strcspn(up, "/"))) {
        length = snprintf(text + used, size - used, "../");
        if (length < 0 || (size_t)length >= size - used)
            return -1;
        used += (size_t)length;
    }
    length = snprintf(text + used, size - used, "%s", used || *down ? down : ".");
    if (length < 0 || (size_t)length >= size - used)
        return -1;
    used += (size_t)length;
    if (used > 1 && text[used - 1] == '/')
        text[used - 1] = '\0';
    return 0;
}

int path_join(const char *folder, const char *name, char *text, size_t size)
{
    bool whole = name[0] == '/';
    int length =
        snprintf(text, size, "%s%s%s", whole ? "" : folder, whole ? "" : "/", name);

    return length >= 0 && (size_t)length < size ? 0 : -1;
}
