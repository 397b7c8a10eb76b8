/* What to watch next, on a few blocks drawn by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/frontier.h"

/* f: 0, which 1 and 2 stand behind; 3 stands behind 1; 4 is padding. g, which 1 calls: 5,
 * behind it 6. h, which nothing is seen to call: 7. */
static struct block list[] = {
    {.function = 0, .dominator = BLOCK_NONE, .calls = BLOCK_NONE},
    {.function = 0, .dominator = 0, .calls = 5},
    {.function = 0, .dominator = 0, .calls = BLOCK_NONE},
    {.function = 0, .dominator = 1, .calls = BLOCK_NONE},
    {.function = 0, .dominator = BLOCK_NONE, .calls = BLOCK_NONE, .is_dead = true},
    {.function = 1, .dominator = BLOCK_NONE, .calls = BLOCK_NONE},
    {.function = 1, .dominator = 5, .calls = BLOCK_NONE},
    {.function = 2, .dominator = BLOCK_NONE, .calls = BLOCK_NONE},
};
static struct block_function functions[3];
static const struct blocks drawn = {
    .list = list, .count = 8, .functions = functions, .function_count = 3};

static int set_up(void **state)
{
    *state = frontier_create(&drawn);
    return *state ? 0 : -1;
}

static int tear_down(void **state)
{
    frontier_free(*state);
    return 0;
}

/* Takes `count` choices and returns them as bits. */
static unsigned choose(struct frontier *frontier, unsigned count, uint64_t salt)
{
    unsigned chosen = 0;

    for (unsigned i = 0; i < count; i++) {
        uint32_t one = frontier_choose(frontier, BLOCK_NONE, salt + i);

        if (one != BLOCK_NONE) {
            assert_false(chosen & 1u << one);
            chosen |= 1u << one;
        }
    }
    return chosen;
}

static void release(struct frontier *frontier, unsigned chosen)
{
    for (uint32_t i = 0; i < drawn.count; i++)
        if (chosen & 1u << i)
            frontier_release(frontier, i);
}

static void test_begins_where_nothing_must_have_run(void **state)
{
    for (uint64_t salt = 0; salt < 20; salt++) {
        unsigned chosen = choose(*state, 2, salt);

        assert_int_equal(chosen, 1u << 0 | 1u << 7);
        frontier_free(*state); /* turns count: begin anew */
        assert_int_equal(set_up(state), 0);
    }
}

static void test_goes_one_step_further(void **state)
{
    struct frontier *frontier = *state;

    for (uint32_t i = 0; i < 3; i++) {
        frontier_show(frontier, 0);
        frontier_show(frontier, 1);
    }
    assert_int_equal(frontier_cover(frontier, 0), BLOCK_NONE);
    assert_int_equal(choose(frontier, 3, 0), 1u << 1 | 1u << 2 | 1u << 7);
    frontier_release(frontier, 1);
    assert_int_equal(frontier_cover(frontier, 1), BLOCK_NONE);
    assert_true(frontier_is_covered(frontier, 1));
    /* 5 because 1 calls it: in a function that has no breakpoint yet. Then 3. */
    assert_int_equal(choose(frontier, 1, 0), 1u << 5);
    assert_int_equal(choose(frontier, 1, 0), 1u << 3);
}

static void test_dominators_have_run(void **state)
{
    struct frontier *frontier = *state;

    assert_int_equal(frontier_cover(frontier, 3), 1);
    assert_int_equal(frontier_cover(frontier, 1), 0);
    assert_int_equal(frontier_cover(frontier, 0), BLOCK_NONE);
    assert_false(frontier_is_covered(frontier, 2));
    /* Told again, nothing is new. */
    assert_int_equal(frontier_cover(frontier, 3), BLOCK_NONE);
}

/* Blocks that never run do not keep the others from their turn, however far these are. */
static void test_turns(void **state)
{
    struct frontier *frontier = *state;
    unsigned seen = 0;

    for (uint64_t round = 0; round < 12; round++) {
        unsigned chosen = choose(frontier, 2, round);

        seen |= chosen;
        release(frontier, chosen);
    }
    assert_int_equal(seen, 0xef); /* all but the padding */
}

/* 0 leads to 2, which has not run: it is watched again until it was seen three times. */
static void test_what_leads_on_is_watched_again(void **state)
{
    struct frontier *frontier = *state;

    for (uint32_t i = 0; i < drawn.count; i++)
        if (i != 4 && i != 2)
            frontier_cover(frontier, i);
    assert_int_equal(choose(frontier, 3, 1), 1u << 2 | 1u << 0);
    release(frontier, 1u << 0);
    for (int i = 0; i < 3; i++)
        frontier_show(frontier, 0);
    assert_int_equal(frontier_choose(frontier, BLOCK_NONE, 1), BLOCK_NONE);
}

static void test_nothing_left(void **state)
{
    struct frontier *frontier = *state;

    for (uint32_t i = 0; i < drawn.count; i++)
        if (i != 4 && i != 2)
            frontier_cover(frontier, i);
    for (int i = 0; i < 3; i++)
        frontier_show(frontier, 0);
    assert_int_equal(choose(frontier, 3, 1), 1u << 2);
    assert_int_equal(frontier_choose(frontier, BLOCK_NONE, 1), BLOCK_NONE);
    frontier_release(frontier, 2);
    assert_int_equal(frontier_choose(frontier, BLOCK_NONE, 1), 2);
}

/* 2 and 3, or what 1 calls, before all others: one step behind what ran in the moment of
 * the block that is looked from. */
static void test_focus_comes_first(void **state)
{
    struct frontier *frontier = *state;

    frontier_show(frontier, 0);
    frontier_cover(frontier, 0);
    frontier_show(frontier, 1);
    frontier_cover(frontier, 1);
    for (uint64_t salt = 0; salt < 20; salt++) {
        assert_int_equal(frontier_choose(frontier, 0, salt), 2);
        frontier_release(frontier, 2);
        assert_int_not_equal(frontier_choose(frontier, 1, salt), 2);
        release(frontier, 0xff);
    }
    assert_true((1u << 3 | 1u << 5) & 1u << frontier_choose(frontier, 1, 0));
    assert_true((1u << 3 | 1u << 5) & 1u << frontier_choose(frontier, 1, 0));
    assert_false(frontier_is_spent(frontier, 1));
    frontier_cover(frontier, 2);
    assert_true(frontier_is_spent(frontier, 0));
    /* Nothing is left there: any other. */
    assert_int_not_equal(frontier_choose(frontier, 1, 0), BLOCK_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_goes_one_step_further, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_dominators_have_run, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_turns, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_nothing_left, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_leads_on_is_watched_again, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_focus_comes_first, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_begins_where_nothing_must_have_run, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
