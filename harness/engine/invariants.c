/* What must not change unless it was validly changed. */
#include "engine/runner.h"

static bool read_value(struct runner *runner, size_t index, int64_t *value,
                       struct error *error)
{
    const struct session_invariant *invariant =
        &runner->campaign->session->invariants[index];

    return reader_integer(runner, invariant->read, invariant->value, value, error);
}

static size_t invariant_count(const struct runner *runner)
{
    size_t count = runner->campaign->session->invariant_count;

    return count < RUNNER_INVARIANTS ? count : RUNNER_INVARIANTS;
}

void invariants_adopt(struct runner *runner, struct error *error)
{
    reader_begin(&runner->watch.reader);
    for (size_t i = 0; i < invariant_count(runner); i++) {
        struct invariant_state *state = &runner->invariants[i];
        int64_t value;

        state->any = false;
        state->known = read_value(runner, i, &value, error);
        if (!state->known)
            continue;
        state->expected[0] = state->expected[1] = value;
        if (!state->has_home) {
            state->home = value;
            state->has_home = true;
        }
    }
}

bool invariants_at_home(const struct runner *runner, bool *known)
{
    bool equal = true;

    *known = false;
    for (size_t i = 0; i < invariant_count(runner); i++) {
        const struct invariant_state *state = &runner->invariants[i];

        if (!state->known || !state->has_home)
            continue;
        *known = true;
        equal &= state->expected[0] == state->home;
    }
    return equal;
}

/* The value after one effect, or -1 when it cannot be computed. */
static int becomes(const struct session_effect *effect, const struct tree *request,
                   int64_t before, int64_t *after)
{
    struct binding bindings[NAMES_COUNT];
    struct value value;

    if (!effect->becomes)
        return -1;
    session_bind(bindings, request, NULL, before);
    value = expression_evaluate(effect->becomes, bindings);
    if (value.kind != VALUE_INTEGER && value.kind != VALUE_BOOL)
        return -1;
    *after = value.integer;
    return 0;
}

static void follow(struct invariant_state *state, const struct session_effect *effect,
                   const struct tree *request, bool certain)
{
    int64_t first, second;

    if (!state->known || state->any)
        return;
    if (becomes(effect, request, state->expected[0], &first) < 0 ||
        becomes(effect, request, state->expected[1], &second) < 0) {
        state->any = true;
        return;
    }
    if (certain) {
        state->expected[0] = first;
        state->expected[1] = second;
    } else if (state->expected[0] == state->expected[1] && first == second) {
        state->expected[1] = first; /* it was carried out, or it was not */
    } else if (first != state->expected[0] && first != state->expected[1]) {
        state->any = true;
    }
}

void invariants_follow(struct runner *runner, const struct tree *request, bool certain)
{
    const struct session *session = runner->campaign->session;

    for (size_t i = 0; i < invariant_count(runner); i++)
        for (size_t e = 0; e < session->invariants[i].effect_count; e++) {
            const struct session_effect *effect = &session->invariants[i].effects[e];
            struct binding bindings[NAMES_COUNT];

            session_bind(bindings, request, NULL, runner->invariants[i].expected[0]);
            if (expression_true(effect->when, bindings))
                follow(&runner->invariants[i], effect, request, certain);
        }
}

size_t invariants_sample(struct runner *runner, struct invariant_sample *samples,
                         struct error *error)
{
    const struct session *session = runner->campaign->session;

    reader_begin(&runner->watch.reader);
    for (size_t i = 0; i < invariant_count(runner); i++) {
        struct invariant_state *state = &runner->invariants[i];
        struct invariant_sample *sample = &samples[i];

        *sample = (struct invariant_sample){
            .invariant = &session->invariants[i],
            .any = state->any || !state->known,
            .expected = {state->expected[0], state->expected[1]}};
        sample->read = read_value(runner, i, &sample->actual, error);
        /* From here on the value is what it is: one change is one failure. */
        state->any = false;
        state->known = sample->read;
        state->expected[0] = state->expected[1] = sample->actual;
    }
    return invariant_count(runner);
}
