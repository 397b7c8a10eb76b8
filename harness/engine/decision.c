#include "engine/decision.h"

#include "engine/statistics.h"

enum {
    ALONE = 2,    /* tries of the last case alone */
    LOOKS = 4,    /* at the data of one measurement */
    HOPELESS = 4, /* replays in a row, from the first on, after which none is expected */
    SEARCHED = 4  /* the first so many, and every SEARCHED-th, suspicion of one cause */
};

double level_of_test(const struct level *level, uint64_t test)
{
    return level->alpha / ((double)test * (double)(test + 1));
}

double level_spent(const struct level *level)
{
    /* 1/2 + 1/6 + … + 1/(n (n + 1)) = n / (n + 1) */
    return level->alpha * (double)level->tests / (double)(level->tests + 1);
}

/* --- what shows it ------------------------------------------------------------------ */

/* 1: these cases show it, and valid traffic in their place does not. */
static int shows(const struct trials *trials, size_t cases, struct decision *decision,
                 struct error *error)
{
    int failed = trials->replay(trials->context, cases, error), control;

    if (failed <= 0)
        return failed;
    decision->repeated = true;
    control = trials->control(trials->context, cases, error);
    return control < 0 ? -1 : !control;
}

/* The last case alone, then the last 2, 4, 8 … cases. 1: found, with *cases of them. */
static int look_back(const struct trials *trials, const struct search *search,
                     size_t *cases, struct decision *decision, struct error *error)
{
    for (*cases = 1;; *cases *= 2) {
        for (int i = 0; i < (*cases == 1 ? ALONE : 1); i++) {
            int found = shows(trials, *cases, decision, error);

            if (found)
                return found;
        }
        if (*cases >= search->cases || *cases >= search->window ||
            trials->late(trials->context))
            return 0;
    }
}

/* --- whether it is so --------------------------------------------------------------- */

static bool is_hopeless(const struct decision *decision)
{
    return decision->failures == 0 && decision->replays >= HOPELESS;
}

/* Worth twice the data: a quarter of the replays fails, and twice as many as controls. */
static bool is_promising(const struct decision *decision)
{
    return decision->failures * 4 >= decision->replays &&
           decision->failures > decision->control_failures * 2;
}

/* Replay and control in turn, so that what changes with time changes for both. */
static int pair_up(const struct trials *trials, int pairs, struct decision *decision,
                   struct error *error)
{
    while (decision->replays < pairs && !is_hopeless(decision)) {
        int failed = trials->replay(trials->context, 0, error);
        int control = failed < 0 ? -1 : trials->control(trials->context, 0, error);

        if (control < 0)
            return -1;
        decision->replays++;
        decision->failures += failed;
        decision->controls++;
        decision->control_failures += control;
    }
    decision->p = statistics_fisher(decision->replays, decision->failures,
                                    decision->controls, decision->control_failures);
    return 0;
}

static int measure(const struct trials *trials, const struct search *search,
                   struct level *level, struct decision *decision, struct error *error)
{
    int pairs;

    decision->test = ++level->tests;
    decision->alpha = level_of_test(level, decision->test) / 2;
    pairs = statistics_pairs(decision->alpha);
    if (pairs < search->pairs)
        pairs = (int)search->pairs;
    for (int look = 1;; look++, pairs *= 2) {
        if (pair_up(trials, pairs, decision, error) < 0)
            return -1;
        decision->confirmed = decision->p <= decision->alpha;
        if (decision->confirmed || look == LOOKS || !is_promising(decision) ||
            (trials->over && trials->over(trials->context)))
            return 0;
        if (look < LOOKS - 1)
            decision->alpha /= 2;
    }
}

/* A share of 3 in 5. */
static bool is_steady(const struct decision *decision)
{
    return decision->failures * 5 >= decision->replays * 3;
}

static int repeat(const struct trials *trials, const struct search *search,
                  struct decision *decision, struct error *error)
{
    while (decision->replays < search->pairs) {
        int failed = trials->replay(trials->context, 0, error);

        if (failed < 0)
            return -1;
        decision->replays++;
        decision->failures += failed;
    }
    decision->confirmed = is_steady(decision);
    return 0;
}

bool decision_searches(uint32_t tries)
{
    return tries < SEARCHED || tries % SEARCHED == 0;
}

int decide(const struct trials *trials, const struct search *search, struct level *level,
           struct decision *decision, struct error *error)
{
    size_t cases;
    int found;

    *decision = (struct decision){.p = 1};
    found = look_back(trials, search, &cases, decision, error);
    if (found <= 0)
        return found;
    if (trials->shrink(trials->context, cases, error) < 0)
        return -1;
    return search->certain ? repeat(trials, search, decision, error)
                           : measure(trials, search, level, decision, error);
}
