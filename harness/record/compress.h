/* zstd files: closed capture segments are compressed by one thread beside the run, and
 * read back as a stream. A segment that cannot be compressed (a full disk) stays as it
 * is: nothing is lost. */
#ifndef PERCUSS_RECORD_COMPRESS_H
#define PERCUSS_RECORD_COMPRESS_H

#include "core/error.h"

#include <stdio.h>

struct compressor; /* does one file at a time; used by one thread */
struct compressor *compressor_make(void); /* NULL when memory is short */
/* Waits for the file before, then begins with this one. */
void compressor_start(struct compressor *compressor, const char *path);
void compressor_free(struct compressor *compressor); /* waits; accepts NULL */

/* Opens a .zst file for reading as it was before; the caller fcloses it. */
FILE *compress_open(const char *path, struct error *error);

#endif
