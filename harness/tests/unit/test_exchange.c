/* One message and what becomes of it, over real links to a device that a thread plays. */
#include "exchange.h"

#include "core/clock.h"

#include <semaphore.h>

static bool is_case(struct view frame)
{
    return frame.length > 2 && frame.data[0] == 1 && frame.data[1] == 0;
}

static int set_up_tcp(void **state)
{
    *state = rig_make(false, "registers.yaml", "timing: {answer: 500ms}");
    return 0;
}

static int set_up_rtu(void **state)
{
    *state = rig_make(true, "pump.yaml", "timing: {answer: 500ms}");
    return 0;
}

static int set_up_udp(void **state)
{
    *state = rig_make_with(RIG_UDP, NULL, "registers.yaml", "timing: {answer: 500ms}");
    return 0;
}

/* Whatever happened, the next valid exchange finds a usable wire. */
static void assert_usable(struct rig *rig)
{
    struct exchange_result result;

    rig_set(rig, NULL);
    if (!exchange_valid(&rig->runner, rig->campaign->session->probe, NULL, &rig->error))
        fail_msg("%s", rig->error.text);
    if (rig->rtu)
        return;
    result = run(rig, READ);
    assert_int_equal(result.outcome, OUTCOME_ACCEPT);
    assert_int_equal(rig->runner.reply.violation_count, 0);
}

/* --- answers
 * ---------------------------------------------------------------------------- */

static void a_right_answer_is_accepted(void **state)
{
    struct rig *rig = *state;
    struct exchange_result result = run(rig, READ);

    assert_int_equal(result.outcome, OUTCOME_ACCEPT);
    assert_true(result.has_reply);
    assert_true(result.latency_ns >= 0);
    assert_int_equal(result.sent_bytes, 12);
    assert_int_equal(result.received_bytes, 17);
    assert_int_equal(result.extra_replies, 0);
    assert_false(result.probed);
    assert_int_equal(rig->runner.reply.violation_count, 0);
    assert_usable(rig);
}

static void a_refusal_is_a_reject(void **state)
{
    struct rig *rig = *state;

    assert_int_equal(run(rig, "0100 0000 0006 01 03 0160 0000").outcome, OUTCOME_REJECT);
    assert_usable(rig);
}

static bool answer_in_bytes(struct rig *rig, int connection, struct view frame)
{
    uint8_t out[300];
    size_t length = rig_reply(rig, frame, out);

    for (size_t i = 0; i < length; i++) {
        rig_write(connection, (struct view){out + i, 1});
        clock_sleep_until_ns(clock_now_ns() + CLOCK_MS / 10);
    }
    return true;
}

static void an_answer_may_come_in_single_bytes(void **state)
{
    struct rig *rig = *state;
    struct exchange_result result;

    rig_set(rig, answer_in_bytes);
    result = run(rig, READ);
    assert_int_equal(result.outcome, OUTCOME_ACCEPT);
    assert_int_equal(result.received_bytes, 17);
    assert_int_equal(rig->runner.reply.violation_count, 0);
    assert_usable(rig);
}

/* --- silence
 * ---------------------------------------------------------------------------- */

static void silence_is_proven_by_a_valid_exchange(void **state)
{
    struct rig *rig = *state;
    struct exchange_result result = run(rig, DISCARDED);

    assert_int_equal(result.outcome, OUTCOME_SILENCE);
    assert_true(result.probed && result.probe_ok);
    assert_false(result.has_reply);
    assert_int_equal(result.latency_ns, -1);
    assert_int_equal(rig_count(rig, &rig->connections), 1);
    assert_usable(rig);
}

static bool ignore_cases(struct rig *rig, int connection, struct view frame)
{
    return is_case(frame) || rig_answer_rightly(rig, connection, frame);
}

static void silence_where_an_answer_is_due_is_silence_all_the_same(void **state)
{
    struct rig *rig = *state;
    struct exchange_result result;

    rig_set(rig, ignore_cases);
    result = run(rig, READ);
    assert_int_equal(result.outcome, OUTCOME_SILENCE);
    assert_false(result.outcome & result.expectation.outcomes);
    assert_true(result.probed && result.probe_ok);
    assert_usable(rig);
}

/* What was kept back comes with the answer to the probe. */
static bool answer_late(struct rig *rig, int connection, struct view frame)
{
    static const uint8_t late[] = {1, 0, 0, 0, 0, 5, 1, 3, 2, 0, 7};

    if (is_case(frame))
        return true;
    rig_write(connection, (struct view){late, sizeof late});
    return rig_answer_rightly(rig, connection, frame);
}

static void a_late_answer_is_the_case_s_and_not_the_probe_s(void **state)
{
    struct rig *rig = *state;
    struct exchange_result result;

    rig_set(rig, answer_late);
    result = run(rig, DISCARDED);
    assert_true(result.has_reply);
    assert_int_equal(result.outcome, OUTCOME_ACCEPT);
    assert_false(result.outcome & result.expectation.outcomes);
    assert_true(result.probe_ok);
    assert_int_equal(result.received_bytes, 11);
    assert_usable(rig);
}

