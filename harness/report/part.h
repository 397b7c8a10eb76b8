/* A file that nobody reads half of: written beside its place and renamed into it. The
 * caller owns the struct; one thread. */
#ifndef PERCUSS_REPORT_PART_H
#define PERCUSS_REPORT_PART_H

#include "core/error.h"

#include <stdio.h>

struct part {
    const char *path; /* borrowed: it has to stay until part_close */
    char beside[4096];
    FILE *out;
};

/* -1: it cannot be made, and there is nothing to close. */
int part_open(struct part *part, const char *path, struct error *error);
/* `status` is what writing gave, with *error: only after 0 is the file put in its place,
 * else nothing of it stays. Returns it, or -1 and *error when the rest failed. */
int part_close(struct part *part, int status, struct error *error);

#endif
