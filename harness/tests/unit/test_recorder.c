/* The run folder's bookkeeping: what a killed run leaves, and what a resumed one makes of
 * it; and the coverage rows. */
#include "campaigns.h"
#include "engine/coverage.h"
#include "engine/recorder.h"

#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>

struct world {
    char folder[SCRATCH_PATH], path[SCRATCH_PATH], run[SCRATCH_PATH + 8];
    struct campaign *campaign;
    struct generator generator;
    struct script script;
    struct error error;
    struct recorder recorder;
};

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);

    assert_non_null(world);
    scratch_make(world->folder);
    snprintf(world->run, sizeof world->run, "%s/run", world->folder);
    world->campaign = need_campaign(world->folder,
                                    "disk-reserve-mib: 0\n"
                                    "capture: {live: false}\n",
                                    world->path);
    generator_init(&world->generator, &world->campaign->plan);
    script_init(&world->script);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    script_free(&world->script);
    generator_free(&world->generator);
    campaign_free(world->campaign);
    scratch_remove(world->folder);
    free(world);
    return 0;
}

#define MUST(call)                             \
    do {                                       \
        if ((call) < 0)                        \
            fail_msg("%s", world->error.text); \
    } while (0)

static void open_run(struct world *world, bool resume)
{
    MUST(recorder_open(&world->recorder, world->campaign, world->run, resume,
                       &world->error));
}

static void begin_epoch(struct world *world, uint64_t first)
{
    struct restoration restoration = {.reset = RESET_WARM, .recovery_ns = 5000};

    MUST(recorder_begin_epoch(&world->recorder, first, &restoration, &world->error));
}

/* One case as the engine does it; without a device its digest covers the bytes alone. */
static void send_case_judged(struct world *world, uint64_t number, bool finish,
                             const char *verdict)
{
    struct case_result result = {.latency_ns = 1000, .outcome = OUTCOME_ACCEPT};
    struct buffer record = buffer_make(1 << 20);

    assert_int_equal(generator_case(&world->generator, number, &world->script), 0);
    MUST(recorder_announce(&world->recorder, number, &world->error));
    if (finish) {
        digest_begin(&record, number);
        for (size_t i = 0; i < world->script.count; i++) {
            digest_add(&record, DIGEST_SENT, script_bytes(&world->script, i));
            result.sent_bytes += world->script.steps[i].length;
        }
        MUST(recorder_case(&world->recorder, &world->script, &result, verdict,
                           buffer_view(&record), &world->error));
    }
    buffer_free(&record);
}

static void send_case(struct world *world, uint64_t number, bool finish)
{
    send_case_judged(world, number, finish, "pass");
}

static void send_cases(struct world *world, uint64_t first, uint64_t last)
{
    for (uint64_t number = first; number <= last; number++)
        send_case(world, number, true);
}

static void close_run(struct world *world)
{
    MUST(recorder_close(&world->recorder, "cases", 1.5, &world->error));
}

