/* Outcome sets and their text form. */
#include "core/outcome.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void every_set_reads_back(void **state)
{
    (void)state;
    for (unsigned outcomes = 1; outcomes <= OUTCOME_UNKNOWN; outcomes++) {
        unsigned read = 0;
        char text[64];

        assert_int_equal(outcome_parse(outcome_text(outcomes, text, sizeof text), &read),
                         0);
        assert_int_equal(read, outcomes);
    }
}

static void texts_are_as_documented(void **state)
{
    char text[64];

    (void)state;
    assert_string_equal(outcome_text(OUTCOME_UNKNOWN, text, sizeof text), "unknown");
    assert_string_equal(outcome_text(OUTCOME_ACCEPT | OUTCOME_REJECT, text, sizeof text),
                        "accept|reject");
    assert_string_equal(outcome_text(OUTCOME_SILENCE | OUTCOME_CLOSE, text, sizeof text),
                        "silence|close");
    assert_string_equal(outcome_text(0, text, sizeof text), "");
}

static void a_short_place_is_not_overrun(void **state)
{
    char text[8];

    (void)state;
    for (int size = 1; size <= 8; size++) {
        memset(text, '#', sizeof text);
        outcome_text(OUTCOME_ACCEPT | OUTCOME_REJECT | OUTCOME_CLOSE, text, size);
        assert_in_range(strnlen(text, (size_t)size), 0, (size_t)size - 1);
        for (int i = size; i < 8; i++)
            assert_int_equal(text[i], '#');
    }
}

static void other_words_are_refused(void **state)
{
    static const char *const bad[] = {
        "",        "accept|",  "|accept",      "accept||close",
        "accepts", "accep",    "accept,close", "Accept",
        " accept", "unknown|", "accept |close"};
    unsigned outcomes;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(outcome_parse(bad[i], &outcomes), -1);
    assert_int_equal(outcome_parse("close|close", &outcomes), 0);
    assert_int_equal(outcomes, OUTCOME_CLOSE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_set_reads_back),
        cmocka_unit_test(texts_are_as_documented),
        cmocka_unit_test(a_short_place_is_not_overrun),
        cmocka_unit_test(other_words_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
