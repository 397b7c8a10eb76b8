/* Whose turn it is: the latest first, none for good. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/edges.h"

/* So many draws give `trait` and nothing else. */
static void expect_turns(struct edges *edges, uint64_t trait, unsigned turns)
{
    for (unsigned i = 0; i < turns; i++)
        assert_int_equal(edges_draw(edges), trait);
}

static void test_none_yet(void **state)
{
    struct edges edges = {0};

    (void)state;
    assert_true(edges_draw(&edges) == EDGES_NONE);
    edges_free(&edges);
}

static void test_the_latest_first(void **state)
{
    struct edges edges = {0};

    (void)state;
    assert_int_equal(edges_add(&edges, 11), 0);
    expect_turns(&edges, 11, 10);
    assert_int_equal(edges_add(&edges, 22), 0);
    expect_turns(&edges, 22, EDGES_TURNS);
    expect_turns(&edges, 11, EDGES_TURNS - 10);
    /* All have had theirs: as many again. */
    expect_turns(&edges, 22, EDGES_TURNS);
    expect_turns(&edges, 11, EDGES_TURNS);
    edges_free(&edges);
}

static void test_a_turn_may_count_twice(void **state)
{
    struct edges edges = {0};

    (void)state;
    assert_int_equal(edges_add(&edges, 11), 0);
    assert_int_equal(edges_add(&edges, 22), 0);
    for (unsigned i = 0; i < EDGES_TURNS / 2; i++) {
        expect_turns(&edges, 22, 1);
        edges_count(&edges, 22);
    }
    expect_turns(&edges, 11, EDGES_TURNS);
    expect_turns(&edges, 22, 1); /* of the second round */
    edges_free(&edges);
}

static void test_many(void **state)
{
    struct edges edges = {0};
    unsigned seen[300] = {0};

    (void)state;
    for (uint64_t i = 0; i < 300; i++)
        assert_int_equal(edges_add(&edges, i), 0);
    for (unsigned i = 0; i < 300 * EDGES_TURNS; i++)
        seen[edges_draw(&edges)]++;
    for (unsigned i = 0; i < 300; i++)
        assert_int_equal(seen[i], EDGES_TURNS);
    edges_free(&edges);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_none_yet), cmocka_unit_test(test_the_latest_first),
        cmocka_unit_test(test_a_turn_may_count_twice), cmocka_unit_test(test_many)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
