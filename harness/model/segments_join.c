/* Frames to messages. */
#include "model/pieces.h"

#include <string.h>

enum { AROUND_MAXIMUM = 1 << 16, ELEMENTS_MAXIMUM = 1 << 24, MAP_MAXIMUM = 1 << 25 };

/* --- life --------------------------------------------------------------------------- */

void joiner_init(struct joiner *joiner, const struct model *model, size_t maximum)
{
    *joiner = (struct joiner){.model = model,
                              .frame = buffer_make(maximum + AROUND_MAXIMUM),
                              .elements = buffer_make(ELEMENTS_MAXIMUM),
                              .map = buffer_make(MAP_MAXIMUM)};
    tree_init(&joiner->tree, model);
    tree_init(&joiner->part, model);
    for (size_t i = 0; i < JOINER_STREAMS; i++)
        joiner->joins[i].bytes = buffer_make(maximum);
}

void joiner_free(struct joiner *joiner)
{
    for (size_t i = 0; i < JOINER_STREAMS; i++)
        buffer_free(&joiner->joins[i].bytes);
    buffer_free(&joiner->frame);
    buffer_free(&joiner->elements);
    buffer_free(&joiner->map);
    tree_free(&joiner->tree);
    tree_free(&joiner->part);
    *joiner = (struct joiner){0};
}

void joiner_reset(struct joiner *joiner)
{
    for (size_t i = 0; i < JOINER_STREAMS; i++)
        joiner->joins[i].state = JOIN_FREE;
    joiner->problem = SEGMENT_FINE;
}

bool joiner_is_open(const struct joiner *joiner)
{
    for (size_t i = 0; i < JOINER_STREAMS; i++) {
        if (joiner->joins[i].state == JOIN_OPEN)
            return true;
    }
    return false;
}

/* --- one frame ---------------------------------------------------------------------- */

/* The violation is about what a piece holds, and not about the frame: where the bytes end
 * inside the field itself, that is said of the piece. */
static bool is_inside(const struct tree *frame, const struct violation *violation)
{
    uint32_t node = violation->node;

    for (; node != TREE_NONE && node != 0; node = frame->nodes[node].parent) {
        uint32_t piece = frame->nodes[node].parent;

        if (frame->nodes[node].name == frame->model->segments.bytes &&
            frame->nodes[piece].kind == FIELD_GROUP &&
            (uint32_t)frame->nodes[piece].integer == frame->model->segments.type)
            return true;
    }
    return false;
}

static bool is_broken(const struct tree *frame)
{
    for (uint32_t piece = piece_next(frame, 0); piece != TREE_NONE;
         piece = piece_next(frame, piece + 1)) {
        uint32_t holder = piece_bytes_node(frame, piece);

        if (holder == TREE_NONE || frame->nodes[holder].encoded)
            return true;
    }
    for (size_t i = 0; i < frame->violation_count; i++) {
        if (!is_inside(frame, &frame->violations[i]))
            return true;
    }
    return false;
}

static uint32_t moved(const uint32_t *to, uint32_t node)
{
    return node == TREE_NONE ? TREE_NONE : to[node];
}

/* Takes out the nodes that hang on nothing any more, and the violations in them and in
 * what is plain bytes now: those nodes are pinned, which parsing leaves no node, until
 * here. A node stands behind the one it hangs on. */
static int compact(struct joiner *joiner, struct tree *frame)
{
    uint32_t *to, count = 0;
    size_t violations = 0;

    if (buffer_reserve(&joiner->map, frame->count * sizeof *to) < 0)
        return -1;
    to = (uint32_t *)(void *)joiner->map.data;
    for (uint32_t i = 0; i < frame->count; i++)
        to[i] = i == 0 || moved(to, frame->nodes[i].parent) != TREE_NONE ? count++
                                                                         : TREE_NONE;
    for (size_t i = 0; i < frame->violation_count; i++) {
        struct violation violation = frame->violations[i];

        if (to[violation.node] == TREE_NONE || frame->nodes[violation.node].pinned)
            continue;
        violation.node = to[violation.node];
        frame->violations[violations++] = violation;
    }
    for (uint32_t i = 0; i < frame->count; i++) {
        struct node node = frame->nodes[i];

        if (to[i] == TREE_NONE)
            continue;
        node.pinned = false;
        node.parent = moved(to, node.parent);
        node.first_child = moved(to, node.first_child);
        node.next = moved(to, node.next);
        frame->nodes[to[i]] = node;
    }
    frame->count = count;
    frame->violation_count = violations;
    return 0;
}

