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
    static const char *const names[] = {[LINE_NOT_CARRIED] = "not-carried",
                                        [LINE_EXCLUDED] = "excluded",
                                        [LINE_UNANSWERED] = "unanswered",
                                        [LINE_IGNORED] = "ignored",
                                        [LINE_UNSTEADY] = "unsteady",
                                        [LINE_UNTOLD] = "untold",
                                        [LINE_HARMED] = "harmed"};

    return names[verdict];
}

/* One message may stay without an answer by chance. A break comes before its message:
 * that the message is answered is right with and without it. */
enum line_verdict prove_line_verdict(const struct line_proof *proof, bool alive)
{
    if (!alive)
        return LINE_HARMED;
    if (!proof->answered)
        return LINE_UNANSWERED;
    if (proof->answered < proof->sent)
        return LINE_UNSTEADY;
    return proof->what == LINK_BREAK ? LINE_UNTOLD : LINE_IGNORED;
}

/* The probe once, in that way. 1: it was sent; 0: it was kept off the wire. */
static int send_probe(struct runner *runner, const struct delivery *delivery,
                      struct line_proof *proof, struct error *error)
{
    struct exchange_result result = {.refused = false};
    struct script script; /* not the runner's bytes: it makes its own probes there */
    int status;

    script_init(&script);
    status = generator_steps(&runner->generator, runner->campaign->session->probe,
                             runner->serial++, &script);
    if (status < 0)
        error_set(error, "out of memory for the probe");
    for (size_t i = 0; i < script.count && status == 0; i++)
        status =
            exchange_deliver(runner, script_bytes(&script, i), delivery, &result, error);
    script_free(&script);
    if (status < 0 || result.refused)
        return status;
    proof->sent++;
    proof->answered += result.outcome == OUTCOME_ACCEPT;
    return 1;
}

static int try_one(struct runner *runner, size_t index, struct line_proof *proof,
                   struct error *error)
{
    const struct delivery *delivery = &tried[index].delivery;
    struct restoration restoration;
    bool alive = true;

    *proof = (struct line_proof){tried[index].what, LINE_NOT_CARRIED, 0, 0};
    if (wire_lacks(runner->campaign, runner->link, delivery))
        return 0;
    for (int i = 0; i < LINE_TRIES && alive; i++) {
        int sent = send_probe(runner, delivery, proof, error);

        if (sent < 0)
            return -1;
        proof->verdict = LINE_EXCLUDED;
        if (sent == 0)
            return 0;
        alive = exchange_probe(runner, error);
    }
    proof->verdict = prove_line_verdict(proof, alive);
    return alive ? 0 : runner_restore(runner, RESET_WARM, &restoration, error);
}

int prove_line(struct runner *runner, struct line_proof proofs[LINE_PROOFS],
               struct error *error)
{
    for (size_t i = 0; i < LINE_PROOFS; i++)
        if (try_one(runner, i, &proofs[i], error) < 0)
            return -1;
    return 0;
}
