/* The loaded grammar's private tables: types, the rules of their fields, enums and names.
 * Built by load*.c, read-only afterwards; everything lives in the model's arena except
 * the expressions, which the model frees one by one. */
#ifndef PERCUSS_MODEL_GRAMMAR_H
#define PERCUSS_MODEL_GRAMMAR_H

#include "core/arena.h"
#include "model/checksum.h"
#include "model/codec.h"
#include "model/expression.h"
#include "model/process.h"
#include "model/tree.h"

enum { NONE = UINT32_MAX, DEPTH_LIMIT = 64 };

struct enumeration {
    const char *name;
    uint32_t type; /* the type it is declared in */
    const int64_t *values;
    const char *const *names;
    size_t count;
};

enum parameter_kind {
    PARAMETER_INTEGER,
    PARAMETER_BOOL,
    PARAMETER_TEXT,
    PARAMETER_BYTES,
    PARAMETER_REAL
};
struct parameter {
    const char *name, *type; /* the type as written: "u2" */
    enum parameter_kind kind;
    /* What follows is known of the params of a file's root type only. */
    uint32_t enumeration;          /* NONE */
    int64_t minimum, maximum;      /* PARAMETER_INTEGER */
    struct context_value fallback; /* -percuss-default */
};

struct instance {
    uint32_t name;
    struct expression *value;
    struct expression *condition; /* NULL: always there */
    const struct yaml *yaml;
};

/* What fields take that do not say it themselves. */
struct defaults {
    bool has_endian, big_endian, little_bits;
    uint32_t order_from;  /* the type whose `order` decides, or NONE */
    const char *encoding; /* or NULL */
};

/* A type: its fields in wire order, and the scope that names are looked up in. */
struct type {
    const char *name;   /* as written: "read_request" */
    uint32_t parent;    /* the enclosing type, NONE for a file's root */
    uint32_t file;      /* index of the file it comes from */
    uint32_t *sequence; /* field ids */
    size_t count;
    struct parameter *parameters;
    size_t parameter_count;
    struct instance *instances;
    size_t instance_count;
    uint32_t *parsed; /* parse instances: field ids */
    size_t parsed_count;
    int64_t bits;    /* its size when that is always the same, else -1 */
    bool sums_whole; /* has a checksum over what stands behind it, too */
    bool has_outcomes;
    unsigned outcomes; /* -percuss-invalid */
    struct defaults defaults;
    struct rule *order; /* meta/endian/switch-on: decided when parsing and building */
    const struct codec *codec; /* -percuss-codec: its fields are integers, or NULL */
    const char *doc, *doc_ref;
    const struct yaml *yaml;
};

/* The value instance of that interned name (NONE: no name); NULL when there is none. */
const struct instance *type_instance(const struct type *type, uint32_t name);
/* The position of the param of that name, NONE when there is none. */
uint32_t type_parameter(const struct type *type, const char *name);

/* Where a dependent field finds the field it depends on, from the group that holds it. */
enum step {
    STEP_ROOT,
    STEP_PARENT,
    STEP_CHILD,
    STEP_FIRST,   /* the first element of an array */
    STEP_ARGUMENT /* `names`: which; the field that was handed over */
};
struct path {
    uint8_t count;
    uint8_t steps[12];
    uint32_t names[12];
};

/* f(x) = floor((scale * x + shift) / divisor) + offset, to be inverted when emitting. */
struct linear {
    bool present;
    int64_t scale, shift, divisor, offset;
    struct path source;
};

/* What is known of a value before anything is parsed: names and methods are checked
 * against it. */
enum shape_kind { SHAPE_UNKNOWN, SHAPE_GROUP, SHAPE_LEAF };
struct shape {
    enum shape_kind kind;
    bool is_array; /* of values of that kind */
    uint32_t type; /* SHAPE_GROUP; SHAPE_LEAF of a type with a codec */
    int64_t bits;  /* its size when that is always the same, else -1 */
};

/* One way a field can look: a user type with arguments, or a leaf described by `field`.
 */
struct variant {
    bool is_default;
    int64_t key;      /* integer and enum keys, booleans */
    struct view text; /* string keys: data is not NULL */
    bool big_endian;  /* a case of a byte order */
    uint32_t type;    /* user type, or NONE */
    uint32_t field;   /* leaf: the field id that describes it */
    struct expression **arguments;
    size_t argument_count;
};

enum extent {
    EXTENT_NONE,
    EXTENT_FIXED,
    EXTENT_EXPRESSION,
    EXTENT_REST,
    EXTENT_TERMINATED
};
enum repetition { REPEAT_NONE, REPEAT_REST, REPEAT_COUNT, REPEAT_UNTIL };

