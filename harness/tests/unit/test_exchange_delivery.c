/* Messages that are not sent whole and at once, and what becomes of them, over real links
 * to a device that a thread plays. */
#include "exchange.h"

#include "core/clock.h"

static int set_up_tcp(void **state)
{
    *state = rig_make(false, "registers.yaml", "timing: {answer: 500ms}");
    return 0;
}

static int set_up_rtu(void **state)
{
    *state = rig_make(true, "pump.yaml", "timing: {answer: 200ms}");
    return 0;
}

static struct exchange_result deliver(struct rig *rig, const char *hex,
                                      const struct delivery *delivery)
{
    struct exchange_result result;
    struct buffer bytes = buffer_make(70000);

    assert_int_equal(bytes_from_hex(&bytes, hex), 0);
    if (exchange_deliver(&rig->runner, buffer_view(&bytes), delivery, &result,
                         &rig->error) < 0)
        fail_msg("%s", rig->error.text);
    buffer_free(&bytes);
    return result;
}

/* The device lives, and a plain message is answered as ever. */
static void assert_usable(struct rig *rig)
{
    rig_set(rig, NULL);
    if (!exchange_valid(&rig->runner, rig->campaign->session->probe, NULL, &rig->error))
        fail_msg("%s", rig->error.text);
    if (!rig->rtu)
        assert_int_equal(run(rig, READ).outcome, OUTCOME_ACCEPT);
}

static void parts_on_a_stream_get_the_answer_of_the_whole(void **state)
{
    const struct delivery ways[] = {
        {.way = DELIVERY_PARTS, .unit = 1},
        {.way = DELIVERY_PARTS, .unit = 5, .pause_ns = CLOCK_MS},
        {.way = DELIVERY_CUT, .unit = 1, .pause_ns = CLOCK_MS},
        {.way = DELIVERY_CUT, .unit = 11, .pause_ns = CLOCK_MS},
        {.way = DELIVERY_LATE, .pause_ns = 5 * CLOCK_MS},
    };
    struct rig *rig = *state;

    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        struct exchange_result result = deliver(rig, READ, &ways[i]);

        assert_int_equal(result.outcome, OUTCOME_ACCEPT);
        assert_int_equal(result.sent_bytes, 12);
        assert_int_equal(result.received_bytes, 17);
        assert_true(result.expectation.valid);
        assert_true(result.latency_ns >= 0);
        assert_int_equal(deliver(rig, "0100 0000 0006 01 03 0160 0000", &ways[i]).outcome,
                         OUTCOME_REJECT);
    }
    assert_int_equal(rig_count(rig, &rig->connections), 1);
    assert_usable(rig);
}

static void a_half_closed_connection_may_still_answer(void **state)
{
    struct rig *rig = *state;
    struct exchange_result result =
        deliver(rig, READ, &(struct delivery){.way = DELIVERY_HALF_CLOSED});

    assert_int_equal(result.outcome, OUTCOME_ACCEPT);
    assert_true(result.probed && result.probe_ok);
    assert_int_equal(rig_count(rig, &rig->connections), 2); /* the probe's */
    result =
        deliver(rig, READ, &(struct delivery){.way = DELIVERY_HALF_CLOSED, .unit = 6});
    assert_int_equal(result.sent_bytes, 6);
    assert_int_equal(result.outcome, OUTCOME_CLOSE);
    assert_true(result.probe_ok);
    assert_int_equal(rig_count(rig, &rig->half_closed), 1);
    assert_usable(rig);
}

static void an_abandoned_connection_is_gone(void **state)
{
    struct rig *rig = *state;
    struct exchange_result result =
        deliver(rig, READ, &(struct delivery){.way = DELIVERY_ABANDONED, .unit = 4});

    assert_int_equal(result.sent_bytes, 4);
    assert_false(result.has_reply);
    assert_int_equal(result.outcome, OUTCOME_CLOSE);
    assert_true(result.outcome & result.expectation.outcomes);
    assert_true(result.probed && result.probe_ok);
    assert_usable(rig);
}

