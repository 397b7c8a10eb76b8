/* Free disk space, checked before and during a run. Any thread. */
#ifndef PERCUSS_RECORD_DISK_H
#define PERCUSS_RECORD_DISK_H

#include "core/error.h"
#include <stdint.h>

/* Bytes that this user may still write on the file system that holds `path`. */
int disk_free_bytes(const char *path, uint64_t *bytes, struct error *error);

#endif
