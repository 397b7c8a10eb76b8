/* What the parts of the .ksy loader share while a model is being built. */
#ifndef PERCUSS_MODEL_LOADER_H
#define PERCUSS_MODEL_LOADER_H

#include "core/hash.h"
#include "model/program.h"

enum { FILES_MAXIMUM = 64 };

struct source {
    const char *path;
    struct yaml_document *document;
};

struct loader {
    struct model *model;
    struct source files[FILES_MAXIMUM];
    uint32_t file_count;
    struct hash_state *hash;
    struct error *error;
};

/* Like yaml_check_keys; keys that start with '-' but not with "-percuss-" belong to other
 * tools and pass, as Kaitai Struct defines. */
int loader_check_keys(const struct loader *loader, const struct yaml *map,
                      const char *const *known);
int loader_short_of_memory(const struct loader *loader);
char *loader_keep(struct loader *loader,
                  const char *text); /* a copy in the model's arena */
int loader_name(struct loader *loader, const char *text, uint32_t *name);
/* Appends a zeroed item to a growing array of `size`-byte items. NULL when memory is
 * short. */
void *loader_grow(struct loader *loader, void **items, size_t *count, size_t *capacity,
                  size_t size);
/* Reads `doc` and `doc-ref` (a text or a list of texts); "" when absent. */
int loader_read_docs(struct loader *loader, const struct yaml *map, const char **doc,
                     const char **doc_ref);
int loader_read_outcomes(struct loader *loader, const struct yaml *map, bool *present,
                         unsigned *outcomes);
/* Compiles and registers an expression of `type`; complains with the node's line and key.
 */
struct expression *loader_compile(struct loader *loader, const struct yaml *node,
                                  const char *text, uint32_t type);

/* The same for a part of the node's text, `offset` bytes from its start. */
struct expression *loader_compile_part(struct loader *loader, const struct yaml *node,
                                       const char *text, size_t offset, uint32_t type);

int loader_read_framing(struct loader *loader, const struct yaml *map,
                        struct framing *framing);
/* Phase 3: `-percuss-segments` of a type. */
int loader_read_segments(struct loader *loader, uint32_t type);
/* Phase 1: types, enums and the names of fields. */
int loader_read_type(struct loader *loader, const struct yaml *map, const char *name,
                     uint32_t parent, uint32_t file);
int loader_check_identifier(struct loader *loader, const struct yaml *node,
                            const char *text);
int loader_read_instances(struct loader *loader, const struct yaml *map, uint32_t type);
int loader_add_rest(struct loader *loader); /* after all types, if any has instances */
uint32_t loader_add_field(struct loader *loader, uint32_t type,
                          uint32_t name); /* or NONE */
/* `defaults` come in as the enclosing type's. */
int loader_read_defaults(struct loader *loader, const struct yaml *meta, uint32_t type,
                         struct defaults *defaults);
/* After all types: the params of the files' root types, with enums and defaults. */
int loader_read_context(struct loader *loader);
/* Between the phases: names that are there twice. */
int loader_check_names(struct loader *loader);
/* Append "did you mean …" to a complaint; they return -1. */
int loader_suggest(const struct loader *loader, const char *text, size_t length,
                   const char *const *known);
int loader_suggest_type(const struct loader *loader, const char *text, size_t length);
int loader_suggest_enum(const struct loader *loader, const struct yaml *node);
int loader_suggest_field(const struct loader *loader, uint32_t type, const char *text);
/* Between the phases: the fields' shapes and the sizes that are always the same. */
int loader_measure(struct loader *loader);
/* Phase 2: what the fields look like. */
int loader_read_fields(struct loader *loader, uint32_t type);
int loader_read_order(struct loader *loader, uint32_t type);
int loader_check_bits(struct loader *loader, uint32_t type);
int loader_read_case_key(struct loader *loader, uint32_t type, const struct yaml *item,
                         struct variant *variant);
int loader_read_type_key(struct loader *loader, uint32_t field);
int loader_read_ending(struct loader *loader, uint32_t field);
/* After loader_read_ending and `contents`. */
int loader_read_separator(struct loader *loader, uint32_t field);
int loader_read_position(struct loader *loader, uint32_t field);
/* No field may need a parse instance that is read after it. */
int loader_check_order(struct loader *loader, uint32_t type);
int loader_read_process(struct loader *loader, uint32_t field);
/* Gives a leaf case of a switch the field's ending and process; a strz keeps its own
 * terminator. */
void loader_share_ending(const struct rule *rule, struct rule *leaf);
int loader_read_valid(struct loader *loader, uint32_t field);
int loader_read_checksum(struct loader *loader, uint32_t field);
/* `-percuss-number` of a field, `-percuss-codec` of a type. */
int loader_read_number(struct loader *loader, uint32_t field);
int loader_read_codec(struct loader *loader, const struct yaml *map, struct type *type);
/* Makes the field an integer stored as the codec says. */
void loader_set_codec(struct model *model, uint32_t field, const struct codec *codec);
bool loader_constant(const struct expression *expression, struct value *value);
/* Whether the expression, used inside the type, is linear in one integer field; value
 * instances and parameters on the way are followed. */
bool loader_linear(const struct model *model, uint32_t type, const struct syntax *syntax,
                   struct linear *linear);
/* Whether it just names a field by its place, perhaps in an array's first element. */
bool loader_place(const struct model *model, uint32_t type, const struct syntax *syntax,
                  struct path *path);
/* Phase 3: which field follows from which. */
int loader_relate(struct loader *loader);
/* Refuses what can never end: types that hold themselves, sizes that follow from
 * themselves, instances that lead back to themselves. */
int loader_check_cycles(struct loader *loader);

#endif
