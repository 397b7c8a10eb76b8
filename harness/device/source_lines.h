/* Which source line each piece of an image's code comes from, as its debug information
 * (DWARF) says. Files keep the names that they have there. Owned; read-only once loaded.
 */
#ifndef PERCUSS_DEVICE_SOURCE_LINES_H
#define PERCUSS_DEVICE_SOURCE_LINES_H

#include "device/blocks.h"

struct source_line {
    uint64_t address;
    uint32_t length_bytes;
    uint32_t file, line; /* file: place in `files`; line: from 1 */
};

struct source_lines {
    struct source_line *list; /* by address; several may speak of the same bytes */
    size_t count;
    char **files; /* by name */
    uint32_t file_count;
};

/* Only what lies in a block counts: functions that the linker dropped are in the debug
 * information too, at no address of theirs. NULL and *error: not readable, or no debug
 * information. */
struct source_lines *source_lines_load(const char *path, const struct blocks *blocks,
                                       struct error *error);
void source_lines_free(struct source_lines *lines); /* accepts NULL */

#endif
