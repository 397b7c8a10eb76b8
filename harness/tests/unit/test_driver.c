/* Inputs on a device: what is sent, what the map says, what is reported, and when. */
#include "fuzz/driver.h"

#include "rig.h"

/* A read of 5 registers, of none, and what the rig does not know. */
#define READ "0001 0000 0006 01 03 0000 0005"
#define NOTHING "0001 0000 0006 01 03 0000 0000"
#define UNKNOWN "0001 0000 0006 01 2c 0014 0005"
#define WRITE "0001 0000 0006 01 06 0014 0005"

struct world {
    struct rig *rig;
    struct driver driver;
    char out[SCRATCH_PATH + 16];
    struct error error;
    uint8_t map[DRIVER_MAP];
    struct driver_result result;
};

/* Success where a quantity of 0 has to be refused. */
static bool accept_nothing(struct rig *rig, int connection, struct view frame)
{
    uint8_t reply[] = {0, 0, 0, 0, 0, 3, 1, 3, 0};

    if (frame.length != 12 || frame.data[7] != 3 || frame.data[11] != 0)
        return rig_answer_rightly(rig, connection, frame);
    memcpy(reply, frame.data, 2);
    rig_write(connection, (struct view){reply, sizeof reply});
    return true;
}

static void start(struct world *world, rig_answer *answer, const char *more,
                  const char *hold)
{
    struct driver_options how = {.hold = hold};

    world->rig = rig_make(false, "variants/session.yaml", more);
    snprintf(world->out, sizeof world->out, "%s/out", world->rig->folder);
    how.campaign = world->rig->path;
    how.directory = world->out;
    rig_set(world->rig, answer);
    if (driver_open(&world->driver, &how, &world->error) < 0 ||
        driver_start(&world->driver, &world->error) < 0)
        fail_msg("%s", world->error.text);
}

static void end(struct world *world)
{
    driver_close(&world->driver);
    rig_free(world->rig);
    free(world);
}

static void execute(struct world *world, const char *hex)
{
    struct buffer input = buffer_make(4096);

    assert_int_equal(bytes_from_hex(&input, hex), 0);
    if (driver_execute(&world->driver, buffer_view(&input), world->map, &world->result,
                       &world->error) < 0)
        fail_msg("%s", world->error.text);
    buffer_free(&input);
}

static size_t places(const struct world *world)
{
    size_t count = 0;

    for (size_t i = 0; i < DRIVER_MAP; i++)
        count += world->map[i] != 0;
    return count;
}

static struct world *make(void)
{
    struct world *world = calloc(1, sizeof *world);

    assert_non_null(world);
    return world;
}

static void test_replies_guide_where_no_map_does(void **state)
{
    struct world *world = make();
    uint8_t read[DRIVER_MAP];

    (void)state;
    start(world, NULL, "", NULL);
    execute(world, READ);
    assert_int_equal(world->result.verdict, DRIVER_PASS);
    assert_int_equal(world->result.messages, 1);
    assert_int_equal(places(world), 3);
    memcpy(read, world->map, sizeof read);
    execute(world, READ);
    assert_memory_equal(read, world->map, sizeof read);
    execute(world, UNKNOWN);
    assert_memory_not_equal(read, world->map, sizeof read);
    /* What follows a request that nobody knows is not judged by any rule: not sent. */
    execute(world, READ READ UNKNOWN READ);
    assert_int_equal(world->result.messages, 3);
    assert_true(places(world) > 5);
    execute(world, "");
    assert_int_equal(world->result.messages, 0);
    assert_int_equal(places(world), 1);
    end(world);
}

static void test_a_wrong_answer_is_one_finding(void **state)
{
    struct world *world = make();
    char path[SCRATCH_PATH + 64];

    (void)state;
    start(world, accept_nothing, "", NULL);
    execute(world, READ NOTHING);
    assert_int_equal(world->result.verdict, DRIVER_WRONG);
    assert_true(world->result.fresh);
    assert_string_equal(world->result.oracle, "conformance");
    assert_string_equal(world->result.id, "F-001");
    snprintf(path, sizeof path, "%s/findings/F-001/reproducer.percuss", world->out);
    assert_int_equal(access(path, R_OK), 0);
    execute(world, NOTHING);
    assert_int_equal(world->result.verdict, DRIVER_WRONG);
    assert_false(world->result.fresh);
    assert_string_equal(world->result.id, "F-001");
    execute(world, READ);
    assert_int_equal(world->result.verdict, DRIVER_PASS);
    end(world);
}

static void test_what_is_excluded_stays_here(void **state)
{
    struct world *world = make();
    unsigned before;

    (void)state;
    start(world, NULL,
          "exclude:\n- {id: w, when: request.pdu.function == 6, rationale: moves}\n",
          NULL);
    before = rig_count(world->rig, &world->rig->frames);
    execute(world, WRITE);
    assert_true(world->result.refused);
    assert_int_equal(world->result.messages, 0);
    assert_int_equal(rig_count(world->rig, &world->rig->frames), before);
    end(world);
}

static void test_a_held_map_knows_only_its_seeds(void **state)
{
    struct world *world = make();
    char folder[SCRATCH_PATH], path[SCRATCH_PATH];
    static const uint8_t seed[] = {0, 1, 0, 0, 0, 6, 1, 3, 0, 0, 0, 5};
    FILE *file;

    (void)state;
    scratch_make(folder);
    snprintf(path, sizeof path, "%.100s/seed", folder);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(seed, 1, sizeof seed, file), sizeof seed);
    assert_int_equal(fclose(file), 0);
    start(world, accept_nothing, "", folder);
    execute(world, READ);
    assert_int_equal(places(world), 2);
    execute(world, UNKNOWN);
    assert_int_equal(places(world), 1);
    execute(world, NOTHING);
    assert_int_equal(places(world), 1);
    assert_int_equal(world->result.verdict, DRIVER_WRONG);
    end(world);
    scratch_remove(folder);
}

static void test_files_that_are_wrong_are_said(void **state)
{
    struct driver_options how = {.campaign = "/nonexistent/c.yaml", .directory = "."};
    struct driver driver;
    struct error error = {""};

    (void)state;
    assert_int_equal(driver_open(&driver, &how, &error), -1);
    assert_non_null(strstr(error.text, "/nonexistent/c.yaml"));
    driver_close(&driver);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replies_guide_where_no_map_does),
        cmocka_unit_test(test_a_wrong_answer_is_one_finding),
        cmocka_unit_test(test_what_is_excluded_stays_here),
        cmocka_unit_test(test_a_held_map_knows_only_its_seeds),
        cmocka_unit_test(test_files_that_are_wrong_are_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
