#include "core/clock.h"
#include "record/fragments.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* A datagram of 8-byte units, each filled with its own number. */
enum { UNITS = 5, LAST = 3, LENGTH = (UNITS - 1) * FRAGMENTS_UNIT + LAST };
static uint8_t datagram[LENGTH];

static struct fragment piece(uint32_t identification, size_t from, size_t to)
{
    struct fragment fragment = {.family = 4,
                                .protocol = 17,
                                .identification = identification,
                                .wall_ns = CLOCK_S,
                                .offset = from * FRAGMENTS_UNIT,
                                .more = to < UNITS};

    for (size_t i = 0; i < LENGTH; i++)
        datagram[i] = (uint8_t)(i / FRAGMENTS_UNIT + 1);
    fragment.bytes = view_slice((struct view){datagram, LENGTH}, fragment.offset,
                                (to - from) * FRAGMENTS_UNIT);
    return fragment;
}

static bool add(struct fragments *fragments, uint32_t identification, size_t from,
                size_t to, struct view *whole)
{
    struct fragment fragment = piece(identification, from, to);

    return fragments_add(fragments, &fragment, whole);
}

static void test_any_order(void **state)
{
    static const size_t orders[][UNITS] = {
        {0, 1, 2, 3, 4}, {4, 3, 2, 1, 0}, {4, 0, 3, 1, 2}, {2, 4, 1, 3, 0}};
    struct fragments fragments = {0};
    struct view whole;

    (void)state;
    for (uint32_t order = 0; order < 4; order++) {
        for (size_t i = 0; i < UNITS; i++) {
            bool last = i == UNITS - 1;
            size_t unit = orders[order][i];

            assert_int_equal(add(&fragments, order, unit, unit + 1, &whole), last);
            if (!last) /* again: no more than once */
                assert_false(add(&fragments, order, unit, unit + 1, &whole));
        }
        assert_int_equal(whole.length, LENGTH);
        assert_memory_equal(whole.data, datagram, LENGTH);
    }
    fragments_end(&fragments);
    assert_int_equal(fragments.unfinished, 0);
}

static void test_apart(void **state)
{
    struct fragments fragments = {0};
    struct fragment other = piece(1, 2, UNITS);
    struct view whole;

    (void)state;
    assert_false(add(&fragments, 1, 0, 2, &whole));
    other.protocol = 6;
    assert_false(fragments_add(&fragments, &other, &whole));
    other = piece(1, 2, UNITS);
    other.from[0] = 9;
    assert_false(fragments_add(&fragments, &other, &whole));
    other = piece(1, 2, UNITS);
    other.wall_ns += 121 * CLOCK_S; /* too late: a new datagram with an old number */
    assert_false(fragments_add(&fragments, &other, &whole));
    assert_int_equal(fragments.unfinished, 1);
    fragments_end(&fragments);
    assert_int_equal(fragments.unfinished, 4);
}

static void test_overlap(void **state)
{
    static const uint8_t lie[2 * FRAGMENTS_UNIT];
    struct fragments fragments = {0};
    struct fragment fragment = piece(1, 0, 2);
    struct view whole;

    (void)state;
    assert_false(add(&fragments, 1, 0, 2, &whole));
    fragment.bytes.data = lie; /* the first bytes stay */
    assert_false(fragments_add(&fragments, &fragment, &whole));
    assert_true(add(&fragments, 1, 1, UNITS, &whole));
    assert_memory_equal(whole.data, datagram, LENGTH);
    fragments_end(&fragments);
}

static void test_hostile(void **state)
{
    static uint8_t bytes[FRAGMENTS_BYTES];
    struct fragments fragments = {0};
    struct fragment fragment = piece(1, 0, 1);
    struct view whole;

    (void)state;
    fragment.bytes.length = 0;
    assert_false(fragments_add(&fragments, &fragment, &whole));
    fragment.bytes.length = 7; /* not the last, and no whole units */
    assert_false(fragments_add(&fragments, &fragment, &whole));
    fragment = piece(1, 0, 1);
    fragment.offset = 4;
    assert_false(fragments_add(&fragments, &fragment, &whole));
    fragment.offset = FRAGMENTS_BYTES - FRAGMENTS_UNIT;
    fragment.bytes = (struct view){bytes, FRAGMENTS_UNIT + 1};
    assert_false(fragments_add(&fragments, &fragment, &whole));
    fragments_end(&fragments);
    assert_int_equal(fragments.unfinished, 0);

    fragment = piece(7, 0, UNITS); /* the largest there is, in one piece */
    fragment.bytes = (struct view){bytes, FRAGMENTS_BYTES};
    assert_true(fragments_add(&fragments, &fragment, &whole));
    assert_int_equal(whole.length, FRAGMENTS_BYTES);
    for (uint32_t i = 0; i < 1000; i++)
        assert_false(add(&fragments, i, 0, 1, &whole));
    fragments_end(&fragments);
    assert_int_equal(fragments.unfinished, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_order), cmocka_unit_test(test_apart),
        cmocka_unit_test(test_overlap), cmocka_unit_test(test_hostile)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
