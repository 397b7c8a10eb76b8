/* The decision, on simulated devices: the level that is declared is kept over whole
 * campaigns, and real defects behind the noise are found. */
#include "core/random.h"
#include "core/tally.h"
#include "engine/decision.h"
#include "engine/statistics.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { PER_MILLE_DROPPED = 10, PER_MILLE_LATE = 10, LOG = 50, STREAMS = 40 };

/* A device that drops a share of its answers and delays another, whatever it is asked; a
 * defect, if it has one, shows in the same words. */
struct device {
    struct random random;
    unsigned noise;      /* failures in 1000 exchanges */
    unsigned defect;     /* failures in 1000 of a case that hits it */
    unsigned needs;      /* such a case fails only behind so many earlier ones */
    bool fails_by_turns; /* the control fails as often as the case */
    bool hit;            /* the suspect case hits the defect */
    size_t reproducer;   /* cases in it */
    unsigned replays, controls, shrinks;
};

static bool chance(struct device *device, unsigned per_mille)
{
    return random_next_below(&device->random, 1000) < per_mille;
}

static bool fails(struct device *device, bool hit, size_t cases)
{
    bool noise = chance(device, device->noise);

    return (hit && cases > device->needs && chance(device, device->defect)) || noise;
}

static int replay(void *context, size_t cases, struct error *error)
{
    struct device *device = context;

    (void)error;
    device->replays++;
    return fails(device, device->hit, cases ? cases : device->reproducer);
}

static int control(void *context, size_t cases, struct error *error)
{
    struct device *device = context;

    (void)error;
    device->controls++;
    return fails(device, device->fails_by_turns, cases ? cases : device->reproducer);
}

static int shrink(void *context, size_t cases, struct error *error)
{
    struct device *device = context;

    (void)error;
    device->shrinks++;
    device->reproducer = cases;
    return 0;
}

static bool late(void *context)
{
    (void)context;
    return false;
}

static struct decision decide_on(struct device *device, size_t window,
                                 struct level *level)
{
    struct trials trials = {device, replay, control, shrink, late, NULL};
    struct search search = {LOG, window, 5, false};
    struct decision decision;
    struct error error;

    assert_int_equal(decide(&trials, &search, level, &decision, &error), 0);
    return decision;
}

/* --- one suspicion ------------------------------------------------------------------ */

static void levels_add_up_to_what_is_declared(void **state)
{
    struct level level = {.alpha = 0.05};
    double sum = 0;

    (void)state;
    for (uint64_t test = 1; test <= 100000; test++)
        sum += level_of_test(&level, test);
    assert_true(sum < 0.05 && sum > 0.04999);
    level.tests = 100000;
    assert_true(fabs(level_spent(&level) - sum) < 1e-9);
}

/* However many tests there were, what always fails costs few replays: 1 / C(2n, n). */
static void what_always_fails_is_cheap_at_any_time(void **state)
{
    (void)state;
    for (uint64_t before = 0; before <= 100000; before = before * 10 + 1) {
        struct device device = {.defect = 1000, .hit = true};
        struct level level = {.alpha = 0.01, .tests = before};
        struct decision decision = decide_on(&device, 1024, &level);

        assert_true(decision.confirmed);
        assert_int_equal(decision.test, before + 1);
        assert_int_equal(decision.failures, decision.replays);
        assert_true(decision.p <= decision.alpha);
        assert_true(decision.alpha <= level_of_test(&level, before + 1));
        assert_true(decision.replays <= 23);
        assert_int_equal(device.replays,
                         decision.replays + 1); /* the one that showed it */
    }
}

static bool over(void *context)
{
    (void)context;
    return true;
}

/* Half of the replays fail: worth more looks, for which there is no time. The first has
 * all its pairs, and what is certain by then is confirmed as ever. */
