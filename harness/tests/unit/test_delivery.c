/* Deliveries: their texts, records and parts, what is right behind them, and the steps
 * that anomalies of delivery make of a message. */
#include "engine/delivery_json.h"
#include "generate/plan.h"
#include "models.h"

#include "core/clock.h"

#include <limits.h>

static const struct delivery samples[] = {
    {.way = DELIVERY_PARTS, .unit = 1},
    {.way = DELIVERY_PARTS, .unit = 3, .pause_ns = CLOCK_MS},
    {.way = DELIVERY_CUT, .unit = 5, .pause_ns = 375 * 1000},
    {.way = DELIVERY_LATE, .pause_ns = 200 * CLOCK_MS},
    {.way = DELIVERY_JOINED},
    {.way = DELIVERY_JOINED, .pause_ns = CLOCK_MS},
    {.way = DELIVERY_HALF_CLOSED},
    {.way = DELIVERY_HALF_CLOSED, .unit = 4},
    {.way = DELIVERY_ABANDONED},
    {.way = DELIVERY_RECONNECTED, .unit = 8},
    {.way = DELIVERY_FLOOD, .unit = 16},
    {.way = DELIVERY_FLOOD, .percent = 200, .pause_ns = CLOCK_S},
    {.way = DELIVERY_BREAK, .pause_ns = 100 * CLOCK_MS},
    {.way = DELIVERY_PARITY},
    {.way = DELIVERY_PARITY, .unit = 3},
    {.way = DELIVERY_FRAMING},
    {.way = DELIVERY_BAUD, .percent = 90},
};
enum { SAMPLES = sizeof samples / sizeof samples[0] };

static bool same(const struct delivery *a, const struct delivery *b)
{
    return a->way == b->way && a->unit == b->unit && a->percent == b->percent &&
           a->pause_ns == b->pause_ns;
}

static void every_delivery_has_its_own_text_and_record(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLES; i++)
        for (size_t j = 0; j <= i; j++) {
            uint8_t a[DELIVERY_RECORD], b[DELIVERY_RECORD];
            char x[64], y[64];

            delivery_record(&samples[i], a);
            delivery_record(&samples[j], b);
            assert_int_equal(memcmp(a, b, sizeof a) == 0, i == j);
            assert_int_equal(strcmp(delivery_text(&samples[i], x, sizeof x),
                                    delivery_text(&samples[j], y, sizeof y)) == 0,
                             i == j);
        }
}

/* The record is a specified form: other programs compute it. */
static void the_record_is_as_specified(void **state)
{
    const struct delivery cut = {
        .way = DELIVERY_CUT, .unit = 0x01020304, .percent = 5, .pause_ns = 0x060708};
    const uint8_t wanted[] = {2, 1, 2, 3, 4, 0, 0, 0, 5, 0, 0, 0, 0, 0, 6, 7, 8};
    uint8_t record[DELIVERY_RECORD];
    struct view made = delivery_record(&cut, record);

    (void)state;
    assert_true(view_equal(made, (struct view){wanted, sizeof wanted}));
}

static void json_gives_back_what_it_took(void **state)
{
    (void)state;
    for (size_t i = 0; i < SAMPLES; i++) {
        json_t *json = delivery_to_json(&samples[i]);
        struct delivery read;
        struct error error;

        assert_int_equal(delivery_from_json(json, &read, &error), 0);
        assert_true(same(&read, &samples[i]));
        json_decref(json);
    }
}

static void json_that_is_no_delivery_is_refused(void **state)
{
    static const char *const wrong[][2] = {
        {"{}", "'way'"},
        {"{\"way\": \"bitwise\"}", "'bitwise'"},
        {"[]", "'way'"},
        {"{\"way\": \"cut\", \"unit\": -1}", "'unit'"},
        {"{\"way\": \"cut\", \"unit\": \"1\"}", "'unit'"},
        {"{\"way\": \"flood\", \"unit\": 99999999}", "'unit'"},
        {"{\"way\": \"late\", \"pause_ns\": 90000000000}", "'pause_ns'"},
        {"{\"way\": \"baud\", \"percent\": 100000}", "'percent'"},
    };
    struct delivery read;
    struct error error;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        json_t *json = json_loads(wrong[i][0], 0, NULL);

        assert_int_equal(delivery_from_json(json, &read, &error), -1);
        if (!strstr(error.text, wrong[i][1]))
            fail_msg("%s: %s", wrong[i][0], error.text);
        json_decref(json);
    }
    assert_int_equal(delivery_from_json(NULL, &read, &error), 0);
    assert_true(delivery_is_whole(&read));
}

