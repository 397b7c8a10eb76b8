#include "engine/gate.h"

static int check_frame(const struct campaign *campaign, const struct tree *request)
{
    struct binding bindings[NAMES_COUNT];

    session_bind(bindings, request, NULL, 0);
    for (size_t i = 0; i < campaign->exclude_count; i++)
        if (expression_true(campaign->excludes[i].when, bindings))
            return (int)i;
    if (campaign->exclude_unparsed && request->violation_count)
        return GATE_UNPARSED;
    return GATE_OPEN;
}

int gate_check(const struct campaign *campaign, struct view bytes, struct tree *scratch)
{
    const struct framing *framing = model_framing(campaign->model);

    if (campaign->exclude_count == 0 && !campaign->exclude_unparsed)
        return GATE_OPEN;
    while (bytes.length) {
        size_t length = bytes.length;
        enum frame_status status = framing_split(framing, bytes, &length);
        int rule;

        /* A frame that is not whole is judged by what there is of it. */
        if (status != FRAME_WHOLE || length == 0 || length > bytes.length)
            length = bytes.length;
        if (tree_parse(scratch, view_slice(bytes, 0, length), false) < 0)
            return campaign->exclude_unparsed ? GATE_UNPARSED : GATE_OPEN;
        rule = check_frame(campaign, scratch);
        if (rule != GATE_OPEN)
            return rule;
        bytes = view_slice(bytes, length, bytes.length);
    }
    return GATE_OPEN;
}
