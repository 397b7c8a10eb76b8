/* What joining and splitting share: the pieces in a frame. */
#ifndef PERCUSS_MODEL_PIECES_H
#define PERCUSS_MODEL_PIECES_H

#include "model/nodes.h"
#include "model/segments.h"

/* The next piece at or after `node`, in the order of the message; TREE_NONE. */
uint32_t piece_next(const struct tree *tree, uint32_t node);
/* The field of a piece that holds its bytes; TREE_NONE when it is not there. */
uint32_t piece_bytes_node(const struct tree *tree, uint32_t piece);
/* What it holds; `frame` is what the tree was parsed from or emitted as. */
struct view piece_content(const struct tree *tree, uint32_t node, struct view frame);
/* Puts a view, not copied, in place of it. */
int piece_set_content(struct tree *tree, uint32_t node, struct view bytes);
/* False: absent. */
bool piece_integer(const struct tree *tree, uint32_t piece,
                   const struct expression *expression, int64_t *value);

#endif
