/* A message as a tree: parsed from bytes, built from named values, changed, and emitted
 * again with every dependent field made right, or left wrong where it is pinned. A tree
 * owns its memory and borrows the model and, after a parse, the parsed bytes (they must
 * outlive the tree's use or be replaced by tree_own_bytes). One thread at a time. After
 * warm-up parse, copy and emit allocate nothing. */
#ifndef PERCUSS_MODEL_TREE_H
#define PERCUSS_MODEL_TREE_H

#include "core/yaml.h"
#include "model/context.h"

enum { TREE_NONE = UINT32_MAX };

/* What stands behind the bytes of a field that has a terminator or padding. */
enum node_ending {
    ENDING_RULE, /* what the field's keys say */
    ENDING_OPEN, /* the terminator is left out as long as nothing follows in the stream */
    ENDING_KEPT, /* what the parse found there */
    ENDING_RAW   /* nothing: the bytes are the whole field, as it is on the wire */
};

struct node {
    uint32_t field; /* field id; TREE_NONE for the root group and for array elements'
                       wrapper */
    uint32_t parent, first_child, next; /* node indexes or TREE_NONE */
    uint32_t child_count;
    uint32_t name;      /* the field's, interned: what expressions look for */
    uint8_t kind;       /* enum field_kind */
    bool pinned;        /* emission leaves its value alone even if it is wrong */
    uint8_t ending;     /* enum node_ending */
    bool looked_up : 1; /* in a parse instance: for reading, never written */
    bool rest : 1;      /* bytes behind a seq, which parse instances look at */
    bool little : 1;    /* groups whose type decides a byte order: little-endian */
    bool encoded : 1;  /* the message does not hold its content as it is: its field or one
                        around it has a process. `offset` and `length` are in the innermost
                        processed stream around it, not in the message */
    bool declared : 1; /* contents that are the separator which the message declares:
                          emission writes the one that it declares then */
    bool lies : 1;     /* FIELD_INTEGER: `content` is written instead of its value */
    uint8_t
        filler; /* bit fields: the bits of their last byte that follow them, in place */
    uint32_t offset,
        length; /* bytes in the last parse or emission (bit fields: enclosing bytes) */
    uint32_t content; /* FIELD_GROUP: bytes of `length` that its type sees */
    uint64_t integer; /* FIELD_INTEGER: the value, sign-extended when signed. FIELD_BYTES,
                         FIELD_TEXT with ENDING_KEPT: how many bytes after `bytes` are
                         kept too */
    struct view bytes; /* FIELD_BYTES, FIELD_TEXT; an integer in digits or groups: the
                          bytes it was parsed from while they are its value, else empty; a
                          group's with ENDING_KEPT: the end */
};

struct tree {
    const struct model *model;
    struct node *nodes; /* node 0 is the root */
    size_t count, capacity;
    struct violation *violations;
    size_t violation_count, violation_capacity;
    bool reply; /* direction: the model's `is_reply` param */
    /* The root's other params. Whoever parses or builds sets it before; it stays until it
     * is set again, and copies have it too. */
    struct context context;
    struct buffer own; /* bytes set by tree_set_bytes and tree_build, decoded streams */
    struct buffer encoded;   /* what emission encodes */
    struct scratch *scratch; /* what expressions make while they run on the tree */
};

enum violation_kind {
    VIOLATION_RULE, /* `valid` or `contents` broken */
    VIOLATION_CHECKSUM,
    VIOLATION_TRUNCATED, /* bytes ended inside the field */
    VIOLATION_SURPLUS, /* bytes left over at the end of a sized type or of the message */
    VIOLATION_NO_CASE, /* switch-on matched nothing */
    VIOLATION_ENCODING /* not what the field's process can decode */
};
struct violation {
    uint32_t node;     /* the field that broke, or the group that holds the surplus */
    uint32_t field;    /* its field id, TREE_NONE for the root */
    uint16_t depth;    /* 1 for fields of the root type */
    uint8_t kind;      /* enum violation_kind */
    unsigned outcomes; /* the field's on_invalid */
};

void tree_init(struct tree *tree, const struct model *model); /* an empty tree */
void tree_free(struct tree *tree);                            /* accepts all-zero */
int tree_copy(struct tree *to, const struct tree *from); /* reuses to's memory; deep */

/* Parses one whole message. Always makes the best tree it can and lists violations
 * (hostile input is normal). Returns 0, or -1 only when memory or the nesting limit (64)
 * is exceeded. */
int tree_parse(struct tree *tree, struct view bytes, bool reply);
/* The violation that speaks for the message: the shallowest, then the first; NULL when
 * valid. */
const struct violation *tree_worst(const struct tree *tree);
/* Outcomes allowed for an invalid message: the shallowest violations' outcomes joined. */
unsigned tree_outcomes(const struct tree *tree);
/* Of what a parse instance reads, which is no part of the message's order. */
bool violation_is_looked_up(const struct tree *tree, const struct violation *violation);
const char *violation_text(const struct tree *tree, const struct violation *violation,
                           char *text,
                           size_t size); /* "pdu.body.quantity: rule broken (value 0)" */
/* The same without the path: "rule broken (value 0)". */
const char *violation_reason(const struct tree *tree, const struct violation *violation,
                             char *text, size_t size);