enum stream_choice { STREAM_OWN, STREAM_PARENT, STREAM_ROOT };

/* How the bytes of a field end: with a terminator, before padding. */
struct ending {
    bool terminated, include, consume, eos_error, padded;
    uint8_t terminator, pad;
    const struct path *declared; /* the field that says which byte it is instead of
                                    `terminator`, or NULL */
};

enum rule_flag {
    RULE_CHECKED = 1, /* any `valid`, `contents` or checksum */
    RULE_BITS = 2,    /* bN: not byte-aligned */
    RULE_BOOL = 4,    /* b1 */
    RULE_ENDS = 8,    /* has a terminator or padding */
    RULE_INVERTS_SIZE = 16,
    RULE_INVERTS_COUNT = 32,
    RULE_DERIVES = 64,
    RULE_CHECKSUM = 128,
    RULE_SIMPLE =
        256, /* a byte-aligned integer, no condition, no repetition, no switch */
    RULE_TEXT = 512,
    RULE_OWN_OUTCOMES = 1024, /* the field itself has -percuss-invalid */
    RULE_CODEC = 1 << 16,     /* an integer stored as `codec` says */
    RULE_REAL = 1 << 17,      /* f4, f8: expressions see the number, not the bits */
    RULE_ORDER = 1 << 18,     /* the byte order is decided in a group around it */
    RULE_WIDE = 1 << 19,      /* a text of 16 or 32 bits a character */
    RULE_PROCESSED = 1 << 20,
    RULE_INSTANCE = 1 << 21, /* a parse instance */
    RULE_SEPARATOR = 1 << 22 /* contents of one byte, which the message declares */
};

/* What is known about a field beyond its public description. */
struct rule {
    uint32_t name, type;  /* interned name, owning type */
    uint32_t enumeration; /* NONE */
    struct shape shape;
    unsigned flags;
    enum extent extent;
    enum repetition repetition;
    struct expression *condition, *size, *count, *until, *switch_on;
    struct expression *equal, *minimum, *maximum, *test;
    struct expression **any_of;
    size_t any_of_count;
    struct view contents;
    struct variant *variants; /* switch cases, or exactly one for a plain user type */
    size_t variant_count;
    struct linear size_from, count_from;
    struct ending ending;
    struct expression *separator; /* what `ending.declared` was made from, or NULL */
    enum process_kind process;
    struct expression *process_key; /* NULL: the codec has none */
    enum stream_choice io;
    struct expression *position; /* parse instances */
    struct checksum *checksum;
    const struct codec *codec;
    const struct yaml *yaml;
};

/* What `-percuss-segments` says of a type: each group of it is a piece of a message. */
enum { SEGMENT_FIELDS = 4 };
struct segment_field {
    uint32_t name; /* interned, of an integer field of the piece */
    struct expression *value;
};
struct segments {
    bool present, acknowledged;
    uint32_t type;  /* what is a piece */
    uint32_t bytes; /* interned name of the field that holds its bytes */
    size_t maximum; /* of these */
    struct expression *last, *stream; /* stream: NULL when there is one only */
    struct segment_field more[SEGMENT_FIELDS], next[SEGMENT_FIELDS];
    size_t more_count, next_count;
};

struct model {
    struct arena arena;
    const char *title, *id;
    char hash[65];
    struct field *fields;
    struct rule *rules;
    size_t field_count, field_capacity;
    struct type *types; /* types[0] is the root */
    size_t type_count, type_capacity;
    struct enumeration *enumerations;
    size_t enumeration_count, enumeration_capacity;
    const char **names;
    size_t name_count, name_capacity;
    struct expression **expressions;
    size_t expression_count, expression_capacity;
    struct framing framing;
    struct segments segments;
    uint32_t direction; /* the position of `is_reply` among the root's params, or NONE */
    bool widths_vary;   /* an integer's value decides how many bytes it takes */
    bool has_processes;
    uint32_t rest_field; /* bytes behind a seq that parse instances look at, or NONE */
};

/* Reads a value for the param; see context_read. */
int parameter_read(const struct model *model, const struct parameter *parameter,
                   const char *text, struct context_value *value, struct error *expected);
uint32_t model_name(const struct model *model, const char *text,
                    size_t length); /* or NONE */
/* `enum::member`, `type::enum::member`, as seen from `type` (NONE: from anywhere). */
int model_enum_member(const struct model *model, uint32_t type, const char *text,
                      size_t length, int64_t *value);
uint32_t model_find_enumeration(const struct model *model, uint32_t type,
                                const char *text, size_t length);
uint32_t model_find_type(const struct model *model, uint32_t from, const char *text,
                         size_t length);

#endif
