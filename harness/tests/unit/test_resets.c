/* The record of resets: counted, written, read again; hostile stores are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/clock.h"
#include "engine/resets.h"
#include "record/store.h"

#include <stdio.h>
#include <string.h>

static void alike_resets_are_counted(void **state)
{
    struct resets resets = {.after_case = 7};

    (void)state;
    resets_note(&resets, RESET_WARM, 2 * CLOCK_MS, true, "");
    resets.after_case = 9;
    resets_note(&resets, RESET_WARM, CLOCK_MS, true, "");
    resets.why = "fault";
    resets_note(&resets, RESET_WARM, CLOCK_MS, false, "no answer");
    resets_note(&resets, RESET_POWER, CLOCK_MS, true, "");
    assert_int_equal(resets.count, 3);
    assert_int_equal(resets.rows[0].times, 2);
    assert_string_equal(resets.rows[0].why, "replay");
    assert_int_equal(resets.rows[0].first_case, 7);
    assert_int_equal(resets.rows[0].last_case, 9);
    assert_int_equal(resets.rows[0].slowest_ns, 2 * CLOCK_MS);
    assert_false(resets.rows[1].back);
    assert_string_equal(resets.rows[1].words, "no answer");
    assert_int_equal(resets.rows[2].step, RESET_POWER);
}

/* However much a device's commands say, every reset is counted. */
static void no_reset_is_lost(void **state)
{
    struct resets resets = {.count = 0};
    uint64_t times = 0;
    char words[40];

    (void)state;
    for (int i = 0; i < 3 * RESETS_ROWS; i++) {
        snprintf(words, sizeof words, "relay %d", i);
        resets_note(&resets, RESET_POWER, 0, false, words);
    }
    resets_note(&resets, RESET_WARM, 0, true, "");
    assert_int_equal(resets.count, RESETS_ROWS);
    for (size_t i = 0; i < resets.count; i++)
        times += resets.rows[i].times;
    assert_int_equal(times, 3 * RESETS_ROWS + 1);
    assert_string_equal(resets.rows[RESETS_ROWS - 1].why, "various");
    assert_int_equal(resets.rows[RESETS_ROWS - 1].step, RESET_NONE);
}

static void a_store_keeps_them(void **state)
{
    struct error error = {""};
    struct store *store = store_create_in_memory(&error);
    struct resets resets = {.why = "blind", .after_case = 12}, again;

    (void)state;
    assert_non_null(store);
    assert_int_equal(resets_load(&again, store, &error), 0);
    assert_int_equal(again.count, 0);
    resets_note(&resets, RESET_RESTORE, CLOCK_S, false, "said \"no\"; \x01\xff");
    resets_note(&resets, RESET_RESTART, CLOCK_S, true, "");
    assert_int_equal(resets_write(&resets, store, &error), 0);
    assert_int_equal(resets_load(&again, store, &error), 0);
    assert_int_equal(again.count, 2);
    assert_int_equal(again.rows[0].step, RESET_RESTORE);
    assert_int_equal(again.rows[0].first_case, 12);
    assert_int_equal(again.rows[0].slowest_ns, CLOCK_S);
    assert_non_null(strstr(again.rows[0].words, "said \"no\""));
    assert_true(again.rows[1].back);
    assert_int_equal(store_close(store, &error), 0);
}

static void a_changed_fact_is_refused(void **state)
{
    static const char *const wrong[] = {
        "",
        "{}",
        "[",
        "[1]",
        "[{\"why\":\"fault\"}]",
        "[{\"why\":\"fault\",\"step\":\"kick\",\"back\":true,\"words\":\"\",\"times\":1,"
        "\"first_case\":1,\"last_case\":1,\"slowest_us\":1}]",
        "[{\"why\":\"fault\",\"step\":\"warm\",\"back\":true,\"words\":\"\",\"times\":0,"
        "\"first_case\":1,\"last_case\":1,\"slowest_us\":1}]"};
    struct error error = {""};
    struct store *store = store_create_in_memory(&error);
    struct resets resets;

    (void)state;
    assert_non_null(store);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(store_set(store, "resets", wrong[i], &error), 0);
        assert_int_equal(resets_load(&resets, store, &error), -1);
        assert_non_null(strstr(error.text, "resets"));
    }
    assert_int_equal(store_close(store, &error), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alike_resets_are_counted),
        cmocka_unit_test(no_reset_is_lost),
        cmocka_unit_test(a_store_keeps_them),
        cmocka_unit_test(a_changed_fact_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
