/* What percuss itself is made of: versions, and its bill of materials. One thread. */
#ifndef PERCUSS_BUNDLE_TOOL_H
#define PERCUSS_BUNDLE_TOOL_H

#include "record/store.h"

#include <jansson.h>

/* Versions of percuss, its compiler and libraries, and the program's hash. NULL: memory,
 * or the program cannot be read. The caller gives it back. */
json_t *tool_self(void);
/* JSON texts, the same each time on one machine; the caller frees them. NULL: memory, or
 * the program cannot be read. */
char *tool_versions(struct store *store); /* also what the run's store says */
char *tool_sbom(void);                    /* CycloneDX 1.6 */

#endif
