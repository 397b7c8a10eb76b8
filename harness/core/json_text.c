#include "core/json_text.h"

#include "core/clock.h"
#include "core/escape.h"

#include <stdlib.h>

json_t *json_text(const char *text)
{
    char *clean = escape_copy(text, ESCAPE_JSON);
    json_t *node = clean ? json_string(clean) : NULL;

    free(clean);
    return node;
}

json_t *json_utc(int64_t wall_ns)
{
    char text[40];

    if (wall_ns <= 0)
        return NULL;
    clock_format_utc(wall_ns, text, sizeof text);
    return json_string(text);
}

const char *json_text_at(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : "";
}
