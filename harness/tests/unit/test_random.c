/* Counter-based numbers: pure, keyed, inside their limit, and without visible pattern. */
#include "core/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>

static void same_place_same_number(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 1000; i++)
        assert_true(random_at(7, i) == random_at(7, i));
    assert_true(random_at(0, UINT64_MAX) == random_at(0, UINT64_MAX));
}

/* Plans recorded on one machine hold on all others. */
static void numbers_are_pinned(void **state)
{
    (void)state;
    assert_true(random_at(0, 0) == UINT64_C(0x48218226ff3cd4bf));
    assert_true(random_at(1, 2) == UINT64_C(0x7adda25fcf93ee03));
    assert_true(random_key(1, 2) == UINT64_C(0xf1e6914bfdefc43e));
}

static void keys_and_counters_give_other_numbers(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 1000; i++) {
        assert_true(random_at(i, 5) != random_at(i + 1, 5));
        assert_true(random_at(5, i) != random_at(5, i + 1));
        assert_true(random_key(5, i) != random_key(5, i + 1));
        assert_true(random_at(random_key(1, 1), i) != random_at(random_key(1, 2), i));
    }
}

static void below_stays_below_and_reaches_all(void **state)
{
    static const uint64_t limits[] = {1, 2, 3, 7, 256, UINT64_C(1) << 40, UINT64_MAX};
    unsigned seen[7] = {0};

    (void)state;
    for (size_t l = 0; l < sizeof limits / sizeof limits[0]; l++)
        for (uint64_t i = 0; i < 1000; i++)
            assert_true(random_below(3, i, limits[l]) < limits[l]);
    for (uint64_t i = 0; i < 7000; i++)
        seen[random_below(9, i, 7)]++;
    for (int i = 0; i < 7; i++)
        assert_in_range(seen[i], 800, 1200);
}

static void bits_are_balanced(void **state)
{
    (void)state;
    for (int bit = 0; bit < 64; bit++) {
        unsigned ones = 0;

        for (uint64_t i = 0; i < 4000; i++)
            ones += random_at(1, i) >> bit & 1;
        assert_in_range(ones, 1800, 2200);
    }
}

static void a_position_moves_on(void **state)
{
    struct random random = {4, 10};

    (void)state;
    assert_true(random_next(&random) == random_at(4, 10));
    assert_true(random_next_below(&random, 100) == random_below(4, 11, 100));
    assert_int_equal(random.counter, 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_place_same_number),
        cmocka_unit_test(numbers_are_pinned),
        cmocka_unit_test(keys_and_counters_give_other_numbers),
        cmocka_unit_test(below_stays_below_and_reaches_all),
        cmocka_unit_test(bits_are_balanced),
        cmocka_unit_test(a_position_moves_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
