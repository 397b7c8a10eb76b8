/* What a device showed, as places of a map. */
#include "scratch.h"

#include "fuzz/shown.h"

#include <string.h>

enum { MAP = 1 << 12 };

static size_t places(const struct shown *shown, uint8_t map[MAP])
{
    size_t count = 0;

    memset(map, 0, MAP);
    shown_count(shown, map, MAP);
    for (size_t i = 0; i < MAP; i++)
        count += map[i] != 0;
    return count;
}

static void test_each_class_has_places_of_its_own(void **state)
{
    uint8_t one[MAP], other[MAP];
    struct shown shown = {0};

    (void)state;
    assert_int_equal(places(&shown, one), 0);
    shown_note(&shown, 1, 2, 3);
    assert_int_equal(places(&shown, one), 2);
    shown_clear(&shown);
    shown_note(&shown, 1, 2, 4); /* another shape */
    assert_int_equal(places(&shown, other), 2);
    assert_memory_not_equal(one, other, MAP);
    shown_clear(&shown);
    shown_note(&shown, 1, 4, 3); /* another outcome */
    places(&shown, other);
    assert_memory_not_equal(one, other, MAP);
    shown_clear(&shown);
    shown_note(&shown, 2, 2, 3); /* another message */
    places(&shown, other);
    assert_memory_not_equal(one, other, MAP);
}

static void test_order_shows(void **state)
{
    struct shown shown = {0}, turned = {0};
    uint8_t one[MAP], other[MAP];

    (void)state;
    shown_note(&shown, 1, 1, 5);
    shown_note(&shown, 2, 1, 5);
    shown_note(&turned, 2, 1, 5);
    shown_note(&turned, 1, 1, 5);
    assert_int_equal(places(&shown, one), 4);
    assert_int_equal(places(&turned, other), 4);
    assert_memory_not_equal(one, other, MAP);
}

static void test_counts_stay_full_and_places_are_bounded(void **state)
{
    struct shown shown = {0};
    uint8_t map[MAP];

    (void)state;
    for (int i = 0; i < 10 * INPUT_MESSAGES; i++)
        shown_note(&shown, 1, 1, 1);
    assert_int_equal(shown.count, INPUT_MESSAGES);
    memset(map, 0, sizeof map);
    for (int i = 0; i < 20; i++)
        shown_count(&shown, map, MAP);
    for (size_t i = 0; i < MAP; i++)
        assert_true(map[i] == 0 || map[i] == 20 || map[i] == UINT8_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_class_has_places_of_its_own),
        cmocka_unit_test(test_order_shows),
        cmocka_unit_test(test_counts_stay_full_and_places_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
