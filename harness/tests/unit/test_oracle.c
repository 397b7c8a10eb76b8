/* Oracles on hand-made exchanges: what passes, what is suspect, and causes without
 * values. */
#include "core/random.h"
#include "expect.h"
#include "models.h"
#include "oracle/shape.h"

struct world {
    struct model *model;
    struct session *session;
    struct tree request, reply;
    struct buffer sent, received;
    struct observation observation;
    struct expectation expectation;
    struct exchange exchange;
    struct judgement judgement;
};

static const struct readings nothing;

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);

    assert_non_null(world);
    world->model = need_model("modbus_tcp.ksy");
    world->session = need_session("registers.yaml", world->model);
    tree_init(&world->request, world->model);
    tree_init(&world->reply, world->model);
    world->sent = buffer_make(1000);
    world->received = buffer_make(1000);
    observation_init(&world->observation);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    tree_free(&world->request);
    tree_free(&world->reply);
    buffer_free(&world->sent);
    buffer_free(&world->received);
    observation_free(&world->observation);
    session_free(world->session);
    model_free(world->model);
    free(world);
    return 0;
}

/* The account of one exchange: `reply` NULL when none came. */
static struct exchange *exchange(struct world *world, const char *request,
                                 const char *reply)
{
    struct exchange *made = &world->exchange;

    buffer_clear(&world->sent);
    buffer_clear(&world->received);
    assert_int_equal(bytes_from_hex(&world->sent, request), 0);
    expect_frame(world->session, buffer_view(&world->sent), &world->request,
                 &world->expectation);
    *made = (struct exchange){.session = world->session,
                              .request = &world->request,
                              .sent = buffer_view(&world->sent),
                              .expected = world->expectation.outcomes,
                              .expected_why = world->expectation.why,
                              .expected_clause = world->expectation.clause,
                              .message = "hand-made",
                              .latency_ns = -1,
                              .limit_ns = 1000,
                              .observation = &world->observation};
    if (!reply)
        return made;
    assert_int_equal(bytes_from_hex(&world->received, reply), 0);
    assert_int_equal(tree_parse(&world->reply, buffer_view(&world->received), true), 0);
    made->reply = &world->reply;
    made->received = buffer_view(&world->received);
    made->latency_ns = 10;
    made->outcome = world->received.length > 7 && world->received.data[7] >= 0x80
                        ? OUTCOME_REJECT
                        : OUTCOME_ACCEPT;
    return made;
}

static const char *suspect(struct world *world, const char *oracle)
{
    int place = oracle_named(oracle);

    assert_int_not_equal(place, ORACLE_NONE);
    memset(&world->judgement, '#', sizeof world->judgement);
    if (oracle_kinds[place]->judge(&world->exchange, &world->judgement) == VERDICT_PASS)
        return "";
    assert_true(world->judgement.cause[0] && world->judgement.title[0]);
    assert_non_null(world->judgement.kind);
    return world->judgement.cause;
}

static void assert_all_pass(struct world *world)
{
    for (size_t i = 0; oracle_kinds[i]; i++)
        if (oracle_kinds[i]->judge(&world->exchange, &world->judgement) != VERDICT_PASS)
            fail_msg("%s: %s", oracle_kinds[i]->name, world->judgement.cause);
}

#define READ "0002 0000 0006 01 03 0160 0004"
#define READ_REPLY "0002 0000 000b 01 03 08 0001 0002 0003 0004"

static void tables_are_complete(void **state)
{
    bool was_hard = true;

    (void)state;
    for (int i = 0; oracle_kinds[i]; i++) {
        assert_true(oracle_kinds[i]->name[0] && oracle_kinds[i]->summary[0] &&
                    oracle_kinds[i]->blind_to[0]);
        assert_int_equal(oracle_named(oracle_kinds[i]->name), i);
        assert_true(was_hard || !oracle_kinds[i]->hard); /* hard ones are asked first */
        was_hard = oracle_kinds[i]->hard;
        assert_true(!oracle_kinds[i]->hard || oracle_kinds[i]->needs);
    }
    assert_int_equal(oracle_named("nothing"), ORACLE_NONE);
}