static void forget(struct joiner *joiner, enum segment_problem problem)
{
    if (joiner_is_open(joiner))
        joiner->problem = problem;
    for (size_t i = 0; i < JOINER_STREAMS; i++)
        joiner->joins[i].state = JOIN_FREE;
}

/* --- one piece ---------------------------------------------------------------------- */

struct piece {
    const struct tree *frame;
    uint32_t node, holder;
    struct view content;
    bool last;
    int64_t stream;
    int64_t seen[SEGMENT_FIELDS], next[SEGMENT_FIELDS];
};

/* False when the piece does not say what it should. */
static bool read_piece(struct piece *piece)
{
    const struct tree *frame = piece->frame;
    const struct segments *segments = &frame->model->segments;
    struct scope scope = {.tree = frame, .group = piece->node};

    piece->last = value_is_true(program_run(segments->last, &scope));
    piece->stream = 0;
    for (size_t i = 0; i < segments->next_count; i++) {
        uint32_t number = tree_child(frame, piece->node, segments->next[i].name);

        if (number == TREE_NONE ||
            !piece_integer(frame, piece->node, segments->next[i].value, &piece->next[i]))
            return false;
        piece->seen[i] = (int64_t)frame->nodes[number].integer;
    }
    return !segments->stream ||
           piece_integer(frame, piece->node, segments->stream, &piece->stream);
}

/* The message of that stream that is under way, else the one that was whole last. */
static struct join *find_join(struct joiner *joiner, int64_t stream)
{
    struct join *done = NULL;

    for (size_t i = 0; i < JOINER_STREAMS; i++) {
        struct join *join = &joiner->joins[i];

        if (join->state == JOIN_FREE || join->stream != stream || join->fresh)
            continue;
        if (join->state != JOIN_DONE)
            return join;
        done = join;
    }
    return done;
}

static struct join *open_join(struct joiner *joiner, int64_t stream)
{
    for (size_t i = 0; i < JOINER_STREAMS; i++) {
        struct join *join = &joiner->joins[i];

        if ((join->state != JOIN_FREE && join->state != JOIN_DONE) || join->fresh)
            continue;
        join->state = JOIN_OPEN;
        join->stream = stream;
        join->pieces = 0;
        buffer_clear(&join->bytes);
        return join;
    }
    return NULL;
}

static bool same_numbers(const struct piece *piece, const int64_t *numbers)
{
    size_t size = piece->frame->model->segments.next_count * sizeof *numbers;

    return memcmp(piece->seen, numbers, size) == 0;
}

/* The rest of the message is passed over, up to its last piece. */
static void lose(struct joiner *joiner, struct join *join, const struct piece *piece,
                 enum segment_problem problem)
{
    joiner->problem = problem;
    join->state = piece->last ? JOIN_FREE : JOIN_LOST;
}

static void append(struct joiner *joiner, struct join *join, const struct piece *piece)
{
    if (buffer_append(&join->bytes, piece->content) < 0) {
        lose(joiner, join, piece, SEGMENT_LONG);
        return;
    }
    memcpy(join->seen, piece->seen, sizeof join->seen);
    memcpy(join->next, piece->next, sizeof join->next);
    join->pieces++;
    if (piece->last) {
        join->state = JOIN_DONE;
        join->fresh = true;
    }
}

/* The join that has the piece, or NULL: it is a message of its own, or taken nowhere, and
 * then *alone is false. */
