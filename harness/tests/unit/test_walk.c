#include "engine/walk.h"

#include "models.h"

struct world {
    struct model *model;
    struct session *session;
};

static enum walk_verdict take(struct walk *walk, const char *name, bool changed,
                              bool valid)
{
    struct kinship kin = {message_named(walk->session, name), changed, valid};

    return walk_take(walk, &kin, true);
}

/* The pump: ready, unlocked behind `unlock`, transferring behind `begin_block`. */
static void test_a_way_through_the_states(void **state)
{
    struct walk walk = {.session = ((struct world *)*state)->session};

    assert_int_equal(take(&walk, "read_settings", false, true), WALK_ON);
    assert_int_equal(take(&walk, "write_rate", true, true), WALK_ON);
    assert_int_equal(take(&walk, "unlock", false, true), WALK_ON);
    assert_int_equal(take(&walk, "calibrate", true, true), WALK_ON);
    assert_int_equal(take(&walk, "begin_block", false, true), WALK_ON);
    assert_int_equal(take(&walk, "block_data", true, true), WALK_ON);
    assert_int_equal(take(&walk, "block_data", true, false), WALK_LAST);
}

static void test_where_it_ends(void **state)
{
    const struct session *session = ((struct world *)*state)->session;
    struct walk walk = {.session = session};
    struct kinship kin = {message_named(session, "write_rate"), true, true};

    /* What breaks the grammar, or is no one frame, is the last. */
    assert_int_equal(take(&walk, "write_rate", true, false), WALK_LAST);
    assert_int_equal(walk_take(&walk, &kin, false), WALK_LAST);
    /* In a foreign state: as it is, and nothing behind it; changed, not at all. */
    assert_int_equal(take(&walk, "block_data", false, true), WALK_LAST);
    assert_int_equal(take(&walk, "block_data", true, true), WALK_NOT);
    /* A step that is changed may lead anywhere. */
    assert_int_equal(take(&walk, "unlock", true, true), WALK_LAST);
    assert_int_equal(walk.count, 0);
}

/* The oximeter's session keeps some messages as they are. */
static void test_what_is_never_changed(void **state)
{
    struct model *model = need_model(PROJECT_FOLDER "/targets/phd/ieee11073.ksy");
    struct session *session =
        need_session(PROJECT_FOLDER "/targets/phd/session.yaml", model);
    struct walk walk = {.session = session};
    unsigned kept = 0;

    (void)state;
    for (unsigned i = 0; i < session->message_count; i++) {
        struct kinship kin = {i, true, true};

        if (session->messages[i].fuzz)
            continue;
        kept++;
        assert_int_equal(walk_take(&walk, &kin, true), WALK_NOT);
    }
    assert_true(kept > 0);
    session_free(session);
    model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_way_through_the_states),
        cmocka_unit_test(test_where_it_ends),
        cmocka_unit_test(test_what_is_never_changed),
    };
    struct world world = {.model = need_model("modbus_rtu.ksy")};
    int failed;

    world.session = need_session("pump.yaml", world.model);
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
        ((struct CMUnitTest *)tests)[i].initial_state = &world;
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    session_free(world.session);
    model_free(world.model);
    return failed;
}
