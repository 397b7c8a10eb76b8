#include "core/carries.h"

#include <stdio.h>

const char *carries_text(unsigned carries, char *text, size_t size)
{
    static const char *const names[LINK_CARRIES] = {
        "stream", "datagrams", "connections", "half-close", "gaps",
        "break",  "parity",    "baud",        "framing",    "maximum-rate"};
    size_t used = 0;

    if (size)
        text[0] = '\0';
    for (size_t i = 0; i < LINK_CARRIES && used < size; i++)
        if (carries >> i & 1)
            used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "",
                                     names[i]);
    return text;
}
