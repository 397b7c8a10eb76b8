#include "engine/falsify.h"

#include "core/clock.h"
#include "engine/exchange_parts.h"

#include <string.h>

/* A line that was put on the console gets this long to come through. */
static const int64_t speech_ns = 200 * CLOCK_MS;

int64_t falsify_patience_ns(const struct runner *runner)
{
    int64_t patience_ns = 20 * runner->control_latency_ns;

    if (patience_ns < 20 * CLOCK_MS)
        patience_ns = 20 * CLOCK_MS;
    return patience_ns < runner->campaign->answer_ns ? patience_ns
                                                     : runner->campaign->answer_ns;
}

/* An account of a probe that was rightly answered, for a falsification to start from. */
static struct exchange right_exchange(struct runner *runner)
{
    observation_clear(&runner->observation);
    return (struct exchange){.session = runner->campaign->session,
                             .request = &runner->probe_request,
                             .expected_why = "falsified",
                             .expected_clause = "",
                             .message = "probe",
                             .expected = OUTCOME_ACCEPT,
                             .outcome = OUTCOME_ACCEPT,
                             .observation = &runner->observation,
                             .latency_ns = 0,
                             .limit_ns = runner->campaign->answer_ns};
}

static enum proof ask(const struct oracle_ops *oracle, const struct exchange *exchange)
{
    struct judgement judgement;

    return oracle->judge(exchange, &judgement) == VERDICT_SUSPECT ? PROOF_SEEN
                                                                  : PROOF_UNSEEN;
}

/* The probe's right reply in runner->reply, its bytes in runner->reply_bytes. */
static bool keep_probe_reply(struct runner *runner, struct error *error)
{
    buffer_clear(&runner->reply_bytes);
    if (!exchange_valid(runner, runner->campaign->session->probe, NULL, error) ||
        buffer_append(&runner->reply_bytes, buffer_view(&runner->wire.frame)) < 0)
        return false;
    runner->reply.context = runner->wire.context;
    return true;
}

/* --- replies ------------------------------------------------------------------------ */

/* A right reply of this device, falsified in every byte in turn: some must be seen. */
static enum proof prove_conformance(struct runner *runner,
                                    const struct oracle_ops *oracle, struct error *error)
{
    struct exchange exchange = right_exchange(runner);
    enum proof proof = PROOF_UNSEEN;

    if (!keep_probe_reply(runner, error))
        return PROOF_IMPOSSIBLE;
    exchange.reply = &runner->reply;
    for (size_t i = 0; i < runner->reply_bytes.length; i++) {
        runner->reply_bytes.data[i] ^= 0x55;
        if (tree_parse(&runner->reply, buffer_view(&runner->reply_bytes), true) == 0 &&
            ask(oracle, &exchange) == PROOF_SEEN)
            proof = PROOF_SEEN;
        runner->reply_bytes.data[i] ^= 0x55;
    }
    return proof;
}

/* A right reply is held against bytes that are in it, as if another exchange's. */
static enum proof prove_leak(struct runner *runner, const struct oracle_ops *oracle,
                             struct error *error)
{
    struct exchange exchange = right_exchange(runner);
    struct canary canary;

    if (runner->campaign->session->canary_field_count == 0 ||
        !keep_probe_reply(runner, error) || runner->reply_bytes.length < 8 ||
        tree_parse(&runner->reply, buffer_view(&runner->reply_bytes), true) < 0)
        return PROOF_IMPOSSIBLE;
    exchange.reply = &runner->reply;
    exchange.received = buffer_view(&runner->reply_bytes);
    canary.length = 8;
    memcpy(canary.bytes, exchange.received.data, canary.length);
    exchange.canaries = &canary;
    exchange.canary_count = 1;
    return ask(oracle, &exchange);
}

/* A probe waits at a stopped device until the limit is over: its answer is late. */
static enum proof prove_answers(struct runner *runner, const struct oracle_ops *oracle,
                                struct error *error)
{
    int (*provoke)(struct device *, enum provocation, struct error *) =
        runner->device->ops->provoke;
    struct exchange exchange = right_exchange(runner);
    unsigned probe = runner->campaign->session->probe;
    bool asked, early, late = false;
    int64_t sent_ns;

