/* What an import found, as JSON: messages by kind, fields and their values, what is not
 * valid or no frame, with reasons and packets. */
#ifndef PERCUSS_CLI_IMPORT_JSON_H
#define PERCUSS_CLI_IMPORT_JSON_H

#include "generate/session.h"
#include "record/import.h"

#include <jansson.h>

/* `session` may be NULL: no exemplars are compared. The caller frees the result; NULL
 * when memory is short. */
json_t *import_json(const struct import *import, const struct session *session);

#endif
