#include "engine/prove_line.h"

#include "core/clock.h"

static const struct {
    unsigned what;
    struct delivery delivery;
} tried[LINE_PROOFS] = {
    {LINK_BREAK, {.way = DELIVERY_BREAK, .pause_ns = 100 * CLOCK_MS}},
    {LINK_PARITY, {.way = DELIVERY_PARITY}},
    {LINK_FRAMING, {.way = DELIVERY_FRAMING}},
    {LINK_BAUD, {.way = DELIVERY_BAUD, .percent = 50}},
};

const char *line_verdict_name(enum line_verdict verdict)
{
    static const char *const names[] = {
        [LINE_NOT_CARRIED] = "not-carried", [LINE_EXCLUDED] = "excluded",
        [LINE_ARRIVES] = "arrives",         [LINE_IGNORED] = "ignored",
        [LINE_UNTOLD] = "untold",           [LINE_HARMED] = "harmed"};

    return names[verdict];
}

/* A break comes before its message: that the message is answered is right with and
 * without it. */
enum line_verdict prove_line_verdict(unsigned what, bool answered_rightly, bool alive)
{
    if (!alive)
        return LINE_HARMED;
    if (!answered_rightly)
        return LINE_ARRIVES;
    return what == LINK_BREAK ? LINE_UNTOLD : LINE_IGNORED;
}

static int try_one(struct runner *runner, size_t index, struct line_proof *proof,
                   struct error *error)
{
    const struct delivery *delivery = &tried[index].delivery;
    unsigned probe = runner->campaign->session->probe;
    struct restoration restoration;
    struct exchange_result result;

    proof->what = tried[index].what;
    proof->verdict = LINE_NOT_CARRIED;
    if (wire_lacks(runner->campaign, runner->link, delivery))
        return 0;
    if (generator_exemplar(&runner->generator, probe, runner->serial++,
                           &runner->exemplar) < 0)
        return error_set(error, "out of memory for the probe");
    if (exchange_deliver(runner, buffer_view(&runner->exemplar), delivery, &result,
                         error) < 0)
        return -1;
    proof->verdict = LINE_EXCLUDED;
    if (result.refused)
        return 0;
    proof->verdict = prove_line_verdict(proof->what, result.outcome == OUTCOME_ACCEPT,
                                        exchange_probe(runner, error));
    return proof->verdict == LINE_HARMED
               ? runner_restore(runner, RESET_WARM, &restoration, error)
               : 0;
}

int prove_line(struct runner *runner, struct line_proof proofs[LINE_PROOFS],
               struct error *error)
{
    for (size_t i = 0; i < LINE_PROOFS; i++)
        if (try_one(runner, i, &proofs[i], error) < 0)
            return -1;
    return 0;
}
