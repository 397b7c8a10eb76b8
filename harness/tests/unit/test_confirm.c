/* From suspicion to finding, on a device with made-to-measure defects. */
#include "rig.h"

#include "core/clock.h"
#include "engine/confirm.h"

struct world {
    struct rig *rig;
    struct sequence log;
    struct confirmation confirmation;
    struct judgement suspicion;
    int oracle;
    struct level level;
    bool alone;
};

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);

    assert_non_null(world);
    world->rig = rig_make(false, "registers.yaml", "timing: {answer: 150ms}");
    world->level.alpha = 0.01;
    sequence_init(&world->log);
    confirmation_init(&world->confirmation);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    sequence_free(&world->log);
    confirmation_free(&world->confirmation);
    rig_free(world->rig);
    free(world);
    return 0;
}

static void add(struct world *world, uint64_t number, const char *hex)
{
    struct sequence_step step = {.number = number, .fuzzed = true};
    struct buffer bytes = buffer_make(1000);

    step.message = message_named(world->rig->campaign->session, "write_register");
    assert_int_equal(bytes_from_hex(&bytes, hex), 0);
    assert_int_equal(sequence_append(&world->log, &step, buffer_view(&bytes)), 0);
    buffer_free(&bytes);
}

/* A valid write of `value` to register 0x168. */
static void add_write(struct world *world, uint64_t number, unsigned value)
{
    char hex[64];

    snprintf(hex, sizeof hex, "%04x 0000 0006 01 06 0168 %04x", (unsigned)(number * 2),
             value);
    add(world, number, hex);
}

/* Sends the whole log after a reset, as a campaign would: the oracle and its judgement.
 */
static bool suspect(struct world *world, bool sample)
{
    struct runner *runner = &world->rig->runner;
    struct run_options options = {.sample = sample};
    struct restoration restoration;
    struct case_result result;

    assert_int_equal(runner_restore(runner, RESET_WARM, &restoration, &world->rig->error),
                     0);
    assert_int_equal(runner_run(runner, &world->log, 0, world->log.count, &options,
                                &result, &world->rig->error),
                     0);
    world->oracle = result.oracle;
    world->suspicion = result.judgement;
    return result.oracle != ORACLE_NONE;
}

static struct confirmation *confirm_it(struct world *world)
{
    struct claim claim = {.log = &world->log,
                          .oracle = world->oracle,
                          .judgement = &world->suspicion,
                          .alone = world->alone,
                          .deadline_ns = clock_now_ns() + 60 * CLOCK_S};

    if (confirm(&world->rig->runner, &claim, &world->level, &world->confirmation,
                &world->rig->error) < 0)
        fail_msg("%s", world->rig->error.text);
    return &world->confirmation;
}

/* --- defects
 * ---------------------------------------------------------------------------- */

static uint64_t value_written(struct view frame)
{
    return frame.length == 12 && frame.data[7] == 6 ? bytes_read_be(frame.data + 10, 2)
                                                    : 0;
}

/* A write of 0xbad is answered with another transaction's number. */
static bool falsify_bad(struct rig *rig, int connection, struct view frame)
{
    uint8_t out[300];
    size_t length = rig_reply(rig, frame, out);

    if (value_written(frame) == 0xbad)
        out[8] ^= 1;
    rig_write(connection, (struct view){out, length});
    return true;
}

/* The same, but only after a write of 1. */
static bool falsify_bad_after_one(struct rig *rig, int connection, struct view frame)
{
    if (value_written(frame) == 1)
        rig->registers[40] = 1;
    return rig->registers[40] == 1 ? falsify_bad(rig, connection, frame)
                                   : rig_answer_rightly(rig, connection, frame);
}

/* The tenth answer after a reset is wrong, whatever was asked: no case's fault. */
static bool falsify_the_tenth(struct rig *rig, int connection, struct view frame)
{
    uint8_t out[300];
    size_t length = rig_reply(rig, frame, out);

    if (rig->since_reset == 10)
        out[6] ^= 1; /* another unit */
    rig_write(connection, (struct view){out, length});
    return true;
}

/* --- confirmation
 * ----------------------------------------------------------------------- */

static void one_bad_case_is_confirmed(void **state)
{
    struct world *world = *state;
    struct confirmation *made = &world->confirmation;

    for (uint64_t i = 1; i <= 6; i++)
        add_write(world, i, (unsigned)i);
    add_write(world, 7, 0xbad);
    rig_set(world->rig, falsify_bad);
    assert_true(suspect(world, false));
    assert_string_equal(oracle_kinds[world->oracle]->name, "conformance");
    confirm_it(world);
    assert_true(made->decision.confirmed && made->decision.repeated);
    assert_int_equal(made->sequence.count, 1);
    assert_int_equal(made->sequence.steps[0].number, 7);
    /* The first test of the campaign: half of 0.005 at its first look, 1/924 < 0.0025. */
    assert_int_equal(made->decision.replays, 6);
    assert_int_equal(made->decision.failures, 6);
    assert_int_equal(made->decision.controls, 6);
    assert_int_equal(made->decision.control_failures, 0);
    assert_true(made->decision.p < 1.0 / 923);
    assert_int_equal(made->decision.test, 1);
    assert_int_equal(world->level.tests, 1);
    assert_string_equal(made->judgement.cause, world->suspicion.cause);
    assert_int_equal(made->oracle, world->oracle);
    assert_false(made->sample);
}

