#include "link/namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int enter(struct namespace_visit *visit, const char *file, struct error *error)
{
    int space = open(file, O_RDONLY | O_CLOEXEC), status = -1;

    visit->home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
    if (space < 0 || visit->home < 0)
        error_set(error, "network namespace %s: %s", file, strerror(errno));
    else if (setns(space, CLONE_NEWNET) < 0)
        error_set(error, "cannot enter the network namespace %s: %s%s", file,
                  strerror(errno), errno == EPERM ? "; run percuss as root" : "");
    else
        status = 0;
    if (space >= 0)
        close(space);
    if (status < 0 && visit->home >= 0) {
        close(visit->home);
        visit->home = -1;
    }
    return status;
}

int namespace_enter(struct namespace_visit *visit, const char *address, char *plain,
                    size_t size, struct error *error)
{
    const char *at = strstr(address, "@/");
    size_t length = at ? (size_t)(at - address) : strlen(address);

    *visit = (struct namespace_visit){-1};
    if (length >= size)
        return error_set(error, "%s: too long for an address", address);
    memcpy(plain, address, length);
    plain[length] = '\0';
    return at ? enter(visit, at + 1, error) : 0;
}

int namespace_leave(struct namespace_visit *visit, struct error *error)
{
    int status = 0;

    if (visit->home < 0)
        return 0;
    if (setns(visit->home, CLONE_NEWNET) < 0)
        status =
            error_set(error, "cannot leave a network namespace: %s", strerror(errno));
    close(visit->home);
    visit->home = -1;
    return status;
}
