#include "engine/exchange_parts.h"
#include "engine/runner_delivery.h"
#include "engine/runner_parts.h"

#include "core/clock.h"

#include <string.h>

/* Looking at the device costs system calls: on a fast link not after every case. */
static const int64_t observe_every_ns = 500 * 1000;
/* In a replay, one that answers gets this long to say something behind its last answer.
 */
static const int64_t afterthought_ns = 20 * CLOCK_MS;
/* A replay that looks for growth is repeated so often, and goes on for so long. */
enum { ROUNDS = 64, ROUNDS_MINIMUM = 12, ROUNDS_STEPS = 2048 };
static const int64_t rounds_ns = 5 * CLOCK_S;

/* Who connects is said by the device and by the link. */
static int check_roles(const struct runner *runner, struct error *error)
{
    return runner->device->can & DEVICE_DIALS && !runner->link->is_server
               ? yaml_refuse(runner->campaign->link, error,
                             "a device that starts per-connection connects by itself: "
                             "expected a link with `role: server`")
               : 0;
}

int runner_init(struct runner *runner, const struct campaign *campaign,
                struct error *error)
{
    *runner = (struct runner){.campaign = campaign,
                              .exemplar = buffer_make(1 << 20),
                              .reply_bytes = buffer_make(1 << 20),
                              .filled = buffer_make(1 << 20),
                              .greeted = buffer_make(1 << 20),
                              .joined = buffer_make(SCRIPT_MESSAGES << 20)};
    observation_init(&runner->observation);
    watch_init(runner);
    generator_init(&runner->generator, &campaign->plan);
    tree_init(&runner->request, campaign->model);
    tree_init(&runner->probe_request, campaign->model);
    joiner_init(&runner->joiner, campaign->model, 1 << 20);
    joiner_init(&runner->probe_joiner, campaign->model, 1 << 20);
    tree_init(&runner->fill_tree, campaign->model);
    tree_init(&runner->reply, campaign->model);
    runner->device = device_create(campaign->device, error);
    runner->link = runner->device ? link_create(campaign->link, error) : NULL;
    if (!runner->link || check_roles(runner, error) < 0 ||
        wire_init(&runner->wire, campaign, runner->device, runner->link, error) < 0) {
        runner_free(runner);
        return -1;
    }
    return 0;
}

void runner_free(struct runner *runner)
{
    if (runner->link)
        wire_disconnect(&runner->wire);
    wire_free(&runner->wire);
    link_free(runner->link);
    device_free(runner->device);
    generator_free(&runner->generator);
    tree_free(&runner->request);
    tree_free(&runner->probe_request);
    joiner_free(&runner->joiner);
    joiner_free(&runner->probe_joiner);
    tree_free(&runner->fill_tree);
    tree_free(&runner->reply);
    buffer_free(&runner->exemplar);
    buffer_free(&runner->reply_bytes);
    buffer_free(&runner->filled);
    buffer_free(&runner->greeted);
    buffer_free(&runner->joined);
    observation_free(&runner->observation);
    watch_free(runner);
    way_forget(runner);
    *runner = (struct runner){0};
}

bool runner_oracle_enabled(const struct runner *runner, size_t oracle)
{
    const struct oracle_ops *ops = oracle_kinds[oracle];

    return runner->campaign->oracle_enabled[oracle] &&
           (runner->device->can & ops->needs) == ops->needs;
}

/* A device that only spoke goes on. */
static bool has_failed(const struct observation *observation)
{
    for (size_t i = 0; i < observation->fault_count; i++)
        if (observation->faults[i].kind < FAULT_CONSOLE)
            return true;
    return observation->restarted;
}

bool runner_observe(struct runner *runner, int64_t wait_ns, struct error *error)
{
    size_t from = runner->observation.text.length;
    int64_t now = clock_now_ns();

    runner->observed_ns = now;
    runner->blind =
        runner->device->ops->observe(runner->device, wait_ns ? now + wait_ns : 0,
                                     &runner->observation, error) < 0;
    console_scan(&runner->campaign->console, &runner->console, from,
                 &runner->observation);
    return has_failed(&runner->observation);
}

/* --- judging ------------------------------------------------------------------------ */

void runner_describe(struct runner *runner, const struct sequence_step *step,
                     struct view bytes, const struct exchange_result *result,
                     bool control, struct exchange *exchange)
{
    *exchange = (struct exchange){
        .session = runner->campaign->session,
        .request = &runner->request,
        .reply = result->has_reply ? &runner->reply : NULL,
        .sent = bytes,
        .received = result->has_reply ? buffer_view(&runner->reply_bytes)
                                      : (struct view){NULL, 0},
        .extra_replies = result->extra_replies,
        .expected = result->expectation.outcomes,
        .outcome = result->outcome,
        .expected_why = result->expectation.why,
        .expected_clause = result->expectation.clause,
        .message = runner->campaign->session->messages[step->message].name,
        .latency_ns = result->latency_ns,
        .limit_ns = latency_limit_ns(runner),
        .probed = result->probed,
        .probe_ok = result->probe_ok,
        .is_valid_traffic = control,
        .observation = &runner->observation,
        .canaries = runner->watch.canaries,
        .canary_count = runner->watch.canary_count,
    };
}

