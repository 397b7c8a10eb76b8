/* One parsed message for people and for programs. The JSON form is documented in
 * harness/model/README.md; tests against other parsers read it. */
#ifndef PERCUSS_CLI_MESSAGE_H
#define PERCUSS_CLI_MESSAGE_H

#include "model/tree.h"

#include <jansson.h>
#include <stdio.h>

/* {"valid", "reply", "frame", "length", "fields", "violations"}; the caller may add keys
 * and frees it. `joined`: from how many frames; 0 for what is a frame itself. NULL when
 * memory is short. */
json_t *message_json(const struct tree *tree, struct view bytes, size_t joined);
/* A table with one line a field, indented by depth, violations under what they are
 * about. -1 when memory is short. */
int message_print(FILE *out, const struct tree *tree, struct view bytes, size_t joined);

#endif