    if (!provoke || !exchange_enter(runner, probe, error) ||
        exchange_ready(runner, error) < 0 ||
        provoke(runner->device, PROVOKE_PAUSE, error) < 0)
        return PROOF_IMPOSSIBLE;
    exchange.limit_ns = falsify_patience_ns(runner);
    sent_ns = clock_now_ns();
    asked = exchange_send_exemplar(runner, probe, error) == 0;
    early = asked &&
            exchange_await_exemplar(runner, sent_ns, NULL, sent_ns + exchange.limit_ns,
                                    error) != ANSWER_NONE;
    provoke(runner->device, PROVOKE_CONTINUE, error);
    if (asked && !early)
        late = exchange_await_exemplar(runner, sent_ns, NULL, exchange_deadline(runner),
                                       error) == ANSWER_RIGHT;
    exchange.latency_ns = clock_now_ns() - sent_ns;
    wire_disconnect(&runner->wire);
    return late ? ask(oracle, &exchange) : PROOF_IMPOSSIBLE;
}

/* --- readings ----------------------------------------------------------------------- */

/* All that is watched, as the device has it; false where an invariant was not read. */
static struct exchange right_sample(struct runner *runner,
                                    struct invariant_sample *samples,
                                    struct readings *readings, struct error *error)
{
    struct exchange exchange = right_exchange(runner);

    exchange.samples = samples;
    exchange.sample_count = invariants_sample(runner, samples, error);
    watch_sample(runner, NULL, error);
    *readings = runner->watch.readings;
    exchange.readings = readings;
    return exchange;
}

static enum proof prove_invariant(struct runner *runner, const struct oracle_ops *oracle,
                                  struct error *error)
{
    struct invariant_sample samples[RUNNER_INVARIANTS];
    struct readings readings;
    struct exchange exchange = right_sample(runner, samples, &readings, error);

    if (exchange.sample_count == 0 || !samples[0].read)
        return PROOF_IMPOSSIBLE;
    samples[0].any = false;
    samples[0].expected[0] = samples[0].expected[1] = samples[0].actual + 1;
    return ask(oracle, &exchange);
}

static enum proof prove_state(struct runner *runner, const struct oracle_ops *oracle,
                              struct error *error)
{
    struct invariant_sample samples[RUNNER_INVARIANTS];
    struct readings readings;
    struct exchange exchange = right_sample(runner, samples, &readings, error);

    if (!readings.state.read)
        return PROOF_IMPOSSIBLE;
    readings.state.judged = true;
    readings.state.before = readings.state.now;
    readings.state.before.bytes[0] ^= 1;
    return ask(oracle, &exchange);
}

static enum proof prove_reboot(struct runner *runner, const struct oracle_ops *oracle,
                               struct error *error)
{
    struct invariant_sample samples[RUNNER_INVARIANTS];
    struct readings readings;
    struct exchange exchange = right_sample(runner, samples, &readings, error);

    if (readings.reboot_count == 0 || !readings.reboots[0].known)
        return PROOF_IMPOSSIBLE;
    readings.reboots[0].before = readings.reboots[0].now + 1;
    return ask(oracle, &exchange);
}

static enum proof prove_resources(struct runner *runner, const struct oracle_ops *oracle,
                                  struct error *error)
{
    struct invariant_sample samples[RUNNER_INVARIANTS];
    struct readings readings;
    struct exchange exchange = {0};
    enum { ENOUGH = 100 };

    /* Until one is warm. */
    for (int i = 0; i < ENOUGH; i++) {
        exchange = right_sample(runner, samples, &readings, error);
        for (size_t g = 0; g < readings.growth_count; g++) {
            struct growth *growth = &readings.growths[g];

            if (!growth->warm)
                continue;
            growth->first = growth->now - growth->limit;
            growth->samples = growth->rises = ENOUGH;
            growth->falls = 0;
            return ask(oracle, &exchange);
        }
    }
    return PROOF_IMPOSSIBLE;
}

static enum proof prove_latency(struct runner *runner, const struct oracle_ops *oracle,
                                struct error *error)
{
    struct invariant_sample samples[RUNNER_INVARIANTS];
    struct readings readings;
    struct exchange exchange = right_sample(runner, samples, &readings, error);

