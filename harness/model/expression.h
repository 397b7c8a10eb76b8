/* Kaitai Struct's expression language: used inside .ksy files and, over the named trees
 * `request` and `reply`, in session files. Compiled once to a flat program; evaluation
 * allocates nothing and is bounded in time. Threads may share programs, not trees. */
#ifndef PERCUSS_MODEL_EXPRESSION_H
#define PERCUSS_MODEL_EXPRESSION_H

#include "model/tree.h"

enum value_kind {
    VALUE_INTEGER,
    VALUE_REAL,
    VALUE_BOOL,
    VALUE_BYTES,
    VALUE_NODE,
    VALUE_LIST, /* of a list in the expression itself */
    VALUE_ABSENT
};
struct value {
    enum value_kind kind;
    union {
        uint32_t node; /* VALUE_NODE: a group or an array of tree */
        bool is_text;  /* VALUE_BYTES: UTF-8, counted in characters */
    };
    union {
        int64_t integer; /* also bool as 0/1 */
        double real;
        size_t count; /* VALUE_LIST */
    };
    union {
        struct view bytes; /* bytes and text */
        const struct value *items;
        const struct tree *tree;
    };
};

/* A name the expression may use: either a tree (its root) or a plain value. */
struct binding {
    const char *name;
    const struct tree *tree; /* NULL: use value */
    struct value value;
};

struct expression;

/* Names not in `names` (NULL-terminated) are an error, as are wrong syntax and unknown
 * enums
 * (`function::read_coils`, looked up in `model`). At run time bindings stand in the same
 * order. */
struct expression *expression_compile(const char *text, const struct model *model,
                                      const char *const *names, struct error *error);
/* The same for a scalar of a file: *error names file, line, column of the wrong token and
 * key. */
struct expression *expression_compile_node(const struct yaml *node,
                                           const struct model *model,
                                           const char *const *names, struct error *error);
void expression_free(struct expression *expression); /* accepts NULL */
/* A path that does not exist in the tree gives VALUE_ABSENT, and so does everything
 * computed from it, division by zero and an index out of range; `and`/`or` treat ABSENT
 * as false. A text or list that had to be made lies in the first bound tree that is not
 * empty (4 KiB; what does not fit is absent), until the next evaluation on it. */
struct value expression_evaluate(const struct expression *expression,
                                 const struct binding *bindings);
bool expression_true(const struct expression *expression, const struct binding *bindings);
const char *expression_text(const struct expression *expression);

#endif
