/* Programs and firmware images as files: their bytes and what the evidence says of them.
 */
#ifndef PERCUSS_DEVICE_FILE_H
#define PERCUSS_DEVICE_FILE_H

#include "core/error.h"
#include "core/hash.h"

/* Reads a whole regular file of at most `maximum` bytes; *error names it. The buffer is
 * the caller's to free, also on failure. */
int file_load(const char *path, size_t maximum, struct buffer *bytes,
              struct error *error);
/* Where the program lies that runs; "" when that cannot be told. */
void file_program_folder(char *folder, size_t size);
/* SHA-256 in hex; "unreadable" when it cannot be read. */
const char *file_hash_text(const char *path, char text[HASH_TEXT]);

#endif
