#include "engine/host.h"

#include <stdio.h>
#include <sys/utsname.h>

const char *host_describe(char *text, size_t size)
{
    struct utsname host;

    text[0] = '\0';
    if (uname(&host) == 0)
        snprintf(text, size, "%.64s %.64s %.64s", host.sysname, host.release,
                 host.machine);
    return text;
}
