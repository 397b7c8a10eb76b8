/* Where the session's states belong to a connection: what a case, a probe and a control
 * open, and what several replies and the end of a conversation mean. */
#include "exchange.h"

#include "engine/confirm.h"

#define OPEN "0102 0000 0006 01 06 0005 0001"

static const char session_text[] =
    "session: door\n"
    "probe: read\n"
    "canary: [read]\n"
    "defaults: {modbus_tcp: {unit_id: 1}}\n"
    "states: {closed: [], opened: [open]}\n"
    "messages:\n"
    "  open: {fields: {pdu.function: write_single_register, pdu.body.address: 5,\n"
    "                  pdu.body.value: 1}}\n"
    "  read: {fields: {pdu.function: read_holding_registers, pdu.body.start: 0x160,\n"
    "                  pdu.body.quantity: 4}, states: [opened], control: true}\n"
    "answers:\n"
    "- model: modbus_tcp\n"
    "  belongs: reply.transaction_id == request.transaction_id\n"
    "  rejected: reply.pdu.function >= 0x80\n"
    "  more: reply.unit_id == 0x77\n"
    "  ends: reply.pdu.function >= 0x80\n";
/* Opening gets no answer; what comes behind the answer to a read belongs to it. */
static const char quiet_text[] =
    "  trails: request.pdu.function == 3\n"
    "expect: [{id: opened, when: request.pdu.function == 6, outcome: silence,\n"
    "          goes-on: true}]\n";

enum { MESSAGE_OPEN, MESSAGE_READ };

/* Reads are refused on a connection that was not opened. */
static bool answer_opened(struct rig *rig, int connection, struct view frame)
{
    uint8_t refusal[] = {0, 0, 0, 0, 0, 3, 1, 0x83, 1};

    if (frame.length > 7 && frame.data[7] == 6)
        rig->opened = rig->connections;
    if (rig->opened == rig->connections)
        return rig_answer_rightly(rig, connection, frame);
    memcpy(refusal, frame.data, 2);
    rig_write(connection, (struct view){refusal, sizeof refusal});
    return true;
}

static bool answer_twice_or_not(struct rig *rig, int connection, struct view frame)
{
    if (frame.data[7] == 6) {
        rig->opened = rig->connections;
        return true;
    }
    return answer_opened(rig, connection, frame) && answer_opened(rig, connection, frame);
}

static int set_up_with(void **state, const char *rules)
{
    char folder[SCRATCH_PATH], path[SCRATCH_PATH], text[1200];
    struct rig *rig;

    snprintf(text, sizeof text, "%s%s", session_text, rules);
    scratch_make(folder);
    scratch_write(folder, "session.yaml", text, path);
    rig = rig_make(false, path, "connection: per-case\ntiming: {answer: 200ms}");
    scratch_remove(folder);
    rig_set(rig, answer_opened);
    *state = rig;
    return 0;
}

static int set_up(void **state)
{
    return set_up_with(state, "");
}

static int set_up_quiet(void **state)
{
    set_up_with(state, quiet_text);
    rig_set(*state, answer_twice_or_not);
    return 0;
}

/* --- connections -------------------------------------------------------------------- */

static void a_valid_exchange_opens_its_own_connection(void **state)
{
    struct rig *rig = *state;

    for (unsigned i = 1; i <= 2; i++) {
        assert_true(exchange_valid(&rig->runner, MESSAGE_READ, NULL, &rig->error));
        assert_false(rig->runner.link->is_open);
        assert_int_equal(rig_count(rig, &rig->connections), i);
        assert_int_equal(rig_count(rig, &rig->frames), 2 * i);
    }
    assert_true(exchange_valid(&rig->runner, MESSAGE_OPEN, NULL, &rig->error));
    assert_int_equal(rig_count(rig, &rig->frames), 5);
}

static void a_state_that_is_not_reached_fails_the_exchange(void **state)
{
    struct rig *rig = *state;

    pthread_mutex_lock(&rig->lock);
    rig->deaf = true;
    pthread_mutex_unlock(&rig->lock);
    assert_false(exchange_valid(&rig->runner, MESSAGE_READ, NULL, &rig->error));
    assert_non_null(strstr(rig->error.text, "'open'"));
}