static bool answer_probes_wrongly(struct rig *rig, int connection, struct view frame)
{
    uint8_t out[300];
    size_t length = rig_reply(rig, frame, out);

    if (is_case(frame))
        return true;
    out[1] ^= 4; /* another transaction */
    rig_write(connection, (struct view){out, length});
    return true;
}

static void an_answer_to_something_else_proves_nothing(void **state)
{
    struct rig *rig = *state;
    struct exchange_result result;

    rig_set(rig, answer_probes_wrongly);
    result = run(rig, DISCARDED);
    assert_true(result.probed);
    assert_false(result.probe_ok);
    rig_set(rig, NULL);
    wire_disconnect(&rig->runner.wire);
    assert_usable(rig);
}

static bool refuse_probes(struct rig *rig, int connection, struct view frame)
{
    uint8_t out[300], refusal[] = {0x83, 6};

    (void)rig;
    if (!is_case(frame))
        rig_write(connection,
                  (struct view){out, rig_wrap(rig, frame, refusal, sizeof refusal, out)});
    return true;
}

static void a_refused_probe_proves_nothing(void **state)
{
    struct rig *rig = *state;

    rig_set(rig, refuse_probes);
    assert_false(run(rig, DISCARDED).probe_ok);
    assert_false(
        exchange_valid(&rig->runner, rig->campaign->session->probe, NULL, &rig->error));
    assert_usable(rig);
}

static void a_dead_device_has_no_outcome(void **state)
{
    struct rig *rig = *state;
    struct exchange_result result;

    rig->deaf = true;
    result = run(rig, DISCARDED);
    assert_int_equal(result.outcome, 0);
    assert_true(result.probed);
    assert_false(result.probe_ok);
    assert_int_equal(rig_reset(rig->runner.device, RESET_WARM, 0, NULL), 0);
    wire_disconnect(&rig->runner.wire);
    assert_usable(rig);
}

/* --- wrong answers
 * ---------------------------------------------------------------------- */

static bool answer_twice(struct rig *rig, int connection, struct view frame)
{
    uint8_t out[600];
    size_t length = rig_reply(rig, frame, out);

    memcpy(out + length, out, length);
    rig_write(connection, (struct view){out, is_case(frame) ? length * 2 : length});
    return true;
}

/* The second one never becomes the answer to a probe, or to the next case. */
static void a_second_answer_is_counted_and_answers_nothing(void **state)
{
    struct rig *rig = *state;
    struct exchange_result result;

    rig_set(rig, answer_twice);
    result = run(rig, READ);
    assert_int_equal(result.outcome, OUTCOME_ACCEPT);
    assert_int_equal(result.extra_replies, 1);
    assert_int_equal(result.received_bytes, 34);
    result = run(rig, "0102 0000 0006 01 03 0160 0004");
    assert_int_equal(bytes_read_be(rig->runner.reply_bytes.data, 2), 0x102);
    assert_int_equal(result.extra_replies, 0);
    run(rig, READ);
    assert_true(
        exchange_valid(&rig->runner, rig->campaign->session->probe, NULL, &rig->error));
    assert_usable(rig);
}

/* The same two replies, a send each. */
static bool answer_in_two_sends(struct rig *rig, int connection, struct view frame)
{
    rig_answer_rightly(rig, connection, frame);
    return !is_case(frame) || rig_answer_rightly(rig, connection, frame);
}

static bool answer_garbage(struct rig *rig, int connection, struct view frame)
{
    static const uint8_t garbage[] = "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff";

    if (is_case(frame))
        rig_write(connection, (struct view){garbage, sizeof garbage - 1});
    return is_case(frame) || rig_answer_rightly(rig, connection, frame);
}

static void garbage_is_one_bad_reply(void **state)
{
    struct rig *rig = *state;
    struct exchange_result result;

    rig_set(rig, answer_garbage);
    result = run(rig, READ);
    assert_true(result.has_reply);
    assert_int_equal(result.received_bytes, 11);
    assert_true(rig->runner.reply.violation_count > 0);
    assert_usable(rig);
}

static bool flood(struct rig *rig, int connection, struct view frame)
{
    uint8_t out[65000];

    (void)rig;
    if (!is_case(frame) && !rig->rtu)
        return rig_answer_rightly(rig, connection, frame);
    memset(out, 0xee, sizeof out);
    for (int i = 0; i < 2; i++)
        rig_write(connection, (struct view){out, sizeof out});
    rig->answer = NULL;
    return true;
}

