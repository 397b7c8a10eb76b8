#include "engine/prove.h"

#include "core/clock.h"

#include <stdio.h>
#include <string.h>

static const char *const done_to_it[] = {
    [PROVOKE_DEATH] = "the device's process was killed",
    [PROVOKE_FAULT] = "the device's process was sent the signal of an invalid access",
    [PROVOKE_PAUSE] = "the device was stopped while a valid request waited",
    [PROVOKE_RESET] = "the device was reset without the harness asking for it",
};

/* A device that was made to fail gets this long to show it. */
static const int64_t explain_ns = 300 * CLOCK_MS;

/* A stopped device stays silent however long one waits: many times what it took to answer
 * before tells it from a slow one, and the campaign's limit is never exceeded. */
static int64_t pause_patience_ns(const struct runner *runner)
{
    int64_t patience_ns = 20 * runner->control_latency_ns;

    if (patience_ns < 50 * CLOCK_MS)
        patience_ns = 50 * CLOCK_MS;
    return patience_ns < runner->campaign->answer_ns ? patience_ns
                                                     : runner->campaign->answer_ns;
}

/* What each oracle said of one provocation: bit i for oracle_kinds[i]. */
static int provoke(struct runner *runner, enum provocation what, unsigned *saw,
                   struct error *error)
{
    struct exchange exchange = {.session = runner->campaign->session,
                                .expected_why = "provoked",
                                .expected_clause = "",
                                .message = "probe",
                                .expected = OUTCOME_ACCEPT | OUTCOME_REJECT,
                                .limit_ns = runner->campaign->answer_ns,
                                .latency_ns = -1,
                                .observation = &runner->observation};
    struct restoration restoration;
    struct judgement judgement;

    observation_clear(&runner->observation);
    if (runner->device->ops->provoke(runner->device, what, error) < 0)
        return 0; /* this device cannot be made to fail so */
    runner->patience_ns = what == PROVOKE_PAUSE ? pause_patience_ns(runner) : 0;
    runner_observe(runner, what == PROVOKE_PAUSE ? 0 : explain_ns, error);
    exchange.probe_ok =
        exchange_valid(runner, runner->campaign->session->probe, NULL, error);
    runner->patience_ns = 0;
    exchange.probed = true;
    exchange.request = &runner->probe_request;
    exchange.outcome = exchange.probe_ok ? OUTCOME_ACCEPT : 0;
    *saw = 0;
    for (size_t i = 0; oracle_kinds[i]; i++)
        if (oracle_kinds[i]->judge(&exchange, &judgement) == VERDICT_SUSPECT)
            *saw |= 1u << i;
    if (what == PROVOKE_PAUSE)
        runner->device->ops->provoke(runner->device, PROVOKE_CONTINUE, error);
    return runner_restore(runner, what < PROVOKE_PAUSE ? RESET_RESTART : RESET_WARM,
                          &restoration, error);
}

/* A right reply of this device, falsified in every byte in turn: conformance must see
 * some. */
static bool sees_falsified_reply(struct runner *runner, const struct oracle_ops *oracle,
                                 struct error *error)
{
    struct exchange exchange = {.session = runner->campaign->session,
                                .expected_why = "falsified",
                                .expected_clause = "",
                                .message = "probe",
                                .expected = OUTCOME_ACCEPT,
                                .outcome = OUTCOME_ACCEPT,
                                .observation = &runner->observation,
                                .latency_ns = 0,
                                .limit_ns = runner->campaign->answer_ns};
    struct judgement judgement;
    bool saw = false;

    observation_clear(&runner->observation);
    if (!exchange_valid(runner, runner->campaign->session->probe, NULL, error))
        return false;
    exchange.request = &runner->probe_request;
    exchange.reply = &runner->reply;
    buffer_clear(&runner->reply_bytes);
    if (buffer_append(&runner->reply_bytes, buffer_view(&runner->wire.frame)) < 0)
        return false;
    runner->reply.context = runner->wire.context;
    for (size_t i = 0; i < runner->reply_bytes.length; i++) {
        runner->reply_bytes.data[i] ^= 0x55;
        if (tree_parse(&runner->reply, buffer_view(&runner->reply_bytes), true) == 0)
            saw |= oracle->judge(&exchange, &judgement) == VERDICT_SUSPECT;
        runner->reply_bytes.data[i] ^= 0x55;
    }
    return saw;
}

