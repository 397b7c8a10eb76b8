/* Dominators of graphs drawn by hand, and of random ones against the definition. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/dominators.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_NODES = 24, MOST_EDGES = 200 };
#define NONE DOMINATOR_NONE

struct drawing {
    uint32_t nodes, first[MOST_NODES + 1], to[MOST_EDGES], edges;
    bool is_root[MOST_NODES];
};

/* Edges in order of where they begin. */
static void draw(struct drawing *drawing, uint32_t from, uint32_t to)
{
    drawing->to[drawing->edges++] = to;
    for (uint32_t i = from + 1; i <= drawing->nodes; i++)
        drawing->first[i] = drawing->edges;
}

static void find(const struct drawing *drawing, uint32_t *dominator)
{
    struct graph graph = {drawing->nodes, drawing->first, drawing->to, drawing->is_root};

    assert_int_equal(dominators_find(&graph, dominator), 0);
}

static void test_straight_and_forked(void **state)
{
    struct drawing drawing = {.nodes = 7, .is_root = {true}};
    const uint32_t expected[] = {NONE, 0, 1, 1, 1, 4, DOMINATOR_UNREACHED};
    uint32_t found[7];

    (void)state;
    draw(&drawing, 0, 1);
    draw(&drawing, 1, 2); /* a fork that joins in 4, and a loop back */
    draw(&drawing, 1, 3);
    draw(&drawing, 2, 4);
    draw(&drawing, 3, 4);
    draw(&drawing, 4, 5);
    draw(&drawing, 4, 1);
    draw(&drawing, 6, 5); /* nothing leads to 6, so it does not count */
    find(&drawing, found);
    assert_memory_equal(found, expected, sizeof expected);
}

/* The example of Lengauer and Tarjan's paper (R A B C D E F G H I J K L). */
static void test_published_example(void **state)
{
    static const char edges[] = "RA RB RC AD BA BD BE CF CG DL EH FI GI GJ HE HK IK JI "
                                "KI KR LH ";
    static const char names[] = "RABCDEFGHIJKL";
    static const char above[] = "-RRRRRCCRRGRD";
    struct drawing drawing = {.nodes = 13, .is_root = {true}};
    uint32_t found[13];

    (void)state;
    for (const char *one = edges; *one; one += 3)
        draw(&drawing, (uint32_t)(strchr(names, one[0]) - names),
             (uint32_t)(strchr(names, one[1]) - names));
    find(&drawing, found);
    for (uint32_t i = 1; i < 13; i++)
        assert_int_equal(names[found[i]], above[i]);
    assert_int_equal(found[0], NONE);
}

static void test_two_roots(void **state)
{
    struct drawing drawing = {.nodes = 4, .is_root = {true, false, true, false}};
    const uint32_t expected[] = {NONE, NONE, NONE, 1};
    uint32_t found[4];

    (void)state;
    draw(&drawing, 0, 1);
    draw(&drawing, 1, 3);
    draw(&drawing, 2, 1);
    find(&drawing, found);
    assert_memory_equal(found, expected, sizeof expected);
}

/* What the roots reach without going through `without` (MOST_NODES: nothing is left out).
 */
static void reach(const struct drawing *drawing, uint32_t without, bool *reached)
{
    bool grows = true;

    memset(reached, 0, MOST_NODES);
    for (uint32_t i = 0; i < drawing->nodes; i++)
        reached[i] = drawing->is_root[i] && i != without;
    while (grows) {
        grows = false;
        for (uint32_t n = 0; n < drawing->nodes; n++)
            for (uint32_t i = drawing->first[n]; reached[n] && i < drawing->first[n + 1];
                 i++)
                if (drawing->to[i] != without && !reached[drawing->to[i]])
                    grows = reached[drawing->to[i]] = true;
    }
}

static uint32_t pick(uint64_t *seed, uint32_t limit)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*seed >> 33) % limit;
}

/* A node dominates another when that cannot be reached without it. All that the found
 * chain upwards names must be such nodes, and no other may be. */
static void test_random_graphs(void **state)
{
    uint64_t seed = 5;

    (void)state;
    for (int round = 0; round < 2000; round++) {
        struct drawing drawing = {.nodes = 1 + pick(&seed, MOST_NODES)};
        uint32_t found[MOST_NODES], density = 1 + pick(&seed, 12);
        bool whole[MOST_NODES], without[MOST_NODES];

        drawing.is_root[0] = true;
        drawing.is_root[pick(&seed, drawing.nodes)] = true;
        for (uint32_t a = 0; a < drawing.nodes; a++)
            for (uint32_t b = 0; b < drawing.nodes; b++)
                if (pick(&seed, drawing.nodes) * 4 < density &&
                    drawing.edges < MOST_EDGES)
                    draw(&drawing, a, b);
        find(&drawing, found);
        reach(&drawing, MOST_NODES, whole);
        for (uint32_t d = 0; d < drawing.nodes; d++) {
            reach(&drawing, d, without);
            for (uint32_t n = 0; n < drawing.nodes; n++) {
                bool expected = n != d && whole[n] && !without[n], named = false;
                uint32_t up = found[n], steps = 0;

                for (; up < drawing.nodes && steps <= drawing.nodes;
                     up = found[up], steps++)
                    named |= up == d;
                assert_int_equal(up, whole[n] ? NONE : DOMINATOR_UNREACHED);
                assert_int_equal(named, expected);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_straight_and_forked),
        cmocka_unit_test(test_published_example),
        cmocka_unit_test(test_two_roots),
        cmocka_unit_test(test_random_graphs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