static void a_flood_ends_in_a_verdict(void **state)
{
    struct rig *rig = *state;

    rig_set(rig, flood);
    if (rig->rtu) {
        assert_true(run(rig, "01 06 0001 01f4 d81d").probed ||
                    rig->runner.reply.violation_count > 0);
        /* What is left on the line is not for ever: a valid exchange works again. */
        assert_true(exchange_probe(&rig->runner, &rig->error));
    } else {
        assert_true(run(rig, READ).has_reply);
        assert_true(rig->runner.reply.violation_count > 0);
        assert_true(exchange_probe(&rig->runner, &rig->error));
    }
    assert_usable(rig);
}

/* --- closing
 * ---------------------------------------------------------------------------- */

static bool close_in_mid_reply(struct rig *rig, int connection, struct view frame)
{
    uint8_t out[300];
    size_t length = rig_reply(rig, frame, out);

    rig_write(connection, (struct view){out, is_case(frame) ? 9 : length});
    return !is_case(frame);
}

static void a_reply_that_breaks_off_is_a_bad_reply(void **state)
{
    struct rig *rig = *state;
    struct exchange_result result;

    rig_set(rig, close_in_mid_reply);
    result = run(rig, READ);
    assert_true(result.has_reply);
    assert_int_equal(result.received_bytes, 9);
    assert_true(rig->runner.reply.violation_count > 0);
    assert_usable(rig);
    assert_int_equal(rig_count(rig, &rig->connections), 2);
}

/* The same with a reset, which takes back what it likes of what was said before. */
static bool reset_in_mid_reply(struct rig *rig, int connection, struct view frame)
{
    uint8_t out[300];
    size_t length = rig_reply(rig, frame, out);

    rig_write(connection, (struct view){out, is_case(frame) ? 9 : length});
    if (!is_case(frame))
        return true;
    setsockopt(connection, SOL_SOCKET, SO_LINGER, &(struct linger){1, 0},
               sizeof(struct linger));
    return false;
}

static void a_reply_torn_by_a_reset_is_no_reply(void **state)
{
    struct rig *rig = *state;
    struct exchange_result result;

    rig_set(rig, reset_in_mid_reply);
    result = run(rig, READ);
    assert_false(result.has_reply);
    assert_true(result.closed);
    assert_int_equal(result.outcome, OUTCOME_CLOSE);
    assert_usable(rig);
}

static bool close_on_cases(struct rig *rig, int connection, struct view frame)
{
    return !is_case(frame) && rig_answer_rightly(rig, connection, frame);
}

static void a_closed_connection_is_told_from_silence(void **state)
{
    struct rig *rig = *state;
    struct exchange_result result;

    rig_set(rig, close_on_cases);
    result = run(rig, READ);
    assert_int_equal(result.outcome, OUTCOME_CLOSE);
    assert_true(result.closed && result.probed && result.probe_ok);
    result = run(rig, DISCARDED);
    assert_int_equal(result.outcome, OUTCOME_CLOSE);
    assert_true(result.outcome & result.expectation.outcomes);
    assert_usable(rig);
}

static void a_partial_frame_ends_our_side(void **state)
{
    struct rig *rig = *state;
    struct exchange_result result = run(rig, "0100 0000 0006 01 03 01");

    assert_int_equal(result.expectation.status, FRAME_PARTIAL);
    assert_int_equal(result.outcome, OUTCOME_CLOSE);
    assert_true(result.probed && result.probe_ok);
    assert_int_equal(rig_count(rig, &rig->half_closed), 1);
    assert_int_equal(rig_count(rig, &rig->connections), 2);
    assert_usable(rig);
}

static void several_requests_at_once_may_get_several_answers(void **state)
{
    struct rig *rig = *state;
    struct exchange_result result = run(rig, READ READ);

    assert_true(result.has_reply);
    assert_int_equal(result.outcome, OUTCOME_ACCEPT);
    assert_int_equal(result.received_bytes, 34);
    assert_int_equal(result.extra_replies, 0); /* not held against the device */
    assert_true(result.probe_ok);
    assert_usable(rig);
}

static void a_device_that_is_gone_is_not_alive(void **state)
{
    struct rig *rig = *state;
    struct exchange_result result;

    rig_stop(rig);
    result = run(rig, READ);
    assert_true(result.closed && result.probed);
    assert_false(result.probe_ok);
    assert_int_equal(result.outcome, 0);
    assert_int_equal(result.sent_bytes, 0);
    assert_false(exchange_probe(&rig->runner, &rig->error));
    assert_string_not_equal(rig->error.text, "");
}

/* --- the gate
 * --------------------------------------------------------------------------- */

static int set_up_gated(void **state)
{
    *state = rig_make(false, "registers.yaml",
                      "exclude: [{id: writes, when: request.pdu.function == 6, "
                      "rationale: r}]\nexclude-unparsed: true");
    return 0;
}