/* A reading that differs from what is right. */
static bool sees_changed_value(struct runner *runner, const struct oracle_ops *oracle,
                               struct error *error)
{
    struct invariant_sample samples[RUNNER_INVARIANTS];
    struct exchange exchange = {.session = runner->campaign->session,
                                .expected_why = "falsified",
                                .expected_clause = "",
                                .message = "probe",
                                .request = &runner->probe_request,
                                .observation = &runner->observation,
                                .samples = samples};
    struct judgement judgement;

    exchange.sample_count = invariants_sample(runner, samples, error);
    if (exchange.sample_count == 0 || !samples[0].read)
        return false;
    samples[0].any = false;
    samples[0].expected[0] = samples[0].expected[1] = samples[0].actual + 1;
    return oracle->judge(&exchange, &judgement) == VERDICT_SUSPECT;
}

static int write_row(struct recorder *recorder, const struct oracle_ops *oracle,
                     const char *proof, const char *text, struct error *error)
{
    return store_write(recorder->store, error,
                       "INSERT OR REPLACE INTO oracle VALUES (?,?,?,?,?,?)", "ttittt",
                       oracle->name, oracle->summary, (int64_t)oracle->hard,
                       oracle->blind_to, proof, text);
}

static int write_proof(struct runner *runner, struct recorder *recorder, size_t index,
                       const unsigned *saw, struct error *error)
{
    const struct oracle_ops *oracle = oracle_kinds[index];
    char text[300] = "";

    if (!runner->campaign->oracle_enabled[index])
        return write_row(recorder, oracle, "blind", "switched off by the campaign",
                         error);
    if (!runner_oracle_enabled(runner, index))
        return write_row(recorder, oracle, "blind",
                         "this kind of device does not show it", error);
    for (int what = PROVOKE_DEATH; what <= PROVOKE_RESET; what++)
        if (saw[what] & 1u << index && (oracle->proven_by & 1u << what)) {
            snprintf(text, sizeof text, "%s, and it was seen", done_to_it[what]);
            return write_row(recorder, oracle, "proven", text, error);
        }
    if (strcmp(oracle->name, "conformance") == 0 &&
        sees_falsified_reply(runner, oracle, error))
        return write_row(
            recorder, oracle, "proven",
            "a reply of this device was falsified byte by byte, and it was seen", error);
    if (strcmp(oracle->name, "invariant") == 0) {
        if (runner->campaign->session->invariant_count == 0)
            return write_row(recorder, oracle, "blind",
                             "the session declares no invariant", error);
        if (sees_changed_value(runner, oracle, error))
            return write_row(recorder, oracle, "proven",
                             "a reading of this device was falsified, and it was seen",
                             error);
    }
    if (oracle->proven_by)
        return write_row(recorder, oracle, "blind",
                         "the device was made to fail on purpose, and it was not seen",
                         error);
    return write_row(recorder, oracle, "not-provable",
                     "this device cannot be made to fail in this way on purpose", error);
}

int prove_oracles(struct runner *runner, struct recorder *recorder, struct error *error)
{
    unsigned saw[PROVOKE_RESET + 1] = {0};

    if (runner->device->ops->provoke)
        for (int what = PROVOKE_DEATH; what <= PROVOKE_RESET; what++)
            if (what != PROVOKE_CONTINUE &&
                provoke(runner, (enum provocation)what, &saw[what], error) < 0)
                return -1;
    for (size_t i = 0; oracle_kinds[i]; i++)
        if (write_proof(runner, recorder, i, saw, error) < 0)
            return -1;
    return recorder_commit(recorder, error);
}
