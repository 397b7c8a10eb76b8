/* A context: what a session knows beyond the message at hand (an agreed transfer syntax,
 * a reported configuration), handed to the grammar as the params of its root type. Plain
 * values without memory of their own; all zero: nothing is known, the defaults count. */
#ifndef PERCUSS_MODEL_CONTEXT_H
#define PERCUSS_MODEL_CONTEXT_H

#include "core/suggest.h"
#include "model/model.h"

enum { CONTEXT_PARAMETERS = 8, CONTEXT_BYTES = 64 };

struct context_value {
    int64_t integer; /* integers, enums, truth values as 0 and 1 */
    uint8_t length;  /* texts and bytes */
    uint8_t bytes[CONTEXT_BYTES];
};
struct context {
    uint32_t known; /* bit i: values[i] counts instead of param i's default */
    struct context_value values[CONTEXT_PARAMETERS]; /* by position among the params */
};

struct tree;
struct value;

/* The position of the root's param, or -1: there is none, or it is the direction. */
int context_find(const struct model *model, const char *name, size_t length);
/* Offers the names that context_find knows; how many. */
size_t context_offer(const struct model *model, struct suggestion *suggestion);
/* Reads a value as people write it: an integer, an enum member's name, true or false, a
 * text, `hex: 0a 0b`. -1: it is none for this param, and *expected is what would be. */
int context_read(struct context *context, const struct model *model, unsigned parameter,
                 const char *text, struct error *expected);
/* Takes what an expression gave. False: it does not fit the param, which stays as it was.
 */
bool context_take(struct context *context, const struct model *model, unsigned parameter,
                  struct value value);
/* What a param but the direction is in a message: known, or its default. A text borrows
 * the tree or the model. */
struct value context_of(const struct tree *tree, unsigned parameter);

/* What `percuss model` shows of a param; false behind the last one. */
struct context_facts {
    const char *name, *type;
    const char *enumeration; /* NULL: none */
    bool is_direction;
    bool is_bytes, is_text; /* else the default is an integer or truth value */
    struct context_value fallback;
};
bool context_facts(const struct model *model, unsigned parameter,
                   struct context_facts *facts);

#endif
