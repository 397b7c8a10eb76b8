/* Messages in other states, handshakes again, sequence numbers of other messages, walks.
 */
#include "anomalies.h"

struct world {
    struct model *model;
    struct session *session;
    struct plan plan;
    struct generator generator;
    struct script script;
};

static void open_world(struct world *world, const char *model, const char *session)
{
    struct error error = {""};

    *world = (struct world){.model = need_model(model)};
    world->session = need_session(session, world->model);
    assert_int_equal(plan_build(&world->plan, world->session, 1, &error), 0);
    generator_init(&world->generator, &world->plan);
    script_init(&world->script);
}

static void close_world(struct world *world)
{
    script_free(&world->script);
    generator_free(&world->generator);
    plan_free(&world->plan);
    session_free(world->session);
    model_free(world->model);
}

/* Makes the case whose name ends like this, e.g. "ready/echo[valid:alone]". Returns its
 * number. */
static uint64_t make(struct world *world, const char *name)
{
    for (uint64_t number = 1; number <= world->plan.total; number++) {
        char text[400];
        const char *slash =
            strchr(plan_name(&world->plan, number, text, sizeof text), '/');

        if (strcmp(slash + 1, name) == 0) {
            assert_int_equal(generator_case(&world->generator, number, &world->script),
                             0);
            return number;
        }
    }
    fail_msg("no case %s", name);
    return 0;
}

static void assert_messages(const struct world *world, const char *const names[],
                            size_t count)
{
    assert_int_equal(world->script.count, count);
    for (size_t i = 0; i < count; i++)
        assert_string_equal(world->session->messages[world->script.steps[i].message].name,
                            names[i]);
}

static void a_message_in_states_that_are_not_its_own(void **state)
{
    static const char *const alone[] = {"block_data"};
    static const char *const unlocked[] = {"unlock", "block_data"};
    struct world world;

    (void)state;
    open_world(&world, "modbus_rtu.ksy", "pump.yaml");
    make(&world, "transferring/block_data[elsewhere:in ready]");
    assert_messages(&world, alone, 1);
    make(&world, "transferring/block_data[elsewhere:in unlocked]");
    assert_messages(&world, unlocked, 2);
    close_world(&world);
}

static void ways_in_another_order(void **state)
{
    static const char *const wrong[] = {"begin_block", "unlock", "block_data"};
    struct world world;

    (void)state;
    open_world(&world, "modbus_rtu.ksy", "pump.yaml");
    make(&world, "transferring/block_data[disorder:begin_block before unlock]");
    assert_messages(&world, wrong, 3);
    close_world(&world);
}

static void handshakes_again(void **state)
{
    static const char *const twice[] = {"unlock", "begin_block", "unlock", "begin_block",
                                        "block_data"};
    struct world world;

    (void)state;
    open_world(&world, "modbus_rtu.ksy", "pump.yaml");
    make(&world, "transferring/block_data[again:2 times]");
    assert_messages(&world, twice, 5);
    make(&world, "transferring/block_data[again:8 times]");
    assert_int_equal(world.script.count, 17);
    close_world(&world);
}

static unsigned number_of(const struct world *world, size_t step)
{
    return (unsigned)bytes_read_be(script_bytes(&world->script, step).data, 2);
}

static void numbers_of_other_messages(void **state)
{
    struct world world;
    uint64_t number;

    (void)state;
    open_world(&world, "modbus_tcp.ksy", "registers.yaml");
    make(&world, "ready/read_bits/transaction_id[stale:as the message before]");
    assert_int_equal(world.script.count, 2);
    assert_false(world.script.steps[0].fuzzed);
    assert_int_equal(number_of(&world, 0), number_of(&world, 1));
    number = make(&world, "ready/read_bits/transaction_id[stale:100 ahead]");
    assert_int_equal(world.script.count, 1);
    assert_int_equal(number_of(&world, 0), (number * SCRIPT_MESSAGES + 100) * 2 & 0xffff);
    number = make(&world, "ready/read_bits/transaction_id[stale:as in the case before]");
    assert_int_equal(number_of(&world, 0), (number - 1) * SCRIPT_MESSAGES * 2 & 0xffff);
    close_world(&world);
}

/* The whole way to the state is there, in order, and each message is at home where it
 * stands. */
static void assert_is_walk(const struct world *world, unsigned state)
{
    const struct session *session = world->session;
    const struct session_state *last = &session->states[state];
    size_t reached = 0;
    unsigned now = 0;

    for (size_t i = 0; i + 1 < world->script.count; i++) {
        const struct step *step = &world->script.steps[i];
        const struct session_message *message = &session->messages[step->message];

        assert_true(
            view_equal(script_bytes(&world->script, i), buffer_view(&message->bytes)));
        assert_true(session_is_sound(session, step->message));
        if (reached < last->path_count && step->message == last->path[reached])
            now = session_state_behind(session, state, ++reached);
        else
            assert_true(session_belongs(session, step->message, now));
    }
    assert_int_equal(now, state);
}

/* Which messages a case has, in order: different for different walks. */
static uint64_t walk_of(const struct world *world)
{
    uint64_t walk = 0;

    for (size_t i = 0; i + 1 < world->script.count; i++)
        walk = walk * 1000003 + world->script.steps[i].message + 1;
    return walk;
}

static void walks_are_valid_and_differ(void **state)
{
    struct world world;
    uint64_t first;

    (void)state;
    open_world(&world, "modbus_rtu.ksy", "pump.yaml");
    make(&world, "transferring/block_data[valid:alone]");
    assert_int_equal(world.script.count, 3);
    assert_true(view_equal(
        script_bytes(&world.script, 2),
        buffer_view(&world.session->messages[world.script.steps[2].message].bytes)));
    make(&world, "transferring/block_data[valid:behind 32 others]");
    assert_int_equal(world.script.count, 35);
    assert_is_walk(&world, 2);
    first = walk_of(&world);
    make(&world, "transferring/end_block[valid:behind 32 others]");
    assert_is_walk(&world, 2);
    assert_true(walk_of(&world) != first);
    close_world(&world);
}

/* A message that every right broker turns down is in the session, and in no walk. */
static void refused_messages_are_in_no_walk(void **state)
{
    struct world world;
    unsigned pingresp;

    (void)state;
    open_world(&world, PROJECT_FOLDER "/targets/mqtt/mqtt_3_1_1.ksy",
               PROJECT_FOLDER "/targets/mqtt/session_3_1_1.yaml");
    pingresp = message_named(world.session, "pingresp");
    assert_false(session_is_sound(world.session, pingresp));
    assert_true(session_is_sound(world.session, message_named(world.session, "pingreq")));
    assert_int_equal(
        anomaly_named("valid")->count(&(struct site){world.session, 0, pingresp, 0}), 0);
    close_world(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_in_states_that_are_not_its_own),
        cmocka_unit_test(ways_in_another_order),
        cmocka_unit_test(handshakes_again),
        cmocka_unit_test(numbers_of_other_messages),
        cmocka_unit_test(walks_are_valid_and_differ),
        cmocka_unit_test(refused_messages_are_in_no_walk),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
