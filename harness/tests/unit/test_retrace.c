/* Cases made again: the record that was sent is found by its digest, whatever connections
 * and valid exchanges were around its messages; of other bytes it is not. */
#include "bundle/retrace.h"
#include "generate/plan.h"
#include "models.h"

enum { CASES = 400, SERIALS = 16 };

struct world {
    struct model *model;
    struct session *session;
    struct plan plan;
    struct generator generator, probes;
    struct script script;
    struct buffer record, message;
    struct retrace retrace;
};

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    struct error error;

    assert_non_null(world);
    world->model = need_model("modbus_tcp.ksy");
    world->session = session_load(PROJECT_FOLDER "/targets/modbus/registers.yaml",
                                  world->model, &error);
    assert_non_null(world->session);
    assert_int_equal(plan_build(&world->plan, world->session, 1, &error), 0);
    generator_init(&world->generator, &world->plan);
    generator_init(&world->probes, &world->plan);
    script_init(&world->script);
    world->record = buffer_make(1 << 20);
    world->message = buffer_make(1 << 20);
    assert_int_equal(retrace_begin(&world->retrace, &world->plan, false,
                                   "stream, connections, half-close"),
                     0);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    retrace_end(&world->retrace);
    buffer_free(&world->record);
    buffer_free(&world->message);
    script_free(&world->script);
    generator_free(&world->generator);
    generator_free(&world->probes);
    plan_free(&world->plan);
    session_free(world->session);
    model_free(world->model);
    free(world);
    return 0;
}

static void add(struct world *world, enum digest_kind kind, struct view bytes)
{
    assert_int_equal(digest_add(&world->record, kind, bytes), 0);
}

static void add_event(struct world *world, enum digest_kind kind)
{
    add(world, kind, (struct view){NULL, 0});
}

static void add_probe(struct world *world, uint64_t number, unsigned serial)
{
    buffer_clear(&world->message);
    assert_int_equal(generator_exemplar(&world->probes, world->session->probe,
                                        number * SERIALS + serial, &world->message),
                     0);
    add(world, DIGEST_SENT, buffer_view(&world->message));
}

/* The case's messages, sent whole; false when it has others. */
static bool add_messages(struct world *world, uint64_t number)
{
    assert_int_equal(generator_case(&world->generator, number, &world->script), 0);
    for (size_t i = 0; i < world->script.count; i++) {
        if (!delivery_is_whole(&world->script.steps[i].delivery))
            return false;
        add(world, DIGEST_SENT, script_bytes(&world->script, i));
    }
    return true;
}

static enum retraced retrace_record(struct world *world, uint64_t number)
{
    struct retrace_case wanted = {.number = number,
                                  .outcome = OUTCOME_ACCEPT,
                                  .digest = hash_of(buffer_view(&world->record))};
    enum retraced result;

    assert_int_equal(retrace_run(&world->retrace, &wanted, &result), 0);
    return result;
}

/* What went before and after the messages, in turn. */
static bool add_case(struct world *world, uint64_t number)
{
    assert_int_equal(digest_begin(&world->record, number), 0);
    if (number % 2)
        add_event(world, DIGEST_OPENED);
    if (!add_messages(world, number))
        return false;
    if (number % 3 == 1)
        add_probe(world, number, 0);
    if (number % 3 == 2) {
        add_event(world, DIGEST_HALF_CLOSED);
        add_event(world, DIGEST_OPENED);
        add_probe(world, number, 0);
    }
    return true;
}

static void what_was_sent_is_found(void **state)
{
    struct world *world = *state;
    unsigned found = 0;

    for (uint64_t number = 1; number <= CASES; number++) {
        if (!add_case(world, number))
            continue;
        if (retrace_record(world, number) != RETRACED_SAME)
            fail_msg("case %llu", (unsigned long long)number);
        found++;
    }
    assert_true(found > CASES / 2);
}

static void random_cases_are_found_too(void **state)
{
    struct world *world = *state;
    unsigned found = 0;

    for (uint64_t number = world->plan.total + 1; number <= world->plan.total + 100;
         number++)
        found +=
            add_case(world, number) && retrace_record(world, number) == RETRACED_SAME;
    assert_true(found > 50);
}

/* One bit of one byte, another number, a message less. */
static void other_bytes_are_not_found(void **state)
{
    struct world *world = *state;

    for (uint64_t number = 1; number <= 50; number++) {
        if (!add_case(world, number))
            continue;
        world->record.data[world->record.length - 1] ^= 1;
        assert_int_equal(retrace_record(world, number), RETRACED_OTHER);
        world->record.data[world->record.length - 1] ^= 1;
        assert_int_equal(retrace_record(world, number + 1), RETRACED_OTHER);
        world->record.length--;
        assert_int_equal(retrace_record(world, number), RETRACED_OTHER);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_sent_is_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(random_cases_are_found_too, set_up, tear_down),
        cmocka_unit_test_setup_teardown(other_bytes_are_not_found, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