static void a_case_begins_with_a_new_connection(void **state)
{
    struct rig *rig = *state;
    struct sequence sequence;
    struct case_result result;
    struct run_options options = {.sample = false};
    struct buffer bytes = buffer_make(300);
    static const char *const messages[] = {OPEN, READ, READ};

    sequence_init(&sequence);
    for (unsigned i = 0; i < 3; i++) {
        struct sequence_step step = {.number = i < 2 ? 1 : 2, .message = i > 0};

        buffer_clear(&bytes);
        assert_int_equal(bytes_from_hex(&bytes, messages[i]), 0);
        assert_int_equal(sequence_append(&sequence, &step, buffer_view(&bytes)), 0);
    }
    assert_int_equal(
        runner_run(&rig->runner, &sequence, 0, 2, &options, &result, &rig->error), 0);
    assert_int_equal(result.outcome, OUTCOME_ACCEPT);
    assert_int_equal(
        runner_run(&rig->runner, &sequence, 0, 3, &options, &result, &rig->error), 0);
    assert_int_equal(result.outcome, OUTCOME_REJECT);
    assert_int_equal(rig_count(rig, &rig->connections), 3);
    buffer_free(&bytes);
    sequence_free(&sequence);
}

static void controls_go_through_the_state_of_their_message(void **state)
{
    struct rig *rig = *state;

    /* Two turns of open and read, each on its connection; the canary before them. */
    assert_int_equal(confirm_control(&rig->runner, 3, false, 0, &rig->error), 0);
    assert_int_equal(rig_count(rig, &rig->connections), 3);
    assert_int_equal(rig_count(rig, &rig->since_reset), 6);
}

/* --- silence ------------------------------------------------------------------------ */

static void silence_is_proven_over_another_connection(void **state)
{
    struct rig *rig = *state;
    struct exchange_result result;

    assert_true(exchange_enter(&rig->runner, MESSAGE_READ, &rig->error));
    result = run(rig, DISCARDED);
    assert_int_equal(result.outcome, OUTCOME_SILENCE);
    assert_false(result.has_reply);
    assert_true(result.probed);
    assert_true(result.probe_ok);
    assert_int_equal(rig_count(rig, &rig->connections), 2);
}

static bool answer_only_probes(struct rig *rig, int connection, struct view frame)
{
    return frame.data[1] == 0 || answer_opened(rig, connection, frame);
}

static void a_missing_answer_is_silence(void **state)
{
    struct rig *rig = *state;
    struct exchange_result result;

    rig_set(rig, answer_only_probes);
    assert_true(exchange_enter(&rig->runner, MESSAGE_READ, &rig->error));
    result = run(rig, READ);
    assert_int_equal(result.outcome, OUTCOME_SILENCE);
    assert_true(result.probe_ok);
    assert_false(result.has_reply);
}

/* --- several replies, the last reply ------------------------------------------------ */

/* As many pending replies as registers are asked for, then the last one, unless that is
 * swallowed. */
static bool answer_in_parts(struct rig *rig, int connection, struct view frame)
{
    uint8_t out[300];
    size_t length;

    if (frame.data[7] == 6)
        return answer_opened(rig, connection, frame);
    length = rig_reply(rig, frame, out);
    for (unsigned i = frame.data[11]; i > 0; i--) {
        out[6] = 0x77;
        rig_write(connection, (struct view){out, length});
    }
    out[6] = 1;
    if (!rig->lost)
        rig_write(connection, (struct view){out, length});
    return true;
}

static void the_last_of_several_replies_is_judged(void **state)
{
    struct rig *rig = *state;
    struct exchange_result result;

    rig_set(rig, answer_in_parts);
    assert_true(exchange_enter(&rig->runner, MESSAGE_READ, &rig->error));
    result = run(rig, READ);
    assert_int_equal(result.outcome, OUTCOME_ACCEPT);
    assert_int_equal(result.extra_replies, 0);
    assert_int_equal(result.received_bytes, 5 * 17);
    assert_int_equal(rig->runner.reply_bytes.data[6], 1);
}

