/* Sessions that agree on a context: whose reply tells it, what is judged under it, and
 * when it is forgotten; on a live connection and in recorded traffic. */
#include "rig.h"

#include "generate/follow.h"

/* 'A' agrees on how wide the values of 'D' are. */
static const char model_text[] =
    "meta: {id: marked, endian: be}\n"
    "-percuss-framing: {kind: terminator, start: 2, end: [13, 10], minimum: 4, maximum: "
    "60}\n"
    "params:\n"
    "- {id: width, type: u1, -percuss-default: 1}\n"
    "seq:\n"
    "- {id: start, type: u1, valid: 2}\n"
    "- {id: kind, type: u1, valid: {any-of: [0x41, 0x44, 0x50]}}\n"
    "- id: value\n"
    "  type: {switch-on: 'kind == 0x44 ? width : 1', cases: {1: u1, _: u2}}\n"
    "- {id: end, contents: [13, 10]}\n";

static const char session_text[] =
    "session: agreement\n"
    "probe: ping\n"
    "canary: [ping]\n"
    "states: {all: []}\n"
    "messages:\n"
    "  ping: {fields: {start: 2, kind: 0x50, value: 7}}\n"
    "  wide: {context: {width: 2}, fields: {start: 2, kind: 0x44, value: 7}}\n"
    "answers:\n"
    "- {belongs: reply.kind == request.kind, rejected: 'false'}\n"
    "context:\n"
    "- {param: width, when: reply.kind == 0x41, value: reply.value}\n";

#define NARROW "02 44 05 0d0a"
#define WIDE "02 44 0506 0d0a"
#define AGREE_ON_TWO "02 41 02 0d0a"

enum { MESSAGE_PING, MESSAGE_WIDE };

static int set_up(void **state)
{
    char folder[SCRATCH_PATH], model[SCRATCH_PATH], session[SCRATCH_PATH];

    scratch_make(folder);
    scratch_write(folder, "model.ksy", model_text, model);
    scratch_write(folder, "session.yaml", session_text, session);
    *state = rig_make_with(RIG_MARKED, model, session,
                           "timing: {answer: 300ms}\n"
                           "exclude:\n"
                           "- {id: large, rationale: harmful, when: request.value == "
                           "0x0666}");
    scratch_remove(folder);
    return 0;
}

static struct exchange_result run(struct rig *rig, const char *hex)
{
    struct exchange_result result;
    struct buffer bytes = buffer_make(300);

    assert_int_equal(bytes_from_hex(&bytes, hex), 0);
    if (exchange_run(&rig->runner, buffer_view(&bytes), &result, &rig->error) < 0)
        fail_msg("%s", rig->error.text);
    buffer_free(&bytes);
    return result;
}

static void assert_valid_both_ways(struct rig *rig, const char *hex)
{
    struct exchange_result result = run(rig, hex);

    assert_true(result.expectation.valid);
    assert_true(result.has_reply);
    assert_int_equal(rig->runner.reply.violation_count, 0);
}

/* --- on a connection ---------------------------------------------------------------- */

static void both_directions_are_judged_under_what_was_agreed(void **state)
{
    struct rig *rig = *state;
    uint32_t value;

    assert_valid_both_ways(rig, NARROW);
    assert_false(run(rig, WIDE).expectation.valid);
    assert_true(rig->runner.reply.violation_count > 0);
    assert_valid_both_ways(rig, AGREE_ON_TWO);
    assert_valid_both_ways(rig, WIDE);
    value = tree_find(&rig->runner.reply, "value");
    assert_int_equal(rig->runner.reply.nodes[value].integer, 0x0506);
    assert_false(run(rig, NARROW).expectation.valid);
    assert_true(rig->runner.reply.violation_count > 0);
}

static void a_new_connection_forgets(void **state)
{
    struct rig *rig = *state;

    assert_valid_both_ways(rig, AGREE_ON_TWO);
    assert_valid_both_ways(rig, WIDE);
    wire_disconnect(&rig->runner.wire);
    assert_valid_both_ways(rig, NARROW);
    assert_false(run(rig, WIDE).expectation.valid);
}

static void a_reset_forgets(void **state)
{
    struct rig *rig = *state;
    struct restoration restoration;

    assert_valid_both_ways(rig, AGREE_ON_TWO);
    assert_int_equal(runner_restore(&rig->runner, RESET_WARM, &restoration, &rig->error),
                     0);
    assert_valid_both_ways(rig, NARROW);
}

