/* A map that tells inputs of a folder apart, and nothing else. */
#include "fuzz/hold.h"

#include "scratch.h"

enum { MAP = 1 << 16 };

static size_t places(const struct tally *held, const char *input, uint8_t map[MAP])
{
    size_t count = 0;

    memset(map, 0, MAP);
    hold_map(held, view_text(input), map, MAP);
    for (size_t i = 0; i < MAP; i++)
        count += map[i] != 0;
    return count;
}

static void test_seeds_differ_and_all_else_is_alike(void **state)
{
    char folder[SCRATCH_PATH], path[SCRATCH_PATH];
    uint8_t one[MAP], other[MAP];
    struct tally held = {0};
    struct error error;

    (void)state;
    scratch_make(folder);
    scratch_write(folder, "a", "first", path);
    scratch_write(folder, "b", "second", path);
    if (hold_read(&held, folder, &error) < 0)
        fail_msg("%s", error.text);
    assert_int_equal(places(&held, "first", one), 1);
    assert_int_equal(places(&held, "second", other), 1);
    assert_memory_not_equal(one, other, MAP);
    assert_int_equal(one[0] + other[0], 0); /* that place is everybody's */
    assert_int_equal(places(&held, "third", one), 0);
    assert_int_equal(places(&held, "", one), 0);
    tally_free(&held);
    scratch_remove(folder);
}

static void test_a_folder_that_is_not_there_is_said(void **state)
{
    struct tally held = {0};
    struct error error = {""};

    (void)state;
    assert_int_equal(hold_read(&held, "/nonexistent/seeds", &error), -1);
    assert_non_null(strstr(error.text, "/nonexistent/seeds"));
    tally_free(&held);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_seeds_differ_and_all_else_is_alike),
        cmocka_unit_test(test_a_folder_that_is_not_there_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
