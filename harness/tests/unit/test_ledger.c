/* What the inputs of a fuzzer have shown, over processes. */
#include "fuzz/ledger.h"

#include "campaigns.h"

#include <sys/stat.h>

struct world {
    char folder[SCRATCH_PATH], path[SCRATCH_PATH], out[SCRATCH_PATH + 16];
    struct campaign *campaign;
    struct error error;
};

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);

    assert_non_null(world);
    scratch_make(world->folder);
    snprintf(world->out, sizeof world->out, "%s/out", world->folder);
    world->campaign = need_campaign(world->folder, "", world->path);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    campaign_free(world->campaign);
    scratch_remove(world->folder);
    free(world);
    return 0;
}

static void open_ledger(struct world *world, struct ledger *ledger)
{
    if (ledger_open(ledger, world->out, world->campaign, &world->error) < 0)
        fail_msg("%s", world->error.text);
}

/* Concludes that `oracle` saw `cause`, by measurement `test`; what came of it. */
static int conclude(struct world *world, struct ledger *ledger, const char *oracle,
                    const char *cause, bool confirmed, uint64_t test, char id[LEDGER_ID])
{
    struct judgement judgement = {.kind = "conformance", .clause = ""};
    struct suspicion suspicion = {
        .number = 1, .name = "input/1", .oracle = oracle_named(oracle)};
    struct sequence_step step = {.number = 1, .fuzzed = true};
    struct confirmation made;
    struct view bytes = buffer_view(&world->campaign->session->messages[0].bytes);
    int status;

    snprintf(judgement.cause, sizeof judgement.cause, "%s", cause);
    snprintf(judgement.title, sizeof judgement.title, "%s", cause);
    suspicion.judgement = &judgement;
    confirmation_init(&made);
    made.oracle = suspicion.oracle;
    made.judgement = judgement;
    made.decision.confirmed = confirmed;
    made.decision.test = test;
    assert_int_equal(sequence_append(&made.sequence, &step, bytes), 0);
    status = ledger_conclude(ledger, &suspicion, &made, bytes, id, &world->error);
    confirmation_free(&made);
    if (status < 0)
        fail_msg("%s", world->error.text);
    return status;
}

static bool is_there(const struct world *world, const char *file)
{
    char path[SCRATCH_PATH + 64];

    snprintf(path, sizeof path, "%s/%s", world->out, file);
    return access(path, R_OK) == 0;
}

static void test_a_finding_is_a_folder_once(void **state)
{
    struct world *world = *state;
    struct ledger ledger;
    char id[LEDGER_ID];

    open_ledger(world, &ledger);
    assert_false(is_there(world, "findings"));
    assert_null(ledger_known(&ledger, oracle_named("exit"), "SIGSEGV"));
    assert_int_equal(conclude(world, &ledger, "exit", "SIGSEGV", true, 0, id), 1);
    assert_string_equal(id, "F-001");
    assert_true(is_there(world, "findings/F-001/finding.json"));
    assert_true(is_there(world, "findings/F-001/reproducer.percuss"));
    assert_true(is_there(world, "findings/F-001/input"));
    assert_string_equal(ledger_known(&ledger, oracle_named("exit"), "SIGSEGV"), "F-001");
    assert_null(ledger_known(&ledger, oracle_named("fault"), "SIGSEGV"));
    assert_int_equal(conclude(world, &ledger, "exit", "SIGSEGV", true, 0, id), 0);
    assert_string_equal(id, "F-001");
    assert_false(is_there(world, "findings/F-002"));
    ledger_close(&ledger);
}

static void test_a_hard_oracle_needs_no_confirmation_a_soft_one_does(void **state)
{
    struct world *world = *state;
    struct ledger ledger;
    char id[LEDGER_ID];

    open_ledger(world, &ledger);
    assert_int_equal(conclude(world, &ledger, "exit", "once", false, 0, id), 1);
    assert_int_equal(conclude(world, &ledger, "answers", "late", false, 0, id), 0);
    assert_string_equal(id, "");
    assert_null(ledger_known(&ledger, oracle_named("answers"), "late"));
    ledger_close(&ledger);
}