static void an_earlier_case_that_is_needed_is_found_and_the_rest_dropped(void **state)
{
    struct world *world = *state;
    struct confirmation *made = &world->confirmation;

    for (uint64_t i = 1; i <= 12; i++)
        add_write(world, i, i == 5 ? 1 : 100);
    add_write(world, 13, 0xbad);
    rig_set(world->rig, falsify_bad_after_one);
    assert_true(suspect(world, false));
    confirm_it(world);
    assert_true(made->decision.confirmed);
    assert_int_equal(made->sequence.count, 2);
    assert_int_equal(made->sequence.steps[0].number, 5);
    assert_int_equal(made->sequence.steps[1].number, 13);
}

/* Once a cause has not confirmed, nothing but the case itself is tried. */
static void alone_means_that_nothing_earlier_is_sent(void **state)
{
    struct world *world = *state;
    struct confirmation *made = &world->confirmation;

    for (uint64_t i = 1; i <= 4; i++)
        add_write(world, i, i == 3 ? 1 : 100);
    add_write(world, 5, 0xbad);
    rig_set(world->rig, falsify_bad_after_one);
    assert_true(suspect(world, false));
    world->alone = true;
    confirm_it(world);
    assert_false(made->decision.confirmed);
    assert_int_equal(made->trials, 2);
    assert_int_equal(world->level.tests, 0);
}

/* What shows itself somewhere on the way is not what was seen at the end. */
static void only_the_last_case_of_a_replay_counts(void **state)
{
    struct world *world = *state;
    struct runner *runner = &world->rig->runner;
    struct target target;

    add_write(world, 1, 0xbad);
    add_write(world, 2, 7);
    rig_set(world->rig, falsify_bad);
    assert_true(suspect(world, false));
    target = (struct target){world->oracle, world->suspicion.cause, 0};
    assert_int_equal(confirm_trial(runner, &world->log, 0, 2, false, &target, NULL, NULL,
                                   &world->rig->error),
                     0);
    assert_int_equal(confirm_trial(runner, &world->log, 0, 1, false, &target, NULL, NULL,
                                   &world->rig->error),
                     1);
}

/* A limit protects the device, whatever the cases are sent for. */
static void replays_keep_the_rate_limit(void **state)
{
    struct world *world = *state;
    struct target target = {.oracle = 0};
    int64_t began_ns = clock_now_ns();

    world->rig->campaign->rate_limit = 100;
    for (uint64_t i = 1; i <= 21; i++)
        add_write(world, i, 7);
    assert_int_equal(confirm_trial(&world->rig->runner, &world->log, 0, 21, false,
                                   &target, NULL, NULL, &world->rig->error),
                     0);
    assert_true(clock_now_ns() - began_ns >= 20 * (CLOCK_S / 100));
}

static void what_does_not_happen_again_is_not_confirmed(void **state)
{
    struct world *world = *state;
    struct confirmation *made = &world->confirmation;

    for (uint64_t i = 1; i <= 4; i++)
        add_write(world, i, 0xbad);
    rig_set(world->rig, falsify_bad);
    assert_true(suspect(world, false));
    rig_set(world->rig, NULL);
    confirm_it(world);
    assert_false(made->decision.confirmed);
    assert_false(made->decision.repeated);
    assert_int_equal(made->sequence.count, 1); /* the last case stands for it */
    assert_int_equal(made->sequence.steps[0].number, 4);
    assert_true(made->decision.p >= 1);
    assert_true(made->trials >= 3);
}

static void what_the_control_shows_too_is_not_confirmed(void **state)
{
    struct world *world = *state;
    struct confirmation *made = &world->confirmation;

    /* Three valid exchanges prove the reset: the last of seven cases is the tenth. */
    for (uint64_t i = 1; i <= 7; i++)
        add_write(world, i, 3);
    rig_set(world->rig, falsify_the_tenth);
    assert_true(suspect(world, false));
    confirm_it(world);
    assert_true(made->decision.repeated);
    assert_false(made->decision.confirmed);
    /* The control of the step that showed it: nothing is left to measure. */
    assert_int_equal(made->decision.test, 0);
    assert_int_equal(world->level.tests, 0);
}

/* --- locating
 * --------------------------------------------------------------------------- */

