/* What a map shows by itself is found, and nothing else. */
#include "fuzz/noise.h"

#include "rig.h"

enum { STEADY = 100, TURN = 200, COUNT = 300, NEVER = 400 };

static struct coverage_map map;

static struct coverage_map *lend_map(struct device *device)
{
    (void)device;
    return &map;
}

/* One place counts alike in each exchange, one in every other, one differently often. */
static bool count(struct rig *rig, int connection, struct view frame)
{
    map.edges[STEADY] = 2;
    map.edges[TURN] = rig->frames % 2;
    map.edges[COUNT] = (uint8_t)(1 + rig->frames % 3);
    return rig_answer_rightly(rig, connection, frame);
}

static void test_what_varies_is_noise(void **state)
{
    static struct noise noise;
    static uint8_t copy[COVERAGE_EDGES];
    struct rig *rig = rig_make(false, "variants/session.yaml", "");
    struct restoration restoration;

    (void)state;
    rig->device.coverage = lend_map;
    rig_set(rig, count);
    if (runner_start(&rig->runner, &restoration, &rig->error) < 0)
        fail_msg("%s", rig->error.text);
    noise_learn(&noise, &rig->runner);
    assert_int_equal(noise.places, 2);
    assert_true(noise.is[TURN] && noise.is[COUNT]);
    memset(map.edges, 0, sizeof map.edges);
    map.edges[STEADY] = 5;
    map.edges[TURN] = 1;
    map.edges[NEVER] = 7;
    noise_copy(&noise, &map, copy);
    assert_int_equal(copy[STEADY], 5);
    assert_int_equal(copy[TURN], 0);
    assert_int_equal(copy[NEVER], 7);
    rig_free(rig);
}

static void test_a_device_without_a_map_has_none(void **state)
{
    static struct noise noise;
    struct rig *rig = rig_make(false, "variants/session.yaml", "");

    (void)state;
    noise_learn(&noise, &rig->runner);
    assert_int_equal(noise.places, 0);
    rig_free(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_varies_is_noise),
        cmocka_unit_test(test_a_device_without_a_map_has_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