static void test_later_processes_know_it(void **state)
{
    struct world *world = *state;
    struct ledger ledger;
    char id[LEDGER_ID];

    open_ledger(world, &ledger);
    conclude(world, &ledger, "conformance", "short reply", true, 3, id);
    for (int i = 0; i < 5; i++)
        conclude(world, &ledger, "answers", "late", false, 0, id);
    ledger_close(&ledger);
    open_ledger(world, &ledger);
    assert_string_equal(ledger_known(&ledger, oracle_named("conformance"), "short reply"),
                        "F-001");
    assert_int_equal(ledger.level.tests, 3);
    assert_true(ledger_searches(&ledger, oracle_named("answers"), "other"));
    assert_false(ledger_searches(&ledger, oracle_named("answers"), "late"));
    assert_int_equal(ledger.buckets.count, 1);
    ledger_close(&ledger);
}

static void test_processes_beside_each_other(void **state)
{
    struct world *world = *state;
    struct ledger one, other;
    char id[LEDGER_ID];

    open_ledger(world, &one);
    open_ledger(world, &other);
    assert_int_equal(conclude(world, &one, "exit", "a", true, 0, id), 1);
    assert_string_equal(ledger_known(&other, oracle_named("exit"), "a"), "F-001");
    /* It does not look before each folder, and takes the next free number. */
    assert_int_equal(conclude(world, &one, "exit", "b", true, 0, id), 1);
    assert_int_equal(conclude(world, &other, "exit", "c", true, 0, id), 1);
    assert_string_equal(id, "F-003");
    ledger_close(&one);
    ledger_close(&other);
}

static void test_spoilt_lines_say_nothing(void **state)
{
    static const char spoilt[] =
        "{\"key\":\"12\",\"id\":5}\n\n[1]\nnot json\n{\"key\":\"a";
    struct world *world = *state;
    struct ledger ledger;
    char path[SCRATCH_PATH + 64], id[LEDGER_ID];
    FILE *file;

    open_ledger(world, &ledger);
    conclude(world, &ledger, "exit", "a", true, 0, id);
    ledger_close(&ledger);
    snprintf(path, sizeof path, "%s/findings/log.jsonl", world->out);
    file = fopen(path, "a");
    assert_non_null(file);
    assert_int_equal(fwrite(spoilt, 1, sizeof spoilt - 1, file), sizeof spoilt - 1);
    assert_int_equal(fclose(file), 0);
    open_ledger(world, &ledger);
    assert_int_equal(ledger.count, 1);
    assert_int_equal(conclude(world, &ledger, "exit", "b", true, 0, id), 1);
    assert_string_equal(id, "F-002");
    assert_string_equal(ledger_known(&ledger, oracle_named("exit"), "b"), "F-002");
    ledger_close(&ledger);
}

static void test_a_folder_that_cannot_be_made_is_said(void **state)
{
    struct world *world = *state;
    struct ledger ledger = {0};

    snprintf(world->out, sizeof world->out, "%s/campaign.yaml", world->folder);
    if (ledger_open(&ledger, world->out, world->campaign, &world->error) == 0) {
        struct judgement judgement = {.kind = "crash", .clause = "", .cause = "a"};
        struct suspicion suspicion = {
            .name = "input/1", .oracle = oracle_named("exit"), .judgement = &judgement};
        struct confirmation made;
        char id[LEDGER_ID];

        confirmation_init(&made);
        made.oracle = suspicion.oracle;
        made.judgement = judgement;
        assert_int_equal(ledger_conclude(&ledger, &suspicion, &made,
                                         (struct view){NULL, 0}, id, &world->error),
                         -1);
        assert_non_null(strstr(world->error.text, "campaign.yaml/findings"));
        confirmation_free(&made);
    }
    ledger_close(&ledger);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_finding_is_a_folder_once, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            test_a_hard_oracle_needs_no_confirmation_a_soft_one_does, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_later_processes_know_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_processes_beside_each_other, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_spoilt_lines_say_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_folder_that_cannot_be_made_is_said, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
