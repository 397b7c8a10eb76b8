/* What went over the link: taken down, laid over other replays, and compared. */
#include "core/clock.h"
#include "engine/trace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void what_comes_in_pieces_is_one_event(void **state)
{
    struct trace trace;

    (void)state;
    trace_init(&trace);
    trace_begin(&trace);
    trace_add(&trace, TRACE_SENT, view_text("ask"), clock_now_ns());
    trace_add(&trace, TRACE_SENT, view_text("ask"), clock_now_ns());
    trace_add(&trace, TRACE_RECEIVED, view_text("an"), clock_now_ns());
    trace_add(&trace, TRACE_RECEIVED, view_text("swer"), clock_now_ns());
    trace_add(&trace, TRACE_SILENCE, (struct view){NULL, 0}, clock_now_ns() - CLOCK_MS);
    trace_add(&trace, TRACE_SILENCE, (struct view){NULL, 0}, clock_now_ns() - CLOCK_MS);
    assert_int_equal(trace.count, 4);
    assert_true(view_equal(trace_bytes(&trace, 2), view_text("answer")));
    assert_int_equal(trace.events[2].least, 6);
    assert_int_equal(trace.events[2].most, 6);
    assert_true(trace.events[3].lasted_ns >= 2 * CLOCK_MS);
    trace_begin(&trace);
    assert_int_equal(trace.count, 0);
    trace_add(NULL, TRACE_SENT, view_text("x"), 0);
    trace_free(&trace);
}

static void fill(struct trace *trace, const char *answer)
{
    trace_init(trace);
    trace_append(trace, TRACE_OPENED, (struct view){NULL, 0});
    trace_append(trace, TRACE_SENT, view_text("ask"));
    trace_append(trace, TRACE_RECEIVED, view_text(answer));
}

static void what_differs_between_replays_is_no_evidence(void **state)
{
    /* The fourth byte was not there in one replay. */
    static const struct {
        const char *answer;
        bool matches;
    } answers[] = {{"abcd", true},  {"abZd", true},   {"abc", true}, {"abce", true},
                   {"aacd", false}, {"abcde", false}, {"ab", false}, {"", false}};
    struct trace trace, other, shorter;

    (void)state;
    fill(&trace, "abcd");
    fill(&other, "abXd");
    fill(&shorter, "abc");
    assert_true(trace_matches(&trace, 2, view_text("abcd")));
    assert_false(trace_matches(&trace, 2, view_text("abXd")));
    assert_true(trace_lay_over(&trace, &other));
    assert_true(trace_matches(&trace, 2, view_text("abYd")));
    assert_false(trace_matches(&trace, 2, view_text("abce")));
    assert_false(trace_matches(&trace, 2, view_text("abc")));
    assert_true(trace_lay_over(&trace, &shorter));
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++)
        assert_int_equal(trace_matches(&trace, 2, view_text(answers[i].answer)),
                         answers[i].matches);
    trace_free(&trace);
    trace_free(&other);
    trace_free(&shorter);
}

static void other_events_are_not_laid_over(void **state)
{
    struct trace trace, longer, other;

    (void)state;
    fill(&trace, "abcd");
    fill(&longer, "XXXX");
    trace_append(&longer, TRACE_ENDED, (struct view){NULL, 0});
    fill(&other, "XXXX");
    other.events[1].length = 2; /* another message was sent */
    assert_false(trace_lay_over(&trace, &longer));
    assert_false(trace_lay_over(&trace, &other));
    other.events[1].length = 3;
    other.events[0].kind = TRACE_CLOSED;
    assert_false(trace_lay_over(&trace, &other));
    assert_true(trace_matches(&trace, 2, view_text("abcd")));
    assert_false(trace_matches(&trace, 2, view_text("XXXX")));
    trace_free(&trace);
    trace_free(&longer);
    trace_free(&other);
}

/* A flood ends the trace, and it says so. */
static void more_than_fits_is_said(void **state)
{
    static const uint8_t block[1 << 16];
    struct trace trace;

    (void)state;
    trace_init(&trace);
    trace_begin(&trace);
    for (int i = 0; i < 100; i++)
        trace_add(&trace, TRACE_RECEIVED, (struct view){block, sizeof block},
                  clock_now_ns());
    assert_true(trace.incomplete);
    assert_true(trace.bytes.length <= 4 << 20);
    trace_free(&trace);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_comes_in_pieces_is_one_event),
        cmocka_unit_test(what_differs_between_replays_is_no_evidence),
        cmocka_unit_test(other_events_are_not_laid_over),
        cmocka_unit_test(more_than_fits_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