static void who_gives_up_has_one_look(void **state)
{
    unsigned taken = 0;

    (void)state;
    for (uint64_t key = 0; key < 200; key++) {
        struct device device = {.random = {key, 0}, .defect = 500, .hit = true};
        struct trials trials = {&device, replay, control, shrink, late, over};
        struct search search = {LOG, 1, 5, false};
        struct level level = {.alpha = 0.01};
        struct decision decision;
        struct error error;

        assert_int_equal(decide(&trials, &search, &level, &decision, &error), 0);
        assert_true(decision.replays <= 6);
        assert_true(decision.test == 0 || decision.alpha == level_of_test(&level, 1) / 2);
        taken += decision.test != 0;
        device.defect = 1000;
        level = (struct level){.alpha = 0.01};
        assert_int_equal(decide(&trials, &search, &level, &decision, &error), 0);
        assert_true(decision.confirmed);
    }
    assert_true(taken > 50);
}

/* What replays do, one after the other: x fails. */
struct course {
    const char *replays;
    unsigned controls;
};

static int follow_course(void *context, size_t cases, struct error *error)
{
    struct course *course = context;

    (void)cases;
    (void)error;
    return *course->replays++ == 'x';
}

static int sound(void *context, size_t cases, struct error *error)
{
    (void)cases;
    (void)error;
    ((struct course *)context)->controls++;
    return 0;
}

static int as_it_is(void *context, size_t cases, struct error *error)
{
    (void)context;
    (void)cases;
    (void)error;
    return 0;
}

/* A crash that was seen is no matter of chance: it is replayed to see how steady it is.
 */
static void what_is_certain_needs_no_test(void **state)
{
    static const struct {
        const char *replays; /* the one that shows it, then those that count */
        int failures;
        bool confirmed;
    } crashes[] = {{"xxxxxx", 5, true}, {"xx-x-x", 3, true}, {"x--xx-", 2, false}};

    (void)state;
    for (size_t i = 0; i < sizeof crashes / sizeof crashes[0]; i++) {
        struct course course = {.replays = crashes[i].replays};
        struct trials trials = {&course, follow_course, sound, as_it_is, late, NULL};
        struct search search = {LOG, 1, 5, true};
        struct level level = {.alpha = 0.01};
        struct decision decision;
        struct error error;

        assert_int_equal(decide(&trials, &search, &level, &decision, &error), 0);
        assert_int_equal(decision.confirmed, crashes[i].confirmed);
        assert_int_equal(decision.failures, crashes[i].failures);
        assert_int_equal(decision.replays, 5);
        assert_int_equal(decision.controls, 0);
        assert_int_equal(course.controls, 1); /* of the search */
        assert_int_equal(decision.test, 0);
        assert_int_equal(level.tests, 0);
    }
}

static void a_campaign_may_ask_for_more_replays(void **state)
{
    struct device device = {.defect = 1000, .hit = true};
    struct trials trials = {&device, replay, control, shrink, late, NULL};
    struct search search = {LOG, 1, 30, false};
    struct level level = {.alpha = 0.01};
    struct decision decision;
    struct error error;

    (void)state;
    assert_int_equal(decide(&trials, &search, &level, &decision, &error), 0);
    assert_int_equal(decision.replays, 30);
}

static void what_is_never_seen_again_spends_nothing(void **state)
{
    struct device device = {.hit = true};
    struct level level = {.alpha = 0.01, .tests = 4};
    struct decision decision = decide_on(&device, 1024, &level);

    (void)state;
    assert_false(decision.confirmed || decision.repeated);
    assert_int_equal(decision.test, 0);
    assert_int_equal(level.tests, 4);
    assert_int_equal(device.controls, 0);
    assert_int_equal(device.replays, 2 + 6); /* 1 twice, 2, 4, … 64 ≥ LOG */
    device.replays = 0;
    decide_on(&device, 1, &level);
    assert_int_equal(device.replays, 2);
}

static void the_search_goes_back_as_far_as_it_needs(void **state)
{
    struct device device = {.defect = 1000, .hit = true, .needs = 10};
    struct level level = {.alpha = 0.01};

    (void)state;
    assert_true(decide_on(&device, 1024, &level).confirmed);
    assert_int_equal(device.reproducer, 16);
    assert_int_equal(device.shrinks, 1);
    assert_false(decide_on(&device, 8, &level).repeated);
}

