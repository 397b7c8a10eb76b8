/* Shards: any number of parts of any ranges have each number once. */
#include "generate/shard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { NUMBERS = 200 };

static const struct plan hundred = {.total = 100};

/* Marks the numbers of one part; each must be new. Returns how many. */
static size_t mark(const struct selection *part, bool seen[NUMBERS])
{
    size_t count = 0;

    for (size_t i = 0; i < part->range_count; i++)
        for (uint64_t n = part->ranges[i].first; n <= part->ranges[i].last; n++) {
            assert_true(n < NUMBERS);
            assert_false(seen[n]);
            seen[n] = true;
            count++;
        }
    return count;
}

static void check_parts(const char *ranges, const char *whole, unsigned parts,
                        size_t numbers)
{
    bool seen[NUMBERS] = {false};
    size_t total = 0, least = SIZE_MAX, most = 0;
    uint64_t last = 0;

    for (unsigned part = 1; part <= parts; part++) {
        struct shard shard = {.part = part, .parts = parts};
        struct selection selection = {0};
        struct error error;
        size_t count;

        if (ranges)
            assert_int_equal(selection_set_ranges(&selection, ranges), 0);
        assert_int_equal(shard_cut(&shard, &selection, &hundred, &error), 0);
        assert_string_equal(shard.whole, whole);
        assert_true(selection.range_count > 0);
        assert_true(selection.ranges[0].first > last);
        last = selection.ranges[selection.range_count - 1].last;
        count = mark(&selection, seen);
        total += count;
        least = count < least ? count : least;
        most = count > most ? count : most;
    }
    assert_int_equal(total, numbers);
    assert_true(most - least <= 1);
}

static void parts_make_up_the_whole(void **state)
{
    (void)state;
    for (unsigned parts = 1; parts <= 100; parts++) {
        check_parts(NULL, "1-100", parts, 100);
        check_parts("1-", "1-100", parts, 100);
        if (parts <= 30)
            check_parts("3,10-29,71-78,100", "3,10-29,71-78,100", parts, 30);
        if (parts <= 24)
            check_parts("10-29,97-", "10-29,97-100", parts, 24);
        check_parts("50-150", "50-150", parts, 101);
    }
}

static void what_cannot_be_cut_stays(void **state)
{
    struct shard shard = {.part = 1, .parts = 4};
    struct selection selection = {0}, before;
    struct error error;

    (void)state;
    assert_int_equal(selection_set_ranges(&selection, "5-7"), 0);
    before = selection;
    assert_int_equal(shard_cut(&shard, &selection, &hundred, &error), -1);
    assert_memory_equal(&selection, &before, sizeof before);
    assert_non_null(strstr(error.text, "3 cases cannot be cut into 4 shards"));
    assert_int_equal(selection_set_ranges(&selection, "101-"), 0);
    assert_int_equal(shard_cut(&shard, &selection, &hundred, &error), -1);
    assert_non_null(strstr(error.text, "have no end"));
}

/* The largest numbers do not overflow. */
static void large_ranges(void **state)
{
    struct shard shard = {.part = 256, .parts = 256};
    struct selection selection = {0};
    struct error error;

    (void)state;
    assert_int_equal(selection_set_ranges(&selection, "1-9223372036854775807"), 0);
    assert_int_equal(shard_cut(&shard, &selection, &hundred, &error), 0);
    assert_int_equal(selection.ranges[0].last, INT64_MAX);
    assert_int_equal(INT64_MAX - selection.ranges[0].first + 1, INT64_MAX / 256);
}

/* Where patterns select, parts have as many selected cases, and all numbers. */
static void selected_cases_are_shared(void **state)
{
    struct error error = {""};
    struct model *model =
        model_load(PROJECT_FOLDER "/targets/modbus/modbus_tcp.ksy", &error);
    struct session *session =
        session_load(PROJECT_FOLDER "/targets/modbus/registers.yaml", model, &error);
    struct plan plan;
    uint64_t next = 1, least = UINT64_MAX, most = 0;

    (void)state;
    assert_non_null(session);
    assert_int_equal(plan_build(&plan, session, 1, &error), 0);
    for (unsigned part = 1; part <= 7; part++) {
        struct shard shard = {.part = part, .parts = 7};
        struct selection selection = {.anomalies = "truncate,valid"};
        uint64_t cases = 0;

        assert_int_equal(selection_bind(&selection, &plan, &error), 0);
        assert_int_equal(selection_set_ranges(&selection, "1-6000"), 0);
        assert_int_equal(shard_cut(&shard, &selection, &plan, &error), 0);
        assert_int_equal(selection.range_count, 1);
        assert_int_equal(selection.ranges[0].first, next);
        next = selection.ranges[0].last + 1;
        for (uint64_t n = selection_next(&selection, &plan, 1); n;
             n = selection_next(&selection, &plan, n + 1))
            cases++;
        least = cases < least ? cases : least;
        most = cases > most ? cases : most;
        selection_free(&selection);
    }
    assert_int_equal(next, 6001);
    assert_true(least > 10 && most - least <= 1);
    plan_free(&plan);
    session_free(session);
    model_free(model);
}

static void texts(void **state)
{
    static const char *const wrong[] = {"",      "1",   "/",    "1/",   "/2",
                                        "0/2",   "3/2", "1/0",  "-1/2", "1/2/",
                                        "1/257", "a/b", "1 /2x"};
    struct shard shard;
    char text[SHARD_TEXT];

    (void)state;
    assert_int_equal(shard_read("2/4", &shard), 0);
    assert_int_equal(shard.part, 2);
    assert_int_equal(shard.parts, 4);
    assert_string_equal(shard_text(&shard, text), "2/4");
    assert_int_equal(shard_read("256/256", &shard), 0);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(shard_read(wrong[i], &shard), -1);
    assert_string_equal(shard_text(&(struct shard){0}, text), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_make_up_the_whole),
        cmocka_unit_test(what_cannot_be_cut_stays), cmocka_unit_test(large_ranges),
        cmocka_unit_test(selected_cases_are_shared), cmocka_unit_test(texts)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
