#include "core/json_text.h"

#include "core/escape.h"

#include <stdlib.h>

json_t *json_text(const char *text)
{
    char *clean = escape_copy(text, ESCAPE_JSON);
    json_t *node = clean ? json_string(clean) : NULL;

    free(clean);
    return node;
}
