/* What the anomalies of one integer field share: each is a list of values, computed from
 * the field's description and the exemplar's value. */
#ifndef PERCUSS_GENERATE_VALUES_H
#define PERCUSS_GENERATE_VALUES_H

#include "generate/anomaly.h"

enum { VALUES = 256 };
struct values {
    uint64_t list[VALUES];
    const char *labels[VALUES]; /* NULL: the value itself is the label */
    size_t count, most;         /* what is wanted of the list, at most VALUES */
    uint64_t mask, largest, original;
    const struct site *site;
};
uint64_t values_mask(const struct field *field); /* all that its width holds */

/* Adds a value once, never the exemplar's own. */
void values_add(struct values *values, uint64_t value, const char *label);
/* Adds it even when it is the exemplar's own value or listed already: each label is one
 * boundary to be covered. */
void values_add_boundary(struct values *values, int64_t value, const char *label);

/* The value of so many bits in the other byte order; whole bytes only. */
uint64_t values_swapped(uint64_t value, unsigned bits);

typedef void values_lister(const struct field *field, struct values *values);
/* The list's first `most` values. Empty where the site is no integer. */
void values_fill(const struct site *site, values_lister *list, size_t most,
                 struct values *values);
/* Sets and pins the k-th value; -1 when there is none. */
int values_change(const struct site *site, values_lister *list, uint64_t k,
                  struct tree *tree);
void values_label(const struct site *site, values_lister *list, uint64_t k, char *text,
                  size_t size);

/* A table entry that sets one value of a list. */
#define INTEGER_ANOMALY(id, lister_function, each_text, each_apart, id_text,             \
                        summary_text, cwe_text, example_text)                            \
    static uint64_t id##_count(const struct site *site)                                  \
    {                                                                                    \
        struct values values;                                                            \
        values_fill(site, lister_function, VALUES, &values);                             \
        return values.count;                                                             \
    }                                                                                    \
    static int id##_change(const struct site *site, uint64_t k, struct tree *tree)       \
    {                                                                                    \
        return values_change(site, lister_function, k, tree);                            \
    }                                                                                    \
    static void id##_label(const struct site *site, uint64_t k, char *text, size_t size) \
    {                                                                                    \
        values_label(site, lister_function, k, text, size);                              \
    }                                                                                    \
    extern const struct anomaly_ops anomaly_##id;                                        \
    const struct anomaly_ops anomaly_##id = {.name = id_text,                            \
                                             .applies = each_text,                       \
                                             .apart = each_apart,                        \
                                             .summary = summary_text,                    \
                                             .cwe = cwe_text,                            \
                                             .example = example_text,                    \
                                             .count = id##_count,                        \
                                             .change = id##_change,                      \
                                             .label = id##_label}

#endif
