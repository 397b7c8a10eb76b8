/* What a set of messages covers of a model: which kinds of message, which values and
 * boundaries of which fields. Pure: no I/O. One thread. */
#ifndef PERCUSS_GENERATE_SURVEY_H
#define PERCUSS_GENERATE_SURVEY_H

#include "core/hash.h"
#include "generate/anomaly.h"

enum { SURVEY_VALUES = 32, SURVEY_KIND = 96, SURVEY_KINDS = 1000 };

/* Messages that the same values tell apart: those that choose the cases of switches, by
 * name; in a model without switches the first enum. */
struct survey_kind {
    char name[SURVEY_KIND]; /* "read_coils", "diagnostics/clear_counters" */
    bool reply;
    uint64_t messages, valid, seeds; /* seeds: whoever keeps some counts them here */
};

struct survey_field {
    uint64_t seen;
    uint64_t lowest, highest; /* as the field's sign says */
    bool limits[LIMITS];      /* which of field_limits came */
    bool *choices;            /* which of the field's choices came */
    uint64_t values[SURVEY_VALUES];
    size_t value_count; /* different ones; SURVEY_VALUES: that many or more */
};

struct survey {
    const struct model *model;
    struct survey_field *fields; /* by field id; of integers only */
    bool *decides;               /* by field id: tells kinds apart */
    struct survey_kind *kinds;
    size_t kind_count, kind_capacity;
};

int survey_init(struct survey *survey, const struct model *model); /* -1: memory */
void survey_free(struct survey *survey);                           /* accepts all-zero */
/* Counts a parsed message; its kind, or NULL when memory is short. */
struct survey_kind *survey_take(struct survey *survey, const struct tree *tree);
/* The kind of a message, without counting it. */
void survey_name(const struct survey *survey, const struct tree *tree,
                 char name[SURVEY_KIND]);
/* The hash of a parsed message apart from what changes from one to the next without
 * meaning: sequence numbers and checksums count as zeros. `scratch` is overwritten. */
int survey_content(const struct tree *tree, struct view bytes, struct buffer *scratch,
                   struct hash *hash);

#endif
