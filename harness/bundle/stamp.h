/* Time stamps (RFC 3161) over signatures: that a signature was there at a time that
 * somebody else's clock says. One thread. */
#ifndef PERCUSS_BUNDLE_STAMP_H
#define PERCUSS_BUNDLE_STAMP_H

#include "core/error.h"

#include <stdbool.h>

/* Asks a time stamp authority about the bytes of `file` and writes its answer to `path`.
 * `command` is run by /bin/sh with the query on its standard input and must put the
 * answer on its standard output:
 *   curl -sH 'Content-Type: application/timestamp-query' --data-binary @- URL */
int stamp_make(const char *command, const char *file, const char *path,
               struct error *error);

struct stamp_check {
    bool intact;   /* it is a time stamp over these bytes, signed by who signed it */
    bool trusted;  /* the authority's certificate is, or hangs on, a trusted one */
    char time[24]; /* when */
    char signer[200];
    char why[200];
};
/* `trusted_path` as in signature_check. */
void stamp_check(const char *file, const char *path, const char *trusted_path,
                 struct stamp_check *check);

#endif
