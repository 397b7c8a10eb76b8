/* Memory from an arena is zeroed, aligned, its own, and given back at once. */
#include "core/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void allocations_are_zeroed_aligned_and_apart(void **state)
{
    static const size_t sizes[] = {1, 3, 16, 17, 4000, 4096, 4097, 1, 100000, 8};
    struct arena arena = {0};
    unsigned char *held[10];

    (void)state;
    for (size_t i = 0; i < 10; i++) {
        held[i] = arena_allocate(&arena, sizes[i]);
        assert_non_null(held[i]);
        assert_int_equal((uintptr_t)held[i] % _Alignof(max_align_t), 0);
        for (size_t b = 0; b < sizes[i]; b++)
            assert_int_equal(held[i][b], 0);
        memset(held[i], (int)i + 1, sizes[i]);
    }
    for (size_t i = 0; i < 10; i++)
        for (size_t b = 0; b < sizes[i]; b++)
            assert_int_equal(held[i][b], i + 1);
    arena_free(&arena);
    assert_null(arena.blocks);
}

static void texts_are_copied(void **state)
{
    struct arena arena = {0};
    char text[] = "pump";
    char *copy = arena_text(&arena, text);

    (void)state;
    text[0] = 'd';
    assert_string_equal(copy, "pump");
    assert_string_equal(arena_text(&arena, ""), "");
    arena_free(&arena);
}

static void nothing_is_given_for_a_size_that_overflows(void **state)
{
    struct arena arena = {0};

    (void)state;
    assert_null(arena_allocate(&arena, SIZE_MAX));
    assert_null(arena_allocate(&arena, SIZE_MAX - 7));
    assert_non_null(arena_allocate(&arena, 1));
    arena_free(&arena);
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allocations_are_zeroed_aligned_and_apart),
        cmocka_unit_test(texts_are_copied),
        cmocka_unit_test(nothing_is_given_for_a_size_that_overflows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
