/* What the loader understood of a model, for people and tools: types, how each field
 * looks in the .ksy's own words, which field follows from which, and what cannot be run
 * backwards. Texts borrow the model unless they stand in the struct. Thread-safe. */
#ifndef PERCUSS_MODEL_FACTS_H
#define PERCUSS_MODEL_FACTS_H

#include "model/model.h"

struct type_facts {
    const char *name, *doc, *doc_ref;
    const uint32_t *fields; /* ids, in wire order */
    size_t field_count;
};
size_t model_types(const struct model *model); /* 0 is the root */
struct type_facts model_type(const struct model *model, size_t type);
/* The root takes is_reply: requests and replies differ. */
bool model_has_direction(const struct model *model);

/* Expressions as they were written; NULL for keys that the field does not have. */
struct field_facts {
    char type[80]; /* "u2be", "b3", "str", "bytes", "contents", a type's name, "switch" */
    const char *condition, *size, *count, *until, *switch_on;
    const char *process;   /* its name: "xor"; NULL */
    int terminator;        /* -1: none */
    const char *separator; /* the place that declares another terminator or contents */
    const char *equal, *minimum, *maximum, *test;
    char any_of[160];     /* any-of that are not all integers, joined; else "" */
    struct view contents; /* no data: none */
    bool size_to_end, repeat_to_end; /* size-eos, repeat: eos */
    size_t case_count;               /* of a switch */
};
void model_field_facts(const struct model *model, size_t field,
                       struct field_facts *facts);
struct case_facts {
    char key[120]; /* "_", a number, a text in quotes */
    char type[80]; /* as field_facts has it */
};
void model_case(const struct model *model, size_t field, size_t index,
                struct case_facts *facts);

/* How messages span frames. False: they do not. */
enum { SEGMENTS_FIELDS = 4 };
struct segments_facts {
    const char *type, *bytes, *last, *stream; /* stream: NULL when there is one only */
    size_t maximum;
    bool acknowledged;
    struct {
        const char *field, *value;
    } more[SEGMENTS_FIELDS], next[SEGMENTS_FIELDS];
    size_t more_count, next_count;
};
bool model_segments(const struct model *model, struct segments_facts *facts);

/* `field` (a path as the .ksy says it) has this role for `of`, by the expression. */
struct relation {
    enum field_role role;
    char field[160], of[160];
    char expression[160]; /* "" when there is none */
};
/* Calls `take` for each, type by type. */
void model_relations(const struct model *model,
                     void (*take)(void *context, const struct relation *relation),
                     void *context);

/* A key that emission does not run backwards: nothing follows from the content. */
struct one_way {
    char field[160];
    const char *key, *expression, *why;
};
void model_one_ways(const struct model *model,
                    void (*take)(void *context, const struct one_way *one_way),
                    void *context);

#endif