static void right_answers_pass(void **state)
{
    struct world *world = *state;

    exchange(world, READ, READ_REPLY);
    assert_all_pass(world);
    exchange(world, READ, "0002 0000 0003 01 83 04");
    assert_all_pass(world);
    exchange(world, "0002 0000 0006 01 03 0160 0000", "0002 0000 0003 01 83 03");
    assert_all_pass(world);
    exchange(world, "0002 0001 0006 01 03 0160 0004", NULL)->outcome = OUTCOME_SILENCE;
    assert_all_pass(world);
    world->exchange.outcome = OUTCOME_CLOSE;
    assert_all_pass(world);
}

/* --- alive, answers
 * --------------------------------------------------------------------- */

static void a_dead_device_is_a_hang(void **state)
{
    struct world *world = *state;
    char first[200];

    exchange(world, "0002 0000 0006 01 03 0160 0000", NULL)->probed = true;
    strcpy(first, suspect(world, "alive"));
    assert_string_equal(world->judgement.kind, "hang");
    assert_string_equal(suspect(world, "answers"), ""); /* one failure, one oracle */
    exchange(world, "0008 0000 0006 01 03 0170 007e", NULL)->probed = true;
    assert_string_equal(suspect(world, "alive"), first);
    exchange(world, "0008 0000 0006 01 06 0170 007e", NULL)->probed = true;
    assert_string_not_equal(suspect(world, "alive"), first);
    world->exchange.probe_ok = true;
    assert_string_equal(suspect(world, "alive"), "");
    world->exchange.probed = world->exchange.probe_ok = false;
    assert_string_equal(suspect(world, "alive"), "");
}

static void a_missing_answer_is_suspect_only_where_one_is_due(void **state)
{
    struct world *world = *state;
    struct exchange *made = exchange(world, READ, NULL);

    made->probed = made->probe_ok = true;
    made->outcome = OUTCOME_SILENCE;
    assert_non_null(strstr(suspect(world, "answers"), "no answer"));
    assert_string_equal(world->judgement.kind, "hang");
    made->outcome = OUTCOME_CLOSE;
    assert_non_null(strstr(suspect(world, "answers"), "closed"));
    assert_string_equal(world->judgement.kind, "close");
    made->expected |= OUTCOME_CLOSE;
    assert_string_equal(suspect(world, "answers"), "");
}

static void a_late_answer_is_suspect(void **state)
{
    struct world *world = *state;

    exchange(world, READ, READ_REPLY)->latency_ns = 1000;
    assert_string_equal(suspect(world, "answers"), "");
    world->exchange.latency_ns = 1001;
    assert_non_null(strstr(suspect(world, "answers"), "late answer"));
    world->exchange.readings = &nothing; /* a sample judges what was read only */
    assert_string_equal(suspect(world, "answers"), "");
}

/* --- conformance
 * ------------------------------------------------------------------------ */

static void success_for_a_malformed_request_is_suspect(void **state)
{
    struct world *world = *state;
    char first[200];

    exchange(world, "0002 0000 0006 01 03 0160 0000", "0002 0000 0005 01 03 02 0001");
    strcpy(first, suspect(world, "conformance"));
    assert_string_equal(world->judgement.kind, "accepted-malformed");
    assert_string_not_equal(world->judgement.clause, "");
    exchange(world, "0008 0000 0006 01 03 0170 ffff", "0008 0000 0005 01 03 02 1234");
    assert_string_equal(suspect(world, "conformance"), first);
    exchange(world, "0008 0000 0006 01 01 0170 ffff", "0008 0000 0004 01 01 01 12");
    assert_string_not_equal(suspect(world, "conformance"), first);
}

static void a_refusal_where_silence_is_due_is_suspect(void **state)
{
    struct world *world = *state;

    exchange(world, "0002 0001 0006 01 03 0160 0004", "0002 0000 0003 01 83 03");
    assert_non_null(strstr(suspect(world, "conformance"), "refusal where"));
    assert_string_equal(world->judgement.kind, "conformance");
}

static void a_reply_that_breaks_its_grammar_is_suspect(void **state)
{
    struct world *world = *state;
    char first[200];

    exchange(world, READ, "0002 0000 000b 01 03 09 0001 0002 0003 0004");
    strcpy(first, suspect(world, "conformance"));
    assert_non_null(strstr(first, "reply breaks its grammar"));
    exchange(world, READ, "0002 0000 000b 01 03 09 0001 0002 0003 1234");
    assert_string_equal(suspect(world, "conformance"), first);
    exchange(world, READ, "0002 0000");
    assert_non_null(strstr(suspect(world, "conformance"), "cut short"));
    exchange(world, READ, "ffff ffff ffff ffff ffff ffff");
    assert_string_not_equal(suspect(world, "conformance"), "");
}

