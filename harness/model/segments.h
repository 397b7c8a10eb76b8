/* Segments: frames <-> messages, where a message spans several. A type with the key
 * `-percuss-segments` (harness/model/README.md) is a piece of a message; a frame may hold
 * several. What stands for the whole message is again a frame of the model: the last one,
 * with all the bytes in its piece, however long that is. Pure: no I/O. Each joiner and
 * splitter owns its memory and is used by one thread; after warm-up nothing is allocated
 * for a message. What is joined is hostile: its length and the number of messages under
 * way are limited, and whatever does not fit is told and left out. */
#ifndef PERCUSS_MODEL_SEGMENTS_H
#define PERCUSS_MODEL_SEGMENTS_H

#include "model/tree.h"

bool model_has_segments(const struct model *model);
/* The device acknowledges each frame before the next one is sent. */
bool model_acknowledges(const struct model *model);
size_t model_piece_maximum(const struct model *model); /* bytes; 0 without segments */

/* --- frames to messages ------------------------------------------------------------- */

enum segment_status {
    SEGMENT_ALONE, /* no piece of a longer message in it, or broken: look at the frame */
    SEGMENT_PART,  /* its pieces belong to messages that are not whole */
    SEGMENT_WHOLE  /* a message is whole: joiner->tree has what is whole in this frame */
};
enum segment_problem {
    SEGMENT_FINE,
    SEGMENT_REPEATED,   /* the piece before it once more: not taken again */
    SEGMENT_ORDER,      /* not the piece that follows the one before it */
    SEGMENT_LONG,       /* the message is longer than the joiner's limit */
    SEGMENT_STREAMS,    /* more messages under way than JOINER_STREAMS */
    SEGMENT_UNFINISHED, /* a frame without a piece, though a message was not whole */
    SEGMENT_BROKEN      /* a broken frame among the pieces */
};
const char *segment_problem_text(enum segment_problem problem); /* "" for FINE */

enum { JOINER_STREAMS = 8, JOINER_FIELDS = 4 };
enum join_state { JOIN_FREE, JOIN_OPEN, JOIN_LOST, JOIN_DONE };
struct join {
    enum join_state state;
    bool fresh; /* became whole in the present frame: its bytes are still needed */
    int64_t stream;
    int64_t seen[JOINER_FIELDS], next[JOINER_FIELDS]; /* of `next`'s fields */
    size_t pieces;
    struct buffer bytes;
};

/* One direction of one connection. */
struct joiner {
    const struct model *model;
    struct join joins[JOINER_STREAMS];
    enum segment_problem problem; /* of the last frame */
    size_t pieces;       /* of the message that became whole; 0: it came in one piece */
    struct tree tree;    /* the whole message as a frame */
    struct buffer frame; /* its bytes, which `tree` borrows */
    struct tree part;    /* scratch of joiner_read */
    struct buffer elements, map;
};

/* `maximum`: bytes of a message; its frame has 64 KiB more at most. */
void joiner_init(struct joiner *joiner, const struct model *model, size_t maximum);
void joiner_free(struct joiner *joiner); /* accepts all-zero */
/* Forgets what is under way: a new connection. */
void joiner_reset(struct joiner *joiner);
bool joiner_is_open(const struct joiner *joiner); /* a message is not whole yet */
/* Takes the next frame: `frame` is parsed from `bytes`; what is joined is read in its
 * context. The bytes of pieces of longer
 * messages become plain bytes in it, and violations in them go: no grammar describes a
 * piece. A message in one piece stays as it is. A broken frame, which is one with
 * violations elsewhere, is not taken: where pieces are numbered it will be sent again,
 * else the messages under way are lost. Returns an enum segment_status, or -1 when memory
 * is short. */
int joiner_take(struct joiner *joiner, struct tree *frame, struct view bytes);
/* Parses the message at the front of `bytes` into `tree`, in its context: one frame, or,
 * where frames are not acknowledged, all of `bytes` when they are valid frames with
 * pieces of whole messages: then `tree` is one frame with all these messages, and borrows
 * the joiner. *length is how many bytes that takes. Forgets what was under way. -1 as
 * tree_parse. */
int joiner_read(struct joiner *joiner, struct view bytes, bool reply, struct tree *tree,
                size_t *length);

/* The node with the bytes of the frame's last piece, and what it holds: `bytes` is what
 * the tree was parsed from or emitted as. TREE_NONE without one. */
uint32_t segments_find(const struct tree *frame, struct view bytes, struct view *content);
/* The node is a piece, or holds one. */
bool segments_around(const struct tree *frame, uint32_t node);

/* --- messages to frames ------------------------------------------------------------- */

struct splitter {
    struct tree frame;
    struct buffer bytes;
};
/* Takes the frames in order; anything but 0 ends the splitting. The view goes away. */
typedef int segment_taker(void *context, struct view frame);

void splitter_init(struct splitter *splitter, const struct model *model);
void splitter_free(struct splitter *splitter); /* accepts all-zero */
/* Cuts a message that was emitted as `bytes` into frames with at most `maximum` bytes of
 * it each. A field of the frame that is pinned keeps its value in the last one only; the
 * fields of `next` begin as in `exemplar`, which `message` is a changed copy of (or the
 * same tree). A message without a piece is one frame, as it is. -1 when memory is short
 * or a frame does not fit, else 0 or what `take` returned. */
int splitter_run(struct splitter *splitter, const struct tree *message, struct view bytes,
                 const struct tree *exemplar, size_t maximum, segment_taker *take,
                 void *context);

#endif
