/* What the parts of building a message from named values share. Errors go to the
 * builder's own buffer, where they name the value's place in its file. */
#ifndef PERCUSS_MODEL_BUILDER_H
#define PERCUSS_MODEL_BUILDER_H

#include "core/yaml.h"
#include "model/nodes.h"

enum { BUILD_MAXIMUM = 65536, MESSAGE_MAXIMUM = 1 << 24 };

struct builder {
    struct tree *tree;
    const struct model *model;
    const struct yaml *values;
    bool *used; /* one for each entry of values */
    struct error *error;
    char path[512];
    unsigned nesting;
};

int builder_no_memory(const struct builder *builder); /* -1, and says so */
struct scope builder_scope(const struct builder *builder, uint32_t group, int64_t index);

/* The integer that `given` says for field `id`, or the bits of a real: -1 when it does
 * not fit the field. */
int builder_given_integer(const struct builder *builder, uint32_t id,
                          const struct yaml *given, int64_t *value);
/* The first that the field's rules allow. `index`: in an array, else -1. */
int64_t builder_default_integer(const struct builder *builder, uint32_t group,
                                uint32_t id, int64_t index);
/* Appends the content of a field of bytes; `given` NULL: its default. */
int builder_bytes(struct builder *builder, uint32_t group, uint32_t id, int64_t index,
                  const struct yaml *given, struct buffer *bytes);

/* Every named path was met. */
int builder_check_used(const struct builder *builder);
/* No named value was changed by emission, which has happened. */
int builder_check_kept(const struct builder *builder);

#endif
