/* Texts from devices and files as JSON strings, and JSON's as texts. */
#ifndef PERCUSS_CORE_JSON_TEXT_H
#define PERCUSS_CORE_JSON_TEXT_H

#include <jansson.h>
#include <stdint.h>

/* A string node; what is no UTF-8 becomes U+FFFD. NULL when memory is short. */
json_t *json_text(const char *text);
/* A moment as clock_format_utc writes it; NULL when it is not known (0 or less). */
json_t *json_utc(int64_t wall_ns);
/* The text of a member, which the object owns; "" when it is absent or no string. */
const char *json_text_at(const json_t *object, const char *key);

#endif
