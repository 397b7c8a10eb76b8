/* Logs of what was sent: where cases begin, and that bytes stay with their step. */
#include "engine/sequence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* One step a number: 1 1 2 3 3 3 makes three cases. Its bytes are number and place. */
static void fill(struct sequence *sequence, const uint64_t *numbers, size_t count)
{
    sequence_init(sequence);
    for (size_t i = 0; i < count; i++) {
        const uint8_t bytes[] = {(uint8_t)numbers[i], (uint8_t)i, 0xee};
        struct sequence_step step = {.number = numbers[i],
                                     .message = (unsigned)i,
                                     .fuzzed = i % 2,
                                     .offset = 999,
                                     .length = 999};

        assert_int_equal(sequence_append(sequence, &step, (struct view){bytes, i % 4}),
                         0);
    }
}

static void steps_keep_their_bytes(void **state)
{
    struct sequence sequence;
    uint64_t numbers[300];

    (void)state;
    for (size_t i = 0; i < 300; i++)
        numbers[i] = i;
    for (size_t i = 3; i < 300; i += 4)
        numbers[i] = i + 1000;
    fill(&sequence, numbers, 300);
    assert_int_equal(sequence.count, 300);
    for (size_t i = 0; i < 300; i++) {
        struct view bytes = sequence_bytes(&sequence, i);

        assert_int_equal(bytes.length, i % 4);
        if (bytes.length)
            assert_int_equal(bytes.data[0], (uint8_t)numbers[i]);
        assert_int_equal(sequence.steps[i].message, i);
    }
    sequence_clear(&sequence);
    assert_int_equal(sequence.count, 0);
    assert_int_equal(sequence.bytes.length, 0);
    sequence_free(&sequence);
    sequence_free(&sequence);
}

static void a_tail_begins_where_its_cases_do(void **state)
{
    static const uint64_t numbers[] = {1, 1, 2, 3, 3, 3};
    struct sequence sequence;

    (void)state;
    fill(&sequence, numbers, 6);
    assert_int_equal(sequence_cases(&sequence, 0), 3);
    assert_int_equal(sequence_tail(&sequence, 0), 6);
    assert_int_equal(sequence_tail(&sequence, 1), 3);
    assert_int_equal(sequence_tail(&sequence, 2), 2);
    assert_int_equal(sequence_tail(&sequence, 3), 0);
    assert_int_equal(sequence_tail(&sequence, 4), 0);
    assert_int_equal(sequence_tail(&sequence, SIZE_MAX), 0);
    sequence_free(&sequence);
}

static void short_ones_have_tails_too(void **state)
{
    static const uint64_t one[] = {7}, zeros[] = {0, 0};
    struct sequence sequence;

    (void)state;
    sequence_init(&sequence);
    assert_int_equal(sequence_cases(&sequence, 0), 0);
    assert_int_equal(sequence_tail(&sequence, 1), 0);
    assert_int_equal(sequence_tail(&sequence, 0), 0);
    fill(&sequence, one, 1);
    assert_int_equal(sequence_cases(&sequence, 0), 1);
    assert_int_equal(sequence_tail(&sequence, 1), 0);
    sequence_free(&sequence);
    fill(&sequence, zeros, 2);
    assert_int_equal(sequence_cases(&sequence, 0), 1);
    assert_int_equal(sequence_tail(&sequence, 1), 0);
    sequence_free(&sequence);
}

static void ranges_are_copied(void **state)
{
    static const uint64_t numbers[] = {1, 2, 2, 3};
    struct sequence from, to;

    (void)state;
    fill(&from, numbers, 4);
    sequence_init(&to);
    assert_int_equal(sequence_append_range(&to, &from, 2, 4), 0);
    assert_int_equal(sequence_append_range(&to, &from, 0, 1), 0);
    assert_int_equal(sequence_append_range(&to, &from, 1, 1), 0);
    assert_int_equal(to.count, 3);
    assert_int_equal(to.steps[0].number, 2);
    assert_int_equal(to.steps[1].number, 3);
    assert_int_equal(to.steps[2].number, 1);
    assert_true(view_equal(sequence_bytes(&to, 1), sequence_bytes(&from, 3)));
    assert_true(view_equal(sequence_bytes(&to, 0), sequence_bytes(&from, 2)));
    sequence_free(&from);
    sequence_free(&to);
}

static void a_script_becomes_steps_of_its_case(void **state)
{
    struct sequence sequence;
    struct script script;

    (void)state;
    sequence_init(&sequence);
    script_init(&script);
    script.number = 42;
    script.count = 2;
    script.steps[0] = (struct step){.message = 3, .length = 2};
    script.steps[1] =
        (struct step){.message = 4, .fuzzed = true, .offset = 2, .length = 1};
    assert_int_equal(buffer_append(&script.bytes, view_text("abc")), 0);
    assert_int_equal(sequence_append_script(&sequence, &script), 0);
    assert_int_equal(sequence.count, 2);
    assert_int_equal(sequence.steps[1].number, 42);
    assert_int_equal(sequence.steps[1].message, 4);
    assert_true(sequence.steps[1].fuzzed);
    assert_true(view_equal(sequence_bytes(&sequence, 0), view_text("ab")));
    assert_true(view_equal(sequence_bytes(&sequence, 1), view_text("c")));
    script_free(&script);
    sequence_free(&sequence);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_keep_their_bytes),
        cmocka_unit_test(a_tail_begins_where_its_cases_do),
        cmocka_unit_test(short_ones_have_tails_too),
        cmocka_unit_test(ranges_are_copied),
        cmocka_unit_test(a_script_becomes_steps_of_its_case),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
