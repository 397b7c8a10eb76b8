/* Which cases are sent: ranges and patterns leave gaps and never renumber. */
#include "generate/selection.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct model *model;
static struct session *session;
static struct plan plan;

static int setup(void **state)
{
    struct error error = {""};

    (void)state;
    model = model_load(PROJECT_FOLDER "/targets/modbus/modbus_rtu.ksy", &error);
    session =
        model ? session_load(PROJECT_FOLDER "/targets/modbus/pump.yaml", model, &error)
              : NULL;
    return session ? plan_build(&plan, session, 1, &error) : -1;
}

static int teardown(void **state)
{
    (void)state;
    plan_free(&plan);
    session_free(session);
    model_free(model);
    return 0;
}

/* --- ranges ------------------------------------------------------------------------- */

static void ranges_are_read(void **state)
{
    static const char *const good[] = {
        "5", "1-5000", "20000-", "7", "1-5000,20000-", "1,3,5-7", "9223372036854775807"};
    static const char *const bad[] = {"",
                                      "-",
                                      "-5",
                                      "0",
                                      "0-5",
                                      "5-4",
                                      "a",
                                      "1-b",
                                      "1--",
                                      "1-2-3",
                                      "1 -2",
                                      ",",
                                      "1,",
                                      ",1",
                                      "5-9,7-12",
                                      "9-12,1-3",
                                      "1-,5",
                                      "1.5",
                                      "--1",
                                      "1,000",
                                      "99999999999999999999",
                                      "1-99999999999999999999",
                                      "123456789012345678901234567"};
    char text[SELECTION_TEXT];

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct selection selection = {0};

        assert_int_equal(selection_set_ranges(&selection, good[i]), 0);
        assert_string_equal(selection_ranges_text(&selection, text, sizeof text),
                            good[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct selection selection = {.range_count = 1, .ranges = {{3, 4}}};

        if (selection_set_ranges(&selection, bad[i]) == 0)
            fail_msg("accepted '%s'", bad[i]);
        assert_string_equal(selection_ranges_text(&selection, text, sizeof text), "3-4");
    }
}

static void numbers_outside_the_ranges_are_left_out(void **state)
{
    struct selection selection = {0};

    (void)state;
    assert_int_equal(selection_next(&selection, &plan, 0), 1);
    assert_int_equal(selection_next(&selection, &plan, 77), 77);
    assert_true(selection_left(&selection, 1) == UINT64_MAX);
    assert_int_equal(selection_set_ranges(&selection, "5-7,20,30-"), 0);
    assert_int_equal(selection_next(&selection, &plan, 1), 5);
    assert_int_equal(selection_next(&selection, &plan, 8), 20);
    assert_int_equal(selection_next(&selection, &plan, 21), 30);
    assert_int_equal(selection_next(&selection, &plan, 1000000), 1000000);
    assert_int_equal(selection_set_ranges(&selection, "5-7,20"), 0);
    assert_int_equal(selection_next(&selection, &plan, 21), 0);
    assert_int_equal(selection_left(&selection, 1), 4);
    assert_int_equal(selection_left(&selection, 6), 3);
    assert_int_equal(selection_left(&selection, 21), 0);
}

/* --- patterns ----------------------------------------------------------------------- */

/* Every selected enumerated case has one of the words in its name, and no other has. */
static void assert_selects(struct selection selection, const char *word,
                           const char *and_word)
{
    struct error error = {""};
    uint64_t wanted = 0, next;
    char name[400];

    selection_bind(&selection, &plan, &error);
    assert_string_equal(error.text, "");
    next = selection_next(&selection, &plan, 1);
    for (uint64_t number = 1; number <= plan.total; number++) {
        bool named;

        plan_name(&plan, number, name, sizeof name);
        named = strstr(name, word) && strstr(name, and_word);
        if ((next == number) != named)
            fail_msg("case %llu %s", (unsigned long long)number, name);
        if (next == number)
            next = selection_next(&selection, &plan, number + 1);
        wanted += named;
    }
    assert_true(wanted > 0 && wanted < plan.total);
    selection_free(&selection);
}

static void patterns_are_looked_up_in_the_plan(void **state)
{
    (void)state;
    assert_selects((struct selection){.only = "mask_rate"}, "/mask_rate", "");
    assert_selects((struct selection){.only = "mask_*"}, "/mask_", "");
    assert_selects((struct selection){.only = "mask_rate/function"}, "/mask_rate/",
                   ".function[");
    assert_selects((struct selection){.only = "*/pdu.function"}, "/pdu.function[", "");
    assert_selects((struct selection){.anomalies = "tr?ncate"}, "[truncate:", "");
    assert_selects((struct selection){.states = "unlocked"}, "/unlocked/", "");
    assert_selects((struct selection){.states = "unlocked", .anomalies = "limit"},
                   "/unlocked/", "[limit:");
}

static void lists_of_patterns_add_up(void **state)
{
    struct selection both = {.anomalies = "truncate,limit"}, one = {.anomalies = "limit"};
    struct error error;
    size_t counts[2] = {0};

    (void)state;
    assert_int_equal(selection_bind(&both, &plan, &error), 0);
    assert_int_equal(selection_bind(&one, &plan, &error), 0);
    for (size_t i = 0; i < plan.stream_count; i++) {
        counts[0] += both.streams[i];
        counts[1] += one.streams[i];
    }
    assert_true(counts[0] > counts[1] && counts[1] > 0);
    selection_free(&both);
    selection_free(&one);
}

static void what_matches_nothing_is_an_error(void **state)
{
    static const struct {
        struct selection selection;
        const char *says;
    } wrong[] = {
        {{.only = "nosuch"}, "only: nothing in the plan matches 'nosuch'"},
        {{.only = "mask_rate,nosuch/x"}, "matches 'nosuch/x'"},
        {{.only = "mask_rate/nosuch"}, "matches 'mask_rate/nosuch'"},
        {{.only = "pdu.function"}, "matches 'pdu.function'"},
        {{.anomalies = "limits"}, "anomalies: nothing in the plan matches 'limits'"},
        {{.anomalies = ""}, "matches ''"},
        {{.states = "read"}, "states: nothing in the plan matches 'read'"},
        {{.only = "calibrate", .states = "ready"}, "no case matches all"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct selection selection = wrong[i].selection;
        struct error error = {""};

        assert_int_equal(selection_bind(&selection, &plan, &error), -1);
        if (!strstr(error.text, wrong[i].says))
            fail_msg("%s", error.text);
        selection_free(&selection);
    }
}

static void stacked_cases_are_selected_when_all_their_changes_are(void **state)
{
    struct selection selection = {.only = "mask_rate"};
    struct generator generator;
    struct script script;
    struct error error;
    uint64_t number = plan.total;
    unsigned mask_rate = 0;

    (void)state;
    generator_init(&generator, &plan);
    script_init(&script);
    while (strcmp(session->messages[mask_rate].name, "mask_rate") != 0)
        mask_rate++;
    assert_int_equal(selection_bind(&selection, &plan, &error), 0);
    for (int i = 0; i < 50; i++) {
        number = selection_next(&selection, &plan, number + 1);
        assert_int_equal(generator_case(&generator, number, &script), 0);
        for (size_t step = 0; step < script.count; step++)
            if (script.steps[step].fuzzed)
                assert_int_equal(script.steps[step].message, mask_rate);
    }
    assert_true(number > plan.total + 50);
    selection_free(&selection);
    script_free(&script);
    generator_free(&generator);
}

/* Some anomalies are for enumerated cases only: behind them nothing is left to look for.
 */
static void a_selection_of_enumerated_cases_ends_with_them(void **state)
{
    struct selection selection = {.anomalies = "delay,flood"};
    struct error error;
    uint64_t number = 0, count = 0;

    (void)state;
    assert_int_equal(selection_bind(&selection, &plan, &error), 0);
    while ((number = selection_next(&selection, &plan, number + 1)) != 0) {
        assert_true(number <= plan.total);
        count++;
    }
    assert_true(count > 0);
    selection_free(&selection);
}

static void a_selection_says_what_it_is(void **state)
{
    struct selection selection = {0};
    char text[SELECTION_TEXT];

    (void)state;
    assert_string_equal(selection_ranges_text(&selection, text, sizeof text), "1-");
    assert_string_equal(selection_patterns_text(&selection, text, sizeof text),
                        "everything");
    selection.only = "write_*";
    selection.states = "ready";
    assert_string_equal(selection_patterns_text(&selection, text, sizeof text),
                        "only write_*; states ready");
    assert_string_equal(selection_patterns_text(&selection, text, 16), "only write_*; s");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges_are_read),
        cmocka_unit_test(numbers_outside_the_ranges_are_left_out),
        cmocka_unit_test(patterns_are_looked_up_in_the_plan),
        cmocka_unit_test(lists_of_patterns_add_up),
        cmocka_unit_test(what_matches_nothing_is_an_error),
        cmocka_unit_test(stacked_cases_are_selected_when_all_their_changes_are),
        cmocka_unit_test(a_selection_of_enumerated_cases_ends_with_them),
        cmocka_unit_test(a_selection_says_what_it_is),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