/* On a line closing the link ends nothing for the device. */
static void a_line_that_is_opened_again_remembers(void **state)
{
    struct rig *rig = *state;
    struct restoration restoration;

    rig->runner.link->carries &= ~(unsigned)LINK_CONNECTIONS;
    assert_valid_both_ways(rig, AGREE_ON_TWO);
    wire_disconnect(&rig->runner.wire);
    assert_valid_both_ways(rig, WIDE);
    assert_int_equal(runner_restore(&rig->runner, RESET_WARM, &restoration, &rig->error),
                     0);
    assert_valid_both_ways(rig, NARROW);
}

/* Answers 'A' with a frame that breaks a rule: its kind is none. */
static bool answer_wrongly(struct rig *rig, int connection, struct view frame)
{
    static const uint8_t wrong[] = {2, 0x42, 2, 13, 10};

    if (frame.data[1] != 0x41)
        return rig_answer_rightly(rig, connection, frame);
    rig_write(connection, (struct view){wrong, sizeof wrong});
    return true;
}

static void a_wrong_reply_agrees_to_nothing(void **state)
{
    struct rig *rig = *state;

    rig_set(rig, answer_wrongly);
    run(rig, AGREE_ON_TWO);
    assert_valid_both_ways(rig, NARROW);
}

static void what_is_excluded_is_what_the_device_will_read(void **state)
{
    struct rig *rig = *state;

    assert_false(run(rig, "02 44 0666 0d0a").refused);
    wire_disconnect(&rig->runner.wire);
    assert_valid_both_ways(rig, AGREE_ON_TWO);
    assert_true(run(rig, "02 44 0666 0d0a").refused);
}

/* What is sent hangs on the plan, never on what a device has said. */
static void emission_does_not_follow_the_device(void **state)
{
    struct rig *rig = *state;
    struct buffer before = buffer_make(300), after = buffer_make(300);

    assert_int_equal(generator_exemplar(&rig->runner.generator, MESSAGE_WIDE, 1, &before),
                     0);
    assert_int_equal(before.length, 6);
    assert_valid_both_ways(rig, AGREE_ON_TWO);
    assert_int_equal(generator_exemplar(&rig->runner.generator, MESSAGE_WIDE, 1, &after),
                     0);
    assert_true(view_equal(buffer_view(&before), buffer_view(&after)));
    assert_true(exchange_valid(&rig->runner, MESSAGE_WIDE, NULL, &rig->error));
    buffer_free(&before);
    buffer_free(&after);
}

/* --- in a recording ----------------------------------------------------------------- */

static size_t violations(struct follower *follower, uint64_t connection, bool reply,
                         const char *hex)
{
    struct buffer bytes = buffer_make(300);
    struct tree tree;
    size_t count;

    tree_init(&tree, follower->session->model);
    tree.context = follow_context(follower, connection);
    assert_int_equal(bytes_from_hex(&bytes, hex), 0);
    assert_int_equal(tree_parse(&tree, buffer_view(&bytes), reply), 0);
    assert_int_equal(follow_take(follower, connection, &tree), 0);
    count = tree.violation_count;
    tree_free(&tree);
    buffer_free(&bytes);
    return count;
}

static void a_recorded_connection_is_followed(void **state)
{
    struct rig *rig = *state;
    struct context start = {0};
    struct follower follower;

    follow_begin(&follower, rig->campaign->session, &start);
    assert_int_equal(violations(&follower, 1, false, AGREE_ON_TWO), 0);
    assert_true(violations(&follower, 1, false, WIDE) > 0);
    /* The reply to something else agrees to nothing. */
    assert_int_equal(violations(&follower, 1, true, AGREE_ON_TWO), 0);
    assert_true(violations(&follower, 1, false, WIDE) > 0);
    assert_int_equal(violations(&follower, 1, false, AGREE_ON_TWO), 0);
    assert_int_equal(violations(&follower, 1, true, AGREE_ON_TWO), 0);
    assert_int_equal(violations(&follower, 1, false, WIDE), 0);
    assert_true(violations(&follower, 2, false, WIDE) > 0);
    /* More conversations than are followed: the oldest is forgotten. */
    for (uint64_t i = 3; i < 3 + FOLLOWED; i++)
        assert_int_equal(violations(&follower, i, false, NARROW), 0);
    assert_int_equal(violations(&follower, 1, false, NARROW), 0);
    follow_end(&follower);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, rig_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(both_directions_are_judged_under_what_was_agreed),
        TEST(a_new_connection_forgets),
        TEST(a_reset_forgets),
        TEST(a_line_that_is_opened_again_remembers),
        TEST(a_wrong_reply_agrees_to_nothing),
        TEST(what_is_excluded_is_what_the_device_will_read),
        TEST(emission_does_not_follow_the_device),
        TEST(a_recorded_connection_is_followed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
