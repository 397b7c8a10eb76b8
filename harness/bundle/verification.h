/* What a verification found, line by line. One thread. */
#ifndef PERCUSS_BUNDLE_VERIFICATION_H
#define PERCUSS_BUNDLE_VERIFICATION_H

#include <stddef.h>

enum check_result {
    CHECK_GOOD,
    CHECK_ALTERED,
    CHECK_UNKNOWN, /* it cannot be judged */
    CHECK_NOTE,    /* there is nothing to check, and why */
    CHECK_RESULTS
};

struct check_line {
    enum check_result result;
    const char *check; /* "manifest", a static string */
    char *text;
};

struct verification {
    struct check_line *lines;
    size_t count, capacity;
    size_t results[CHECK_RESULTS]; /* how many of each, also of those without a line */
};

/* Of one check so many lines of a kind are kept, the rest counted. */
enum { VERIFICATION_LINES = 20 };

void verification_add(struct verification *all, enum check_result result,
                      const char *check, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* How many lines of this result the check has said so far. */
size_t verification_count(const struct verification *all, enum check_result result,
                          const char *check);
const char *check_result_name(enum check_result result); /* "ok", "ALTERED", … */
void verification_free(struct verification *all);

#endif
