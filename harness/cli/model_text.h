/* The facts of `percuss model --json` as text for people. */
#ifndef PERCUSS_CLI_MODEL_TEXT_H
#define PERCUSS_CLI_MODEL_TEXT_H

#include <jansson.h>

void model_text_print(const json_t *json); /* to the standard output */

#endif
