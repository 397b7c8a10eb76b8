/* What only valid requests may change: how the expected values follow, and are read. */
#include "rig.h"

struct world {
    struct rig *rig;
    struct tree request;
    struct buffer bytes;
};

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);

    assert_non_null(world);
    world->rig = rig_make(false, "registers.yaml", "");
    tree_init(&world->request, world->rig->campaign->model);
    world->bytes = buffer_make(1000);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    rig_free(world->rig);
    tree_free(&world->request);
    buffer_free(&world->bytes);
    free(world);
    return 0;
}

/* register_0x162, the only invariant of registers.yaml. */
static struct invariant_state *value_of(struct world *world)
{
    return &world->rig->runner.invariants[0];
}

static void follow(struct world *world, const char *hex, bool certain)
{
    buffer_clear(&world->bytes);
    assert_int_equal(bytes_from_hex(&world->bytes, hex), 0);
    assert_int_equal(tree_parse(&world->request, buffer_view(&world->bytes), false), 0);
    assert_int_equal(world->request.violation_count, 0);
    invariants_follow(&world->rig->runner, &world->request, certain);
}

static void assert_expected(struct world *world, int64_t one, int64_t other)
{
    assert_true(value_of(world)->known);
    assert_false(value_of(world)->any);
    assert_int_equal(value_of(world)->expected[0], one);
    assert_int_equal(value_of(world)->expected[1], other);
}

static void assume(struct world *world, int64_t value)
{
    *value_of(world) =
        (struct invariant_state){.known = true, .expected = {value, value}};
}

#define WRITE(value) "0002 0000 0006 01 06 0162 " value
#define WRITE_OTHER "0002 0000 0006 01 06 0163 0009"

static void a_certain_effect_is_followed(void **state)
{
    struct world *world = *state;

    assume(world, 5);
    follow(world, WRITE("0007"), true);
    assert_expected(world, 7, 7);
    follow(world, WRITE_OTHER, true);
    assert_expected(world, 7, 7);
    /* A multiple write that covers it, and one that ends just before. */
    follow(world, "0002 0000 000b 01 10 0161 0002 04 0011 0022", true);
    assert_expected(world, 0x22, 0x22);
    follow(world, "0002 0000 000b 01 10 0160 0002 04 0033 0044", true);
    assert_expected(world, 0x22, 0x22);
    /* A mask is applied to what was there. */
    follow(world, "0002 0000 0008 01 16 0162 00f0 0005", true);
    assert_expected(world, (0x22 & 0xf0) | (0x05 & 0xff0f), (0x22 & 0xf0) | 5);
    /* Reading changes nothing. */
    follow(world, "0002 0000 0006 01 03 0160 0004", true);
    assert_expected(world, 0x25, 0x25);
}

static void an_uncertain_effect_leaves_two_values(void **state)
{
    struct world *world = *state;

    assume(world, 5);
    follow(world, WRITE("0007"), false);
    assert_expected(world, 5, 7);
    follow(world, WRITE("0007"), false); /* the same again adds nothing */
    assert_expected(world, 5, 7);
    follow(world, WRITE("0009"), true); /* a certain one settles it */
    assert_expected(world, 9, 9);
}

static void three_values_are_any(void **state)
{
    struct world *world = *state;

    assume(world, 5);
    follow(world, WRITE("0007"), false);
    follow(world, WRITE("0008"), false);
    assert_true(value_of(world)->any);
    follow(world, WRITE("0009"), true);
    assert_true(value_of(world)->any); /* until it is read again */
}

static void an_effect_that_cannot_be_computed_is_any(void **state)
{
    struct world *world = *state;

    assume(world, 5);
    /* The byte count of a read/write says that 0x162 is written; its values end before.
     */
    buffer_clear(&world->bytes);
    assert_int_equal(
        bytes_from_hex(&world->bytes, "0002 0000 000d 01 10 0161 0002 04 0011 0022"), 0);
    world->bytes.length = 15;
    assert_int_equal(tree_parse(&world->request, buffer_view(&world->bytes), false), 0);
    invariants_follow(&world->rig->runner, &world->request, true);
    assert_true(value_of(world)->any);
}

static void what_was_never_read_is_not_followed(void **state)
{
    struct world *world = *state;

    *value_of(world) = (struct invariant_state){0};
    follow(world, WRITE("0007"), true);
    assert_false(value_of(world)->known);
    assert_false(value_of(world)->any);
}

/* --- over a device
 * ---------------------------------------------------------------------- */