static void a_reply_to_something_else_is_suspect(void **state)
{
    struct world *world = *state;

    exchange(world, READ, "0003 0000 000b 01 03 08 0001 0002 0003 0004");
    assert_non_null(strstr(suspect(world, "conformance"), "does not belong"));
    exchange(world, READ, "0002 0000 000b 01 04 08 0001 0002 0003 0004");
    assert_non_null(strstr(suspect(world, "conformance"), "does not belong"));
}

static void broken_rules_are_named_without_values(void **state)
{
    struct world *world = *state;
    char first[200];

    exchange(world, READ, "0002 0000 0007 01 03 04 0001 0002");
    strcpy(first, suspect(world, "conformance"));
    assert_non_null(strstr(first, "registers_as_asked"));
    assert_string_not_equal(world->judgement.clause, "");
    exchange(world, "0008 0000 0006 01 03 0162 0002", "0008 0000 0005 01 03 02 ffff");
    assert_string_equal(suspect(world, "conformance"), first);
    exchange(world, READ, "0002 0000 000b 02 03 08 0001 0002 0003 0004");
    assert_non_null(strstr(suspect(world, "conformance"), "unit_echoed"));
}

static void more_than_one_reply_is_suspect(void **state)
{
    struct world *world = *state;

    exchange(world, READ, READ_REPLY)->extra_replies = 1;
    assert_string_equal(suspect(world, "conformance"), "more than one reply");
    world->exchange.readings = &nothing;
    assert_string_equal(suspect(world, "conformance"), "");
}

/* --- invariants
 * ------------------------------------------------------------------------- */

static void a_changed_value_is_suspect_unless_it_is_explained(void **state)
{
    struct world *world = *state;
    struct invariant_sample sample = {.invariant = &world->session->invariants[0],
                                      .read = true,
                                      .actual = 5,
                                      .expected = {5, 5}};
    char first[200];

    exchange(world, "0002 0000 0006 01 06 0162 0007", NULL);
    world->exchange.samples = &sample;
    world->exchange.sample_count = 1;
    assert_string_equal(suspect(world, "invariant"), "");
    sample.actual = 6;
    strcpy(first, suspect(world, "invariant"));
    assert_non_null(strstr(first, world->session->invariants[0].id));
    assert_string_equal(world->judgement.kind, "invariant");
    assert_non_null(strstr(world->judgement.detail, "5"));
    sample.actual = 7;
    assert_string_equal(suspect(world, "invariant"), first);
    sample.expected[1] = 7; /* it was carried out, or it was not */
    assert_string_equal(suspect(world, "invariant"), "");
    sample.expected[1] = 5;
    sample.any = true;
    assert_string_equal(suspect(world, "invariant"), "");
    sample.any = false;
    sample.read = false;
    assert_string_equal(suspect(world, "invariant"), "");
}

/* --- what the device itself saw
 * --------------------------------------------------------- */

static void hard_oracles_see_their_own_kind_of_fault(void **state)
{
    static const struct {
        enum fault_kind kind;
        const char *oracle, *finding, *cause, *title, *place;
    } kinds[] = {{FAULT_SANITIZER, "sanitizer", "crash", "at f", "at 0x1234", "f"},
                 {FAULT_GUEST, "fault", "crash", "at f", "at 0x1234", "f"},
                 {FAULT_LOCKUP, "fault", "crash", "at f", "at 0x1234", "f"},
                 {FAULT_RESET, "reset", "reset", "at f after read_registers_request",
                  "at 0x1234 after read_registers_request", ""},
                 {FAULT_EXIT, "exit", "crash", "at f after read_registers_request",
                  "at 0x1234 after read_registers_request", ""},
                 {FAULT_CONSOLE, "console", "console", "at f", "at 0x1234", "f"},
                 {FAULT_BANNER, "reboot", "reset", "at f", "at 0x1234", "f"}};
    struct world *world = *state;

    exchange(world, READ, READ_REPLY);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct fault fault = {
            .kind = kinds[i].kind, .title = "at 0x1234", .cause = "at f", .place = "f"};

        observation_clear(&world->observation);
        fault.detail_offset =
            observation_append(&world->observation, view_text("the whole report"));
        fault.detail_length = 9;
        observation_add(&world->observation, &fault);
        for (size_t o = 0; oracle_kinds[o]; o++) {
            bool mine = strcmp(oracle_kinds[o]->name, kinds[i].oracle) == 0;

            assert_string_equal(suspect(world, oracle_kinds[o]->name),
                                mine ? kinds[i].cause : "");
            if (mine) {
                assert_string_equal(world->judgement.kind, kinds[i].finding);
                assert_string_equal(world->judgement.title, kinds[i].title);
                assert_string_equal(world->judgement.place, kinds[i].place);
                assert_string_equal(world->judgement.detail, "the whole");
            }
        }
    }
    observation_clear(&world->observation);
    assert_all_pass(world);
}