static struct join *take_piece(struct joiner *joiner, const struct piece *piece,
                               bool *alone)
{
    bool numbered = piece->frame->model->segments.next_count > 0;
    struct join *join = find_join(joiner, piece->stream);
    bool under_way = join && join->state != JOIN_DONE;

    *alone = false;
    if (join && numbered && join->state != JOIN_LOST && same_numbers(piece, join->seen)) {
        joiner->problem = SEGMENT_REPEATED;
        return NULL;
    }
    if (!under_way && join)
        join->state = JOIN_FREE; /* another message has begun: nothing is sent again */
    if (!under_way && piece->last) {
        *alone = true;
        return NULL;
    }
    if (!under_way) {
        join = open_join(joiner, piece->stream);
        if (!join) {
            joiner->problem = SEGMENT_STREAMS;
            return NULL;
        }
    } else if (join->state == JOIN_LOST) {
        join->state = piece->last ? JOIN_FREE : JOIN_LOST;
        return NULL;
    } else if (!same_numbers(piece, join->next)) {
        lose(joiner, join, piece, SEGMENT_ORDER);
        return NULL;
    }
    append(joiner, join, piece);
    return join;
}

/* --- the whole message -------------------------------------------------------------- */

static void remove_piece(struct tree *tree, uint32_t piece)
{
    uint32_t array = tree->nodes[piece].parent, child;
    size_t index = 0;

    if (array == TREE_NONE || tree->nodes[array].kind != FIELD_ARRAY)
        return;
    child = tree->nodes[array].first_child;
    for (; child != piece; child = tree->nodes[child].next)
        index++;
    tree_remove_child(tree, array, index);
}

/* The parts go out of the whole message's frame, its last piece gets all the bytes. In
 * the frame that came both become plain bytes. */
static int note_piece(struct joiner *joiner, struct tree *frame,
                      const struct piece *piece, const struct join *join, bool first)
{
    if (first && tree_copy(&joiner->tree, frame) < 0)
        return -1;
    joiner->tree.context = frame->context;
    if (join && join->fresh) {
        joiner->pieces = join->pieces;
        if (piece_set_content(&joiner->tree, piece->holder, buffer_view(&join->bytes)) <
            0)
            return -1;
    } else {
        remove_piece(&joiner->tree, piece->node);
    }
    frame->nodes[piece->holder].pinned = true; /* see compact */
    return piece_set_content(frame, piece->holder, piece->content);
}

/* Its lengths and checksums follow from what it holds now. */
static int read_whole(struct joiner *joiner, bool reply)
{
    buffer_clear(&joiner->frame);
    return tree_emit(&joiner->tree, &joiner->frame) < 0
               ? -1
               : tree_parse(&joiner->tree, buffer_view(&joiner->frame), reply);
}

static int take_pieces(struct joiner *joiner, struct tree *frame, struct view bytes,
                       uint32_t node)
{
    bool any_part = false, any_whole = false;

    for (; node != TREE_NONE; node = piece_next(frame, node + 1)) {
        struct piece piece = {.frame = frame, .node = node};
        struct join *join;
        bool alone;

        piece.holder = piece_bytes_node(frame, node);
        piece.content = piece_content(frame, piece.holder, bytes);
        if (!read_piece(&piece)) {
            forget(joiner, SEGMENT_BROKEN);
            return any_part && compact(joiner, frame) < 0 ? -1 : SEGMENT_ALONE;
        }
        join = take_piece(joiner, &piece, &alone);
        any_whole |= alone || (join && join->fresh);
        if (alone)
            continue;
        if (note_piece(joiner, frame, &piece, join, !any_part) < 0)
            return -1;
        any_part = true;
    }
    if (!any_part)
        return SEGMENT_ALONE;
    if (compact(joiner, frame) < 0)
        return -1;
    if (!any_whole)
        return SEGMENT_PART;
    return read_whole(joiner, frame->reply) < 0 ? -1 : SEGMENT_WHOLE;
}

