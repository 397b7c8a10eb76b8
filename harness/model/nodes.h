/* What the parts of the tree share: growing it, its own bytes, and finding places. */
#ifndef PERCUSS_MODEL_NODES_H
#define PERCUSS_MODEL_NODES_H

#include "model/program.h"

enum { OWN_MAXIMUM = 16 << 20 };

/* Where the next child goes: the group or array, and its last child so far. */
struct place {
    uint32_t parent, last;
};

/* A group's `integer` tells its type, and its case among the field's variants. */
static inline uint64_t group_shape(uint32_t type, uint32_t variant)
{
    return (uint64_t)variant << 32 | type;
}

/* Empties the tree and adds the root group; -1 when memory is short. */
int tree_begin(struct tree *tree, const struct model *model, bool reply);
/* Appends a zeroed node; TREE_NONE when memory is short. Node pointers are stale
 * afterwards. */
uint32_t tree_append(struct tree *tree, struct place *place, uint32_t field,
                     enum field_kind kind);
/* Room for more of the tree's own bytes; they may move, and nodes' bytes follow. */
int tree_reserve(struct tree *tree, size_t extra);
/* Copies bytes into the tree's own memory; other nodes' bytes stay right. */
int tree_keep(struct tree *tree, struct view bytes, struct view *kept);
/* What of a sized field's bytes is its content, and what terminator and padding. */
size_t ending_content(const struct ending *ending, struct view bytes);
/* The byte that ends a field of that group, or that its contents are: what the message
 * declares in front of it, else what the grammar says. `node` is the field's, TREE_NONE
 * while it is being parsed. */
uint8_t tree_separator(const struct tree *tree, uint32_t group, uint32_t node,
                       const struct ending *ending);
/* Whether the stream that holds the node has any bytes after it. */
bool tree_goes_on(const struct tree *tree, uint32_t node);
uint32_t tree_locate(const struct tree *tree, uint32_t group, const struct path *path);
bool tree_is_written(const struct tree *tree, uint32_t node);
/* The case a switch chooses in this scope; NULL when none fits. */
const struct variant *tree_variant(const struct rule *rule, const struct scope *scope);
/* Decides the byte order of a group whose type switches it; false when no case fits: then
 * it is big-endian. */
bool tree_decide_order(struct tree *tree, uint32_t group, const struct scope *scope);
/* The byte order of an integer of that group. */
bool tree_is_big_endian(const struct tree *tree, uint32_t group, uint32_t field);
/* Cuts to the field's width and extends the sign: what the field would say when parsed.
 */
uint64_t field_fit(const struct field *field, uint64_t value);
/* What the field's node holds for an expression's value; false when that is no number. */
bool field_hold(const struct field *field, struct value value, uint64_t *integer);
/* Whether the node's bytes are the `contents` of its field. */
bool rule_contents_fit(const struct tree *tree, uint32_t node);
/* `scope` is the node's group's; its `_` is set here. */
bool rule_holds(const struct tree *tree, uint32_t node, struct scope *scope);
/* The key of the field's process in this scope; false when it cannot be computed. */
bool rule_process_key(const struct rule *rule, const struct scope *scope,
                      struct process_key *key);
/* `stream` is the message, or the processed stream that holds the node. */
bool rule_checksum_fits(const struct tree *tree, struct view stream, uint32_t node);
/* The checksum that its node should have there. */
uint64_t rule_checksum(const struct tree *tree, struct view stream, uint32_t node);
/* Recomputes what depends on other nodes; only lengths need the offsets of a layout. */
bool tree_settle(struct tree *tree);

#endif
