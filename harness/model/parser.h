/* What the parts of the parser share: streams, and the type that is being parsed. */
#ifndef PERCUSS_MODEL_PARSER_H
#define PERCUSS_MODEL_PARSER_H

#include "model/nodes.h"

/* A run of bytes that one sized type, or the whole message, is parsed from. */
struct stream {
    const uint8_t *data; /* of the message, or of what was decoded */
    size_t start, position, end;
    unsigned bits;  /* bits taken from the byte at `position` */
    bool little;    /* its bits are taken from the lowest up */
    bool cut;       /* the bytes ended inside a field */
    uint32_t owner; /* the group that holds it */
    uint16_t depth; /* of the fields directly in it */
    bool decoded;   /* `data` is in the tree's own bytes, at: */
    size_t own_offset;
    size_t looked_to; /* where the last of the bytes that instances read here end */
    struct stream *outer;
};

/* What one value takes from its stream, from the present position. */
struct span {
    bool limited;   /* it has a stream of its own */
    bool open;      /* its terminator is not there */
    size_t content; /* what its type sees */
    size_t whole;   /* with terminator and padding */
};

struct parser {
    struct tree *tree;
    const struct model *model;
    struct stream *innermost;
    struct frame *frame;
    unsigned nesting;
    unsigned looking; /* parse instances around */
    int status;       /* -1: memory or nesting exceeded */
};

/* One type being parsed: its node, its children so far, its stream. */
struct frame {
    struct frame *outer; /* of the type around it */
    struct place place;
    struct stream *stream;
    struct scope scope;
    uint16_t depth;
};

void parser_violate(struct parser *parser, enum violation_kind kind, uint32_t node,
                    uint32_t field, uint16_t depth, unsigned outcomes);
/* The bytes end inside `field`: the rest of the stream's types is not there. */
void parser_cut(struct parser *parser, struct stream *stream, uint32_t field);
/* The frame's scope with the stream's position in it. */
struct scope *parser_look(struct frame *frame, const struct stream *stream);
void parser_align(struct stream *stream);
/* Who speaks for what is wrong with a group of that type as a whole: the sized field's
 * own word, its type's, or what it inherits. */
unsigned parser_group_outcomes(const struct parser *parser, uint32_t field,
                               uint32_t type);
/* Whether the node keeps the rules of its field. */
void parser_judge(struct parser *parser, struct frame *frame, uint32_t node);
/* One field of the frame's type. */
void parser_field(struct parser *parser, struct frame *frame, uint32_t field);
void parser_type(struct parser *parser, uint32_t group, struct stream *stream,
                 uint16_t depth);
/* The parse instances of the frame's type, whose seq has been parsed. */
void parser_instances(struct parser *parser, struct frame *frame,
                      const struct type *type);
/* Bytes behind a stream's seq that instances have looked at stay in the tree. */
void parser_keep_rest(struct parser *parser, struct stream *stream);

/* How many bytes the field's own keys give it; false when nothing limits it. */
bool parser_measure(struct parser *parser, struct frame *frame, uint32_t field,
                    size_t *length);
/* Where the content of a field with RULE_ENDS ends: at the terminator, before the
 * padding. */
void parser_find_end(struct parser *parser, struct frame *frame, uint32_t field,
                     struct span *span);
void parser_bytes(struct parser *parser, struct frame *frame, struct place *place,
                  uint32_t field, enum field_kind kind, const struct span *span);
/* A group's node, where the stream is; TREE_NONE with a status when there is no room. */
uint32_t parser_add_group(struct parser *parser, const struct frame *frame,
                          struct place *place, uint32_t field,
                          const struct variant *variant);
/* A group that has a stream of its own. */
void parser_group(struct parser *parser, struct frame *frame, struct place *place,
                  uint32_t field, const struct variant *variant, const struct span *span);

#endif