int joiner_take(struct joiner *joiner, struct tree *frame, struct view bytes)
{
    uint32_t piece = piece_next(frame, 0);

    joiner->problem = SEGMENT_FINE;
    joiner->pieces = 0;
    joiner->tree.context = frame->context;
    for (size_t i = 0; i < JOINER_STREAMS; i++)
        joiner->joins[i].fresh = false;
    if (!joiner->model->segments.present)
        return SEGMENT_ALONE;
    if (is_broken(frame)) {
        if (joiner->model->segments.next_count == 0)
            forget(joiner, SEGMENT_BROKEN);
        return SEGMENT_ALONE;
    }
    if (piece == TREE_NONE) {
        forget(joiner, SEGMENT_UNFINISHED);
        return SEGMENT_ALONE;
    }
    return take_pieces(joiner, frame, bytes, piece);
}

/* --- a message in many frames that came at once ---------------------------------------
 */

/* The bytes of the array that holds the frame's pieces; false when no array does. */
static bool find_elements(const struct tree *frame, struct view bytes,
                          struct view *elements, uint32_t *array)
{
    uint32_t piece = piece_next(frame, 0);

    *array = piece == TREE_NONE ? TREE_NONE : frame->nodes[piece].parent;
    if (*array == TREE_NONE || frame->nodes[*array].kind != FIELD_ARRAY)
        return false;
    *elements =
        view_slice(bytes, frame->nodes[*array].offset, frame->nodes[*array].length);
    return true;
}

/* Takes the frame at the front of `bytes`; what has become whole in it goes into
 * `elements`. False: these bytes are not frames with pieces and nothing else. */
static bool collect_frame(struct joiner *joiner, struct view bytes, bool reply,
                          size_t *length)
{
    const struct framing *framing = model_framing(joiner->model);
    struct view elements, frame;
    uint32_t array;
    int status;

    if (framing_split(framing, bytes, length) != FRAME_WHOLE)
        return false;
    frame = view_slice(bytes, 0, *length);
    if (tree_parse(&joiner->part, frame, reply) < 0 || is_broken(&joiner->part) ||
        piece_next(&joiner->part, 0) == TREE_NONE)
        return false;
    status = joiner_take(joiner, &joiner->part, frame);
    if (status < 0 || joiner->problem != SEGMENT_FINE)
        return false;
    if (status == SEGMENT_PART)
        return true;
    if (status == SEGMENT_WHOLE
            ? !find_elements(&joiner->tree, buffer_view(&joiner->frame), &elements,
                             &array)
            : !find_elements(&joiner->part, frame, &elements, &array))
        return false;
    return buffer_append(&joiner->elements, elements) == 0;
}

/* The first frame with the pieces of all. */
static bool put_together(struct joiner *joiner, struct view first, bool reply)
{
    struct view elements;
    uint32_t array;

    if (tree_parse(&joiner->tree, first, reply) < 0 ||
        !find_elements(&joiner->tree, first, &elements, &array) ||
        tree_replace_group(&joiner->tree, array, (struct view){NULL, 0}) < 0)
        return false;
    joiner->tree.nodes[array].bytes = buffer_view(&joiner->elements);
    buffer_clear(&joiner->frame);
    return tree_emit(&joiner->tree, &joiner->frame) == 0;
}

int joiner_read(struct joiner *joiner, struct view bytes, bool reply, struct tree *tree,
                size_t *length)
{
    const struct framing *framing = model_framing(joiner->model);
    struct view first = bytes;
    size_t at = 0, next;

    if (framing_split(framing, bytes, length) == FRAME_WHOLE)
        first.length = *length;
    else
        *length = bytes.length;
    if (first.length == bytes.length || !joiner->model->segments.present ||
        joiner->model->segments.acknowledged)
        return tree_parse(tree, first, reply);
    joiner_reset(joiner);
    joiner->part.context = joiner->tree.context = tree->context;
    buffer_clear(&joiner->elements);
    for (; at < bytes.length; at += next) {
        if (!collect_frame(joiner, view_slice(bytes, at, bytes.length), reply, &next))
            return tree_parse(tree, first, reply);
    }
    if (joiner_is_open(joiner) || !put_together(joiner, first, reply))
        return tree_parse(tree, first, reply);
    *length = bytes.length;
    return tree_parse(tree, buffer_view(&joiner->frame), reply);
}
