#include "generate/steps.h"

enum { SCRIPT_MAXIMUM = SCRIPT_MESSAGES << 20 };

void script_init(struct script *script)
{
    *script = (struct script){.bytes = buffer_make(SCRIPT_MAXIMUM)};
}

void script_free(struct script *script)
{
    buffer_free(&script->bytes);
}

struct view script_bytes(const struct script *script, size_t step)
{
    return view_slice(buffer_view(&script->bytes), script->steps[step].offset,
                      script->steps[step].length);
}

static int append_step(struct script *script, unsigned message, bool fuzzed,
                       struct view bytes)
{
    struct step *step = &script->steps[script->count];

    if (script->count == SCRIPT_STEPS)
        return 0;
    *step = (struct step){.message = message,
                          .fuzzed = fuzzed,
                          .offset = script->bytes.length,
                          .length = bytes.length};
    if (buffer_append(&script->bytes, bytes) < 0)
        return -1;
    script->count++;
    return 0;
}

/* A message that becomes frames: steps of a script, or bytes that are sent at once. */
struct split {
    struct script *script; /* NULL: into `frames` */
    unsigned message;
    bool fuzzed;
    struct buffer *frames, *held;
    enum piece_way way; /* of which piece */
    unsigned piece, at;
};

static int give_frame(const struct split *split, struct view frame)
{
    return split->script
               ? append_step(split->script, split->message, split->fuzzed, frame)
               : buffer_append(split->frames, frame);
}

/* The next frame, in the way that the arrangement has for it. */
static int take_frame(void *context, struct view frame)
{
    struct split *split = context;
    unsigned at = split->at++;
    enum piece_way way = at == split->piece ? split->way : PIECE_RIGHT;

    if (way == PIECE_LEFT_OUT || (split->way == PIECE_ENDS && at > split->piece))
        return 0;
    if (way == PIECE_LATE)
        return buffer_append(split->held, frame);
    if (give_frame(split, frame) < 0 ||
        (way == PIECE_TWICE && give_frame(split, frame) < 0))
        return -1;
    if (split->held->length == 0)
        return 0;
    frame = buffer_view(split->held);
    split->held->length = 0;
    return give_frame(split, frame);
}

/* The message in generator->tree and generator->bytes. What an arrangement leaves nothing
 * of is sent as it is. */
static int split_message(struct generator *generator, struct split *split)
{
    const struct session_message *exemplar =
        &generator->plan->session->messages[split->message];
    size_t before;

    buffer_clear(&generator->frames);
    buffer_clear(&generator->held);
    split->frames = &generator->frames;
    split->held = &generator->held;
    before = split->script ? split->script->count : 0;
    if (splitter_run(&generator->splitter, &generator->tree,
                     buffer_view(&generator->bytes), &exemplar->tree, exemplar->pieces,
                     take_frame, split) < 0)
        return -1;
    if (split->way == PIECE_RIGHT ||
        (split->script ? split->script->count > before : generator->frames.length > 0))
        return 0;
    split->way = PIECE_RIGHT;
    split->at = 0;
    return split_message(generator, split);
}

int script_append(struct generator *generator, unsigned message, bool fuzzed,
                  const struct arrangement *arrangement, struct script *script)
{
    const struct session *session = generator->plan->session;
    bool steps = model_acknowledges(session->model);
    struct split split = {.script = steps ? script : NULL,
                          .message = message,
                          .fuzzed = fuzzed,
                          .way = arrangement ? arrangement->way : PIECE_RIGHT,
                          .piece = arrangement ? arrangement->piece : 0};

    if (script->messages == SCRIPT_MESSAGES)
        return 0;
    script->messages++;
    if (!session->messages[message].pieces)
        return append_step(script, message, fuzzed, buffer_view(&generator->bytes));
    if (split_message(generator, &split) < 0)
        return -1;
    return steps ? 0
                 : append_step(script, message, fuzzed, buffer_view(&generator->frames));
}

void script_deliver(struct script *script, size_t first, const struct delivery *delivery)
{
    bool each = delivery->way == DELIVERY_PARTS || delivery->way == DELIVERY_CUT;

    if (script->count == 0)
        return;
    if (!each || delivery_is_slow(delivery))
        first = script->count - 1;
    for (; first < script->count; first++)
        script->steps[first].delivery = *delivery;
}

void script_clear(struct script *script)
{
    script->count = script->messages = 0;
    buffer_clear(&script->bytes);
}

int generator_frames(struct generator *generator, unsigned message, struct view *frames)
{
    struct split split = {.message = message};
    bool whole = generator->plan->session->messages[message].pieces == 0;

    if (!whole && split_message(generator, &split) < 0)
        return -1;
    *frames = buffer_view(whole ? &generator->bytes : &generator->frames);
    return 0;
}