/* The parts of a message are the message, whatever the unit. */
static void parts_are_the_message(void **state)
{
    (void)state;
    for (int way = 0; way < DELIVERY_WAYS; way++)
        for (uint32_t unit = 0; unit < 9; unit++)
            for (size_t length = 1; length < 8; length++) {
                struct delivery delivery = {.way = (enum delivery_way)way, .unit = unit};
                size_t at = 0, parts = 0;

                while (at < length) {
                    size_t end = delivery_part(&delivery, length, at);

                    assert_true(end > at && end <= length);
                    at = end;
                    parts++;
                }
                if (way == DELIVERY_PARTS && unit)
                    assert_int_equal(parts, (length + unit - 1) / unit);
                if (way == DELIVERY_CUT)
                    assert_int_equal(parts, unit && unit < length ? 2 : 1);
                assert_int_equal(
                    delivery_sent(&delivery, length),
                    (way == DELIVERY_HALF_CLOSED || way == DELIVERY_ABANDONED) && unit &&
                            unit < length
                        ? unit
                        : length);
            }
}

/* --- what is right ------------------------------------------------------------------ */

struct world {
    struct model *model;
    struct session *session;
    struct plan plan;
    struct tree request;
    struct joiner joiner;
};

static struct world make_world(const char *model, const char *session)
{
    struct world world = {.model = need_model(model)};
    struct error error;

    world.session = need_session(session, world.model);
    tree_init(&world.request, world.model);
    joiner_init(&world.joiner, world.model, 1 << 16);
    if (plan_build(&world.plan, world.session, 1, &error) < 0)
        fail_msg("%s", error.text);
    return world;
}

static void free_world(struct world *world)
{
    plan_free(&world->plan);
    tree_free(&world->request);
    joiner_free(&world->joiner);
    session_free(world->session);
    model_free(world->model);
}

static struct expectation expect(struct world *world, const struct delivery *delivery)
{
    const struct session_message *probe =
        &world->session->messages[world->session->probe];
    struct expectation expectation;

    delivery_expect(world->session, buffer_view(&probe->bytes), delivery, true,
                    &world->joiner, &world->request, &expectation);
    return expectation;
}

/* A stream has no parts: the answer is that of the whole. */
static void on_a_stream_parts_change_nothing(void **state)
{
    struct world world = make_world("modbus_tcp.ksy", "registers.yaml");
    struct expectation whole = expect(&world, &(struct delivery){.way = DELIVERY_WHOLE});
    struct expectation parts = expect(
        &world, &(struct delivery){.way = DELIVERY_CUT, .unit = 3, .pause_ns = CLOCK_MS});
    struct expectation slow = expect(
        &world, &(struct delivery){.way = DELIVERY_CUT, .unit = 3, .pause_ns = CLOCK_S});

    (void)state;
    assert_true(whole.valid && parts.valid);
    assert_int_equal(parts.outcomes, whole.outcomes);
    assert_non_null(strstr(parts.why, "cut at 3, 1 ms between"));
    assert_int_equal(slow.outcomes, OUTCOME_UNKNOWN);
    free_world(&world);
}

/* Where silence ends frames a gap makes two of one: nobody answers a half. */
static void a_gap_that_ends_frames_leaves_no_answer(void **state)
{
    struct world world = make_world("modbus_rtu.ksy", "pump.yaml");
    int64_t silence = model_framing(world.model)->silence_ns;
    struct delivery gap = {.way = DELIVERY_CUT, .unit = 4, .pause_ns = silence * 4};
    struct expectation above = expect(&world, &gap), below;

    (void)state;
    assert_false(above.valid);
    assert_false(above.outcomes & OUTCOME_ACCEPT);
    assert_true(above.outcomes & OUTCOME_SILENCE);
    gap.pause_ns = silence / 2;
    below = expect(&world, &gap);
    assert_true(below.valid);
    assert_int_equal(below.outcomes, OUTCOME_UNKNOWN);
    free_world(&world);
}

