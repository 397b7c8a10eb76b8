/* A compiled expression and what it runs on. Programs are read-only after compiling, so
 * threads may share them; a run keeps everything on the caller's stack and in the scratch
 * of the tree. */
#ifndef PERCUSS_MODEL_PROGRAM_H
#define PERCUSS_MODEL_PROGRAM_H

#include "model/grammar.h"
#include "model/syntax.h"

enum opcode {
    OP_INTEGER, /* value */
    OP_REAL,
    OP_BOOL,
    OP_TEXT,      /* value: offset into texts, extra: length, method: 1 for text */
    OP_LIST,      /* extra: how many values */
    OP_FIELD,     /* extra: name; a field or instance of the current group */
    OP_PARAMETER, /* extra: position */
    OP_ROOT,      /* method: 1 for the root of a value's tree */
    OP_PARENT,    /* method: 1 for a value's parent */
    OP_SELF,      /* _ */
    OP_POSITION,  /* _index */
    OP_IO,        /* method: METHOD_SIZE, METHOD_POS or METHOD_EOF of _io */
    OP_IO_OF,     /* likewise of a group's _io */
    OP_BINDING,   /* extra: position */
    OP_MEMBER,    /* extra: name; method: what it means on something that is no group */
    OP_METHOD,    /* method; extra: its constant argument */
    OP_SUBSTRING, /* text, from, to */
    OP_TO_I,      /* text, radix */
    OP_SIZE_OF,   /* a group's type's size in bytes */
    OP_INDEX,
    OP_UNARY, /* method: which operator */
    OP_BINARY,
    OP_JUMP, /* extra: target */
    OP_JUMP_UNLESS,
    OP_DECIDES, /* method: `and` or `or`; when the left side says all, on to extra */
    OP_TRUTH    /* what `and` and `or` give: a truth value */
};

enum method {
    METHOD_NONE,
    METHOD_SIZE,
    METHOD_LENGTH,
    METHOD_FIRST,
    METHOD_LAST,
    METHOD_MIN,
    METHOD_MAX,
    METHOD_REVERSE,
    METHOD_TO_I,
    METHOD_TO_S,   /* of an integer or text */
    METHOD_DECODE, /* extra: enum encoding */
    METHOD_POS,
    METHOD_EOF,
    METHOD_VALUE /* of an integer that other tools see as a group: the integer */
};

/* What .to_s(…) can read. */
enum encoding {
    ENCODING_ASCII,
    ENCODING_UTF_8,
    ENCODING_LATIN_1,
    ENCODING_UTF_16_LE,
    ENCODING_UTF_16_BE
};

struct instruction {
    uint8_t opcode, method;
    uint32_t extra;
    union {
        int64_t value;
        double real;
    };
};

struct expression {
    const struct model *model;
    char *text;
    char *texts;
    uint32_t count;
    uint32_t binding_count; /* names it may use */
    bool uses_io;
    bool makes_values; /* needs the scratch: texts, lists, instances, arguments */
    struct instruction code[];
};

/* Just the name of a field or instance of its own type. */
static inline bool expression_is_field(const struct expression *expression)
{
    return expression->count == 1 && expression->code[0].opcode == OP_FIELD;
}

/* Room for what one evaluation makes. Instances and arguments that are computed on the
 * way are counted, so that no model can make an evaluation endless. */
enum { SCRATCH_BYTES = 4096, RUNS_MAXIMUM = 4096 };
struct scratch {
    uint32_t used, runs;
    _Alignas(struct value) uint8_t bytes[SCRATCH_BYTES];
};

/* What a .ksy expression may look at. `io` positions are known only while parsing. */
struct scope {
    const struct tree *tree;
    uint32_t group;
    bool has_io;
    int64_t io_size, io_pos;
    const struct value *self;
    int64_t index;
    const struct binding *bindings;
    struct scratch *scratch; /* set by program_run at depth 0 */
    unsigned depth;          /* of instances and parameters that refer to others */
};

struct value program_run(const struct expression *expression, const struct scope *scope);
/* What a name or constant gives, what a member of a value is; see expression_scope.c. */
struct value scope_load(const struct expression *expression,
                        const struct instruction *instruction, const struct scope *scope);
struct value scope_member(const struct scope *scope,
                          const struct instruction *instruction, struct value value);
struct value scope_parent_of(const struct tree *tree, uint32_t group);
struct value scope_io_of(const struct scope *scope, enum method method,
                         struct value value);
struct value scope_size_of(struct value group);
/* Aligned room of the scratch, or NULL when it is short or there is none. */
void *scratch_take(struct scratch *scratch, size_t length);
struct value value_method(enum method method, uint32_t argument, struct value value,
                          struct scratch *scratch);
struct value value_element(struct value list, int64_t index);
struct value value_substring(struct value text, struct value from, struct value to);
struct value value_to_integer(struct value text, int64_t radix);
struct value value_join(struct value a, struct value b, struct scratch *scratch);
/* -1, 0 or 1; 2 when the two cannot be ordered. */
static inline struct value value_absent(void)
{
    return (struct value){.kind = VALUE_ABSENT};
}

static inline struct value value_integer(int64_t number)
{
    return (struct value){.kind = VALUE_INTEGER, .integer = number};
}

static inline struct value value_truth(bool yes)
{
    return (struct value){.kind = VALUE_BOOL, .integer = yes};
}

static inline struct value value_text(const uint8_t *data, size_t length)
{
    return (struct value){.kind = VALUE_BYTES, .is_text = true, .bytes = {data, length}};
}

static inline struct value value_node(const struct tree *tree, uint32_t node)
{
    return (struct value){.kind = VALUE_NODE, .tree = tree, .node = node};
}

int value_compare(struct value a, struct value b);
bool value_is_true(struct value value);
bool value_is_whole(struct value value); /* an integer or a truth value */
bool value_equal(struct value a, struct value b);
struct value value_unary(enum syntax_operator op, struct value a);
struct value value_binary(enum syntax_operator op, struct value a, struct value b);
/* A node's value as expressions see it. */
struct value value_of_node(const struct tree *tree, uint32_t node);
/* The child of a group with that interned name, or TREE_NONE. */
uint32_t tree_child(const struct tree *tree, uint32_t group, uint32_t name);
/* The group an expression of `node`'s field sees as its own: the parent, arrays skipped.
 */
uint32_t tree_group_of(const struct tree *tree, uint32_t node);
/* The element's place in its array, -1 for what is no element. */
int64_t tree_position(const struct tree *tree, uint32_t node);

/* What sizeof<…> or bitsizeof<…> is, seen from `type`; -1 when it varies or is unknown.
 */
int64_t program_size_of(const struct model *model, uint32_t type,
                        const struct syntax_node *node);
/* Whether the text names a built-in type; *bits is its size, -1 when it has none. */
bool type_is_built_in(const char *text, size_t length, int64_t *bits);

/* Compiles for use inside type `type` of the grammar. On failure *at (may be NULL) is the
 * place of the wrong token, in bytes from the start of the text. */
struct expression *program_compile(const char *text, const struct model *model,
                                   uint32_t type, size_t *at, struct error *error);

#endif