static void a_last_reply_that_never_comes_is_missing(void **state)
{
    struct rig *rig = *state;
    struct exchange_result result;

    rig->lost = 1;
    rig_set(rig, answer_in_parts);
    assert_true(exchange_enter(&rig->runner, MESSAGE_READ, &rig->error));
    result = run(rig, READ);
    assert_true(result.has_reply);
    assert_true(result.probed);
    assert_false(result.outcome & (OUTCOME_ACCEPT | OUTCOME_REJECT));
}

static void a_reply_that_ends_the_conversation_ends_the_connection(void **state)
{
    struct rig *rig = *state;

    assert_true(exchange_enter(&rig->runner, MESSAGE_OPEN, &rig->error));
    assert_int_equal(run(rig, READ).outcome, OUTCOME_REJECT);
    assert_false(rig->runner.link->is_open);
    assert_int_equal(run(rig, OPEN).outcome, OUTCOME_ACCEPT);
    assert_true(rig->runner.link->is_open);
}

/* --- messages that get no answer ---------------------------------------------------- */

static unsigned run_in_order(struct rig *rig, const char *const *messages, size_t count)
{
    struct run_options options = {.sample = false};
    struct buffer bytes = buffer_make(300);
    struct case_result result;
    struct sequence sequence;

    sequence_init(&sequence);
    for (size_t i = 0; i < count; i++) {
        struct sequence_step step = {.number = 1,
                                     .message = strcmp(messages[i], READ) == 0};

        buffer_clear(&bytes);
        assert_int_equal(bytes_from_hex(&bytes, messages[i]), 0);
        assert_int_equal(sequence_append(&sequence, &step, buffer_view(&bytes)), 0);
    }
    assert_int_equal(
        runner_run(&rig->runner, &sequence, 0, count, &options, &result, &rig->error), 0);
    assert_int_equal(result.oracle, ORACLE_NONE);
    buffer_free(&bytes);
    sequence_free(&sequence);
    return result.outcome;
}

static void a_case_goes_on_behind_a_message_without_answer(void **state)
{
    struct rig *rig = *state;
    static const char *const messages[] = {OPEN, READ};

    assert_int_equal(run_in_order(rig, messages, 2), OUTCOME_ACCEPT);
    assert_int_equal(rig_count(rig, &rig->connections), 1);
    assert_true(exchange_valid(&rig->runner, MESSAGE_READ, NULL, &rig->error));
    assert_int_equal(rig_count(rig, &rig->connections), 2);
}

static void the_silence_of_the_last_message_is_proven(void **state)
{
    struct rig *rig = *state;
    static const char *const messages[] = {OPEN};

    assert_int_equal(run_in_order(rig, messages, 1), OUTCOME_SILENCE);
    assert_int_equal(rig_count(rig, &rig->connections), 2);
}

static void what_trails_a_reply_is_no_further_one(void **state)
{
    struct rig *rig = *state;
    struct exchange_result result;

    assert_true(exchange_enter(&rig->runner, MESSAGE_READ, &rig->error));
    result = run(rig, READ);
    assert_int_equal(result.outcome, OUTCOME_ACCEPT);
    assert_int_equal(result.extra_replies, 0);
}

#define TEST_QUIET(name) \
    cmocka_unit_test_setup_teardown(name, set_up_quiet, rig_tear_down)
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, rig_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_valid_exchange_opens_its_own_connection),
        TEST(a_state_that_is_not_reached_fails_the_exchange),
        TEST(a_case_begins_with_a_new_connection),
        TEST(controls_go_through_the_state_of_their_message),
        TEST(silence_is_proven_over_another_connection),
        TEST(a_missing_answer_is_silence),
        TEST(the_last_of_several_replies_is_judged),
        TEST(a_last_reply_that_never_comes_is_missing),
        TEST(a_reply_that_ends_the_conversation_ends_the_connection),
        TEST_QUIET(a_case_goes_on_behind_a_message_without_answer),
        TEST_QUIET(the_silence_of_the_last_message_is_proven),
        TEST_QUIET(what_trails_a_reply_is_no_further_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
