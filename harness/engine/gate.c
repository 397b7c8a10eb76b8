#include "engine/gate.h"

#include <string.h>

enum { HEAD_MAXIMUM = 4096 }; /* what a rule may look at lies at the front */

static int check_rules(const struct campaign *campaign, const struct tree *request)
{
    struct binding bindings[NAMES_COUNT];

    session_bind(bindings, request, NULL, 0);
    for (size_t i = 0; i < campaign->exclude_count; i++)
        if (expression_true(campaign->excludes[i].when, bindings))
            return (int)i;
    return GATE_OPEN;
}

static int check_frame(const struct campaign *campaign, const struct tree *request)
{
    int rule = check_rules(campaign, request);

    return rule == GATE_OPEN && campaign->exclude_unparsed && request->violation_count
               ? GATE_UNPARSED
               : rule;
}

/* A frame by itself, then the message that it makes whole. */
static int check_joined(const struct campaign *campaign, struct view frame,
                        struct tree *scratch, struct joiner *joiner)
{
    int rule = check_rules(campaign, scratch);
    int status;

    if (rule != GATE_OPEN)
        return rule;
    status = joiner_take(joiner, scratch, frame);
    if (status < 0)
        return GATE_UNPARSED;
    rule = check_frame(campaign, scratch);
    return rule == GATE_OPEN && status == SEGMENT_WHOLE
               ? check_frame(campaign, &joiner->tree)
               : rule;
}

/* The same bytes with a varint that states their length, as wide as it has to be. */
static size_t restate_varint(const struct framing *framing, struct view bytes,
                             uint8_t head[HEAD_MAXIMUM])
{
    size_t old, width = 0;
    uint64_t value;
    enum frame_status status = framing_read_varint(framing, bytes, &value, &old);
    struct view rest = view_slice(bytes, framing->length_offset + old, HEAD_MAXIMUM / 2);
    int64_t stated = (int64_t)rest.length - framing->length_adjust;

    if (status == FRAME_PARTIAL || stated < 0 ||
        framing->length_offset > HEAD_MAXIMUM / 4)
        return 0;
    memcpy(head, bytes.data, framing->length_offset);
    for (head += framing->length_offset; stated >> 7 || width + 1 < old; stated >>= 7)
        head[width++] = (uint8_t)((stated & 0x7f) | 0x80);
    head[width++] = (uint8_t)stated;
    if (rest.length)
        memcpy(head + width, rest.data, rest.length);
    return framing->length_offset + width + rest.length;
}

/* A device may take what arrived for one message, whatever length is stated in it: the
 * bytes' head with the length as it would have to be. 0 when the framing states none. */
static size_t head_as_one(const struct framing *framing, struct view bytes,
                          uint8_t head[HEAD_MAXIMUM])
{
    size_t length = bytes.length < HEAD_MAXIMUM ? bytes.length : HEAD_MAXIMUM;
    int64_t stated = (int64_t)length - framing->length_adjust;

    if (framing->kind == FRAMING_VARINT)
        return restate_varint(framing, bytes, head);
    if (!framing_is_self_delimiting(framing) || stated < 0 ||
        length < framing->length_offset + framing->length_width)
        return 0;
    memcpy(head, bytes.data, length);
    if (framing->kind == FRAMING_LENGTH)
        (framing->length_big_endian ? bytes_write_be : bytes_write_le)(
            head + framing->length_offset, framing->length_width, (uint64_t)stated);
    return length;
}

/* `*rule` is what the rules say about that one message. */
static int check_as_one(const struct campaign *campaign, struct view bytes,
                        struct tree *scratch, int *rule)
{
    uint8_t head[HEAD_MAXIMUM];
    size_t length = head_as_one(model_framing(campaign->model), bytes, head);

    *rule = GATE_OPEN;
    if (!length)
        return 0;
    if (tree_parse(scratch, (struct view){head, length}, false) < 0)
        return -1;
    *rule = check_rules(campaign, scratch);
    return 0;
}

/* A device that looks for the start of a frame finds it in the middle of anything. */
static int check_starts(const struct campaign *campaign, struct view bytes,
                        struct tree *scratch, int *rule)
{
    const struct framing *framing = model_framing(campaign->model);
    size_t at = framing_next_start(framing, bytes, 1);

    *rule = GATE_OPEN;
    for (; at < bytes.length && *rule == GATE_OPEN;
         at = framing_next_start(framing, bytes, at + 1)) {
        struct view frame = view_slice(bytes, at, bytes.length);
        size_t length;

        if (framing_split(framing, frame, &length) == FRAME_WHOLE)
            frame.length = length;
        if (tree_parse(scratch, frame, false) < 0)
            return -1;
        *rule = check_rules(campaign, scratch);
    }
    return 0;
}

static int check_bytes(const struct campaign *campaign, struct view bytes,
                       struct tree *scratch, struct joiner *joiner)
{
    const struct framing *framing = model_framing(campaign->model);
    int rule;

    /* What cannot be judged is not sent. */
    if (check_as_one(campaign, bytes, scratch, &rule) < 0 ||
        (rule == GATE_OPEN && check_starts(campaign, bytes, scratch, &rule) < 0))
        return GATE_UNPARSED;
    if (rule != GATE_OPEN)
        return rule;
    while (bytes.length) {
        size_t length = bytes.length;
        enum frame_status status = framing_split(framing, bytes, &length);

        /* A frame that is not whole is judged by what there is of it. */
        if (status != FRAME_WHOLE || length == 0 || length > bytes.length)
            length = bytes.length;
        if (tree_parse(scratch, view_slice(bytes, 0, length), false) < 0)
            return GATE_UNPARSED;
        rule = check_joined(campaign, view_slice(bytes, 0, length), scratch, joiner);
        if (rule != GATE_OPEN)
            return rule;
        bytes = view_slice(bytes, length, bytes.length);
    }
    return GATE_OPEN;
}

int gate_check(const struct campaign *campaign, struct view bytes, struct tree *scratch,
               struct joiner *joiner)
{
    int rule;

    if (campaign->exclude_count == 0 && !campaign->exclude_unparsed)
        return GATE_OPEN;
    rule = check_bytes(campaign, bytes, scratch, joiner);
    if (rule != GATE_OPEN)
        joiner_reset(joiner); /* what is not sent makes nothing whole */
    return rule;
}
