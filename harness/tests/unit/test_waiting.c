/* Who may wait for a confirmation, for how long, and that what waits is a copy. */
#include "core/clock.h"
#include "engine/waiting.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void put(struct waiting *waiting, uint64_t number, int64_t deadline_ns)
{
    struct judgement judgement = {.kind = "close"};
    struct suspicion suspicion = {
        .number = number, .oracle = oracle_named("answers"), .judgement = &judgement};
    char name[40], cause[40];

    snprintf(name, sizeof name, "name %llu", (unsigned long long)number);
    snprintf(cause, sizeof cause, "cause %llu", (unsigned long long)number);
    snprintf(judgement.cause, sizeof judgement.cause, "%s", cause);
    suspicion.name = name;
    waiting_put(waiting, &suspicion, (size_t)number * 2, deadline_ns);
    memset(&judgement, 0, sizeof judgement);
    memset(name, 0, sizeof name);
}

static void only_what_leaves_the_device_as_it_is_may_wait(void **state)
{
    static const struct {
        const char *oracle, *kind;
        bool at_sample, may;
    } rows[] = {
        {"conformance", "accepted-malformed", false, true},
        {"answers", "close", false, true},
        {"leak", "leak", false, true},
        {"alive", "hang", false, false},
        {"invariant", "invariant", true, false},
        {"state", "state", true, false},
        {"reboot", "reset", false, false},
        {"latency", "latency", true, false},
        {"sanitizer", "crash", false, false},
        {"exit", "exit", false, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct judgement judgement = {.kind = rows[i].kind,
                                      .at_sample = rows[i].at_sample};

        assert_int_equal(waiting_may(oracle_named(rows[i].oracle), &judgement),
                         rows[i].may);
    }
}

static void what_waits_is_a_copy_in_order(void **state)
{
    struct waiting waiting;
    struct error error;

    (void)state;
    assert_int_equal(waiting_init(&waiting, &error), 0);
    put(&waiting, 7, 0);
    put(&waiting, 9, 0);
    assert_int_equal(waiting.count, 2);
    assert_int_equal(waiting.list[0].suspicion.number, 7);
    assert_string_equal(waiting.list[0].suspicion.name, "name 7");
    assert_string_equal(waiting.list[1].suspicion.judgement->cause, "cause 9");
    assert_int_equal(waiting.list[1].end, 18);
    waiting_free(&waiting);
}

static void full_or_late_is_due(void **state)
{
    struct waiting waiting;
    struct error error;

    (void)state;
    assert_int_equal(waiting_init(&waiting, &error), 0);
    assert_false(waiting_is_due(&waiting));
    for (uint64_t i = 0; i < WAITING; i++)
        put(&waiting, i, 0);
    assert_true(waiting_is_due(&waiting));
    waiting.count = 0;
    /* The run's time is over already. */
    put(&waiting, 1, clock_now_ns() - 1);
    assert_true(waiting_is_due(&waiting));
    /* The first one's time counts, whatever comes later. */
    put(&waiting, 2, 0);
    assert_true(waiting_is_due(&waiting));
    waiting_free(&waiting);
}

static void near_the_end_they_wait_less(void **state)
{
    struct waiting waiting;
    struct error error;
    int64_t open_ns;

    (void)state;
    assert_int_equal(waiting_init(&waiting, &error), 0);
    put(&waiting, 1, 0);
    open_ns = waiting.until_ns;
    waiting.count = 0;
    put(&waiting, 1, clock_now_ns() + CLOCK_S);
    assert_true(waiting.until_ns < open_ns);
    waiting_free(&waiting);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_leaves_the_device_as_it_is_may_wait),
        cmocka_unit_test(what_waits_is_a_copy_in_order),
        cmocka_unit_test(full_or_late_is_due),
        cmocka_unit_test(near_the_end_they_wait_less),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
