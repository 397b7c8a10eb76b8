#include "core/suggest.h"

#include <stdio.h>
#include <string.h>

enum { WORD_MAXIMUM = 64 };

struct suggestion suggest_for(const char *word, size_t length)
{
    unsigned allowed = length < 6 ? 1 : (unsigned)length / 3;

    return (struct suggestion){.word = word, .length = length, .distance = allowed + 1};
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Damerau's distance, restricted: insert, remove, replace, swap two neighbours. */
static unsigned distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    unsigned rows[3][WORD_MAXIMUM + 1];

    for (size_t k = 0; k <= b_length; k++)
        rows[0][k] = (unsigned)k;
    for (size_t i = 1; i <= a_length; i++) {
        unsigned *row = rows[i % 3], *above = rows[(i + 2) % 3];

        row[0] = (unsigned)i;
        for (size_t k = 1; k <= b_length; k++) {
            row[k] = least(above[k - 1] + (a[i - 1] != b[k - 1]),
                           least(above[k], row[k - 1]) + 1);
            if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
                row[k] = least(row[k], rows[(i + 1) % 3][k - 2] + 1);
        }
    }
    return rows[a_length % 3][b_length];
}

void suggest_offer(struct suggestion *suggestion, const char *candidate)
{
    size_t length = candidate ? strlen(candidate) : 0;
    unsigned found;

    if (length == 0 || length > WORD_MAXIMUM || suggestion->length == 0 ||
        suggestion->length > WORD_MAXIMUM)
        return;
    found = distance(suggestion->word, suggestion->length, candidate, length);
    if (found >= suggestion->distance || found >= suggestion->length)
        return;
    suggestion->best = candidate;
    suggestion->distance = found;
}

void suggest_offer_all(struct suggestion *suggestion, const char *const *candidates)
{
    for (; *candidates; candidates++)
        suggest_offer(suggestion, *candidates);
}

int suggest_append(const struct suggestion *suggestion, struct error *error)
{
    size_t used;

    if (!error || !suggestion->best)
        return -1;
    used = strlen(error->text);
    snprintf(error->text + used, sizeof error->text - used, "; did you mean '%s'?",
             suggestion->best);
    return -1;
}
