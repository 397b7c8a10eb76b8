#include "model/pieces.h"

bool model_has_segments(const struct model *model)
{
    return model->segments.present;
}

bool model_acknowledges(const struct model *model)
{
    return model->segments.acknowledged;
}

size_t model_piece_maximum(const struct model *model)
{
    return model->segments.maximum;
}

const char *segment_problem_text(enum segment_problem problem)
{
    static const char *const texts[] = {
        [SEGMENT_FINE] = "",
        [SEGMENT_REPEATED] = "a piece that was sent again",
        [SEGMENT_ORDER] = "not the piece that follows the one before it",
        [SEGMENT_LONG] = "the message is longer than what is joined",
        [SEGMENT_STREAMS] = "too many messages under way at once",
        [SEGMENT_UNFINISHED] = "the message before it was not finished",
        [SEGMENT_BROKEN] = "a broken frame among the pieces of a message",
    };

    return texts[problem];
}

/* --- pieces ------------------------------------------------------------------------- */

uint32_t piece_next(const struct tree *tree, uint32_t node)
{
    const struct segments *segments = &tree->model->segments;

    for (; segments->present && node < tree->count; node++) {
        if (tree->nodes[node].kind == FIELD_GROUP &&
            (uint32_t)tree->nodes[node].integer == segments->type &&
            tree_is_written(tree, node))
            return node;
    }
    return TREE_NONE;
}

uint32_t segments_find(const struct tree *frame, struct view bytes, struct view *content)
{
    uint32_t last = TREE_NONE, holder;

    for (uint32_t piece = piece_next(frame, 0); piece != TREE_NONE;
         piece = piece_next(frame, piece + 1))
        last = piece;
    holder = last == TREE_NONE ? TREE_NONE : piece_bytes_node(frame, last);
    if (holder != TREE_NONE)
        *content = piece_content(frame, holder, bytes);
    return holder;
}

bool segments_around(const struct tree *frame, uint32_t node)
{
    for (uint32_t piece = piece_next(frame, 0); piece != TREE_NONE;
         piece = piece_next(frame, piece + 1)) {
        uint32_t outer = piece;

        while (outer != node && outer != TREE_NONE)
            outer = frame->nodes[outer].parent;
        if (outer == node)
            return true;
    }
    return false;
}

uint32_t piece_bytes_node(const struct tree *tree, uint32_t piece)
{
    return tree_child(tree, piece, tree->model->segments.bytes);
}

struct view piece_content(const struct tree *tree, uint32_t node, struct view frame)
{
    const struct node *bytes = &tree->nodes[node];

    return bytes->kind == FIELD_GROUP ? view_slice(frame, bytes->offset, bytes->content)
                                      : bytes->bytes;
}

int piece_set_content(struct tree *tree, uint32_t node, struct view bytes)
{
    if (tree->nodes[node].kind == FIELD_GROUP &&
        tree_replace_group(tree, node, (struct view){NULL, 0}) < 0)
        return -1;
    tree->nodes[node].bytes = bytes;
    return 0;
}

bool piece_integer(const struct tree *tree, uint32_t piece,
                   const struct expression *expression, int64_t *value)
{
    struct value found =
        program_run(expression, &(struct scope){.tree = tree, .group = piece});

    *value = found.integer;
    return value_is_whole(found);
}
