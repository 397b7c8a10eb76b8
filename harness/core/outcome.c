#include "core/outcome.h"

#include <stdio.h>
#include <string.h>

static const struct {
    enum outcome value;
    const char *name;
} names[] = {
    {OUTCOME_ACCEPT, "accept"},   {OUTCOME_REJECT, "reject"},
    {OUTCOME_SILENCE, "silence"}, {OUTCOME_CLOSE, "close"},
    {OUTCOME_UNKNOWN, "unknown"},
};
enum { NAMES = sizeof names / sizeof names[0], SINGLE = NAMES - 1 };

const char *outcome_text(unsigned outcomes, char *text, int size)
{
    int used = 0;

    if (outcomes == OUTCOME_UNKNOWN) {
        snprintf(text, (size_t)size, "unknown");
        return text;
    }
    text[0] = '\0';
    for (int i = 0; i < SINGLE && used < size; i++)
        if (outcomes & names[i].value)
            used += snprintf(text + used, (size_t)(size - used), "%s%s", used ? "|" : "",
                             names[i].name);
    return text;
}

int outcome_parse(const char *text, unsigned *outcomes)
{
    *outcomes = 0;
    while (*text) {
        size_t length = strcspn(text, "|");
        int found = 0;

        for (int i = 0; i < NAMES; i++)
            if (strlen(names[i].name) == length &&
                memcmp(names[i].name, text, length) == 0) {
                *outcomes |= names[i].value;
                found = 1;
            }
        if (!found)
            return -1;
        text += length;
        if (*text == '|' && *++text == '\0')
            return -1;
    }
    return *outcomes ? 0 : -1;
}
