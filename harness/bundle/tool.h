/* What percuss itself is made of: versions, and its bill of materials. One thread. */
#ifndef PERCUSS_BUNDLE_TOOL_H
#define PERCUSS_BUNDLE_TOOL_H

#include "record/store.h"

#include <jansson.h>

/* What a run wrote down of itself and of what it ran on. */
json_t *tool_run_facts(struct store *store);
/* JSON texts, the same each time on one machine; the caller frees them. NULL: memory, or
 * the program cannot be read. */
char *tool_versions(json_t *runs); /* with the facts of each run, by its name */
char *tool_sbom(void);             /* CycloneDX 1.6 */

#endif
