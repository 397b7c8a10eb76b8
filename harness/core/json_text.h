/* Texts from devices and files as JSON strings. */
#ifndef PERCUSS_CORE_JSON_TEXT_H
#define PERCUSS_CORE_JSON_TEXT_H

#include <jansson.h>

/* A string node; what is no UTF-8 becomes U+FFFD. NULL when memory is short. */
json_t *json_text(const char *text);

#endif