/* Nothing that comes after it can be judged. */
static bool ends_run(const struct case_result *result)
{
    return result->oracle != ORACLE_NONE &&
           (oracle_kinds[result->oracle]->hard || result->dead);
}

bool target_hit(const struct target *target, const struct case_result *result)
{
    return result->oracle == target->oracle &&
           (!target->cause || strcmp(result->judgement.cause, target->cause) == 0) &&
           (result->suspect_step >= target->from || ends_run(result));
}

/* On the way to a target only what ends the run anyway (a fault, a dead device) counts
 * beside it. */
static bool passes_over(const struct target *target, const struct case_result *result)
{
    return target && !target_hit(target, result) && !ends_run(result);
}

void runner_ask(struct runner *runner, const struct exchange *exchange,
                const struct target *target, struct case_result *result)
{
    for (size_t i = 0; oracle_kinds[i]; i++) {
        if (!runner_oracle_enabled(runner, i) ||
            oracle_kinds[i]->judge(exchange, &result->judgement) == VERDICT_PASS)
            continue;
        result->oracle = (int)i;
        if (!passes_over(target, result))
            return;
        result->passed_over = result->oracle;
        result->passed_over_step = result->suspect_step;
        result->passed_over_judgement = result->judgement;
        result->oracle = ORACLE_NONE;
    }
}

/* Faults show on the device's own channels, a little later than on the link. */
static void observe_after(struct runner *runner, const struct exchange_result *exchanged,
                          const struct run_options *options, bool last,
                          struct error *error)
{
    bool unproven = runner->dead = exchanged->probed && !exchanged->probe_ok;
    bool unexpected = !(exchanged->outcome & exchanged->expectation.outcomes);

    if (has_failed(&runner->observation))
        return;
    if (last && options->target && oracle_kinds[options->target->oracle]->hard)
        runner_observe(runner, unproven ? RUNNER_EXPLAIN_NS : afterthought_ns, error);
    else if (unproven)
        runner_observe(runner, RUNNER_EXPLAIN_NS, error);
    else if (unexpected || exchanged->probed || options->target ||
             clock_now_ns() - runner->observed_ns > observe_every_ns)
        runner_observe(runner, 0, error);
}

/* The bytes of steps [first, end), which are sent together, and how: the part before the
 * last of them is the unit. Messages that do not say how long they are pass the gate one
 * by one before. */
static int join_steps(struct runner *runner, const struct sequence *sequence,
                      size_t first, size_t end, struct delivery *delivery)
{
    bool apart = !framing_is_self_delimiting(model_framing(runner->campaign->model));

    buffer_clear(&runner->joined);
    for (size_t i = first; i < end; i++) {
        struct view bytes =
            runner_fill_holes(runner, &sequence->steps[i], sequence_bytes(sequence, i));

        if (apart && wire_judge(&runner->wire, bytes) < 0)
            return WIRE_REFUSED;
        delivery->unit = (uint32_t)runner->joined.length;
        if (buffer_append(&runner->joined, bytes) < 0)
            return WIRE_FAILED;
    }
    return 0;
}

/* A reply that looks wrong may only be the start of one. */
static void read_on(struct runner *runner, const struct sequence_step *step,
                    struct view bytes, struct exchange_result *exchanged,
                    const struct run_options *options)
{
    struct exchange exchange;
    struct judgement ignored;

    if (!exchanged->has_reply ||
        model_framing(runner->campaign->model)->kind != FRAMING_SILENCE)
        return;
    runner_describe(runner, step, bytes, exchanged, options->control, &exchange);
    if (oracle_conformance.judge(&exchange, &ignored) == VERDICT_SUSPECT)
        exchange_read_on(runner, exchanged);
}

/* What the greeting of a connection tells goes into the first message on it, too. One
 * that cannot be made is the exchange's affair, and one that is made anew is not this. */
static void greet(struct runner *runner, const struct delivery *delivery)
{
    struct error ignored;

    if (runner->campaign->session->greeting.capture_count && !runner->link->is_open &&
        delivery->way != DELIVERY_RECONNECTED)
        exchange_ready(runner, &ignored);
}

/* Step `index`, and those up to `end` that are joined to it. */
static int run_step(struct runner *runner, const struct sequence *sequence, size_t index,
                    size_t end, bool last, const struct run_options *options,
                    struct case_result *result, struct error *error)
{
    const struct sequence_step *step = &sequence->steps[index];
    struct delivery delivery = step->delivery;
    struct exchange_result exchanged;
    struct exchange exchange;
    struct view bytes;
    int status;