/* A malformed read changes register 0x162. */
static bool change_on_malformed(struct rig *rig, int connection, struct view frame)
{
    if (frame.length == 12 && frame.data[7] == 3 &&
        bytes_read_be(frame.data + 10, 2) == 0)
        rig->registers[2] = 999;
    return rig_answer_rightly(rig, connection, frame);
}

#define MALFORMED "0000 0006 01 03 0160 0000"

static int invariant_oracle(void)
{
    for (int i = 0; oracle_kinds[i]; i++)
        if (strcmp(oracle_kinds[i]->name, "invariant") == 0)
            return i;
    return ORACLE_NONE;
}

static void the_culprit_of_a_changed_value_is_found(void **state)
{
    struct world *world = *state;

    rig_set(world->rig, change_on_malformed);
    for (uint64_t culprit = 1; culprit <= 8; culprit++) {
        struct judgement judgement = {0};

        sequence_clear(&world->log);
        for (uint64_t i = 1; i <= 8; i++) {
            char hex[64];

            snprintf(hex, sizeof hex, "%04x " MALFORMED, (unsigned)(i * 2));
            if (i == culprit)
                add(world, i, hex);
            else
                add_write(world, i, 3);
        }
        assert_int_equal(confirm_locate(&world->rig->runner, &world->log, 8,
                                        invariant_oracle(), &judgement,
                                        &world->rig->error),
                         8 - culprit + 1);
        assert_string_equal(judgement.kind, "invariant");
    }
}

static void a_change_that_replay_does_not_show_has_no_culprit(void **state)
{
    struct world *world = *state;
    struct judgement judgement = {0};

    for (uint64_t i = 1; i <= 4; i++)
        add_write(world, i, 3);
    assert_int_equal(confirm_locate(&world->rig->runner, &world->log, 4,
                                    invariant_oracle(), &judgement, &world->rig->error),
                     0);
}

static void a_changed_value_is_confirmed_with_a_reading_at_the_end(void **state)
{
    struct world *world = *state;
    struct confirmation *made = &world->confirmation;

    add_write(world, 1, 3);
    add(world, 2, "0004 " MALFORMED);
    rig_set(world->rig, change_on_malformed);
    assert_true(suspect(world, true));
    assert_int_equal(world->oracle, invariant_oracle());
    confirm_it(world);
    assert_true(made->decision.confirmed && made->sample);
    assert_int_equal(made->sequence.count, 1);
    assert_int_equal(made->sequence.steps[0].number, 2);
}

/* --- restoring
 * -------------------------------------------------------------------------- */

static void a_restored_device_is_as_after_the_first_start(void **state)
{
    struct world *world = *state;
    struct runner *runner = &world->rig->runner;
    struct restoration restoration = {0};

    assert_int_equal(runner_start(runner, &restoration, &world->rig->error), 0);
    assert_int_equal(restoration.reset, RESET_NONE);
    world->rig->registers[2] = 500;
    assert_int_equal(runner_restore(runner, RESET_NONE, &restoration, &world->rig->error),
                     0);
    assert_true(restoration.state_known);
    assert_false(restoration.state_equal);
    assert_int_equal(runner_restore(runner, RESET_WARM, &restoration, &world->rig->error),
                     0);
    assert_int_equal(restoration.reset, RESET_WARM);
    assert_true(restoration.state_known && restoration.state_equal);
    assert_int_equal(rig_count(world->rig, &world->rig->resets), 1);
}

static void a_device_that_nothing_brings_back_is_lost(void **state)
{
    struct world *world = *state;
    struct runner *runner = &world->rig->runner;
    struct restoration restoration = {0};

    assert_int_equal(runner_start(runner, &restoration, &world->rig->error), 0);
    rig_stop(world->rig);
    runner->device->resets = 0; /* nothing left to try */
    assert_int_equal(runner_restore(runner, RESET_WARM, &restoration, &world->rig->error),
                     -1);
    assert_non_null(strstr(world->rig->error.text, "lost"));
}

int main(void)
{
#define CONFIRM_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CONFIRM_TEST(one_bad_case_is_confirmed),
        CONFIRM_TEST(an_earlier_case_that_is_needed_is_found_and_the_rest_dropped),
        CONFIRM_TEST(alone_means_that_nothing_earlier_is_sent),
        CONFIRM_TEST(only_the_last_case_of_a_replay_counts),
        CONFIRM_TEST(replays_keep_the_rate_limit),
        CONFIRM_TEST(what_does_not_happen_again_is_not_confirmed),
        CONFIRM_TEST(what_the_control_shows_too_is_not_confirmed),
        CONFIRM_TEST(the_culprit_of_a_changed_value_is_found),
        CONFIRM_TEST(a_change_that_replay_does_not_show_has_no_culprit),
        CONFIRM_TEST(a_changed_value_is_confirmed_with_a_reading_at_the_end),
        CONFIRM_TEST(a_restored_device_is_as_after_the_first_start),
        CONFIRM_TEST(a_device_that_nothing_brings_back_is_lost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
