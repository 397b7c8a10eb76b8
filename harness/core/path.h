/* Paths as texts: nothing is looked up. Any thread. */
#ifndef PERCUSS_CORE_PATH_H
#define PERCUSS_CORE_PATH_H

#include <stddef.h>

/* `to` as seen from `folder`, both absolute and without "." and "..": "../a/b". -1 when
 * it does not fit. */
int path_relative(const char *folder, const char *to, char *text, size_t size);
/* What `name` means in `folder`: itself when it is absolute. -1 when it does not fit. */
int path_join(const char *folder, const char *name, char *text, size_t size);

#endif