static void connections_are_opened_and_closed_before(void **state)
{
    struct rig *rig = *state;
    struct exchange_result result =
        deliver(rig, READ, &(struct delivery){.way = DELIVERY_RECONNECTED, .unit = 3});

    assert_int_equal(result.outcome, OUTCOME_ACCEPT);
    /* Three of them, and the message's own. */
    assert_int_equal(rig->runner.wire.connections, 4);
    assert_usable(rig);
}

static void a_flood_is_settled_and_proven(void **state)
{
    struct rig *rig = *state;
    struct exchange_result result =
        deliver(rig, READ, &(struct delivery){.way = DELIVERY_FLOOD, .unit = 10});

    assert_int_equal(result.sent_bytes, 120);
    assert_int_equal(rig_count(rig, &rig->frames), 11); /* and the probe */
    assert_false(result.has_reply);
    assert_int_equal(result.extra_replies, 0);
    assert_true(result.probed && result.probe_ok);
    assert_int_equal(result.outcome, OUTCOME_SILENCE);
    assert_usable(rig);
}

static bool hang_up_at_once(struct rig *rig, int connection, struct view frame)
{
    (void)rig;
    (void)connection;
    (void)frame;
    return false;
}

static void a_device_that_a_flood_kills_is_dead(void **state)
{
    struct rig *rig = *state;
    struct exchange_result result;

    rig_set(rig, hang_up_at_once);
    result = deliver(rig, READ, &(struct delivery){.way = DELIVERY_FLOOD, .unit = 10});
    assert_true(result.probed);
    assert_false(result.probe_ok);
    assert_usable(rig);
}

/* Where silence ends frames the halves of one are none. */
static void a_gap_in_a_frame_leaves_no_answer(void **state)
{
    struct rig *rig = *state;
    const struct session *session = rig->campaign->session;
    char hex[600];
    struct exchange_result result;

    bytes_to_hex(buffer_view(&session->messages[session->probe].bytes), hex, sizeof hex);
    result = deliver(
        rig, hex,
        &(struct delivery){.way = DELIVERY_CUT, .unit = 3, .pause_ns = 30 * CLOCK_MS});
    assert_false(result.expectation.valid);
    assert_false(result.has_reply);
    assert_int_equal(result.outcome, OUTCOME_SILENCE);
    assert_true(result.probed && result.probe_ok);
    assert_usable(rig);
}

/* --- sequences ---------------------------------------------------------------------- */

static void append(struct sequence *sequence, uint64_t number, const char *hex,
                   struct delivery delivery)
{
    struct sequence_step step = {.number = number, .fuzzed = true, .delivery = delivery};
    struct buffer bytes = buffer_make(1000);

    assert_int_equal(bytes_from_hex(&bytes, hex), 0);
    assert_int_equal(sequence_append(sequence, &step, buffer_view(&bytes)), 0);
    buffer_free(&bytes);
}

static struct case_result run_all(struct rig *rig, const struct sequence *sequence)
{
    struct run_options options = {.sample = false};
    struct case_result result;

    if (runner_run(&rig->runner, sequence, 0, sequence->count, &options, &result,
                   &rig->error) < 0)
        fail_msg("%s", rig->error.text);
    return result;
}

/* Their answers are several, and that is right. */
static void joined_messages_are_one_send(void **state)
{
    struct rig *rig = *state;
    struct sequence sequence;
    struct case_result result;

    sequence_init(&sequence);
    append(&sequence, 1, READ, (struct delivery){.way = DELIVERY_JOINED});
    append(&sequence, 1, READ, (struct delivery){.way = DELIVERY_JOINED});
    append(&sequence, 1, READ, (struct delivery){.way = DELIVERY_WHOLE});
    result = run_all(rig, &sequence);
    assert_int_equal(result.oracle, ORACLE_NONE);
    assert_int_equal(result.messages, 1);
    assert_int_equal(result.sent_bytes, 36);
    assert_int_equal(rig->runner.wire.packets_sent, 2); /* and the probe */
    assert_int_equal(rig_count(rig, &rig->frames), 4);
    sequence_free(&sequence);
    assert_usable(rig);
}