static void what_valid_traffic_does_too_is_nothing(void **state)
{
    struct device device = {.defect = 1000, .hit = true, .fails_by_turns = true};
    struct level level = {.alpha = 0.01};
    struct decision decision = decide_on(&device, 1024, &level);

    (void)state;
    assert_true(decision.repeated);
    assert_false(decision.confirmed);
    assert_int_equal(level.tests, 0);
}

/* Fails in a share of the replays as of the controls: the worst that noise can be. The
 * share of wrong confirmations of a first test stays below its level. */
static void the_level_of_one_test_is_kept_under_any_noise(void **state)
{
    enum { DECISIONS = 20000 };
    static const unsigned noises[] = {50, 200, 500, 800, 950};

    (void)state;
    for (size_t i = 0; i < sizeof noises / sizeof noises[0]; i++) {
        struct device device = {.random = {random_key(11, i), 0}, .noise = noises[i]};
        int wrong = 0;

        for (int n = 0; n < DECISIONS; n++) {
            struct level level = {.alpha = 0.2};

            wrong += decide_on(&device, 1024, &level).confirmed;
        }
        /* The first test has alpha / 2; four standard deviations are beyond chance. */
        assert_true(wrong <= DECISIONS * 0.1 + 4 * sqrt(DECISIONS * 0.1 * 0.9));
    }
}

/* --- campaigns ---------------------------------------------------------------------- */

/* What engine/findings.c keeps over a campaign, of one cause: each suspicion's search is
 * as deep as that says. */
struct campaign {
    struct level level;
    struct tally tries;
    uint64_t suspicions, unconfirmed, hits;
    bool false_finding, found;
};

static void suspect(struct campaign *campaign, struct device *device, uint64_t stream)
{
    uint32_t tries = tally_count(&campaign->tries, stream);
    struct decision decision =
        decide_on(device, decision_searches(tries) ? 1024 : 1, &campaign->level);

    campaign->suspicions++;
    if (!decision.confirmed) {
        campaign->unconfirmed++;
        tally_add(&campaign->tries, stream);
    } else if (device->hit) {
        campaign->found = true;
    } else {
        campaign->false_finding = true;
    }
}

/* One case in `rare` of the first stream hits the defect, where there is one. */
static void run(struct campaign *campaign, struct device *device, uint64_t cases,
                uint64_t rare)
{
    for (uint64_t number = 1; number <= cases; number++) {
        uint64_t stream = number % STREAMS;

        device->hit = device->defect && stream == 0 && number / STREAMS % rare == 0;
        campaign->hits += device->hit;
        if (fails(device, device->hit, LOG))
            suspect(campaign, device, stream);
    }
}

static struct device flaky(uint64_t seed)
{
    return (struct device){.random = {random_key(42, seed), 0},
                           .noise = PER_MILLE_DROPPED + PER_MILLE_LATE};
}

/* The declared level is the chance of one false finding or more in a campaign. With no
 * more than that, `many` campaigns have fewer than this many of them, but for one chance
 * in 10^5 (normal approximation, 4.3 standard deviations, and one). */
static int too_many(int many, double alpha)
{
    return (int)(many * alpha + 4.3 * sqrt(many * alpha * (1 - alpha))) + 1;
}

static void a_flaky_but_sound_device_keeps_the_level_of_the_campaign(void **state)
{
    static const double alphas[] = {0.01, 0.05, 0.5};

    (void)state;
    for (size_t a = 0; a < sizeof alphas / sizeof alphas[0]; a++) {
        enum { CAMPAIGNS = 200, CASES = 50000 };
        int wrong = 0;

        for (uint64_t seed = 0; seed < CAMPAIGNS; seed++) {
            struct device device = flaky(seed * 3 + a);
            struct campaign campaign = {.level = {.alpha = alphas[a]}};

            run(&campaign, &device, CASES, 1);
            tally_free(&campaign.tries);
            wrong += campaign.false_finding;
            assert_int_equal(campaign.unconfirmed + campaign.false_finding >= 1, 1);
            assert_true(campaign.suspicions > CASES / 100);
        }
        assert_true(wrong < too_many(CAMPAIGNS, alphas[a]));
    }
}

