/* What is read behind a case, and judged. */
#include "engine/runner_parts.h"

void runner_sample(struct runner *runner, const struct sequence *sequence, size_t last,
                   const struct run_options *options, struct case_result *result,
                   struct error *error)
{
    struct exchange_result exchanged = {.outcome = result->outcome, .latency_ns = -1};
    struct exchange exchange;

    exchanged.expectation.outcomes = result->expected;
    exchanged.expectation.clause = "";
    result->sample_count = invariants_sample(runner, result->samples, error);
    watch_sample(runner, options->target, error);
    result->sampled = true;
    result->readings = runner->watch.readings;
    runner_describe(runner, &sequence->steps[last], sequence_bytes(sequence, last),
                    &exchanged, options->control, &exchange);
    exchange.reply = NULL;
    exchange.readings = &runner->watch.readings;
    exchange.samples = result->samples;
    exchange.sample_count = result->sample_count;
    for (size_t i = 0; i < result->sample_count; i++)
        if (!result->samples[i].read) {
            exchange.probed = true;
            exchange.probe_ok = exchange_probe(runner, error);
            runner_observe(runner, exchange.probe_ok ? 0 : RUNNER_EXPLAIN_NS, error);
            break;
        }
    runner_ask(runner, &exchange, options->target, result);
}

/* What was refused, or never answered, may have acted all the same: that is worse, and it
 * is looked for at once, before anything restores the device. */
void runner_look_for_effect(struct runner *runner, const struct sequence *sequence,
                            const struct run_options *options, struct case_result *result,
                            struct error *error)
{
    struct judgement judgement;
    int oracle = result->oracle;

    if (options->target || oracle == ORACLE_NONE || oracle_kinds[oracle]->hard ||
        result->sampled || !watch_reads(runner) || runner->dead)
        return;
    judgement = result->judgement;
    result->oracle = ORACLE_NONE;
    runner_sample(runner, sequence, result->suspect_step, options, result, error);
    if (result->oracle == ORACLE_NONE) {
        result->oracle = oracle;
        result->judgement = judgement;
    }
}
