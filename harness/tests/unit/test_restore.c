/* The ladder: cheapest step first, each proven by the canary and recorded. */
#include "rig.h"

#include <string.h>

static int set_up(void **state)
{
    struct restoration restoration;
    struct rig *rig = rig_make(false, "pump.yaml", "timing: {answer: 50ms}");

    if (runner_start(&rig->runner, &restoration, &rig->error) < 0)
        fail_msg("%s", rig->error.text);
    *state = rig;
    return 0;
}

static int tear_down(void **state)
{
    rig_free(*state);
    return 0;
}

static void make_deaf(struct rig *rig)
{
    pthread_mutex_lock(&rig->lock);
    rig->deaf = true;
    pthread_mutex_unlock(&rig->lock);
}

/* The button jams, the new firmware is as deaf, power helps. */
static int only_power_helps(struct device *device, enum reset_kind kind,
                            int64_t deadline_ns, struct error *error)
{
    if (kind == RESET_WARM)
        return error_set(error, "the button jams");
    return kind == RESET_POWER ? rig_reset(device, kind, deadline_ns, error) : 0;
}

static void steps_are_climbed_and_recorded(void **state)
{
    struct rig *rig = *state;
    struct resets *resets = &rig->runner.resets;
    struct restoration restoration;

    rig->device.reset = only_power_helps;
    rig->runner.device->resets =
        1u << RESET_WARM | 1u << RESET_RESTORE | 1u << RESET_POWER;
    resets->why = "fault";
    resets->after_case = 41;
    make_deaf(rig);
    assert_int_equal(runner_restore(&rig->runner, RESET_WARM, &restoration, &rig->error),
                     0);
    assert_int_equal(restoration.reset, RESET_POWER);
    assert_int_equal(resets->count, 3);
    assert_int_equal(resets->rows[0].step, RESET_WARM);
    assert_false(resets->rows[0].back);
    assert_string_equal(resets->rows[0].words, "the button jams");
    assert_int_equal(resets->rows[1].step, RESET_RESTORE);
    assert_false(resets->rows[1].back);
    assert_true(resets->rows[1].words[0] != '\0');
    assert_int_equal(resets->rows[2].step, RESET_POWER);
    assert_true(resets->rows[2].back);
    for (size_t i = 0; i < resets->count; i++) {
        assert_int_equal(resets->rows[i].times, 1);
        assert_int_equal(resets->rows[i].first_case, 41);
        assert_string_equal(resets->rows[i].why, "fault");
        assert_true(resets->rows[i].slowest_ns >= 0 &&
                    resets->rows[i].slowest_ns <= restoration.recovery_ns);
    }
}

static int nothing_helps(struct device *device, enum reset_kind kind, int64_t deadline_ns,
                         struct error *error)
{
    (void)device;
    (void)deadline_ns;
    return error_set(error, "%s is broken", reset_kind_name(kind));
}

static void a_lost_device_has_a_reason_a_step(void **state)
{
    struct rig *rig = *state;
    struct restoration restoration;

    rig->device.reset = nothing_helps;
    rig->runner.device->resets =
        1u << RESET_WARM | 1u << RESET_RESTART | 1u << RESET_POWER;
    assert_int_equal(runner_restore(&rig->runner, RESET_WARM, &restoration, &rig->error),
                     -1);
    assert_non_null(strstr(rig->error.text,
                           "lost and no reset brought it back: warm: warm is broken; "
                           "restart: restart is broken; power: power is broken"));
    assert_int_equal(rig->runner.resets.count, 3); /* each was tried once */
}

/* A step that the device does not have is no step. */
static void steps_below_the_first_are_not_taken(void **state)
{
    struct rig *rig = *state;
    struct restoration restoration;

    rig->runner.device->resets = 1u << RESET_WARM | 1u << RESET_POWER;
    assert_int_equal(
        runner_restore(&rig->runner, RESET_RESTORE, &restoration, &rig->error), 0);
    assert_int_equal(restoration.reset, RESET_POWER);
    assert_int_equal(rig->runner.resets.count, 1);
    assert_string_equal(rig->runner.resets.rows[0].why, "replay");
}

int main(void)
{
#define RESTORE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        RESTORE_TEST(steps_are_climbed_and_recorded),
        RESTORE_TEST(a_lost_device_has_a_reason_a_step),
        RESTORE_TEST(steps_below_the_first_are_not_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
