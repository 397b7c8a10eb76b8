/* Counts by key, against a plain array. */
#include "core/tally.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void what_was_never_met_counts_zero(void **state)
{
    struct tally tally = {0};

    (void)state;
    assert_int_equal(tally_count(&tally, 0), 0);
    assert_int_equal(tally_add(&tally, 7), 1);
    assert_int_equal(tally_count(&tally, 8), 0);
    tally_free(&tally);
    assert_int_equal(tally_count(&tally, 7), 0);
}

static void many_keys_keep_their_counts(void **state)
{
    enum { KEYS = 5000 };
    struct tally tally = {0};

    (void)state;
    for (uint64_t key = 0; key < KEYS; key++)
        for (uint64_t i = 0; i <= key % 3; i++)
            assert_int_equal(tally_add(&tally, key), i + 1);
    for (uint64_t key = 0; key < KEYS; key++)
        assert_int_equal(tally_count(&tally, key), key % 3 + 1);
    assert_int_equal(tally_count(&tally, KEYS), 0);
    tally_free(&tally);
}

static void keys_depend_on_every_part_and_on_their_order(void **state)
{
    (void)state;
    assert_true(tally_key(tally_key(0, 1), 2) != tally_key(tally_key(0, 2), 1));
    assert_true(tally_key_text(1, "ab") != tally_key_text(1, "ba"));
    assert_true(tally_key_text(tally_key_text(1, "a"), "b") != tally_key_text(1, "ab"));
    assert_true(tally_key_text(1, "") != tally_key_text(2, ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_never_met_counts_zero),
        cmocka_unit_test(many_keys_keep_their_counts),
        cmocka_unit_test(keys_depend_on_every_part_and_on_their_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
