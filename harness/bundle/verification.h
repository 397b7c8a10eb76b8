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
    unsigned part;     /* of the evidence: see verification_about */
    char *text;
};

struct verification {
    struct check_line *lines;
    size_t count, capacity;
    size_t results[CHECK_RESULTS]; /* how many of each, also of those without a line */
    /* private */
    char subject[64];
    unsigned part;
};

/* Of one check and part so many lines of a kind are kept, the rest counted. */
enum { VERIFICATION_LINES = 20 };

/* What is said from now on is about this part of the evidence, which stands before it;
 * "": about all of it. */
void verification_about(struct verification *all, const char *subject);
void verification_add(struct verification *all, enum check_result result,
                      const char *check, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
const char *check_result_name(enum check_result result); /* "ok", "ALTERED", … */
void verification_free(struct verification *all);

#endif
