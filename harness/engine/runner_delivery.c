#include "engine/runner_delivery.h"

void runner_follow_joined(struct runner *runner, const struct sequence *sequence,
                          size_t first, size_t end)
{
    if (framing_is_self_delimiting(model_framing(runner->campaign->model)))
        return;
    for (size_t i = first; i < end; i++) {
        runner->fill_tree.context = wire_context(&runner->wire);
        if (tree_parse(&runner->fill_tree, sequence_bytes(sequence, i), false) == 0 &&
            runner->fill_tree.violation_count == 0)
            invariants_follow(runner, &runner->fill_tree, false);
    }
}

bool runner_carries(struct runner *runner, const struct sequence *sequence, size_t first,
                    size_t end)
{
    unsigned lacks = 0;

    for (size_t i = first; i < end; i++)
        lacks |= wire_lacks(runner->campaign, runner->link, &sequence->steps[i].delivery);
    for (unsigned bit = 0; bit < LINK_CARRIES; bit++)
        runner->wire.gate_hits[GATE_NOT_CARRIED + bit] += lacks >> bit & 1;
    return lacks == 0;
}
