#include "device/lines.h"

#include <stdio.h>
#include <string.h>

void lines_reset(struct lines *lines)
{
    lines->length = 0;
    lines->done = false;
}

const char *lines_next(struct lines *lines, struct view *bytes)
{
    if (lines->done)
        lines_reset(lines);
    while (bytes->length) {
        unsigned char byte = *bytes->data++;

        bytes->length--;
        if (byte == '\n') {
            lines->text[lines->length] = '\0';
            lines->done = true;
            return lines->text;
        }
        if (byte == '\r' || lines->length == LINE_MAXIMUM)
            continue;
        lines->text[lines->length++] = byte < ' ' && byte != '\t' ? '?' : (char)byte;
    }
    return NULL;
}

int pattern_read(struct pattern *pattern, const struct yaml *map, const char *key,
                 struct error *error)
{
    const char *text = NULL;
    char reason[128];
    int number;

    if (yaml_read_text(map, key, &text, error) < 0)
        return -1;
    if (!text)
        return 0;
    number = regcomp(&pattern->regex, text, REG_EXTENDED);
    if (number != 0) {
        regerror(number, &pattern->regex, reason, sizeof reason);
        return yaml_complain(yaml_get(map, key), error,
                             "a POSIX extended regular expression (%s)", reason);
    }
    pattern->set = true;
    return 0;
}

bool pattern_match(const struct pattern *pattern, const char *line, char *group,
                   size_t size)
{
    regmatch_t found[2] = {{-1, -1}, {-1, -1}};

    if (group && size)
        group[0] = '\0';
    if (!pattern->set || regexec(&pattern->regex, line, 2, found, 0) != 0)
        return false;
    if (group && found[1].rm_so >= 0)
        snprintf(group, size, "%.*s", (int)(found[1].rm_eo - found[1].rm_so),
                 line + found[1].rm_so);
    return true;
}

void pattern_free(struct pattern *pattern)
{
    if (pattern->set)
        regfree(&pattern->regex);
    pattern->set = false;
}
