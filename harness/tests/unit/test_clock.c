/* Deadlines and their forms. How long anything takes is not asserted. */
#include "core/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void time_does_not_run_backwards(void **state)
{
    int64_t before = clock_now_ns();

    (void)state;
    for (int i = 0; i < 1000; i++) {
        int64_t now = clock_now_ns();

        assert_true(now >= before);
        before = now;
    }
}

static void a_sleep_does_not_end_early(void **state)
{
    int64_t until = clock_now_ns() + 2 * CLOCK_MS;

    (void)state;
    clock_sleep_until_ns(until);
    assert_true(clock_now_ns() >= until);
    clock_sleep_until_ns(until); /* has passed: returns */
    clock_sleep_until_ns(0);
}

static void poll_timeouts_are_rounded_up(void **state)
{
    (void)state;
    assert_int_equal(clock_poll_timeout_ms(clock_now_ns() - 1), 0);
    assert_int_equal(clock_poll_timeout_ms(0), 0);
    /* A deadline that has not passed is never polled with 0, which would spin. */
    assert_in_range(clock_poll_timeout_ms(clock_now_ns() + CLOCK_S), 1, 1000);
    assert_int_equal(clock_poll_timeout_ms(INT64_MAX), 1000000);
}

static void utc_is_written_as_iso_8601(void **state)
{
    char text[21];

    (void)state;
    clock_format_utc(0, text, sizeof text);
    assert_string_equal(text, "1970-01-01T00:00:00Z");
    clock_format_utc(1777636800 * CLOCK_S + 999999999, text, sizeof text);
    assert_string_equal(text, "2026-05-01T12:00:00Z");
    clock_format_utc(0, text, 5);
    assert_string_equal(text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_does_not_run_backwards),
        cmocka_unit_test(a_sleep_does_not_end_early),
        cmocka_unit_test(poll_timeouts_are_rounded_up),
        cmocka_unit_test(utc_is_written_as_iso_8601),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
