/* What a device shows of line errors, and how late this machine wakes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/clock.h"
#include "engine/jitter.h"
#include "engine/prove_line.h"
#include "rig.h"

#include <string.h>

static void an_answer_tells_whether_an_error_arrived(void **state)
{
    static const struct {
        struct line_proof proof;
        bool alive;
        const char *verdict;
    } seen[] = {
        {{LINK_PARITY, 0, 5, 0}, true, "unanswered"},
        {{LINK_PARITY, 0, 5, 5}, true, "ignored"},
        {{LINK_FRAMING, 0, 5, 1}, true, "unsteady"},
        {{LINK_BREAK, 0, 5, 5}, true, "untold"},
        {{LINK_BREAK, 0, 5, 4}, true, "unsteady"},
        {{LINK_BREAK, 0, 5, 0}, true, "unanswered"},
        {{LINK_BAUD, 0, 1, 1}, false, "harmed"},
        {{LINK_PARITY, 0, 1, 0}, false, "harmed"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof seen / sizeof seen[0]; i++)
        assert_string_equal(
            line_verdict_name(prove_line_verdict(&seen[i].proof, seen[i].alive)),
            seen[i].verdict);
}

/* A link without a line says so of each, and nothing is sent. */
static void what_a_link_cannot_carry_is_not_tried(void **state)
{
    struct line_proof proofs[LINE_PROOFS];
    struct rig *rig = rig_make(true, "registers.yaml", "timing: {answer: 500ms}");
    struct restoration restoration;
    unsigned frames;

    (void)state;
    assert_int_equal(runner_start(&rig->runner, &restoration, &rig->error), 0);
    frames = rig_count(rig, &rig->frames);
    assert_int_equal(prove_line(&rig->runner, proofs, &rig->error), 0);
    for (size_t i = 0; i < LINE_PROOFS; i++)
        assert_int_equal(proofs[i].verdict, LINE_NOT_CARRIED);
    assert_int_equal(rig_count(rig, &rig->frames), frames);
    rig_free(rig);
}

static void lateness_is_summed_up(void **state)
{
    int64_t one[] = {7}, many[200];
    struct jitter jitter;

    (void)state;
    jitter_summarise(one, 1, &jitter);
    assert_int_equal(jitter.median_ns, 7);
    assert_int_equal(jitter.p99_ns, 7);
    assert_int_equal(jitter.most_ns, 7);
    for (int i = 0; i < 200; i++)
        many[i] = (i * 77) % 200; /* each of 0 to 199 once */
    jitter_summarise(many, 200, &jitter);
    assert_int_equal(jitter.count, 200);
    assert_int_equal(jitter.median_ns, 100);
    assert_int_equal(jitter.p99_ns, 197);
    assert_int_equal(jitter.most_ns, 199);
}

/* Nothing wakes before its time. */
static void no_sleep_is_too_short(void **state)
{
    struct jitter jitter;

    (void)state;
    jitter_measure(20, CLOCK_MS / 10, &jitter);
    assert_int_equal(jitter.count, 20);
    assert_int_equal(jitter.step_ns, CLOCK_MS / 10);
    assert_true(jitter.median_ns >= 0 && jitter.median_ns <= jitter.p99_ns &&
                jitter.p99_ns <= jitter.most_ns);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_tells_whether_an_error_arrived),
        cmocka_unit_test(what_a_link_cannot_carry_is_not_tried),
        cmocka_unit_test(lateness_is_summed_up),
        cmocka_unit_test(no_sleep_is_too_short),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
