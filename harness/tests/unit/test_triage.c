/* The triage log: it grows, it refuses changes, and one made all the same shows. */
#include "record/triage.h"
#include "stores.h"

struct world {
    char folder[SCRATCH_PATH];
    struct store *store;
    struct error error;
};

static bool refuses(struct world *world, const char *sql)
{
    int status = sqlite3_exec(store_database(world->store), sql, NULL, NULL, NULL) & 0xff;

    return status == SQLITE_CONSTRAINT;
}

static void add(struct world *world, const char *finding, const char *key,
                const char *value)
{
    struct triage_entry entry = {"A. Tester", finding, key, value, "because", 42};

    if (triage_append(world->store, &entry, &world->error) < 0)
        fail_msg("%s", world->error.text);
}

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);

    assert_non_null(world);
    scratch_make(world->folder);
    world->store = need_store(world->folder);
    assert_int_equal(store_set(world->store, "plan_hash", "1234", &world->error), 0);
    assert_int_equal(store_commit(world->store, &world->error), 0);
    execute(world->store,
            "INSERT INTO oracle VALUES ('alive', 's', 0, 'b', 'proven', 't')");
    execute(world->store,
            "INSERT INTO finding SELECT column1, 'alive', 'hang', column1, 't', 'd', '', "
            "'confirmed', 1, 'n', 1, 5, 5, 5, 0, 0.004, 1, 8, 1.5, 'p', column2, 'g', '' "
            "FROM (VALUES ('F-001', 'B-01'), ('F-002', 'B-02'))");
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    store_close(world->store, &world->error);
    scratch_remove(world->folder);
    free(world);
    return 0;
}

static int64_t count(struct world *world, const char *sql)
{
    return store_integer(world->store, -1, sql, "");
}

static void the_last_word_counts_and_the_first_stays(void **state)
{
    struct world *world = *state;

    add(world, "F-001", "disposition", "deferred");
    add(world, "F-001", "disposition", "fixed");
    add(world, "F-002", "bucket", "B-01");
    add(world, "F-002", "note", "the same loop");
    assert_int_equal(count(world, "SELECT count(*) FROM triage"), 4);
    assert_int_equal(count(world,
                           "SELECT count(*) FROM finding_now WHERE id = 'F-001' AND "
                           "disposition = 'fixed' AND bucket_now = 'B-01'"),
                     1);
    assert_int_equal(count(world,
                           "SELECT count(*) FROM finding_now WHERE id = 'F-002' AND "
                           "disposition = 'open' AND bucket_now = 'B-01' AND "
                           "bucket = 'B-02'"),
                     1);
    assert_int_equal(triage_verify(world->store, &world->error), 0);
}

static void nobody_speaks_of_a_finding_that_is_not_there(void **state)
{
    struct world *world = *state;
    struct triage_entry entry = {"A", "F-009", "note", "x", "", 1};

    assert_int_equal(triage_append(world->store, &entry, &world->error), -1);
    assert_non_null(strstr(world->error.text, "F-009"));
    assert_int_equal(count(world, "SELECT count(*) FROM triage"), 0);
}

static void a_value_that_is_none_is_not_written(void **state)
{
    static const struct {
        const char *key, *value, *says;
    } wrong[] = {
        {"disposition", "fixd", "did you mean 'fixed'"},
        {"severity", "bad", "negligible, minor, serious"},
        {"multi-patient", "perhaps", "yes, no"},
        {"cvss", "9.8", "begins with its version"},
        {"cwe", "787", "CWE-787"},
        {"cwe", "CWE-78x", "CWE-787"},
        {"due", "March", "2027-03-31"},
        {"harm", " ", "says something"},
        {"approval", "", "says something"},
        {"bucket", "a b", "letters"},
    };
    struct world *world = *state;

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct triage_entry entry = {"A", "F-001", wrong[i].key, wrong[i].value, "w", 1};

        assert_int_equal(triage_append(world->store, &entry, &world->error), -1);
        if (!strstr(world->error.text, wrong[i].key) ||
            !strstr(world->error.text, wrong[i].says))
            fail_msg("%s %s gave: %s", wrong[i].key, wrong[i].value, world->error.text);
    }
    assert_int_equal(count(world, "SELECT count(*) FROM triage"), 0);
}

/* Notes and buckets say nothing of what was approved. */
static void an_approval_covers_what_was_said_before(void **state)
{
    static const char covered[] =
        "SELECT count(*) FROM finding_now WHERE approved_by = 'A. Tester' AND "
        "approved_ns = 42 AND NOT changed_since AND cwe = 'CWE-787'";
    struct world *world = *state;

    add(world, "F-001", "cwe", "CWE-787");
    add(world, "F-001", "approval", "for 2.1");
    add(world, "F-001", "note", "n");
    add(world, "F-002", "severity", "minor");
    assert_int_equal(count(world, covered), 1);
    add(world, "F-001", "severity", "serious");
    assert_int_equal(count(world, covered), 0);
    add(world, "F-001", "approval", "for 2.1 all the same");
    assert_int_equal(count(world, covered), 1);
}

static void entries_are_neither_changed_nor_deleted(void **state)
{
    struct world *world = *state;

    add(world, "F-001", "disposition", "deferred");
    assert_true(refuses(world, "UPDATE triage SET value = 'accepted'"));
    assert_true(refuses(world, "DELETE FROM triage"));
    assert_int_equal(triage_verify(world->store, &world->error), 0);
}

/* Somebody takes the triggers away first. */
static void what_was_altered_all_the_same_shows(void **state)
{
    static const struct {
        const char *change, *says;
    } changes[] = {
        {"UPDATE triage SET value = 'accepted' WHERE seq = 2", "entry 2 is not"},
        {"UPDATE triage SET by = 'B' WHERE seq = 1", "entry 1 is not"},
        {"UPDATE triage SET at_ns = 43 WHERE seq = 3", "entry 3 is not"},
        {"UPDATE triage SET why = '' WHERE seq = 3", "entry 3 is not"},
        {"UPDATE triage SET finding = 'F-002' WHERE seq = 1", "entry 1 is not"},
        {"DELETE FROM triage WHERE seq = 2", "entry 2 is missing"},
        {"DELETE FROM triage WHERE seq = 1", "entry 1 is missing"},
        {"UPDATE triage SET seq = seq + 10", "entry 1 is missing"},
        {"DELETE FROM run WHERE key = 'plan_hash'", "entry 1 is not"},
    };
    struct world *world = *state;

    add(world, "F-001", "disposition", "deferred");
    add(world, "F-001", "disposition", "fixed");
    add(world, "F-002", "note", "n");
    execute(world->store, "DROP TRIGGER triage_stays; DROP TRIGGER triage_is_kept");
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        execute(world->store, "SAVEPOINT before");
        execute(world->store, changes[i].change);
        assert_int_equal(triage_verify(world->store, &world->error), -1);
        if (!strstr(world->error.text, changes[i].says))
            fail_msg("%s gave: %s", changes[i].change, world->error.text);
        execute(world->store, "ROLLBACK TO before; RELEASE before");
    }
    assert_int_equal(triage_verify(world->store, &world->error), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_last_word_counts_and_the_first_stays, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(nobody_speaks_of_a_finding_that_is_not_there,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_value_that_is_none_is_not_written, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(an_approval_covers_what_was_said_before, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(entries_are_neither_changed_nor_deleted, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_was_altered_all_the_same_shows, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
