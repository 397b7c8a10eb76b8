#include "engine/prove.h"

#include "core/clock.h"
#include "engine/falsify.h"

#include <stdio.h>
#include <string.h>

static const char *const done_to_it[] = {
    [PROVOKE_DEATH] = "the device's process was killed",
    [PROVOKE_FAULT] = "the device was made to make an invalid access",
    [PROVOKE_PAUSE] = "the device was stopped while a valid request waited",
    [PROVOKE_RESET] = "the device was reset without the harness asking for it",
};

/* A device that was made to fail gets this long to show it. */
static const int64_t explain_ns = 300 * CLOCK_MS;

/* What each oracle said of one provocation: bit i for oracle_kinds[i]. *done: a bit for
 * each provocation that the device was capable of. */
static int provoke(struct runner *runner, enum provocation what, unsigned *saw,
                   unsigned *done, struct error *error)
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
    /* What runs only while it is connected can be made to fail only then. */
    if (runner->device->can & DEVICE_DIALS && exchange_connect(runner, error) < 0)
        return 0;
    if (runner->device->ops->provoke(runner->device, what, error) < 0)
        return 0; /* this device cannot be made to fail so */
    *done |= 1u << what;
    runner->patience_ns = what == PROVOKE_PAUSE ? falsify_patience_ns(runner) : 0;
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
    return runner_restore(runner, what == PROVOKE_DEATH ? RESET_RESTART : RESET_WARM,
                          &restoration, error);
}

static const char *const said[] = {[PROOF_SEEN] = ", and it was seen",
                                   [PROOF_UNSEEN] = ", and it was not seen",
                                   [PROOF_UNTOLD] = ""};

static void conclude(struct proven *proven, const char *proof, const char *done,
                     const char *seen)
{
    proven->proof = proof;
    snprintf(proven->text, sizeof proven->text, "%s%s", done, seen);
}

static void prove_one(struct runner *runner, size_t index, const unsigned *saw,
                      unsigned provoked, struct proven *proven, struct error *error)
{
    const struct oracle_ops *oracle = oracle_kinds[index];
    const char *done = "";
    enum proof proof;

    proven->oracle = oracle;
    if (!runner->campaign->oracle_enabled[index]) {
        conclude(proven, "blind", "switched off by the campaign", "");
        return;
    }
    if (!runner_oracle_enabled(runner, index)) {
        conclude(proven, "blind", "this kind of device does not show it", "");
        return;
    }
    for (int what = PROVOKE_DEATH; what <= PROVOKE_RESET; what++)
        if (saw[what] & 1u << index && (oracle->proven_by & 1u << what)) {
            conclude(proven, "proven", done_to_it[what], said[PROOF_SEEN]);
            return;
        }
    proof = falsify(runner, oracle, &done, error);
    if (proof != PROOF_IMPOSSIBLE)
        conclude(proven, proof == PROOF_SEEN ? "proven" : "blind", done, said[proof]);
    else if (oracle->proven_by & provoked)
        conclude(proven, "blind",
                 "the device was made to fail on purpose, and it was not seen", "");
    else
        conclude(proven, "not-provable",
                 "this device cannot be made to fail in this way on purpose", "");
}

/* Whether it would prove an oracle that is at work: it costs a reset. */
static bool is_of_use(const struct runner *runner, enum provocation what)
{
    for (size_t i = 0; oracle_kinds[i]; i++)
        if (oracle_kinds[i]->proven_by & 1u << what && runner_oracle_enabled(runner, i))
            return true;
    return false;
}

int prove_device(struct runner *runner, struct proven *proven, struct error *error)
{
    unsigned saw[PROVOKE_RESET + 1] = {0}, done = 0;

    if (runner->device->ops->provoke)
        for (int what = PROVOKE_DEATH; what <= PROVOKE_RESET; what++)
            if (what != PROVOKE_CONTINUE && is_of_use(runner, (enum provocation)what) &&
                provoke(runner, (enum provocation)what, &saw[what], &done, error) < 0)
                return -1;
    for (size_t i = 0; oracle_kinds[i]; i++)
        prove_one(runner, i, saw, done, &proven[i], error);
    return 0;
}

int prove_oracles(struct runner *runner, struct recorder *recorder, struct error *error)
{
    struct proven proven[CAMPAIGN_ORACLES];

    if (prove_device(runner, proven, error) < 0)
        return -1;
    for (size_t i = 0; oracle_kinds[i]; i++) {
        const struct oracle_ops *oracle = oracle_kinds[i];

        if (store_write(recorder->store, error,
                        "INSERT OR REPLACE INTO oracle VALUES (?,?,?,?,?,?)", "ttittt",
                        oracle->name, oracle->summary, (int64_t)oracle->hard,
                        oracle->blind_to, proven[i].proof, proven[i].text) < 0)
            return -1;
    }
    return recorder_commit(recorder, error);
}