static void what_the_gate_keeps_back_never_arrives(void **state)
{
    struct rig *rig = *state;
    struct exchange_result result = run(rig, "0100 0000 0006 01 06 0168 0007");

    assert_true(result.refused);
    assert_int_equal(result.sent_bytes, 0);
    assert_int_equal(result.outcome, 0);
    assert_int_equal(rig->runner.wire.gate_hits[0], 1);
    assert_true(run(rig, READ "0100 0000 0006 01 06 0168 0007").refused);
    assert_true(run(rig, "0100 0000 0006 01 03 0160 0000").refused);
    assert_int_equal(rig->runner.wire.gate_hits[0], 2);
    assert_int_equal(rig->runner.wire.gate_hits[GATE_UNPARSED], 1);
    assert_int_equal(rig_count(rig, &rig->frames), 0);
    assert_int_equal(rig->runner.wire.packets_sent, 0);
    assert_usable(rig);
}

/* A replay goes the same way. */
static void a_replayed_sequence_passes_the_gate(void **state)
{
    struct rig *rig = *state;
    struct run_options options = {.sample = false};
    struct buffer bytes = buffer_make(100);
    struct sequence_step step = {.number = 1};
    struct case_result result;
    struct sequence sequence;

    sequence_init(&sequence);
    assert_int_equal(bytes_from_hex(&bytes, "0100 0000 0006 01 06 0168 0007"), 0);
    assert_int_equal(sequence_append(&sequence, &step, buffer_view(&bytes)), 0);
    assert_int_equal(
        runner_run(&rig->runner, &sequence, 0, 1, &options, &result, &rig->error), 0);
    assert_true(result.refused);
    assert_int_equal(result.messages, 0);
    assert_int_equal(result.oracle, ORACLE_NONE);
    assert_int_equal(rig_count(rig, &rig->frames), 0);
    sequence_free(&sequence);
    buffer_free(&bytes);
}

/* --- what the digest covers --------------------------------------------------------- */

static void the_digest_covers_what_a_case_sent(void **state)
{
    struct rig *rig = *state;
    struct wire *wire = &rig->runner.wire;
    struct buffer record = buffer_make(1000), bytes = buffer_make(100);
    struct view made;

    assert_int_equal(bytes_from_hex(&bytes, READ), 0);
    wire_begin_case(wire, 7);
    run(rig, READ);
    made = wire_end_case(wire);
    run(rig, READ); /* between cases: no record */
    digest_begin(&record, 7);
    digest_add(&record, DIGEST_OPENED, (struct view){NULL, 0});
    digest_add(&record, DIGEST_SENT, buffer_view(&bytes));
    assert_true(view_equal(made, buffer_view(&record)));
    wire_begin_case(wire, 8);
    run(rig, READ);
    made = wire_end_case(wire);
    buffer_clear(&record);
    digest_begin(&record, 8);
    digest_add(&record, DIGEST_SENT, buffer_view(&bytes));
    assert_true(view_equal(made, buffer_view(&record)));
    buffer_free(&record);
    buffer_free(&bytes);
}

/* --- lines without lengths ---------------------------------------------------------- */

#define WRITE_RATE "01 06 0001 01f4 d81d"
enum { WRITE_SINGLE_REGISTER = 6 };

static void an_rtu_answer_needs_no_pause_at_its_end(void **state)
{
    struct rig *rig = *state;
    struct exchange_result result = run(rig, WRITE_RATE);

    assert_int_equal(result.outcome, OUTCOME_ACCEPT);
    assert_int_equal(result.received_bytes, 8);
    rig_set(rig, answer_in_bytes);
    result = run(rig, WRITE_RATE);
    assert_int_equal(result.outcome, OUTCOME_ACCEPT);
    assert_int_equal(rig->runner.reply.violation_count, 0);
    assert_usable(rig);
}

/* What comes behind an answer goes when that was taken, however busy this machine is. */
static sem_t answer_taken, rest_sent;

static void prepare_rest(void)
{
    sem_init(&answer_taken, 0, 0);
    sem_init(&rest_sent, 0, 0);
}

static void await_rest(void)
{
    sem_post(&answer_taken);
    sem_wait(&rest_sent);
}

static void write_rest(int connection, struct view rest)
{
    sem_wait(&answer_taken);
    rig_write(connection, rest);
    sem_post(&rest_sent);
}

static bool answer_and_noise(struct rig *rig, int connection, struct view frame)
{
    uint8_t out[300];

    rig_write(connection, (struct view){out, rig_reply(rig, frame, out)});
    if (frame.length > 1 && frame.data[1] == WRITE_SINGLE_REGISTER)
        write_rest(connection, (struct view){(const uint8_t *)"\x55\xaa", 2});
    return true;
}

/* The echoed data hold the checksum of what stands before them. */
#define ECHO_OF_A_FRAME "01 08 0000 5a5a 5a90 0000"

static bool answer_in_two(struct rig *rig, int connection, struct view frame)
{
    uint8_t out[300];
    size_t length = rig_reply(rig, frame, out), first = length < 8 ? length : 8;

    rig_write(connection, (struct view){out, first});
    if (length == first)
        return true;
    write_rest(connection, (struct view){out + first, length - first});
    return true;
}