    greet(runner, &delivery);
    if (end - index > 1) {
        status = join_steps(runner, sequence, index, end, &delivery);

        result->refused |= status == WIRE_REFUSED;
        if (status < 0)
            return status == WIRE_REFUSED
                       ? 0
                       : error_set(error, "out of memory for messages sent together");
        bytes = buffer_view(&runner->joined);
    } else {
        bytes = runner_fill_holes(runner, step, sequence_bytes(sequence, index));
        if (delivery.way == DELIVERY_JOINED)
            delivery = (struct delivery){.way = DELIVERY_WHOLE};
    }
    runner->followed =
        end < sequence->count && sequence->steps[end].number == step->number;
    status = exchange_deliver(runner, bytes, &delivery, &exchanged, error);
    runner->followed = false;
    if (status < 0)
        return -1;
    read_on(runner, step, bytes, &exchanged, options);
    result->sent_bytes += exchanged.sent_bytes;
    result->received_bytes += exchanged.received_bytes;
    if (exchanged.refused) {
        result->refused = true;
        return 0;
    }
    result->messages++;
    result->expected = exchanged.expectation.outcomes;
    result->outcome = exchanged.outcome;
    result->latency_ns = exchanged.latency_ns;
    result->suspect_step = index;
    runner_capture_values(runner, step, &exchanged);
    runner_follow_effects(runner, bytes, &exchanged);
    if (end - index > 1)
        runner_follow_joined(runner, sequence, index, end);
    observe_after(runner, &exchanged, options, last, error);
    result->dead = runner->dead;
    result->last_message = step->message;
    result->reply_shape = exchanged.has_reply ? tree_shape(&runner->reply) : 0;
    if (options->exchanged)
        options->exchanged(options->context, result);
    runner_describe(runner, step, bytes, &exchanged, options->control, &exchange);
    runner_ask(runner, &exchange, options->target, result);
    return 0;
}

static void keep_rate(struct runner *runner)
{
    if (!runner->campaign->rate_limit)
        return;
    clock_sleep_until_ns(runner->next_case_ns);
    runner->next_case_ns = clock_now_ns() + CLOCK_S / runner->campaign->rate_limit;
}

static void begin_case(struct runner *runner, const struct target *target,
                       struct error *error)
{
    keep_rate(runner);
    watch_before(runner, target, error);
    if (runner->campaign->connection_per_case)
        wire_disconnect(&runner->wire);
    runner_forget_captured(runner);
}

static int run_steps(struct runner *runner, const struct sequence *sequence, size_t first,
                     size_t end, const struct run_options *options,
                     struct case_result *result, struct error *error)
{
    for (size_t i = first, next; i < end && result->oracle == ORACLE_NONE; i = next) {
        if (i == first || sequence->steps[i].number != sequence->steps[i - 1].number) {
            next = sequence_case_end(sequence, i, end);
            if (!runner_carries(runner, sequence, i, next)) {
                result->refused = true;
                continue;
            }
            begin_case(runner, options->target, error);
        }
        next = sequence_joined(sequence, i, end);
        if (run_step(runner, sequence, i, next, next == end, options, result, error) < 0)
            return -1;
    }
    if (options->sample && end > first && result->oracle == ORACLE_NONE)
        runner_sample(runner, sequence, result->suspect_step, options, result, error);
    return 0;
}

/* What grows shows when the same is done again and again, without a reset between. */
static size_t rounds_of(const struct run_options *options, size_t steps)
{
    size_t rounds = ROUNDS_STEPS / (steps + 1);

    if (!options->target ||
        strcmp(oracle_kinds[options->target->oracle]->name, "resources") != 0)
        return 1;
    if (rounds < ROUNDS_MINIMUM)
        return ROUNDS_MINIMUM;
    return rounds < ROUNDS ? rounds : ROUNDS;
}

int runner_run(struct runner *runner, const struct sequence *sequence, size_t first,
               size_t end, const struct run_options *options, struct case_result *result,
               struct error *error)
{
    size_t rounds = rounds_of(options, end - first);
    int64_t until_ns = clock_now_ns() + rounds_ns;
    uint64_t resent = runner->resent;

    result->expected = result->outcome = 0;
    result->latency_ns = -1;
    result->sent_bytes = result->received_bytes = result->messages = 0;
    result->reply_shape = result->last_message = 0;
    result->refused = result->dead = false;
    result->oracle = result->passed_over = ORACLE_NONE;
    result->suspect_step = first;
    result->sample_count = 0;
    result->sampled = false;
    observation_clear(&runner->observation);
    do {
        if (run_steps(runner, sequence, first, end, options, result, error) < 0)
            return -1;
    } while (--rounds && result->oracle == ORACLE_NONE && clock_now_ns() < until_ns);
    runner_look_for_effect(runner, sequence, options, result, error);
    result->resent = runner->resent - resent;
    if (runner->campaign->connection_per_case)
        wire_disconnect(&runner->wire);
    return 0;
}

void runner_settle(struct runner *runner)
{
    if (!runner->campaign->silence_ns)
        return;
    clock_sleep_until_ns(clock_now_ns() + runner->campaign->silence_ns);
    wire_discard(&runner->wire);
}
