/* Text lines out of a byte stream, pieces joined, over-long ones cut. Owns nothing. */
#ifndef PERCUSS_DEVICE_LINES_H
#define PERCUSS_DEVICE_LINES_H

#include "core/bytes.h"
#include "core/yaml.h"

#include <regex.h>

enum { LINE_MAXIMUM = 1000 };

struct lines {
    char text[LINE_MAXIMUM + 1];
    size_t length;
    bool done; /* the text was handed out: start afresh */
};

/* Takes bytes from the front of *bytes up to the next line end. Returns the line without
 * its end, control characters made '?'; NULL when *bytes is used up and the line goes on.
 * The text is valid until the next call. */
const char *lines_next(struct lines *lines, struct view *bytes);
void lines_reset(struct lines *lines);

/* An optional POSIX extended regular expression from a campaign. All zero is none. */
struct pattern {
    bool set;
    regex_t regex;
};

int pattern_read(struct pattern *pattern, const struct yaml *map, const char *key,
                 struct error *error);
/* False when there is no pattern. `group` (may be NULL) gets the first group's text. */
bool pattern_match(const struct pattern *pattern, const char *line, char *group,
                   size_t size);
void pattern_free(struct pattern *pattern);

#endif
