/* What the parts of the compiler of expressions share: expression_compile.c puts a
 * program together, expression_names.c and expression_types.c know what names mean. */
#ifndef PERCUSS_MODEL_COMPILER_H
#define PERCUSS_MODEL_COMPILER_H

#include "core/suggest.h"
#include "model/program.h"

enum { CODE_MAXIMUM = 1024, STACK_MAXIMUM = 32 };

struct compiler {
    const struct syntax *syntax;
    const struct model *model;
    uint32_t type;            /* NONE: a session's expression */
    const char *const *names; /* its bindings */
    struct instruction code[CODE_MAXIMUM];
    uint32_t count, texts_used;
    char *texts;
    unsigned stack, depth;
    bool uses_io;
    struct shape shape; /* of the value that was compiled last */
    size_t at;          /* of the token that is wrong */
    struct error *error;
};

/* `growth`: how many values the instruction adds to the stack. Forgets the shape. */
int compiler_put(struct compiler *compiler, enum opcode opcode, unsigned method,
                 uint32_t extra, int64_t value, int growth);
bool compiler_is(const struct syntax_node *node, const char *text);
/* Notes the node as the wrong one; its text is what suggestions are for. */
struct suggestion compiler_unknown(struct compiler *compiler,
                                   const struct syntax_node *node);
/* A size as a constant number of bytes; complains when it varies (bits < 0). */
int compiler_put_size(struct compiler *compiler, const struct syntax_node *node,
                      int64_t bits);
int compiler_compile(struct compiler *compiler, uint16_t index);

int compiler_name(struct compiler *compiler, const struct syntax_node *node);
int compiler_member(struct compiler *compiler, const struct syntax_node *node);
int compiler_call(struct compiler *compiler, const struct syntax_node *node);
int compiler_cast(struct compiler *compiler, const struct syntax_node *node);
int compiler_size_of(struct compiler *compiler, const struct syntax_node *node);
int compiler_enum(struct compiler *compiler, const struct syntax_node *node);

#endif