    if (!runner->watch.median_ns)
        return PROOF_IMPOSSIBLE;
    readings.latency.exchanges = WATCH_BURST;
    readings.latency.fastest_ns = 2 * runner->watch.p99_ns;
    readings.latency.limit_ns = runner->watch.p99_ns;
    return ask(oracle, &exchange);
}

/* --- the console -------------------------------------------------------------------- */

/* Each example is put on the console, and each must be seen. */
static enum proof prove_console(struct runner *runner, const struct oracle_ops *oracle,
                                struct error *error)
{
    const struct console *console = &runner->campaign->console;
    enum proof proof = PROOF_SEEN;

    if (!runner->device->ops->speak)
        return PROOF_IMPOSSIBLE;
    for (size_t i = 0; i < console->suspect_count && proof == PROOF_SEEN; i++) {
        struct exchange exchange = right_exchange(runner);
        int64_t until_ns = clock_now_ns() + speech_ns;

        if (runner->device->ops->speak(runner->device, console->suspects[i].example,
                                       error) < 0)
            return PROOF_IMPOSSIBLE;
        do {
            runner_observe(runner, CLOCK_MS, error);
            proof = ask(oracle, &exchange);
        } while (proof != PROOF_SEEN && clock_now_ns() < until_ns);
    }
    observation_clear(&runner->observation);
    return proof;
}

/* --- which for whom ----------------------------------------------------------------- */

static bool has_invariants(const struct runner *runner)
{
    return runner->campaign->session->invariant_count > 0;
}

static bool has_state(const struct runner *runner)
{
    return runner->campaign->session->state_read_count > 0;
}

static bool has_signs_of_reset(const struct runner *runner)
{
    return runner->campaign->session->reboot_count ||
           runner->campaign->console.banner.set;
}

static bool has_resources(const struct runner *runner)
{
    return growth_count(runner) > 0;
}

static bool has_baseline(const struct runner *runner)
{
    return runner->watch.median_ns > 0;
}

static bool has_leak_rules(const struct runner *runner)
{
    return runner->campaign->session->canary_field_count ||
           runner->campaign->session->reply_limit_count;
}

static bool has_patterns(const struct runner *runner)
{
    return runner->campaign->console.suspect_count > 0;
}

static const struct method {
    const char *oracle;
    bool (*is_told)(const struct runner *runner); /* NULL: it needs nothing */
    const char *untold;                           /* why it is blind then */
    enum proof (*prove)(struct runner *runner, const struct oracle_ops *oracle,
                        struct error *error);
    const char *done;
} methods[] = {
    {"conformance", NULL, NULL, prove_conformance,
     "a reply of this device was falsified byte by byte"},
    {"answers", NULL, NULL, prove_answers,
     "the device was stopped until the answer to a valid request was late"},
    {"leak", has_leak_rules, "the session declares no canary and no limit of replies",
     prove_leak, "a reply of this device was searched for bytes that are in it"},
    {"invariant", has_invariants, "the session declares no invariant", prove_invariant,
     "a reading of this device was falsified"},
    {"state", has_state, "the session declares no reads of the state", prove_state,
     "a hash over readings of this device was falsified"},
    {"reboot", has_signs_of_reset,
     "the session declares no sign of a reset and the campaign no banner", prove_reboot,
     "a reading of this device was falsified"},
    {"resources", has_resources, "nothing says what this device holds", prove_resources,
     "a reading of what this device holds was falsified"},
    {"latency", has_baseline, "too few valid exchanges were timed when the run began",
     prove_latency, "a time of this device was falsified"},
    {"console", has_patterns, "the campaign looks for nothing on the console",
     prove_console, "each pattern's example was put on the device's console"},
};

enum proof falsify(struct runner *runner, const struct oracle_ops *oracle,
                   const char **text, struct error *error)
{
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        const struct method *method = &methods[i];

        if (strcmp(method->oracle, oracle->name) != 0)
            continue;
        if (method->is_told && !method->is_told(runner)) {
            *text = method->untold;
            return PROOF_UNTOLD;
        }
        *text = method->done;
        return method->prove(runner, oracle, error);
    }
    return PROOF_IMPOSSIBLE;
}