static void what_is_cut_off_is_not_expected_to_work(void **state)
{
    struct world world = make_world("modbus_tcp.ksy", "registers.yaml");
    struct delivery ended = {.way = DELIVERY_HALF_CLOSED};
    struct expectation whole = expect(&world, &ended), half;

    (void)state;
    assert_true(whole.valid && whole.outcomes & OUTCOME_ACCEPT);
    assert_true(whole.outcomes & OUTCOME_CLOSE);
    ended.unit = 6;
    half = expect(&world, &ended);
    assert_false(half.valid || half.outcomes & OUTCOME_ACCEPT);
    free_world(&world);
}

/* --- from anomalies to steps -------------------------------------------------------- */

/* The k-th case of an anomaly on message `message` (of state 0). */
static void make(struct world *world, const char *anomaly, unsigned message, uint64_t k,
                 struct script *script)
{
    struct generator generator;
    uint64_t number = 1, index;
    uint32_t id;

    generator_init(&generator, &world->plan);
    for (;; number++) {
        const struct stream *stream;

        assert_true(number <= world->plan.total);
        plan_locate(&world->plan, number, &id, &index);
        stream = &world->plan.streams[id];
        if (strcmp(stream->anomaly->name, anomaly) == 0 && index == k &&
            stream->site.message == message && stream->site.state == 0)
            break;
    }
    assert_int_equal(generator_case(&generator, number, script), 0);
    generator_free(&generator);
}

static unsigned message_of(const struct world *world, const char *name)
{
    for (unsigned i = 0; i < world->session->message_count; i++)
        if (strcmp(world->session->messages[i].name, name) == 0)
            return i;
    fail_msg("no message %s", name);
    return 0;
}

static void a_delivered_message_keeps_its_bytes(void **state)
{
    static const char *const anomalies[] = {
        "bytewise", "fragment", "delay",  "half-close", "abandon", "reconnect",
        "flood",    "break",    "parity", "framing",    "baud"};
    struct world world = make_world("modbus_tcp.ksy", "registers.yaml");
    unsigned read = message_of(&world, "read_registers");
    struct script script;

    (void)state;
    script_init(&script);
    for (size_t i = 0; i < sizeof anomalies / sizeof anomalies[0]; i++) {
        struct view sent, exemplar = buffer_view(&world.session->messages[read].bytes);

        make(&world, anomalies[i], read, 0, &script);
        assert_int_equal(script.count, 1);
        assert_false(delivery_is_whole(&script.steps[0].delivery));
        sent = script_bytes(&script, 0);
        /* All but the transaction identifier, which is the case's. */
        assert_true(view_equal(view_slice(sent, 2, sent.length),
                               view_slice(exemplar, 2, exemplar.length)));
    }
    script_free(&script);
    free_world(&world);
}

/* Only where the session says so: other plans are what they are without it. */
static void wrong_parity_of_single_bytes_is_asked_for(void **state)
{
    struct world world = make_world("modbus_rtu.ksy", "pump.yaml");
    unsigned read = message_of(&world, world.session->messages[0].name);
    size_t length = world.session->messages[read].bytes.length;
    uint64_t without = world.plan.total, bytes = 0;
    char hash[sizeof world.plan.hash];
    struct script script;
    struct error error;

    (void)state;
    snprintf(hash, sizeof hash, "%s", world.plan.hash);
    plan_free(&world.plan);
    world.session->wrong_parity_bytes = true;
    assert_int_equal(plan_build(&world.plan, world.session, 1, &error), 0);
    for (size_t i = 0; i < world.plan.stream_count; i++)
        if (strcmp(world.plan.streams[i].anomaly->name, "parity-byte") == 0)
            bytes += world.plan.streams[i].count;
    assert_true(bytes >= length);
    assert_int_equal(world.plan.total, without + bytes);
    assert_string_not_equal(world.plan.hash, hash);
    script_init(&script);
    for (uint64_t k = 0; k < length; k++) {
        make(&world, "parity-byte", read, k, &script);
        assert_int_equal(script.steps[0].delivery.way, DELIVERY_PARITY);
        assert_int_equal(script.steps[0].delivery.unit, k + 1);
    }
    script_free(&script);
    free_world(&world);
}

static void fragments_cut_at_every_place(void **state)
{
    struct world world = make_world("modbus_tcp.ksy", "registers.yaml");
    unsigned read = message_of(&world, "read_registers");
    struct script script;

    (void)state;
    script_init(&script);
    for (uint64_t k = 0; k < 11; k++) { /* of 12 bytes */
        make(&world, "fragment", read, k, &script);
        assert_int_equal(script.steps[0].delivery.way, DELIVERY_CUT);
        assert_int_equal(script.steps[0].delivery.unit, k + 1);
    }
    script_free(&script);
    free_world(&world);
}