static void the_start_of_an_answer_may_be_right_by_chance(void **state)
{
    struct rig *rig = *state;
    struct exchange_result result;

    prepare_rest();
    rig_set(rig, answer_in_two);
    result = run(rig, ECHO_OF_A_FRAME);
    await_rest();
    assert_int_equal(result.outcome, OUTCOME_ACCEPT);
    assert_int_equal(rig->runner.reply_bytes.length, 8);
    assert_true(exchange_read_on(&rig->runner, &result));
    assert_int_equal(rig->runner.reply_bytes.length, 10);
    assert_int_equal(rig->runner.reply.violation_count, 0);
    assert_int_equal(result.received_bytes, 10);
    assert_int_equal(result.outcome, OUTCOME_ACCEPT);
    assert_false(exchange_read_on(&rig->runner, &result));
    assert_int_equal(rig->runner.reply_bytes.length, 10);
    assert_usable(rig);
}

/* What comes behind an answer and makes no better one of it leaves it alone. */
static void what_follows_an_answer_does_not_spoil_it(void **state)
{
    struct rig *rig = *state;
    struct exchange_result result;

    prepare_rest();
    rig_set(rig, answer_and_noise);
    result = run(rig, WRITE_RATE);
    await_rest();
    assert_false(exchange_read_on(&rig->runner, &result));
    assert_int_equal(rig->runner.reply_bytes.length, 8);
    assert_int_equal(rig->runner.reply.violation_count, 0);
    assert_usable(rig);
}

static void a_wrong_checksum_gets_silence(void **state)
{
    struct rig *rig = *state;
    struct exchange_result result = run(rig, "01 06 0001 01f4 d81e");

    assert_int_equal(result.outcome, OUTCOME_SILENCE);
    assert_true(result.probed && result.probe_ok);
    assert_usable(rig);
}

static bool answer_with_tail(struct rig *rig, int connection, struct view frame)
{
    uint8_t out[300];
    size_t length = rig_reply(rig, frame, out);

    memset(out + length, 0, 3);
    rig_write(connection, (struct view){out, length ? length + 3 : 0});
    return true;
}

/* Bytes behind a right answer belong to nobody: the next exchange begins clean. */
static void bytes_behind_an_answer_are_dropped(void **state)
{
    struct rig *rig = *state;
    struct exchange_result result;

    rig_set(rig, answer_with_tail);
    result = run(rig, WRITE_RATE);
    assert_int_equal(result.outcome, OUTCOME_ACCEPT);
    result = run(rig, WRITE_RATE);
    assert_int_equal(result.outcome, OUTCOME_ACCEPT);
    assert_int_equal(rig->runner.reply.violation_count, 0);
    assert_usable(rig);
}

/* Every second write, or every second probe, gets no answer. */
static bool lose_writes(struct rig *rig, int connection, struct view frame)
{
    return (frame.data[1] == 6 && rig->lost++ % 2 == 0) ||
           rig_answer_rightly(rig, connection, frame);
}

static bool lose_probes(struct rig *rig, int connection, struct view frame)
{
    return (frame.data[1] != 6 && rig->lost++ % 2 == 0) ||
           rig_answer_rightly(rig, connection, frame);
}

static bool never_answer_writes(struct rig *rig, int connection, struct view frame)
{
    return frame.data[1] == 6 || rig_answer_rightly(rig, connection, frame);
}

static void what_a_line_lost_is_sent_again(void **state)
{
    struct rig *rig = *state;
    struct exchange_result result;

    rig_set(rig, lose_writes);
    result = run(rig, WRITE_RATE);
    assert_int_equal(result.outcome, OUTCOME_ACCEPT);
    assert_int_equal(result.sent_bytes, 16);
    assert_int_equal(rig->runner.resent, 1);
    rig_set(rig, lose_probes);
    assert_true(exchange_valid(&rig->runner, 0, NULL, &rig->error));
    assert_int_equal(rig->runner.resent, 2);
    result = run(rig, "01 06 0001 01f4 d81e"); /* silence is due: its probe is lost */
    assert_int_equal(result.outcome, OUTCOME_SILENCE);
    assert_true(result.probe_ok);
    assert_int_equal(rig->runner.resent, 3);
    assert_usable(rig);
}

static void what_never_answers_is_not_sent_for_ever(void **state)
{
    struct rig *rig = *state;
    struct exchange_result result;

    rig_set(rig, never_answer_writes);
    result = run(rig, WRITE_RATE);
    assert_int_equal(result.outcome, OUTCOME_SILENCE);
    assert_int_equal(result.sent_bytes, 16);
    assert_int_equal(rig->runner.resent, 1);
    assert_usable(rig);
}

/* TCP repeats what got lost: there an answer that does not come is the device's doing. */
static void nothing_is_sent_again_on_a_connection(void **state)
{
    struct rig *rig = *state;
    struct exchange_result result;

    rig_set(rig, ignore_cases);
    result = run(rig, READ);
    assert_int_equal(result.outcome, OUTCOME_SILENCE);
    assert_int_equal(rig->runner.resent, 0);
}

