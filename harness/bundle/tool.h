/* What percuss itself is made of: versions, and its bill of materials. One thread. */
#ifndef PERCUSS_BUNDLE_TOOL_H
#define PERCUSS_BUNDLE_TOOL_H

#include "core/error.h"
#include "record/store.h"

#include <jansson.h>

/* What a run wrote down of itself and of what it ran on. */
json_t *tool_run_facts(struct store *store);
/* Versions of percuss, the commit it was built from, its compiler, libraries and system,
 * and the program's hash. NULL: memory, or a part of the program cannot be read. The
 * caller gives it back. */
json_t *tool_self(void);
/* JSON texts, the same each time on one machine; the caller frees them. NULL and *error:
 * as above. */
char *tool_versions(json_t *runs, struct error *error); /* runs: facts of each, by name */
/* CycloneDX 1.6: the program, every library that it runs with, and which needs which.
 * What is not known of one is left out. */
char *tool_sbom(struct error *error);

#endif