static void coalesced_messages_are_joined_up_to_the_last(void **state)
{
    struct world world = make_world("modbus_tcp.ksy", "registers.yaml");
    unsigned write = message_of(&world, "write_register");
    struct script script;

    (void)state;
    script_init(&script);
    make(&world, "coalesce", write, 1, &script);
    assert_int_equal(script.count, 2);
    assert_int_equal(script.steps[0].delivery.way, DELIVERY_JOINED);
    assert_int_equal(script.steps[0].message, write);
    assert_int_equal(script.steps[1].message, world.session->probe);
    assert_true(delivery_is_whole(&script.steps[1].delivery));
    make(&world, "coalesce", write, 2, &script);
    assert_int_equal(script.count, 8);
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(script.steps[i].delivery.way,
                         i < 7 ? DELIVERY_JOINED : DELIVERY_WHOLE);
    script_free(&script);
    free_world(&world);
}

/* Connections that are opened before come before all that the message's own needs. */
static void reconnects_come_before_the_way_to_a_state(void **state)
{
    struct world world = make_world("modbus_rtu.ksy", "pump.yaml");
    struct generator generator;
    struct script script;
    bool found = false;

    (void)state;
    script_init(&script);
    generator_init(&generator, &world.plan);
    for (uint64_t number = 1; number <= world.plan.total && !found; number++) {
        const struct stream *stream;
        uint64_t index;
        uint32_t id;

        plan_locate(&world.plan, number, &id, &index);
        stream = &world.plan.streams[id];
        if (strcmp(stream->anomaly->name, "reconnect") != 0 ||
            world.session->states[stream->site.state].path_count == 0)
            continue;
        found = true;
        assert_int_equal(generator_case(&generator, number, &script), 0);
        assert_true(script.count > 1);
        assert_int_equal(script.steps[0].delivery.way, DELIVERY_RECONNECTED);
        for (size_t i = 1; i < script.count; i++)
            assert_true(delivery_is_whole(&script.steps[i].delivery));
    }
    assert_true(found);
    generator_free(&generator);
    script_free(&script);
    free_world(&world);
}

/* Gaps are planned from the model alone: under 1.5 characters, between, above 3.5. */
static void gaps_are_those_of_the_framing(void **state)
{
    struct world world = make_world("modbus_rtu.ksy", "pump.yaml");
    int64_t silence = model_framing(world.model)->silence_ns;
    struct script script;

    (void)state;
    script_init(&script);
    make(&world, "gap-inside", world.session->probe, 0, &script);
    assert_true(script.steps[0].delivery.pause_ns < silence * 3 / 7);
    make(&world, "gap-inside", world.session->probe, 1, &script);
    assert_in_range(script.steps[0].delivery.pause_ns, silence * 3 / 7, silence);
    make(&world, "gap-inside", world.session->probe, 2, &script);
    assert_true(script.steps[0].delivery.pause_ns > silence * 2);
    make(&world, "gap-between", world.session->probe, 2, &script);
    assert_int_equal(script.count, 2);
    assert_true(script.steps[0].delivery.way == DELIVERY_JOINED &&
                script.steps[0].delivery.pause_ns > silence);
    script_free(&script);
    free_world(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_delivery_has_its_own_text_and_record),
        cmocka_unit_test(the_record_is_as_specified),
        cmocka_unit_test(json_gives_back_what_it_took),
        cmocka_unit_test(json_that_is_no_delivery_is_refused),
        cmocka_unit_test(parts_are_the_message),
        cmocka_unit_test(on_a_stream_parts_change_nothing),
        cmocka_unit_test(a_gap_that_ends_frames_leaves_no_answer),
        cmocka_unit_test(what_is_cut_off_is_not_expected_to_work),
        cmocka_unit_test(a_delivered_message_keeps_its_bytes),
        cmocka_unit_test(wrong_parity_of_single_bytes_is_asked_for),
        cmocka_unit_test(fragments_cut_at_every_place),
        cmocka_unit_test(coalesced_messages_are_joined_up_to_the_last),
        cmocka_unit_test(reconnects_come_before_the_way_to_a_state),
        cmocka_unit_test(gaps_are_those_of_the_framing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