/* Does `work` in another process that then ends without a word. */
static void killed(struct world *world, void (*work)(struct world *))
{
    pid_t child = fork();
    int status;

    assert_true(child >= 0);
    if (child == 0) {
        work(world);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static int64_t ask(struct world *world, const char *sql)
{
    return store_integer(world->recorder.store, -1, sql, "");
}

static void merkle_root(struct world *world, char root[HASH_TEXT + 1])
{
    struct store *store;
    char path[SCRATCH_PATH + 40];

    snprintf(path, sizeof path, "%s/campaign.db", world->run);
    store = store_open(path, false, &world->error);
    assert_non_null(store);
    assert_int_equal(store_get(store, "merkle_root", root, HASH_TEXT + 1), 0);
    store_close(store, NULL);
}

/* --- one go ------------------------------------------------------------------------- */

static void a_run_begins_with_its_facts(void **state)
{
    struct world *world = *state;
    char text[100];

    open_run(world, false);
    assert_int_equal(recorder_next_case(&world->recorder), 1);
    assert_int_equal(recorder_attempt(&world->recorder, 1), 1);
    assert_int_equal(store_get(world->recorder.store, "plan_hash", text, sizeof text), 0);
    assert_string_equal(text, world->campaign->plan.hash);
    assert_int_equal(store_get(world->recorder.store, "authorised_by", text, sizeof text),
                     0);
    assert_string_equal(text, "not needed");
    assert_int_equal(ask(world, "SELECT count(*) FROM stream"),
                     world->campaign->plan.stream_count);
    assert_int_equal(ask(world, "SELECT sum(planned) FROM stream"),
                     world->campaign->plan.total);
    assert_int_equal(ask(world, "SELECT count(*) FROM sitting WHERE ended_ns IS NULL"),
                     1);
    close_run(world);
}

static void cases_of_a_run_in_one_go(struct world *world)
{
    begin_epoch(world, 1);
    send_cases(world, 1, 1000);
    MUST(recorder_end_epoch(&world->recorder, 1000, &world->error));
    begin_epoch(world, 1001);
    send_cases(world, 1001, 2500);
    MUST(recorder_end_epoch(&world->recorder, 2500, &world->error));
}

static void a_run_that_ended_goes_on_behind_its_last_case(void **state)
{
    struct world *world = *state;

    open_run(world, false);
    cases_of_a_run_in_one_go(world);
    close_run(world);
    open_run(world, true);
    assert_int_equal(recorder_next_case(&world->recorder), 2501);
    assert_int_equal(world->recorder.repeated_epoch, 0);
    assert_int_equal(recorder_attempt(&world->recorder, 2500), 1);
    assert_int_equal(ask(world, "SELECT count(*) FROM epoch WHERE closed"), 2);
    assert_int_equal(ask(world, "SELECT count(*) FROM sitting"), 2);
    assert_int_equal(ask(world, "SELECT count(*) FROM cases WHERE verdict = 'pass'"),
                     2500);
    assert_int_equal(ask(world, "SELECT count(*) FROM digest"), 3);
    close_run(world);
}

/* --- killed ------------------------------------------------------------------------- */

static void die_in_the_second_epoch(struct world *world)
{
    open_run(world, false);
    begin_epoch(world, 1);
    send_cases(world, 1, 1000);
    MUST(recorder_end_epoch(&world->recorder, 1000, &world->error));
    begin_epoch(world, 1001);
    send_cases(world, 1001, 1499);
    send_case(world, 1500, false); /* announced, perhaps sent, never stored */
}

static void what_was_announced_and_not_stored_is_interrupted(void **state)
{
    struct world *world = *state;

    killed(world, die_in_the_second_epoch);
    open_run(world, true);
    assert_int_equal(ask(world, "SELECT max(number) FROM cases"), 1500);
    assert_int_equal(ask(world, "SELECT count(*) FROM cases"), 1500);
    assert_int_equal(
        ask(world,
            "SELECT count(*) FROM cases WHERE verdict = 'pass' AND number <= 1000"),
        1000);
    assert_int_equal(ask(world,
                         "SELECT count(*) FROM cases WHERE verdict = 'interrupted' "
                         "AND number = 1500 AND digest IS NULL AND epoch = 2"),
                     1);
    /* The epoch that was open is repeated from its reset. */
    assert_int_equal(world->recorder.repeated_epoch, 2);
    assert_int_equal(recorder_next_case(&world->recorder), 1001);
    assert_int_equal(recorder_attempt(&world->recorder, 1000), 1);
    assert_int_equal(recorder_attempt(&world->recorder, 1001), 2);
    assert_int_equal(recorder_attempt(&world->recorder, 1500), 2);
    assert_int_equal(recorder_attempt(&world->recorder, 1501), 1);
    close_run(world);
}

/* A process can be killed before its run has begun: with the journal only, with an empty
 * store, with a store without facts. */
static void a_run_that_never_began_begins_anew(void **state)
{
    struct world *world = *state;
    char path[SCRATCH_PATH + 40];

    assert_int_equal(
        recorder_open(&world->recorder, world->campaign, world->run, true, &world->error),
        -1);
    assert_non_null(strstr(world->error.text, "no run to resume"));
    assert_int_equal(access(world->run, F_OK), -1);
    for (int left = 0; left < 3; left++) {
        if (left > 0)
            scratch_remove(world->run);
        assert_int_equal(mkdir(world->run, 0777), 0);
        snprintf(path, sizeof path, "%s/journal", world->run);
        journal_close(journal_open(path, 1000, &world->error));
        snprintf(path, sizeof path, "%s/campaign.db", world->run);
        if (left == 1)
            fclose(fopen(path, "w"));
        if (left == 2)
            MUST(store_close(store_create(path, &world->error), &world->error));
        open_run(world, true);
        assert_int_equal(recorder_next_case(&world->recorder), 1);
        assert_true(ask(world, "SELECT count(*) FROM stream") > 10);
        begin_epoch(world, 1);
        send_cases(world, 1, 10);
        MUST(recorder_end_epoch(&world->recorder, 10, &world->error));
        close_run(world);
    }
}

static void repeat_and_finish(struct world *world)
{
    uint64_t first = recorder_next_case(&world->recorder);

    begin_epoch(world, first);
    send_cases(world, first, 2500);
    MUST(recorder_end_epoch(&world->recorder, 2500, &world->error));
}

static void a_resumed_run_has_the_digests_of_one_in_one_go(void **state)
{
    char once[HASH_TEXT + 1] = "", resumed[HASH_TEXT + 1] = "";
    struct world *world = *state;

    killed(world, die_in_the_second_epoch);
    open_run(world, true);
    repeat_and_finish(world);
    assert_int_equal(ask(world, "SELECT repeats FROM epoch WHERE id = 3"), 2);
    assert_int_equal(ask(world, "SELECT count(*) FROM epoch WHERE closed = 0"), 0);
    assert_int_equal(ask(world, "SELECT count(*) FROM cases WHERE attempt = 2"), 500);
    assert_int_equal(ask(world, "SELECT count(DISTINCT number) FROM cases"), 2500);
    close_run(world);
    merkle_root(world, resumed);

    snprintf(world->run, sizeof world->run, "%s/once", world->folder);
    open_run(world, false);
    cases_of_a_run_in_one_go(world);
    close_run(world);
    merkle_root(world, once);
    assert_string_equal(once, resumed);
}

static void die_in_the_repeated_epoch(struct world *world)
{
    open_run(world, true);
    begin_epoch(world, 1001);
    send_cases(world, 1001, 1200);
    send_case(world, 1201, false);
}

static void a_run_killed_twice_is_still_whole(void **state)
{
    char once[HASH_TEXT + 1] = "", resumed[HASH_TEXT + 1] = "";
    struct world *world = *state;

    killed(world, die_in_the_second_epoch);
    killed(world, die_in_the_repeated_epoch);
    open_run(world, true);
    assert_int_equal(recorder_next_case(&world->recorder), 1001);
    assert_int_equal(recorder_attempt(&world->recorder, 1001), 3);
    repeat_and_finish(world);
    assert_int_equal(ask(world, "SELECT count(*) FROM epoch WHERE closed = 0"), 0);
    assert_int_equal(ask(world, "SELECT max(attempt) FROM cases WHERE number = 1500"), 3);
    close_run(world);
    merkle_root(world, resumed);
    open_run(world, true);
    assert_int_equal(recorder_next_case(&world->recorder), 2501);
    close_run(world);
    snprintf(world->run, sizeof world->run, "%s/once", world->folder);
    open_run(world, false);
    cases_of_a_run_in_one_go(world);
    close_run(world);
    merkle_root(world, once);
    assert_string_equal(once, resumed);
}

/* More cases than the journal and a batch hold. */
static void die_late(struct world *world)
{
    open_run(world, false);
    begin_epoch(world, 1);
    send_cases(world, 1, 4200);
    send_case(world, 4201, false);
    send_case(world, 4202, false);
}

static void no_announced_case_is_lost(void **state)
{
    struct world *world = *state;

    killed(world, die_late);
    open_run(world, true);
    assert_int_equal(ask(world, "SELECT count(*) FROM cases"), 4202);
    assert_int_equal(ask(world, "SELECT max(number) FROM cases"), 4202);
    assert_int_equal(recorder_next_case(&world->recorder), 1);
    close_run(world);
}

static void a_stacked_case_has_no_stream(void **state)
{
    struct world *world = *state;
    uint64_t total = world->campaign->plan.total;

    open_run(world, false);
    begin_epoch(world, total);
    send_cases(world, total, total + 2);
    MUST(recorder_commit(&world->recorder, &world->error));
    assert_int_equal(ask(world, "SELECT count(*) FROM cases WHERE stream IS NULL"), 2);
    close_run(world);
}

/* --- what does not fit -------------------------------------------------------------- */

static void a_run_folder_is_used_once(void **state)
{
    struct world *world = *state;

    open_run(world, false);
    close_run(world);
    assert_int_equal(recorder_open(&world->recorder, world->campaign, world->run, false,
                                   &world->error),
                     -1);
    assert_non_null(strstr(world->error.text, "--resume"));
    recorder_close(&world->recorder, "failed", 0, &world->error);
}

static void another_plan_is_not_gone_on_with(void **state)
{
    struct world *world = *state;
    struct campaign *other;
    uint64_t seed = 99;

    open_run(world, false);
    cases_of_a_run_in_one_go(world);
    close_run(world);
    other = campaign_load(world->path, "/build", &seed, &world->error);
    assert_non_null(other);
    assert_int_equal(
        recorder_open(&world->recorder, other, world->run, true, &world->error), -1);
    assert_non_null(strstr(world->error.text, "seed differ"));
    recorder_close(&world->recorder, "failed", 0, &world->error);
    campaign_free(other);
    open_run(world, true); /* nothing was changed */
    assert_int_equal(ask(world, "SELECT count(*) FROM sitting"), 2);
    assert_int_equal(ask(world, "SELECT count(*) FROM sitting WHERE reason = 'cases'"),
                     1);
    close_run(world);
}

static void a_folder_without_a_run_cannot_be_resumed(void **state)
{
    struct world *world = *state;

    assert_int_equal(
        recorder_open(&world->recorder, world->campaign, world->run, true, &world->error),
        -1);
    assert_string_not_equal(world->error.text, "");
    recorder_close(&world->recorder, "failed", 0, &world->error);
}

static void a_run_in_use_is_left_alone(void **state)
{
    struct world *world = *state;
    struct recorder second;

    open_run(world, false);
    assert_int_equal(
        recorder_open(&second, world->campaign, world->run, true, &world->error), -1);
    assert_string_not_equal(world->error.text, "");
    recorder_close(&second, "failed", 0, &world->error);
    begin_epoch(world, 1);
    send_cases(world, 1, 10);
    close_run(world);
}

static void a_full_disk_is_refused_before_anything_is_written(void **state)
{
    struct world *world = *state;

    world->campaign->disk_reserve = INT64_MAX;
    assert_int_equal(recorder_open(&world->recorder, world->campaign, world->run, false,
                                   &world->error),
                     -1);
    assert_non_null(strstr(world->error.text, "disk-reserve-mib"));
    recorder_close(&world->recorder, "failed", 0, &world->error);
}

/* --- coverage ----------------------------------------------------------------------- */

static void coverage_counts_what_was_planned_and_sent(void **state)
{
    struct world *world = *state;
    const struct plan *plan = &world->campaign->plan;
    uint64_t round = plan->stream_count;

    open_run(world, false);
    begin_epoch(world, 1);
    send_cases(world, 1, round);
    MUST(recorder_end_epoch(&world->recorder, round, &world->error));
    MUST(coverage_write(&world->recorder, &world->error));
    assert_int_equal(
        ask(world, "SELECT sum(planned) FROM coverage WHERE kind = 'message'"),
        plan->total);
    assert_int_equal(ask(world, "SELECT sum(sent) FROM coverage WHERE kind = 'message'"),
                     round);
    assert_int_equal(ask(world, "SELECT count(*) FROM coverage WHERE kind = 'message'"),
                     plan->session->message_count);
    assert_int_equal(ask(world, "SELECT sum(sent) FROM coverage WHERE kind = 'state'"),
                     round);
    /* The first round touches every field and every limit. */
    assert_int_equal(ask(world, "SELECT count(*) FROM coverage WHERE sent = 0"), 0);
    assert_true(ask(world, "SELECT count(*) FROM coverage WHERE kind = 'boundary'") > 40);
    assert_int_equal(ask(world,
                         "SELECT count(*) FROM coverage WHERE kind = 'boundary' AND "
                         "name = 'read_registers/pdu.body.quantity[max+1]'"),
                     1);
    assert_int_equal(ask(world, "SELECT count(*) FROM coverage WHERE sent > planned"), 0);
    /* Written anew, not added up. */
    MUST(coverage_write(&world->recorder, &world->error));
    assert_int_equal(ask(world, "SELECT sum(sent) FROM coverage WHERE kind = 'message'"),
                     round);
    close_run(world);
}

static void a_case_that_was_sent_again_is_counted_once(void **state)
{
    struct world *world = *state;

    killed(world, die_late);
    open_run(world, true);
    begin_epoch(world, 1);
    send_cases(world, 1, 4202);
    MUST(recorder_end_epoch(&world->recorder, 4202, &world->error));
    assert_true(ask(world, "SELECT count(*) FROM cases WHERE sent_bytes > 0") > 4202);
    MUST(coverage_write(&world->recorder, &world->error));
    assert_int_equal(ask(world, "SELECT sum(sent) FROM coverage WHERE kind = 'message'"),
                     4202);
    assert_int_equal(ask(world, "SELECT count(*) FROM coverage WHERE sent > planned"), 0);
    close_run(world);
}

/* What was kept off the wire or interrupted covers nothing. */
static void unsent_cases_cover_nothing(void **state)
{
    struct world *world = *state;

    open_run(world, false);
    begin_epoch(world, 1);
    for (uint64_t number = 1; number <= 50; number++) {
        assert_int_equal(generator_case(&world->generator, number, &world->script), 0);
        MUST(recorder_skipped(&world->recorder, &world->script, world->script.stream,
                              &world->error));
    }
    MUST(coverage_write(&world->recorder, &world->error));
    assert_int_equal(ask(world, "SELECT sum(sent) FROM coverage"), 0);
    /* Each says why: left out, or never reached. */
    assert_int_equal(ask(world, "SELECT count(*) FROM coverage WHERE why = ''"), 0);
    assert_true(ask(world, "SELECT count(*) FROM coverage WHERE kind = 'message' AND why "
                           "GLOB 'left out*'") >= 5);
    assert_true(ask(world, "SELECT count(*) FROM coverage WHERE why GLOB 'none of*'") >
                0);
    assert_int_equal(ask(world, "SELECT count(*) FROM cases WHERE verdict = 'skipped'"),
                     50);
    close_run(world);
}

/* What a suspicion turns out to be is said of the cases that sent something. */
static void an_excluded_case_stays_excluded(void **state)
{
    struct world *world = *state;

    open_run(world, false);
    begin_epoch(world, 1);
    send_case_judged(world, 1, true, "suspect");
    send_case_judged(world, 2, true, "excluded");
    for (uint64_t number = 1; number <= 2; number++)
        MUST(recorder_verdict(&world->recorder, number, "finding", &world->error));
    assert_int_equal(ask(world, "SELECT number FROM cases WHERE verdict = 'finding'"), 1);
    assert_int_equal(ask(world, "SELECT number FROM cases WHERE verdict = 'excluded'"),
                     2);
    close_run(world);
}

int main(void)
{
#define RECORDER_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        RECORDER_TEST(a_run_begins_with_its_facts),
        RECORDER_TEST(a_run_that_ended_goes_on_behind_its_last_case),
        RECORDER_TEST(what_was_announced_and_not_stored_is_interrupted),
        RECORDER_TEST(a_run_that_never_began_begins_anew),
        RECORDER_TEST(a_resumed_run_has_the_digests_of_one_in_one_go),
        RECORDER_TEST(a_run_killed_twice_is_still_whole),
        RECORDER_TEST(no_announced_case_is_lost),
        RECORDER_TEST(a_stacked_case_has_no_stream),
        RECORDER_TEST(a_run_folder_is_used_once),
        RECORDER_TEST(another_plan_is_not_gone_on_with),
        RECORDER_TEST(a_folder_without_a_run_cannot_be_resumed),
        RECORDER_TEST(a_run_in_use_is_left_alone),
        RECORDER_TEST(a_full_disk_is_refused_before_anything_is_written),
        RECORDER_TEST(coverage_counts_what_was_planned_and_sent),
        RECORDER_TEST(a_case_that_was_sent_again_is_counted_once),
        RECORDER_TEST(unsent_cases_cover_nothing),
        RECORDER_TEST(an_excluded_case_stays_excluded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
