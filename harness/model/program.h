/* A compiled expression and what it runs on. Programs are read-only after compiling, so
 * threads may share them; a run keeps everything on the caller's stack. */
#ifndef PERCUSS_MODEL_PROGRAM_H
#define PERCUSS_MODEL_PROGRAM_H

#include "model/grammar.h"
#include "model/syntax.h"

enum opcode {
    OP_INTEGER, /* value */
    OP_REAL,
    OP_BOOL,
    OP_TEXT,      /* value: offset into texts, extra: length */
    OP_FIELD,     /* extra: name; a field or instance of the current group */
    OP_PARAMETER, /* extra: position */
    OP_ROOT,
    OP_PARENT,
    OP_SELF,     /* _ */
    OP_POSITION, /* _index */
    OP_IO_SIZE,
    OP_IO_POS,
    OP_IO_EOF,
    OP_BINDING, /* extra: position */
    OP_MEMBER,  /* extra: name; method: what it means on something that is not a group */
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
    METHOD_FIRST,
    METHOD_LAST,
    METHOD_TO_I, /* value: the base, 0 when none is written */
    METHOD_VALUE /* of an integer that other tools see as a group: the integer */
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
    bool uses_io;
    struct instruction code[];
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
    unsigned depth; /* of instances and parameters that refer to others */
};

struct value program_run(const struct expression *expression, const struct scope *scope);
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

/* Compiles for use inside type `type` of the grammar. */
struct expression *program_compile(const char *text, const struct model *model,
                                   uint32_t type, struct error *error);
struct expression *program_from_syntax(const struct syntax *syntax, const char *text,
                                       const struct model *model, uint32_t type,
                                       const char *const *names, struct error *error);

#endif
