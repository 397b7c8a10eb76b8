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

/* A device may take what arrived for one message, whatever length is stated in it.
 * `*rule` is what the rules say about that one. */
static int check_as_one(const struct campaign *campaign, struct view bytes,
                        struct tree *scratch, int *rule)
{
    const struct framing *framing = model_framing(campaign->model);
    uint8_t head[HEAD_MAXIMUM];
    size_t length = bytes.length < sizeof head ? bytes.length : sizeof head;
    int64_t stated = (int64_t)length - framing->length_adjust;

    *rule = GATE_OPEN;
    if (framing->kind != FRAMING_LENGTH || stated < 0 ||
        length < framing->length_offset + framing->length_width)
        return 0;
    memcpy(head, bytes.data, length);
    (framing->length_big_endian ? bytes_write_be : bytes_write_le)(
        head + framing->length_offset, framing->length_width, (uint64_t)stated);
    if (tree_parse(scratch, (struct view){head, length}, false) < 0)
        return -1;
    *rule = check_rules(campaign, scratch);
    return 0;
}

int gate_check(const struct campaign *campaign, struct view bytes, struct tree *scratch)
{
    const struct framing *framing = model_framing(campaign->model);
    int rule;

    if (campaign->exclude_count == 0 && !campaign->exclude_unparsed)
        return GATE_OPEN;
    /* What cannot be judged is not sent. */
    if (check_as_one(campaign, bytes, scratch, &rule) < 0)
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
        rule = check_frame(campaign, scratch);
        if (rule != GATE_OPEN)
            return rule;
        bytes = view_slice(bytes, length, bytes.length);
    }
    return GATE_OPEN;
}