/* Where every other exchange fails, chance confirms whatever is tested at a fixed level.
 */
static void the_level_is_kept_where_every_other_exchange_fails(void **state)
{
    enum { CAMPAIGNS = 1000, CASES = 300 };
    int wrong = 0;

    (void)state;
    for (uint64_t seed = 0; seed < CAMPAIGNS; seed++) {
        struct device device = {.random = {random_key(77, seed), 0}, .noise = 500};
        struct campaign campaign = {.level = {.alpha = 0.3}};

        run(&campaign, &device, CASES, 1);
        tally_free(&campaign.tries);
        wrong += campaign.false_finding;
        assert_true(campaign.level.tests > 20);
    }
    assert_true(wrong < too_many(CAMPAIGNS, 0.3));
}

/* Issue 4, done when 4: 1,000,000 cases. */
static void a_million_cases_on_a_flaky_but_sound_device_give_no_finding(void **state)
{
    struct device device = flaky(1000000);
    struct campaign campaign = {.level = {.alpha = 0.01}};

    (void)state;
    run(&campaign, &device, 1000000, 1);
    tally_free(&campaign.tries);
    assert_false(campaign.false_finding);
    assert_in_range(campaign.suspicions, 19000, 21000);
    assert_int_equal(campaign.unconfirmed, campaign.suspicions);
    assert_true(level_spent(&campaign.level) < 0.01);
    /* Noise costs little: on average a handful of trials a suspicion. */
    assert_true(device.replays < campaign.suspicions * 5);
}

/* 50,000 cases of noise come first, in the same words: they spend of the level and make
 * the search tired. Then one case in 4000 hits the defect, a third of the suspicions of
 * its stream. */
static void a_defect_behind_the_noise_is_found(void **state)
{
    static const struct {
        unsigned defect, needs;
    } defects[] = {{1000, 0}, {600, 0}, {1000, 5}, {600, 5}};

    (void)state;
    for (size_t i = 0; i < sizeof defects / sizeof defects[0]; i++)
        for (uint64_t seed = 0; seed < 40; seed++) {
            struct device device = flaky(seed);
            struct campaign campaign = {.level = {.alpha = 0.01}};

            run(&campaign, &device, 50000, 1);
            device.defect = defects[i].defect;
            device.needs = defects[i].needs;
            run(&campaign, &device, 200000, 100);
            tally_free(&campaign.tries);
            assert_false(campaign.false_finding);
            if (!campaign.found)
                fail_msg("defect %zu, seed %d: %d hits and never found", i, (int)seed,
                         (int)campaign.hits);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels_add_up_to_what_is_declared),
        cmocka_unit_test(what_always_fails_is_cheap_at_any_time),
        cmocka_unit_test(who_gives_up_has_one_look),
        cmocka_unit_test(what_is_certain_needs_no_test),
        cmocka_unit_test(a_campaign_may_ask_for_more_replays),
        cmocka_unit_test(what_is_never_seen_again_spends_nothing),
        cmocka_unit_test(the_search_goes_back_as_far_as_it_needs),
        cmocka_unit_test(what_valid_traffic_does_too_is_nothing),
        cmocka_unit_test(the_level_of_one_test_is_kept_under_any_noise),
        cmocka_unit_test(a_flaky_but_sound_device_keeps_the_level_of_the_campaign),
        cmocka_unit_test(the_level_is_kept_where_every_other_exchange_fails),
        cmocka_unit_test(a_million_cases_on_a_flaky_but_sound_device_give_no_finding),
        cmocka_unit_test(a_defect_behind_the_noise_is_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
