/* A YAML file as a tree of nodes that remember file, line and column, so that every later
 * complaint can name them. The document owns everything; nodes and texts live until
 * yaml_close. Read-only after loading, so threads may share it. Anchors and merge keys
 * are refused. */
#ifndef PERCUSS_CORE_YAML_H
#define PERCUSS_CORE_YAML_H

#include "core/bytes.h"
#include "core/error.h"

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml {
    enum yaml_kind kind;
    bool quoted; /* a scalar written in quotes or as a block: never a number or null */
    bool exact;  /* a scalar whose text stands in the file letter by letter */
    unsigned line, column;             /* 1-based: the key's in a map, else the node's */
    unsigned value_line, value_column; /* of what follows the key; quotes not counted */
    const char *file;                  /* as the user named it */
    const char *key;                   /* this node's key in its map, else NULL */
    const char *text;                  /* scalar text, else NULL */
    struct yaml *child, *next;         /* children in order; map children carry `key` */
    size_t count;
};

struct yaml_document;

/* Reads at most 16 MiB. *error names file, line and column. */
struct yaml_document *yaml_load(const char *path, struct error *error);
struct yaml_document *yaml_parse(const char *name, struct view text, struct error *error);
const struct yaml *yaml_root(const struct yaml_document *document);
struct view yaml_source(
    const struct yaml_document *document);       /* the file's bytes, for hashing */
void yaml_close(struct yaml_document *document); /* accepts NULL */

/* Replaces ${name} in every scalar by what `lookup` gives for the name; NULL from it is
 * an unknown name: a complaint with file and line. */
int yaml_substitute(struct yaml_document *document,
                    const char *(*lookup)(const char *name, size_t length,
                                          const void *context),
                    const void *context, struct error *error);

const struct yaml *yaml_get(const struct yaml *map,
                            const char *key); /* NULL when absent */

/* "file:line:column: " and the text into *error, at the node's key; returns -1. */
int yaml_refuse(const struct yaml *node, struct error *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Puts "file:line:column: key 'x': " before the text in *error; the column is that of the
 * scalar's byte `offset`. Returns -1. */
int yaml_locate(const struct yaml *node, size_t offset, struct error *error);
/* "file:line:column: key 'x': expected ..., found ..." into *error, at the value of a
 * scalar, else at the key; returns -1. */
int yaml_complain(const struct yaml *node, struct error *error,
                  const char *expected_format, ...) __attribute__((format(printf, 3, 4)));

/* Every key of `map` must be one of the NULL-terminated `known`; also refuses a non-map.
 * Keys that start with '-' are not special here: list them. */
int yaml_check_keys(const struct yaml *map, const char *const *known,
                    struct error *error);

/* Typed readers: absent (node NULL) leaves *value alone and returns 0; a wrong type
 * complains. */
int yaml_read_text(const struct yaml *map, const char *key, const char **value,
                   struct error *error);
int yaml_read_integer(const struct yaml *map, const char *key, int64_t minimum,
                      int64_t maximum, int64_t *value,
                      struct error *error); /* decimal, 0x, 0b, 0o; _ allowed */
int yaml_read_real(const struct yaml *map, const char *key, double minimum,
                   double maximum, double *value, struct error *error);
int yaml_read_bool(const struct yaml *map, const char *key, bool *value,
                   struct error *error);
/* "500us", "250ms", "30s", "10m", "8h": a duration in nanoseconds. */
int yaml_read_duration(const struct yaml *map, const char *key, int64_t *value_ns,
                       struct error *error);
/* Position of the text in the NULL-terminated `choices`. */
int yaml_read_choice(const struct yaml *map, const char *key, const char *const *choices,
                     int *value, struct error *error);
/* A key that must be there: NULL and a complaint when it is absent or of another kind. */
const struct yaml *yaml_need(const struct yaml *map, const char *key, enum yaml_kind kind,
                             struct error *error);
/* A text that must be there and say something: 0, or a complaint. */
int yaml_need_text(const struct yaml *map, const char *key, const char **text,
                   struct error *error);
bool yaml_is_integer(const struct yaml *node, int64_t *value);
int text_to_integer(const char *text,
                    int64_t *value); /* same forms as yaml_read_integer */
size_t text_characters(const char *text, size_t length); /* of UTF-8 */
int text_to_duration(const char *text, int64_t *value_ns);

#endif
