/* Messages to frames. */
#include "model/pieces.h"

enum { FRAME_MAXIMUM = 1 << 24 };

void splitter_init(struct splitter *splitter, const struct model *model)
{
    *splitter = (struct splitter){.bytes = buffer_make(FRAME_MAXIMUM)};
    tree_init(&splitter->frame, model);
}

void splitter_free(struct splitter *splitter)
{
    tree_free(&splitter->frame);
    buffer_free(&splitter->bytes);
}

/* The message that is being split, and the piece of it whose turn it is. */
struct cut {
    struct splitter *splitter;
    const struct tree *message;
    uint32_t piece, holder; /* `holder` has the piece's bytes */
    int64_t next[SEGMENT_FIELDS];
};

/* Of the pieces beside each other in an array the others go: each has frames of its own.
 */
static void isolate(struct tree *frame, uint32_t piece)
{
    struct node *nodes = frame->nodes;
    uint32_t array = nodes[piece].parent, child;

    if (array == TREE_NONE || nodes[array].kind != FIELD_ARRAY)
        return;
    for (child = nodes[array].first_child; child != TREE_NONE;) {
        uint32_t next = nodes[child].next;

        nodes[child].parent = nodes[child].next = TREE_NONE;
        child = next;
    }
    nodes[piece].parent = array;
    nodes[array].first_child = piece;
    nodes[array].child_count = 1;
}

/* A frame with that piece alone, ready for its bytes. What is wrong on purpose is so in
 * the last one only. */
static int prepare(struct cut *cut, bool last)
{
    const struct segments *segments = &cut->message->model->segments;
    struct tree *frame = &cut->splitter->frame;
    int64_t values[SEGMENT_FIELDS];
    bool known[SEGMENT_FIELDS];

    if (tree_copy(frame, cut->message) < 0)
        return -1;
    isolate(frame, cut->piece);
    if (piece_set_content(frame, cut->holder, (struct view){NULL, 0}) < 0)
        return -1;
    if (last)
        return 0;
    for (size_t i = 0; i < frame->count; i++)
        frame->nodes[i].pinned = false;
    for (size_t i = 0; i < segments->more_count; i++)
        known[i] = piece_integer(frame, cut->piece, segments->more[i].value, &values[i]);
    for (size_t i = 0; i < segments->more_count; i++) {
        uint32_t node = tree_child(frame, cut->piece, segments->more[i].name);

        if (known[i] && node != TREE_NONE)
            tree_set_integer(frame, node, (uint64_t)values[i], false);
    }
    return 0;
}

static void begin_numbers(struct cut *cut, const struct tree *exemplar)
{
    const struct segments *segments = &cut->message->model->segments;
    const struct tree *from = cut->message;

    if (cut->piece < exemplar->count && exemplar->nodes[cut->piece].kind == FIELD_GROUP &&
        (uint32_t)exemplar->nodes[cut->piece].integer == segments->type)
        from = exemplar;
    for (size_t i = 0; i < segments->next_count; i++) {
        uint32_t node = tree_child(from, cut->piece, segments->next[i].name);

        cut->next[i] = node == TREE_NONE ? 0 : (int64_t)from->nodes[node].integer;
    }
}

static void set_numbers(struct cut *cut)
{
    const struct segments *segments = &cut->message->model->segments;
    struct tree *frame = &cut->splitter->frame;

    for (size_t i = 0; i < segments->next_count; i++) {
        uint32_t node = tree_child(frame, cut->piece, segments->next[i].name);

        if (node != TREE_NONE && !frame->nodes[node].pinned)
            tree_set_integer(frame, node, (uint64_t)cut->next[i], false);
    }
    for (size_t i = 0; i < segments->next_count; i++)
        piece_integer(frame, cut->piece, segments->next[i].value, &cut->next[i]);
}

/* One frame with these bytes of the message. */
static int give_frame(struct cut *cut, struct view bytes, segment_taker *take,
                      void *context)
{
    struct splitter *splitter = cut->splitter;

    set_numbers(cut);
    splitter->frame.nodes[cut->holder].bytes = bytes;
    buffer_clear(&splitter->bytes);
    if (tree_emit(&splitter->frame, &splitter->bytes) < 0)
        return -1;
    return take(context, buffer_view(&splitter->bytes));
}

static int split_piece(struct cut *cut, struct view content, size_t maximum,
                       segment_taker *take, void *context)
{
    size_t at = 0;
    int status = content.length > maximum ? prepare(cut, false) : 0;

    for (; status == 0 && content.length - at > maximum; at += maximum)
        status = give_frame(cut, view_slice(content, at, maximum), take, context);
    if (status == 0)
        status = prepare(cut, true);
    return status ? status
                  : give_frame(cut, view_slice(content, at, maximum), take, context);
}

int splitter_run(struct splitter *splitter, const struct tree *message, struct view bytes,
                 const struct tree *exemplar, size_t maximum, segment_taker *take,
                 void *context)
{
    struct cut cut = {.splitter = splitter, .message = message};
    uint32_t piece = piece_next(message, 0);
    int status = 0;

    if (piece == TREE_NONE)
        return take(context, bytes);
    for (; piece != TREE_NONE && status == 0; piece = piece_next(message, piece + 1)) {
        cut.piece = piece;
        cut.holder = piece_bytes_node(message, piece);
        if (cut.holder == TREE_NONE)
            return take(context, bytes);
        begin_numbers(&cut, exemplar);
        status = split_piece(&cut, piece_content(message, cut.holder, bytes), maximum,
                             take, context);
    }
    return status;
}
