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

/* --- the way through the code ------------------------------------------------------- */

enum { ALWAYS = 100, AT_HOME = 200, NOISE = 1000 };

/* What the rig's answers run through; the rig's lock guards both. */
static struct coverage_map code;
static bool astray;

static struct coverage_map *show_code(struct device *device)
{
    (void)device;
    return &code;
}

static bool answer_by_code(struct rig *rig, int connection, struct view frame)
{
    code.edges[ALWAYS]++;
    code.edges[NOISE + rig->frames % 5]++;
    if (!astray)
        code.edges[AT_HOME]++;
    return rig_answer_rightly(rig, connection, frame);
}

static void lead_astray(struct rig *rig, bool how)
{
    pthread_mutex_lock(&rig->lock);
    astray = how;
    pthread_mutex_unlock(&rig->lock);
}

/* A warm reset leaves it as it is. */
static int power_leads_home(struct device *device, enum reset_kind kind,
                            int64_t deadline_ns, struct error *error)
{
    if (kind == RESET_POWER)
        lead_astray(rig_of(device), false);
    return rig_reset(device, kind, deadline_ns, error);
}

static void learn(struct rig *rig)
{
    char hash[HASH_TEXT];

    lead_astray(rig, false);
    rig_set(rig, answer_by_code);
    rig->device.coverage = show_code;
    way_learn(&rig->runner, &rig->error);
    assert_int_equal(way_text(&rig->runner, hash), 2);
    assert_int_equal(strlen(hash), HASH_TEXT - 1);
}

static void another_way_is_no_proof(void **state)
{
    struct rig *rig = *state;
    struct resets *resets = &rig->runner.resets;
    struct restoration restoration;

    learn(rig);
    rig->device.reset = power_leads_home;
    rig->runner.device->resets = 1u << RESET_WARM | 1u << RESET_POWER;
    assert_int_equal(runner_restore(&rig->runner, RESET_WARM, &restoration, &rig->error),
                     0);
    assert_int_equal(restoration.reset, RESET_WARM);
    lead_astray(rig, true);
    assert_int_equal(runner_restore(&rig->runner, RESET_WARM, &restoration, &rig->error),
                     0);
    assert_int_equal(restoration.reset, RESET_POWER);
    assert_int_equal(resets->count, 3);
    assert_false(resets->rows[1].back);
    assert_non_null(strstr(resets->rows[1].words, "another way"));
    assert_string_equal(resets->rows[2].words, "");
}

/* No run is lost for it: what answers after the last step goes on, and it is said. */
static void a_way_that_no_step_leads_to_is_given_up(void **state)
{
    struct rig *rig = *state;
    struct resets *resets = &rig->runner.resets;
    struct restoration restoration;

    learn(rig);
    lead_astray(rig, true);
    for (int i = 0; i < 2; i++)
        assert_int_equal(
            runner_restore(&rig->runner, RESET_WARM, &restoration, &rig->error), 0);
    assert_int_equal(resets->count, 2);
    assert_true(resets->rows[0].back);
    assert_non_null(strstr(resets->rows[0].words, "another way"));
    assert_string_equal(resets->rows[1].words, ""); /* nothing is asked any more */
    assert_null(rig->runner.way);
}

static void what_shows_no_code_has_no_way(void **state)
{
    struct rig *rig = *state;
    char hash[HASH_TEXT];

    way_learn(&rig->runner, &rig->error);
    assert_null(rig->runner.way);
    assert_true(way_is_taken(&rig->runner));
    assert_int_equal(way_text(&rig->runner, hash), 0);
}

int main(void)
{
#define RESTORE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, rig_tear_down)
    const struct CMUnitTest tests[] = {
        RESTORE_TEST(steps_are_climbed_and_recorded),
        RESTORE_TEST(a_lost_device_has_a_reason_a_step),
        RESTORE_TEST(steps_below_the_first_are_not_taken),
        RESTORE_TEST(another_way_is_no_proof),
        RESTORE_TEST(a_way_that_no_step_leads_to_is_given_up),
        RESTORE_TEST(what_shows_no_code_has_no_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