static bool answer_damaged(struct rig *rig, int connection, struct view frame)
{
    uint8_t out[300];
    size_t length = rig_reply(rig, frame, out);

    if (length && frame.data[1] == 6)
        out[length - 1] ^= 1;
    rig_write(connection, (struct view){out, length});
    return true;
}

static void a_damaged_answer_ends_with_a_pause(void **state)
{
    struct rig *rig = *state;
    struct exchange_result result;

    rig_set(rig, answer_damaged);
    result = run(rig, WRITE_RATE);
    assert_true(result.has_reply);
    assert_int_equal(result.received_bytes, 8);
    assert_int_equal(rig->runner.reply.violation_count, 1);
    assert_int_equal(rig->runner.reply.violations[0].kind, VIOLATION_CHECKSUM);
    assert_usable(rig);
}

/* --- datagrams ---------------------------------------------------------------------- */

/* What the rig sent behind its answer may come after the exchange is over. */
static unsigned count_late_frames(struct rig *rig)
{
    unsigned count = 0;

    while (wire_receive(&rig->runner.wire, clock_now_ns() + 200 * CLOCK_MS,
                        &rig->error) == WIRE_FRAME)
        count++;
    return count;
}

static void replies_in_two_datagrams_are_two(void **state)
{
    struct rig *rig = *state;
    struct exchange_result result;

    rig_set(rig, answer_in_two_sends);
    result = run(rig, READ);
    assert_int_equal(result.outcome, OUTCOME_ACCEPT);
    assert_int_equal(rig->runner.reply_bytes.length, 17);
    assert_int_equal(rig->runner.reply.violation_count, 0);
    assert_int_equal(result.extra_replies + count_late_frames(rig), 1);
    assert_usable(rig);
}

static void a_datagram_with_two_frames_is_one(void **state)
{
    struct rig *rig = *state;
    struct exchange_result result;

    rig_set(rig, answer_twice);
    result = run(rig, READ);
    assert_int_equal(result.extra_replies, 0);
    assert_int_equal(rig->runner.reply_bytes.length, 34);
    assert_true(rig->runner.reply.violation_count > 0);
    assert_usable(rig);
}

/* A message that is cut short ends with its datagram: nobody waits for more. */
static void a_datagram_is_never_open_ended(void **state)
{
    struct rig *rig = *state;
    struct exchange_result result = run(rig, "0100 0000 0006 01 03 01");

    assert_int_equal(result.expectation.status, FRAME_PARTIAL);
    assert_true(result.has_reply);
    assert_int_equal(rig->runner.wire.connections, 1);
    assert_usable(rig);
}

static bool lose_cases(struct rig *rig, int connection, struct view frame)
{
    return (is_case(frame) && rig->lost++ % 2 == 0) ||
           rig_answer_rightly(rig, connection, frame);
}

static void a_lost_datagram_is_sent_again(void **state)
{
    struct rig *rig = *state;
    struct exchange_result result;

    rig_set(rig, lose_cases);
    result = run(rig, READ);
    assert_int_equal(result.outcome, OUTCOME_ACCEPT);
    assert_int_equal(result.sent_bytes, 24);
    assert_int_equal(rig->runner.resent, 1);
    rig_set(rig, ignore_cases);
    result = run(rig, READ);
    assert_int_equal(result.outcome, OUTCOME_SILENCE);
    assert_int_equal(rig->runner.resent, 2);
    assert_usable(rig);
}

/* What comes late answers nothing: not the next case either. */
static bool answer_the_last_one(struct rig *rig, int connection, struct view frame)
{
    uint8_t out[300];
    size_t length = rig_reply(rig, frame, out);

    rig_write(connection, (struct view){out, length});
    if (is_case(frame)) {
        clock_sleep_until_ns(clock_now_ns() + 5 * CLOCK_MS);
        rig_write(connection, (struct view){out, length});
    }
    return true;
}

static void a_late_datagram_is_nobody_s(void **state)
{
    struct rig *rig = *state;

    rig_set(rig, answer_the_last_one);
    assert_int_equal(run(rig, READ).outcome, OUTCOME_ACCEPT);
    pthread_mutex_lock(&rig->lock); /* the second answer is out */
    pthread_mutex_unlock(&rig->lock);
    run(rig, "0102 0000 0006 01 03 0160 0004");
    assert_int_equal(bytes_read_be(rig->runner.reply_bytes.data, 2), 0x102);
    assert_usable(rig);
}

static void a_flood_of_datagrams_ends(void **state)
{
    struct rig *rig = *state;

    rig_set(rig, flood);
    assert_true(run(rig, READ).has_reply);
    assert_true(rig->runner.reply.violation_count > 0);
    assert_usable(rig);
}