/* Deaf to transaction 0x100. */
static bool answer_not_the_first(struct rig *rig, int connection, struct view frame)
{
    return bytes_read_be(frame.data, 2) == 0x100 ||
           rig_answer_rightly(rig, connection, frame);
}

/* The reply to a later one is no wrong reply to the first. */
static void the_reply_to_a_later_message_is_not_the_first_s(void **state)
{
    struct rig *rig = *state;
    struct sequence sequence;
    struct case_result result;

    assert_usable(rig);
    rig_set(rig, answer_not_the_first);
    sequence_init(&sequence);
    append(&sequence, 1, READ, (struct delivery){.way = DELIVERY_JOINED});
    append(&sequence, 1, "0102 0000 0006 01 03 0160 0004",
           (struct delivery){.way = DELIVERY_WHOLE});
    result = run_all(rig, &sequence);
    assert_int_equal(result.oracle, ORACLE_NONE);
    sequence_free(&sequence);
    assert_usable(rig);
}

static void joined_to_another_case_is_alone(void **state)
{
    struct rig *rig = *state;
    struct sequence sequence;

    sequence_init(&sequence);
    append(&sequence, 1, READ, (struct delivery){.way = DELIVERY_JOINED});
    append(&sequence, 2, READ, (struct delivery){.way = DELIVERY_JOINED});
    assert_int_equal(sequence_joined(&sequence, 0, 2), 1);
    assert_int_equal(run_all(rig, &sequence).messages, 2);
    assert_int_equal(rig->runner.wire.packets_sent, 2);
    sequence_free(&sequence);
    assert_usable(rig);
}

/* Not one message of the case goes out: it is a gap, and counted. */
static void what_the_link_does_not_carry_is_left_out(void **state)
{
    struct rig *rig = *state;
    struct sequence sequence;
    struct case_result result;
    const uint64_t *hits = rig->runner.wire.gate_hits + GATE_NOT_CARRIED;

    sequence_init(&sequence);
    append(&sequence, 1, READ, (struct delivery){.way = DELIVERY_WHOLE});
    append(&sequence, 1, READ, (struct delivery){.way = DELIVERY_PARITY});
    append(&sequence, 2, READ, (struct delivery){.way = DELIVERY_WHOLE});
    result = run_all(rig, &sequence);
    assert_true(result.refused);
    assert_int_equal(result.messages, 1);
    assert_int_equal(rig_count(rig, &rig->frames), 1);
    for (unsigned bit = 0; bit < LINK_CARRIES; bit++)
        assert_int_equal(hits[bit], 1u << bit == LINK_PARITY);
    sequence_free(&sequence);
    assert_usable(rig);
}

#define TCP(name) cmocka_unit_test_setup_teardown(name, set_up_tcp, rig_tear_down)
#define RTU(name) cmocka_unit_test_setup_teardown(name, set_up_rtu, rig_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TCP(parts_on_a_stream_get_the_answer_of_the_whole),
        TCP(a_half_closed_connection_may_still_answer),
        TCP(an_abandoned_connection_is_gone),
        TCP(connections_are_opened_and_closed_before),
        TCP(a_flood_is_settled_and_proven),
        TCP(a_device_that_a_flood_kills_is_dead),
        RTU(a_gap_in_a_frame_leaves_no_answer),
        TCP(joined_messages_are_one_send),
        TCP(the_reply_to_a_later_message_is_not_the_first_s),
        TCP(joined_to_another_case_is_alone),
        TCP(what_the_link_does_not_carry_is_left_out),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