static void values_are_adopted_and_compared_with_home(void **state)
{
    struct world *world = *state;
    struct runner *runner = &world->rig->runner;
    bool known;

    assert_true(invariants_at_home(runner, &known));
    assert_false(known); /* nothing was read yet */
    invariants_adopt(runner, &world->rig->error);
    assert_expected(world, 6, 6);
    assert_int_equal(value_of(world)->home, 6);
    assert_true(invariants_at_home(runner, &known));
    assert_true(known);
    world->rig->registers[2] = 77;
    invariants_adopt(runner, &world->rig->error);
    assert_expected(world, 77, 77);
    assert_int_equal(value_of(world)->home, 6);
    assert_false(invariants_at_home(runner, &known));
}

static void a_sample_takes_the_value_as_it_is_from_now_on(void **state)
{
    struct invariant_sample samples[RUNNER_INVARIANTS];
    struct world *world = *state;
    struct runner *runner = &world->rig->runner;

    invariants_adopt(runner, &world->rig->error);
    world->rig->registers[2] = 77;
    assert_int_equal(invariants_sample(runner, samples, &world->rig->error), 1);
    assert_true(samples[0].read);
    assert_int_equal(samples[0].actual, 77);
    assert_int_equal(samples[0].expected[0], 6);
    assert_int_equal(samples[0].expected[1], 6);
    assert_string_equal(samples[0].invariant->id, "register_0x162");
    invariants_sample(runner, samples, &world->rig->error);
    assert_int_equal(samples[0].expected[0], 77); /* one change is one failure */
    value_of(world)->any = true;
    invariants_sample(runner, samples, &world->rig->error);
    assert_true(samples[0].any);
    assert_false(value_of(world)->any);
}

static void what_cannot_be_read_is_unknown(void **state)
{
    struct invariant_sample samples[RUNNER_INVARIANTS];
    struct world *world = *state;
    struct runner *runner = &world->rig->runner;

    runner->patience_ns = 20000000;
    invariants_adopt(runner, &world->rig->error);
    world->rig->deaf = true;
    assert_int_equal(invariants_sample(runner, samples, &world->rig->error), 1);
    assert_false(samples[0].read);
    assert_false(value_of(world)->known);
    world->rig->deaf = false;
    wire_disconnect(&runner->wire);
    invariants_sample(runner, samples, &world->rig->error);
    assert_true(samples[0].read && samples[0].any);
    assert_expected(world, 6, 6);
}

/* A valid write that was accepted through the runner is followed; a refused one is not.
 */
static void the_runner_follows_what_was_accepted(void **state)
{
    static const struct {
        const char *hex;
        int64_t expected;
    } writes[] = {{WRITE("002a"), 42},
                  {"0002 0000 0006 01 06 0162 002b", 43},
                  {"0002 0000 0006 01 2b 0162 002c", 43}};
    struct world *world = *state;
    struct runner *runner = &world->rig->runner;
    struct run_options options = {.sample = true};

    invariants_adopt(runner, &world->rig->error);
    for (size_t i = 0; i < sizeof writes / sizeof writes[0]; i++) {
        struct sequence_step step = {.number = i + 1};
        struct case_result result;
        struct sequence sequence;

        sequence_init(&sequence);
        buffer_clear(&world->bytes);
        assert_int_equal(bytes_from_hex(&world->bytes, writes[i].hex), 0);
        assert_int_equal(sequence_append(&sequence, &step, buffer_view(&world->bytes)),
                         0);
        assert_int_equal(
            runner_run(runner, &sequence, 0, 1, &options, &result, &world->rig->error),
            0);
        assert_int_equal(result.oracle, ORACLE_NONE);
        assert_int_equal(result.sample_count, 1);
        assert_int_equal(result.samples[0].actual, writes[i].expected);
        sequence_free(&sequence);
    }
}

int main(void)
{
#define INVARIANT_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        INVARIANT_TEST(a_certain_effect_is_followed),
        INVARIANT_TEST(an_uncertain_effect_leaves_two_values),
        INVARIANT_TEST(three_values_are_any),
        INVARIANT_TEST(an_effect_that_cannot_be_computed_is_any),
        INVARIANT_TEST(what_was_never_read_is_not_followed),
        INVARIANT_TEST(values_are_adopted_and_compared_with_home),
        INVARIANT_TEST(a_sample_takes_the_value_as_it_is_from_now_on),
        INVARIANT_TEST(what_cannot_be_read_is_unknown),
        INVARIANT_TEST(the_runner_follows_what_was_accepted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