static void what_no_datagram_holds_is_not_sent(void **state)
{
    struct rig *rig = *state;
    static char hex[2 * 65508 + 1];
    struct exchange_result result;

    memset(hex, '0', sizeof hex - 1);
    result = run(rig, hex);
    assert_true(result.refused);
    assert_int_equal(rig->runner.wire.gate_hits[GATE_TOO_LONG], 1);
    assert_int_equal(rig_count(rig, &rig->frames), 0);
    hex[2 * 65507] = '\0';
    assert_false(run(rig, hex).refused);
    assert_usable(rig);
}

static void a_closed_port_is_a_close(void **state)
{
    struct rig *rig = *state;
    struct exchange_result result;

    rig_stop(rig);
    result = run(rig, READ);
    assert_true(result.closed && result.probed);
    assert_false(result.probe_ok);
    assert_int_equal(result.outcome, OUTCOME_CLOSE);
    assert_int_equal(rig->runner.resent, 1); /* the probe, not the message */
}

/* --- frames with a start and an end ------------------------------------------------- */

static void make_marked(void **state, const char *session, const char *keys)
{
    static const char model[] =
        "meta: {id: marked, endian: be}\n"
        "-percuss-framing: {kind: terminator, start: 2, end: [13, 10], single: [5, 6], "
        "minimum: 4, maximum: 60}\nseq:\n- {id: start, type: u1, valid: 2}\n"
        "- {id: number, type: u1}\n- {id: end, contents: [13, 10]}\n";
    char folder[SCRATCH_PATH], model_path[SCRATCH_PATH], session_path[SCRATCH_PATH];

    scratch_make(folder);
    scratch_write(folder, "model.ksy", model, model_path);
    scratch_write(folder, "session.yaml", session, session_path);
    *state = rig_make_with(RIG_MARKED, model_path, session_path, keys);
    scratch_remove(folder);
}

static int set_up_marked(void **state)
{
    make_marked(
        state,
        "session: marked\nprobe: ping\ncanary: [ping]\nstates: {ready: []}\nmessages:\n  "
        "ping: {fields: {number: 33}, vary: number, control: true}\nanswers:\n- belongs: "
        "reply.number == request.number\n  rejected: reply.number == 7\n",
        "timing: {answer: 500ms}");
    return 0;
}

/* Replies do not say to what, and some messages may stay without one. */
static int set_up_nameless(void **state)
{
    make_marked(
        state,
        "session: marked\nprobe: ping\ncanary: [ping]\nstates: {ready: []}\nmessages:\n  "
        "ping: {fields: {number: 33}, control: true}\nanswers:\n- belongs: "
        "reply.start == 2\n  rejected: reply.number == 7\nexpect:\n- {id: optional, when: "
        "request.number > 96, outcome: accept|silence}\n",
        "timing: {answer: 500ms, silence: 400ms}");
    return 0;
}

static bool answer_marked_twice(struct rig *rig, int connection, struct view frame)
{
    static const uint8_t ack = 6;

    rig_write(connection, (struct view){&ack, 1});
    return rig_answer_rightly(rig, connection, frame);
}

static void an_end_ends_an_answer(void **state)
{
    struct rig *rig = *state;
    struct exchange_result result = run(rig, "02 41 0d0a");

    assert_int_equal(result.outcome, OUTCOME_ACCEPT);
    assert_int_equal(result.received_bytes, 4);
    assert_false(result.probed);
    assert_int_equal(rig->runner.reply.violation_count, 0);
    assert_int_equal(run(rig, "02 07 0d0a").outcome, OUTCOME_REJECT);
}

static void single_bytes_are_replies_of_their_own(void **state)
{
    struct rig *rig = *state;
    struct exchange_result result;

    rig_set(rig, answer_marked_twice);
    result = run(rig, "02 41 0d0a");
    assert_int_equal(rig->runner.reply_bytes.length, 1);
    assert_int_equal(result.extra_replies + count_late_frames(rig), 1);
}

static void a_frame_without_its_end_ends_our_side(void **state)
{
    struct rig *rig = *state;
    struct exchange_result result = run(rig, "02 41 0d");

    assert_int_equal(result.expectation.status, FRAME_PARTIAL);
    assert_int_equal(result.outcome, OUTCOME_CLOSE);
    assert_true(result.probe_ok);
    assert_int_equal(rig_count(rig, &rig->half_closed), 1);
    assert_int_equal(rig_count(rig, &rig->connections), 2);
}

/* The device looks for a start, and answers the frame behind it. */
static void bytes_before_a_start_may_be_passed_over(void **state)
{
    struct rig *rig = *state;
    struct exchange_result result = run(rig, "00 02 41 0d0a");

    assert_int_equal(result.expectation.status, FRAME_INVALID);
    assert_int_equal(result.outcome, OUTCOME_ACCEPT);
    assert_true(result.outcome & result.expectation.outcomes);
    assert_false(run(rig, "00 41 0d0a").expectation.outcomes & OUTCOME_ACCEPT);
    assert_int_equal(run(rig, "02 41 0d0a 02 42 0d0a").received_bytes, 8);
}