const char *violation_kind_name(unsigned kind); /* "rule", "checksum", "truncated", … */

/* Builds a message from a YAML map {path: value}: dotted paths of field ids, integers,
 * enum names, text, lists (arrays), hex as "hex: 0a 0b". Fields that are not named take
 * what the grammar derives, their only valid value, their minimum, or 0. *error names the
 * line. */
int tree_build(struct tree *tree, const struct model *model, bool reply,
               const struct yaml *values, struct error *error);

/* Makes every unpinned length, count, derived and checksum field right, then appends the
 * bytes to `out`. Fills offset/length of every node. -1 when `out`'s maximum is exceeded
 * or a value does not fit its field (then it is emitted truncated to its width: not an
 * error) */
int tree_emit(struct tree *tree, struct buffer *out);

/* Appends the content of a group as its type sees it: before processing, without
 * terminator and padding, of the values as they are. Offsets in the tree are right again
 * after the next tree_emit. -1 when it is no group or `out`'s maximum is exceeded. */
int tree_content(struct tree *tree, uint32_t node, struct buffer *out);

/* Puts plain bytes (copied into own) in place of a group and all that is in it: the node
 * becomes FIELD_BYTES, its children are detached; enclosing lengths and checksums follow
 * on emission. */
int tree_replace_group(struct tree *tree, uint32_t node, struct view bytes);

uint32_t tree_find(const struct tree *tree,
                   const char *path); /* "pdu.body.values[2]"; TREE_NONE */
/* "pdu.body.quantity" into text; array elements as "values[2]". Returns text. */
const char *tree_path(const struct tree *tree, uint32_t node, char *text, size_t size);
const struct field *tree_field(const struct tree *tree,
                               uint32_t node); /* NULL for the root */
/* The type that a group was parsed as (a switch's choice): "read_bits_request"; "" for
 * what is no group. */
const char *tree_type(const struct tree *tree, uint32_t node);
void tree_set_integer(struct tree *tree, uint32_t node, uint64_t value, bool pin);
/* An integer of at most 32 bits keeps its value, which all that depends on it follows;
 * written is `value`, until the next tree_set_integer. */
void tree_lie(struct tree *tree, uint32_t node, uint32_t value);
int tree_set_bytes(struct tree *tree, uint32_t node,
                   struct view bytes); /* copied into own */
/* The bytes that end the node and what is around it in this message, each once, the
 * innermost first. Returns how many, at most `most`. */
size_t tree_separators(const struct tree *tree, uint32_t node, uint8_t *separators,
                       size_t most);
/* Where the first field begins that ends with a separator which the message declares and
 * which is not the grammar's constant (-percuss-separator); SIZE_MAX when none does. */
size_t tree_declared_from(const struct tree *tree);
/* The byte that ends this very node, by its own field's keys. False: none does. */
bool tree_terminator(const struct tree *tree, uint32_t node, uint8_t *byte);
/* Nothing is written behind the node's bytes: neither terminator nor padding. */
void tree_leave_open(struct tree *tree, uint32_t node);
/* Writes an integer that is digits as these bytes, whatever they say, and pins it. -1
 * when it is no such integer. */
int tree_set_digits(struct tree *tree, uint32_t node, struct view bytes);
/* The same for what is in it: whether it is an integer written as digits. */
bool tree_has_digits(const struct tree *tree, uint32_t node);
/* Edits of an array's elements or a group's fields, numbered in wire order: copies one to
 * its neighbour / removes it / moves it to where number `to` is. -1 when it is not there.
 */
int tree_duplicate_child(struct tree *tree, uint32_t parent, size_t index);
int tree_remove_child(struct tree *tree, uint32_t parent, size_t index);
int tree_move_child(struct tree *tree, uint32_t parent, size_t index, size_t to);
/* Puts a copy of what is in group `source` of another tree of the same model in place of
 * what is in `node`, a group. Borrows bytes of `from`, which must not change meanwhile.
 * -1: one of them is no group, or memory. */
int tree_graft(struct tree *tree, uint32_t node, const struct tree *from,
               uint32_t source);
/* What a wrong program may take for the checksum of `message`, the bytes of the tree's
 * last emission: over too little, or begun with another value. */
enum checksum_mistake { CHECKSUM_ENDS_EARLY, CHECKSUM_BEGINS_LATE, CHECKSUM_OTHER_START };
uint64_t tree_mistaken_checksum(const struct tree *tree, uint32_t node,
                                struct view message, enum checksum_mistake mistake);
/* Copies borrowed bytes into the tree, so that the parsed input may go away. */
int tree_own_bytes(struct tree *tree);
/* An integer, a real, or the bytes of digits or groups that say no number, as texts for
 * people have it, without an enum's name. Returns text. */
const char *tree_integer_text(const struct tree *tree, uint32_t node, char *text,
                              size_t size);
/* False: an integer whose digits or groups say no number. */
bool tree_says_number(const struct tree *tree, uint32_t node);
/* What kind of message it is, as a number above 0: which fields are there, whatever their
 * number and their values but for those that an enum names, and whether it is valid. */
uint64_t tree_shape(const struct tree *tree);
/* One line for people: "transaction_id=1 … pdu.function=read_coils(1) …". Returns text.
 */
const char *tree_describe(const struct tree *tree, char *text, size_t size);

#endif