/* --- shapes
 * ----------------------------------------------------------------------------- */

static const char *shape(struct world *world, const char *hex)
{
    static char text[120];

    exchange(world, hex, NULL);
    return shape_of(&world->request, text, sizeof text);
}

static void shapes_have_no_values(void **state)
{
    struct world *world = *state;

    assert_string_equal(shape(world, READ), "read_registers_request");
    assert_string_equal(shape(world, "0008 0000 0006 07 03 0000 007d"),
                        "read_registers_request");
    assert_string_equal(shape(world, "0002 0000 0006 01 03 0160 0000"),
                        "read_registers_request.quantity");
    assert_non_null(strstr(shape(world, "0002 0000 0004 01 03 0160"), "cut short"));
    assert_non_null(
        strstr(shape(world, "0002 0000 0007 01 03 0160 0004 00"), "surplus bytes"));
}

static const char *part(struct world *world, const char *hex)
{
    static char text[120];

    exchange(world, hex, NULL);
    return guilty_part(&world->request, text, sizeof text);
}

/* One piece of code reads an inner type; header fields are nobody's together. */
static void guilt_is_by_type_inside_and_by_field_outside(void **state)
{
    struct world *world = *state;

    assert_string_equal(part(world, READ), "valid read_registers_request");
    assert_string_equal(part(world, "0002 0000 0006 01 03 0160 0000"),
                        "read_registers_request");
    assert_string_equal(part(world, "0002 0000 0004 01 03 0160"),
                        "read_registers_request");
    assert_string_equal(part(world, "0002 0001 0006 01 03 0160 0001"),
                        "modbus_tcp.protocol_id");
    assert_string_equal(part(world, "0002 0000 00"), "modbus_tcp length");
}

/* Causes and titles hold whatever a device sends. */
static void any_reply_is_judged(void **state)
{
    struct world *world = *state;
    struct random random = {5, 0};

    for (int round = 0; round < 2000; round++) {
        size_t length = (size_t)random_next_below(&random, 40);
        uint8_t noise[40];

        exchange(world, READ, READ_REPLY);
        for (size_t i = 0; i < length; i++)
            noise[i] = (uint8_t)random_next(&random);
        if (round % 2 && length > 8) {
            memcpy(noise, world->received.data, 8);
            noise[5] = (uint8_t)(length - 6);
        }
        assert_int_equal(tree_parse(&world->reply, (struct view){noise, length}, true),
                         0);
        for (size_t o = 0; oracle_kinds[o]; o++)
            suspect(world, oracle_kinds[o]->name);
    }
}

int main(void)
{
#define ORACLE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        ORACLE_TEST(tables_are_complete),
        ORACLE_TEST(right_answers_pass),
        ORACLE_TEST(a_dead_device_is_a_hang),
        ORACLE_TEST(a_missing_answer_is_suspect_only_where_one_is_due),
        ORACLE_TEST(a_late_answer_is_suspect),
        ORACLE_TEST(success_for_a_malformed_request_is_suspect),
        ORACLE_TEST(a_refusal_where_silence_is_due_is_suspect),
        ORACLE_TEST(a_reply_that_breaks_its_grammar_is_suspect),
        ORACLE_TEST(a_reply_to_something_else_is_suspect),
        ORACLE_TEST(broken_rules_are_named_without_values),
        ORACLE_TEST(more_than_one_reply_is_suspect),
        ORACLE_TEST(a_changed_value_is_suspect_unless_it_is_explained),
        ORACLE_TEST(hard_oracles_see_their_own_kind_of_fault),
        ORACLE_TEST(shapes_have_no_values),
        ORACLE_TEST(guilt_is_by_type_inside_and_by_field_outside),
        ORACLE_TEST(any_reply_is_judged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
