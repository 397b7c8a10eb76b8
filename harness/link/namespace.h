/* Opening a link in another network namespace: its address ends in "@FILE", the file that
 * stands for the namespace (/run/netns/NAME, /proc/PID/ns/net, a descriptor's name). Only
 * the calling thread goes there, and only for the opening: a socket stays where it was
 * made. */
#ifndef PERCUSS_LINK_NAMESPACE_H
#define PERCUSS_LINK_NAMESPACE_H

#include "core/error.h"

#include <stddef.h>

struct namespace_visit {
    int home; /* -1: nowhere else */
};

/* Writes the address without its namespace to `plain` and enters that; an address without
 * one changes nothing. 0, or -1 and *error: no such namespace, or without CAP_SYS_ADMIN.
 */
int namespace_enter(struct namespace_visit *visit, const char *address, char *plain,
                    size_t size, struct error *error);
/* Back home. -1 and *error when that fails. */
int namespace_leave(struct namespace_visit *visit, struct error *error);

#endif
