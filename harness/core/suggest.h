/* "did you mean 'x'?": the known word that is nearest to one that is not known. Plain
 * values on the caller's stack; candidates are borrowed until the text is written. */
#ifndef PERCUSS_CORE_SUGGEST_H
#define PERCUSS_CORE_SUGGEST_H

#include "core/error.h"

#include <stddef.h>

struct suggestion {
    const char *word; /* what was written */
    size_t length;
    const char *best; /* the nearest candidate so far, or NULL */
    unsigned distance;
};

struct suggestion suggest_for(const char *word, size_t length);
/* Considers one candidate; NULL is ignored. Near means: every third letter may be wrong,
 * at least one; two neighbours in the wrong order count once. */
void suggest_offer(struct suggestion *suggestion, const char *candidate);
void suggest_offer_all(struct suggestion *suggestion,
                       const char *const *candidates); /* NULL-terminated */
/* Appends "; did you mean 'x'?" to *error when there is a near candidate. Returns -1. */
int suggest_append(const struct suggestion *suggestion, struct error *error);

#endif
