/* Fisher's exact test against values computed by hand from binomial coefficients. */
#include "engine/statistics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct {
    int trials, failures, controls, control_failures;
    double p;
} known[] = {
    {5, 5, 5, 0, 1.0 / 252},
    {3, 3, 3, 0, 1.0 / 20},
    {4, 4, 4, 0, 1.0 / 70},
    {5, 4, 5, 0, 5.0 / 210},   /* C(5,4) C(5,0) / C(10,4) */
    {5, 4, 5, 1, 26.0 / 252},  /* k=4: 5*5, k=5: 1 */
    {5, 3, 5, 2, 126.0 / 252}, /* symmetric: half of all */
    {5, 1, 5, 0, 0.5},         /* one failure falls on either side */
    {5, 0, 5, 0, 1},           /* nothing failed: nothing is shown */
    {5, 0, 5, 5, 1},
    {5, 5, 5, 5, 1}, /* everything fails: the control explains it */
    {0, 0, 0, 0, 1},
    {5, 5, 0, 0, 1}, /* no control, no proof */
    {100, 100, 100, 0, 0},
    {1, 1, 1, 0, 0.5},
    {10, 10, 5, 0, 1.0 / 3003}, /* unequal numbers: C(15,10) */
};

static void values_are_those_of_the_tables(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        double p = statistics_fisher(known[i].trials, known[i].failures,
                                     known[i].controls, known[i].control_failures);

        if (p < known[i].p - 1e-9 || p > known[i].p + 1e-9)
            fail_msg("row %zu: %.9f instead of %.9f", i, p, known[i].p);
    }
}

/* More failures of the case never make it less likely, those of the control never more.
 */
static void p_is_a_probability_and_monotonic(void **state)
{
    (void)state;
    for (int failures = 0; failures <= 8; failures++)
        for (int control = 0; control <= 8; control++) {
            double p = statistics_fisher(8, failures, 8, control);

            assert_true(p >= 0 && p <= 1);
            if (failures)
                assert_true(p <= statistics_fisher(8, failures - 1, 8, control) + 1e-9);
            if (control)
                assert_true(p >= statistics_fisher(8, failures, 8, control - 1) - 1e-9);
        }
}

/* 1 / C(2n, n): 20, 70, 252, 924 … */
static void the_fewest_pairs_are_those_that_reach_the_limit(void **state)
{
    (void)state;
    assert_int_equal(statistics_pairs(1), 1);
    assert_int_equal(statistics_pairs(0.5), 1);
    assert_int_equal(statistics_pairs(0.051), 3);
    assert_int_equal(statistics_pairs(0.049), 4);
    assert_int_equal(statistics_pairs(0.0025), 6);
    for (double limit = 0.1; limit > 1e-15; limit /= 3) {
        int pairs = statistics_pairs(limit);

        assert_true(statistics_fisher(pairs, pairs, pairs, 0) <= limit);
        assert_true(statistics_fisher(pairs - 1, pairs - 1, pairs - 1, 0) > limit);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_those_of_the_tables),
        cmocka_unit_test(p_is_a_probability_and_monotonic),
        cmocka_unit_test(the_fewest_pairs_are_those_that_reach_the_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
