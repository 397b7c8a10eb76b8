#include "engine/reach.h"

#include "core/outcome.h"
#include "models.h"

struct world {
    struct model *model;
    struct session *session;
    struct coverage_map *map;
    struct reach reach;
};

static int set_up(void **state)
{
    static struct world world;

    world = (struct world){.model = need_model("modbus_rtu.ksy")};
    world.session = need_session("pump.yaml", world.model);
    world.map = calloc(1, sizeof *world.map);
    assert_non_null(world.map);
    reach_init(&world.reach, world.session, world.map);
    *state = &world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    reach_free(&world->reach);
    free(world->map);
    session_free(world->session);
    model_free(world->model);
    return 0;
}

/* A case that takes these edges so often; reads it. */
static struct reach_news look(struct world *world, const size_t (*edges)[2], size_t count)
{
    struct reach_news news;

    reach_begin(&world->reach);
    for (size_t i = 0; i < count; i++)
        world->map->edges[edges[i][0]] = (uint8_t)edges[i][1];
    assert_int_equal(reach_read(&world->reach, &news), 0);
    return news;
}

static void test_classes_of_counts(void **state)
{
    static const uint8_t bounds[] = {1, 2, 3, 4, 8, 16, 32, 128};

    (void)state;
    assert_int_equal(reach_class(0), 0);
    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(reach_class(bounds[i]), 1u << i);
        assert_int_equal(reach_class((uint8_t)(bounds[i] - 1)), i ? 1u << (i - 1) : 0);
    }
    assert_int_equal(reach_class(255), 128);
}

static void test_what_is_new(void **state)
{
    struct world *world = *state;
    struct reach_news news = look(world, (const size_t[][2]){{7, 1}, {65535, 5}}, 2);

    assert_int_equal(news.edges, 2);
    assert_int_equal(news.counts + news.replies, 0);
    assert_int_equal(reach_learn(&world->reach), 0);
    assert_int_equal(world->reach.edges, 2);
    /* The same class of counts. */
    news = look(world, (const size_t[][2]){{7, 1}, {65535, 7}}, 2);
    assert_int_equal(news.edges + news.counts + news.replies, 0);
    news = look(world, (const size_t[][2]){{7, 2}, {8, 1}}, 2);
    assert_int_equal(news.edges, 1);
    assert_int_equal(news.counts, 1);
}

/* A case that does not count (it broke the device) leaves what it reached new. */
static void test_only_what_is_learnt_is_known(void **state)
{
    struct world *world = *state;

    for (int i = 0; i < 3; i++)
        assert_int_equal(look(world, (const size_t[][2]){{7, 1}}, 1).edges, 1);
    assert_int_equal(reach_learn(&world->reach), 0);
    assert_int_equal(look(world, (const size_t[][2]){{7, 1}}, 1).edges, 0);
}

static void test_idle_edges_are_not_seen(void **state)
{
    struct world *world = *state;
    struct reach_news news;

    world->map->edges[7] = 200;
    reach_note_idle(&world->reach);
    news = look(world, (const size_t[][2]){{7, 3}, {8, 1}}, 2);
    assert_int_equal(news.edges, 1);
    assert_int_equal(world->reach.count, 1);
}

static size_t reply(struct world *world, const char *name, unsigned outcome,
                    uint64_t shape)
{
    struct reach_news news;

    reach_begin(&world->reach);
    assert_int_equal(
        reach_reply(&world->reach, message_named(world->session, name), outcome, shape),
        0);
    assert_int_equal(reach_read(&world->reach, &news), 0);
    assert_int_equal(reach_learn(&world->reach), 0);
    assert_int_equal(news.edges + news.counts, 0);
    return news.replies;
}

static void test_replies_count_by_state(void **state)
{
    struct world *world = *state;

    assert_int_equal(reply(world, "echo", OUTCOME_ACCEPT, 5), 1);
    assert_int_equal(reply(world, "echo", OUTCOME_ACCEPT, 5), 0);
    assert_int_equal(reply(world, "echo", OUTCOME_ACCEPT, 6), 1);
    assert_int_equal(reply(world, "echo", OUTCOME_SILENCE, 0), 1);
    assert_int_equal(reply(world, "read_status", OUTCOME_ACCEPT, 5), 1);
    /* A refused step leads nowhere. */
    assert_int_equal(reply(world, "unlock", OUTCOME_REJECT, 5), 1);
    assert_int_equal(reply(world, "echo", OUTCOME_ACCEPT, 5), 0);
    assert_int_equal(reply(world, "unlock", OUTCOME_ACCEPT, 5), 1);
    assert_int_equal(reply(world, "echo", OUTCOME_ACCEPT, 5), 1);
    assert_int_equal(reply(world, "begin_block", OUTCOME_ACCEPT, 5), 1);
    assert_int_equal(reply(world, "echo", OUTCOME_ACCEPT, 5), 1);
    reach_restart(&world->reach);
    assert_int_equal(reply(world, "echo", OUTCOME_ACCEPT, 5), 0);
}

static void test_the_same_reply_twice_is_one_feature(void **state)
{
    struct world *world = *state;
    struct reach_news news;

    reach_begin(&world->reach);
    for (int i = 0; i < 3; i++)
        reach_reply(&world->reach, 0, OUTCOME_ACCEPT, 5);
    assert_int_equal(reach_read(&world->reach, &news), 0);
    assert_int_equal(news.replies, 1);
    assert_int_equal(world->reach.count, 1);
}

static void test_without_a_map(void **state)
{
    struct world *world = *state;

    reach_free(&world->reach);
    reach_init(&world->reach, world->session, NULL);
    reach_note_idle(&world->reach);
    assert_int_equal(reply(world, "echo", OUTCOME_ACCEPT, 5), 1);
    assert_int_equal(reply(world, "echo", OUTCOME_ACCEPT, 5), 0);
}

int main(void)
{
#define WORLD(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_classes_of_counts),
        WORLD(test_what_is_new),
        WORLD(test_only_what_is_learnt_is_known),
        WORLD(test_idle_edges_are_not_seen),
        WORLD(test_replies_count_by_state),
        WORLD(test_the_same_reply_twice_is_one_feature),
        WORLD(test_without_a_map),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