static bool answer_hesitantly(struct rig *rig, int connection, struct view frame)
{
    if (frame.data[1] == 98)
        return true;
    if (frame.data[1] == 97)
        clock_sleep_until_ns(clock_now_ns() + 10 * CLOCK_MS);
    return rig_answer_rightly(rig, connection, frame);
}

static void an_answer_that_may_stay_away_is_waited_for(void **state)
{
    struct rig *rig = *state;
    struct exchange_result result;

    rig_set(rig, answer_hesitantly);
    result = run(rig, "02 61 0d0a");
    assert_int_equal(result.outcome, OUTCOME_ACCEPT);
    assert_false(result.probed);
    result = run(rig, "02 62 0d0a");
    assert_int_equal(result.outcome, OUTCOME_SILENCE);
    assert_true(result.probe_ok);
    assert_int_equal(rig_count(rig, &rig->frames), 3);
}

int main(void)
{
#define NAMELESS_TEST(name) \
    cmocka_unit_test_setup_teardown(name, set_up_nameless, rig_tear_down)
#define TCP_TEST(name) cmocka_unit_test_setup_teardown(name, set_up_tcp, rig_tear_down)
#define UDP_TEST(name) cmocka_unit_test_setup_teardown(name, set_up_udp, rig_tear_down)
#define MARKED_TEST(name) \
    cmocka_unit_test_setup_teardown(name, set_up_marked, rig_tear_down)
#define RTU_TEST(name) cmocka_unit_test_setup_teardown(name, set_up_rtu, rig_tear_down)
#define GATED_TEST(name) \
    cmocka_unit_test_setup_teardown(name, set_up_gated, rig_tear_down)
    const struct CMUnitTest tests[] = {
        TCP_TEST(a_right_answer_is_accepted),
        TCP_TEST(a_refusal_is_a_reject),
        TCP_TEST(an_answer_may_come_in_single_bytes),
        TCP_TEST(silence_is_proven_by_a_valid_exchange),
        TCP_TEST(silence_where_an_answer_is_due_is_silence_all_the_same),
        TCP_TEST(a_late_answer_is_the_case_s_and_not_the_probe_s),
        TCP_TEST(an_answer_to_something_else_proves_nothing),
        TCP_TEST(a_refused_probe_proves_nothing),
        TCP_TEST(a_dead_device_has_no_outcome),
        TCP_TEST(a_second_answer_is_counted_and_answers_nothing),
        TCP_TEST(garbage_is_one_bad_reply),
        TCP_TEST(a_flood_ends_in_a_verdict),
        RTU_TEST(a_flood_ends_in_a_verdict),
        TCP_TEST(a_reply_that_breaks_off_is_a_bad_reply),
        TCP_TEST(a_reply_torn_by_a_reset_is_no_reply),
        TCP_TEST(a_closed_connection_is_told_from_silence),
        TCP_TEST(a_partial_frame_ends_our_side),
        TCP_TEST(several_requests_at_once_may_get_several_answers),
        TCP_TEST(a_device_that_is_gone_is_not_alive),
        GATED_TEST(what_the_gate_keeps_back_never_arrives),
        GATED_TEST(a_replayed_sequence_passes_the_gate),
        TCP_TEST(the_digest_covers_what_a_case_sent),
        RTU_TEST(an_rtu_answer_needs_no_pause_at_its_end),
        RTU_TEST(the_start_of_an_answer_may_be_right_by_chance),
        RTU_TEST(what_follows_an_answer_does_not_spoil_it),
        RTU_TEST(a_wrong_checksum_gets_silence),
        RTU_TEST(bytes_behind_an_answer_are_dropped),
        RTU_TEST(a_damaged_answer_ends_with_a_pause),
        RTU_TEST(what_a_line_lost_is_sent_again),
        RTU_TEST(what_never_answers_is_not_sent_for_ever),
        TCP_TEST(nothing_is_sent_again_on_a_connection),
        UDP_TEST(a_right_answer_is_accepted),
        UDP_TEST(garbage_is_one_bad_reply),
        UDP_TEST(a_dead_device_has_no_outcome),
        UDP_TEST(replies_in_two_datagrams_are_two),
        UDP_TEST(a_datagram_with_two_frames_is_one),
        UDP_TEST(a_datagram_is_never_open_ended),
        UDP_TEST(a_lost_datagram_is_sent_again),
        UDP_TEST(a_late_datagram_is_nobody_s),
        UDP_TEST(a_flood_of_datagrams_ends),
        UDP_TEST(what_no_datagram_holds_is_not_sent),
        UDP_TEST(a_closed_port_is_a_close),
        MARKED_TEST(an_end_ends_an_answer),
        MARKED_TEST(single_bytes_are_replies_of_their_own),
        MARKED_TEST(a_frame_without_its_end_ends_our_side),
        MARKED_TEST(bytes_before_a_start_may_be_passed_over),
        NAMELESS_TEST(an_answer_that_may_stay_away_is_waited_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
