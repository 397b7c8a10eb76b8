/* What a campaign remembers of its suspicions, over sittings too: the level that is
 * spent, what did not confirm, what is skipped and for which finding; and the response
 * classes. */
#include "campaigns.h"
#include "engine/classes.h"
#include "engine/findings.h"

struct world {
    char folder[SCRATCH_PATH], path[SCRATCH_PATH], run[SCRATCH_PATH + 8];
    struct campaign *campaign;
    struct error error;
    struct recorder recorder;
    struct findings findings;
    struct classes classes;
};

#define MUST(call)                             \
    do {                                       \
        if ((call) < 0)                        \
            fail_msg("%s", world->error.text); \
    } while (0)

static void begin(struct world *world, bool resume)
{
    MUST(recorder_open(&world->recorder, world->campaign, world->run, resume,
                       &world->error));
    MUST(findings_init(&world->findings, world->campaign, &world->error));
    MUST(findings_load(&world->findings, &world->recorder, &world->error));
    MUST(classes_load(&world->classes, &world->recorder, &world->error));
}

static void end(struct world *world)
{
    MUST(recorder_close(&world->recorder, "cases", 1.5, &world->error));
    findings_free(&world->findings);
    classes_free(&world->classes);
}

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);

    assert_non_null(world);
    scratch_make(world->folder);
    snprintf(world->run, sizeof world->run, "%s/run", world->folder);
    world->campaign =
        need_campaign(world->folder,
                      "disk-reserve-mib: 0\n"
                      "capture: {live: false}\nconfirm: {alpha: 0.05}\n"
                      "skip-after: 3\nskip-field-after: 5\nskip-message-after: 9\n",
                      world->path);
    begin(world, false);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    end(world);
    campaign_free(world->campaign);
    scratch_remove(world->folder);
    free(world);
    return 0;
}

static int64_t ask(struct world *world, const char *sql)
{
    MUST(store_commit(world->recorder.store, &world->error));
    return store_integer(world->recorder.store, -1, sql, "");
}

/* The first case of a stream. */
static uint64_t case_of(struct world *world, uint32_t stream)
{
    uint64_t number = 0, index;
    uint32_t found;

    do {
        plan_locate(&world->campaign->plan, ++number, &found, &index);
    } while (found != stream);
    return number;
}

static const struct judgement hang = {.kind = "hang", .cause = "no answer", .title = "t"};

static struct suspicion suspect(struct world *world, uint32_t stream)
{
    return (struct suspicion){.number = stream == PLAN_STACKED
                                            ? world->campaign->plan.total + 1
                                            : case_of(world, stream),
                              .name = "a case",
                              .stream = stream,
                              .oracle = oracle_named("answers"),
                              .judgement = &hang};
}

/* A suspicion that was measured as test `test` of the campaign (0: not at all). */
static const char *conclude(struct world *world, uint32_t stream, uint64_t test,
                            bool confirmed)
{
    struct suspicion suspicion = suspect(world, stream);
    struct confirmation confirmation;
    const char *id;

    confirmation_init(&confirmation);
    confirmation.judgement = hang;
    confirmation.oracle = suspicion.oracle;
    confirmation.decision = (struct decision){.confirmed = confirmed,
                                              .repeated = test > 0,
                                              .replays = test ? 6 : 0,
                                              .failures = confirmed ? 6 : 0,
                                              .controls = test ? 6 : 0,
                                              .p = confirmed ? 0.001 : 1,
                                              .alpha = test ? 0.002 : 0,
                                              .test = test};
    MUST(findings_conclude(&world->findings, &world->recorder, &suspicion, &confirmation,
                           &id, &world->error));
    confirmation_free(&confirmation);
    return id;
}

static void hit(struct world *world, uint32_t stream)
{
    struct suspicion suspicion = suspect(world, stream);

    MUST(findings_hit(&world->findings, &world->recorder, &world->findings.known[0],
                      &suspicion, NULL, &world->error));
}

static bool is_skipped(struct world *world, uint32_t stream)
{
    uint32_t why;

    return skips_case(&world->findings.skips, case_of(world, stream), stream, &why);
}

/* The `nth` stream with the field of stream `like`; the plan has that many. */
static uint32_t same_field(struct world *world, uint32_t like, unsigned nth)
{
    const struct plan *plan = &world->campaign->plan;
    char field[200], other[200];

    stream_field(&plan->streams[like], field, sizeof field);
    for (uint32_t i = 0; i < plan->stream_count; i++)
        if (strcmp(stream_field(&plan->streams[i], other, sizeof other), field) == 0 &&
            nth-- == 0)
            return i;
    fail_msg("too few streams of %s", field);
    return 0;
}

static uint32_t stream_with_field(struct world *world)
{
    const struct plan *plan = &world->campaign->plan;
    char field[200];
    uint32_t stream = 0;

    while (!stream_field(&plan->streams[stream], field, sizeof field)[0])
        stream++;
    return stream;
}

/* --- the level ---------------------------------------------------------------------- */

static void a_resumed_run_goes_on_with_the_next_test(void **state)
{
    struct world *world = *state;

    assert_true(world->findings.level.alpha == 0.05);
    assert_int_equal(world->findings.level.tests, 0);
    assert_null(conclude(world, 0, 1, false));
    assert_null(conclude(world, 0, 0, false));
    assert_null(conclude(world, 1, 2, false));
    end(world);
    begin(world, true);
    assert_int_equal(world->findings.level.tests, 2);
    assert_int_equal(world->findings.suspicions, 3);
    assert_int_equal(ask(world, "SELECT count(*) FROM suspicion WHERE test IS NULL AND "
                                "p_value IS NULL AND alpha IS NULL"),
                     1);
    assert_int_equal(ask(world,
                         "SELECT count(*) FROM suspicion WHERE test = 2 AND p_value "
                         "= 1 AND alpha = 0.002 AND replays = 6"),
                     1);
}

/* The search gets rarer where a cause did not confirm, and only there; never does it end.
 */
static void what_did_not_confirm_is_remembered_by_stream(void **state)
{
    struct world *world = *state;
    struct suspicion here = suspect(world, 0), there = suspect(world, 1);

    for (int i = 0; i < 5; i++) {
        assert_int_equal(findings_searches(&world->findings, &here), true);
        conclude(world, 0, 0, false);
    }
    assert_false(findings_searches(&world->findings, &here));
    assert_true(findings_searches(&world->findings, &there));
    end(world);
    begin(world, true);
    assert_false(findings_searches(&world->findings, &here));
    for (int i = 0; i < 3; i++)
        conclude(world, 0, 0, false);
    assert_true(findings_searches(&world->findings, &here));
}

/* --- what is skipped ---------------------------------------------------------------- */

static void a_stream_that_keeps_hitting_a_finding_is_left_out(void **state)
{
    struct world *world = *state;

    assert_string_equal(conclude(world, 0, 1, true), "F-001");
    hit(world, 0);
    hit(world, 0);
    assert_false(is_skipped(world, 0));
    hit(world, 0);
    assert_true(is_skipped(world, 0));
    assert_int_equal(ask(world, "SELECT count(*) FROM skip"), 1);
    assert_int_equal(ask(world,
                         "SELECT count(*) FROM skip WHERE stream = 0 AND finding = "
                         "'F-001' AND scope = 'stream' AND hits = 3"),
                     1);
}

/* What happens now and then (a flaky device says what the finding says) skips nothing. */
static void rare_hits_skip_nothing(void **state)
{
    struct world *world = *state;

    conclude(world, 0, 1, true);
    for (int i = 0; i < 200; i++) {
        for (int sent = 0; sent < 30; sent++)
            skips_sent(&world->findings.skips, 0);
        hit(world, 0);
    }
    assert_int_equal(ask(world, "SELECT count(*) FROM skip"), 0);
    for (int i = 0; i < 101; i++)
        hit(world, 0); /* 301 of 6000: more than one in 20 */
    assert_true(is_skipped(world, 0));
}

/* Hits by many anomalies, none of them often: the field in all its streams. */
static void a_field_is_left_out_whatever_the_anomaly(void **state)
{
    struct world *world = *state;
    uint32_t like = stream_with_field(world), last = same_field(world, like, 5);

    conclude(world, like, 1, true);
    for (unsigned i = 0; i < 4; i++)
        hit(world, same_field(world, like, i));
    assert_false(is_skipped(world, last));
    hit(world, same_field(world, like, 4));
    assert_true(is_skipped(world, last));
    assert_int_equal(ask(world, "SELECT count(*) FROM skip WHERE scope <> 'field'"), 0);
    assert_int_equal(ask(world, "SELECT count(DISTINCT field) FROM stream JOIN skip ON "
                                "stream = stream.id"),
                     1);
    assert_int_equal(ask(world, "SELECT count(*) FROM skip"),
                     ask(world, "SELECT count(*) FROM stream WHERE field = (SELECT field "
                                "FROM stream JOIN skip ON stream = stream.id LIMIT 1)"));
}

/* A resumed run counts on where the killed one was, and leaves out what that did. */
static void hits_and_skips_survive_a_resume(void **state)
{
    struct world *world = *state;

    conclude(world, 0, 1, true);
    hit(world, 0);
    hit(world, 0);
    for (int i = 0; i < 3; i++)
        hit(world, 1);
    end(world);
    begin(world, true);
    assert_true(is_skipped(world, 1));
    assert_false(is_skipped(world, 0));
    hit(world, 0);
    assert_true(is_skipped(world, 0));
}

/* A stacked case is left out for the stream among its changes that is. */
static void stacked_cases_follow_their_streams(void **state)
{
    struct world *world = *state;
    const struct plan *plan = &world->campaign->plan;
    uint64_t number = plan->total + 1;
    uint32_t streams[PLAN_CHANGES], why;

    conclude(world, 0, 1, true);
    for (int i = 0; i < 20; i++)
        hit(world, PLAN_STACKED); /* which change did it is not known */
    assert_int_equal(ask(world, "SELECT count(*) FROM skip"), 0);
    plan_streams(plan, number, streams);
    assert_false(skips_case(&world->findings.skips, number, PLAN_STACKED, &why));
    for (int i = 0; i < 3; i++)
        hit(world, streams[0]);
    assert_true(skips_case(&world->findings.skips, number, PLAN_STACKED, &why));
    assert_true(world->findings.skips.streams[why]);
}

/* --- response classes --------------------------------------------------------------- */

static void note(struct world *world, uint64_t number, unsigned message, unsigned outcome,
                 uint64_t shape)
{
    struct case_result result = {
        .messages = 1, .last_message = message, .outcome = outcome, .reply_shape = shape};

    MUST(classes_note(&world->classes, &world->recorder, number, &result, &world->error));
}

static void each_response_class_is_stored_once(void **state)
{
    struct world *world = *state;
    struct case_result unsent = {.messages = 0};

    note(world, 1, 0, OUTCOME_ACCEPT, 7);
    note(world, 2, 0, OUTCOME_ACCEPT, 7);
    note(world, 3, 0, OUTCOME_REJECT, 7);
    note(world, 4, 1, OUTCOME_ACCEPT, 7);
    note(world, 5, 0, OUTCOME_SILENCE, 0);
    note(world, 6, 0, OUTCOME_ACCEPT, 8);
    MUST(classes_note(&world->classes, &world->recorder, 7, &unsent, &world->error));
    end(world);
    begin(world, true);
    note(world, 8, 0, OUTCOME_ACCEPT, 8);
    assert_int_equal(ask(world, "SELECT count(*) FROM response_class"), 5);
    assert_int_equal(ask(world, "SELECT sum(first_case) FROM response_class"),
                     1 + 3 + 4 + 5 + 6);
    assert_int_equal(ask(world, "SELECT count(*) FROM response_class WHERE shape = ''"),
                     1);
}

/* Which fields a reply has and what its enumerations say, not how many and which values.
 */
static void shapes_are_those_of_kinds(void **state)
{
    static const char *const replies[] = {
        "0001 0000 0007 01 03 04 0001 0002", "0002 0000 0009 01 03 06 0009 0008 0007",
        "0001 0000 0003 01 83 02",           "0001 0000 0003 01 83 03",
        "0001 0000 0006 01 06 0001 0002",    "0001 0000 0007 01 03 04 0001"};
    struct world *world = *state;
    uint64_t shapes[sizeof replies / sizeof replies[0]];
    struct buffer bytes = buffer_make(300);
    struct tree tree;

    tree_init(&tree, world->campaign->model);
    for (size_t i = 0; i < sizeof replies / sizeof replies[0]; i++) {
        buffer_clear(&bytes);
        assert_int_equal(bytes_from_hex(&bytes, replies[i]), 0);
        assert_int_equal(tree_parse(&tree, buffer_view(&bytes), true), 0);
        shapes[i] = tree_shape(&tree);
    }
    assert_true(shapes[0] == shapes[1]);
    for (size_t i = 1; i < sizeof replies / sizeof replies[0]; i++)
        for (size_t j = i + 1; j < sizeof replies / sizeof replies[0]; j++)
            if (shapes[i] == shapes[j])
                fail_msg("'%s' and '%s' have one shape", replies[i], replies[j]);
    tree_free(&tree);
    buffer_free(&bytes);
}

int main(void)
{
#define FINDINGS_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        FINDINGS_TEST(a_resumed_run_goes_on_with_the_next_test),
        FINDINGS_TEST(what_did_not_confirm_is_remembered_by_stream),
        FINDINGS_TEST(a_stream_that_keeps_hitting_a_finding_is_left_out),
        FINDINGS_TEST(rare_hits_skip_nothing),
        FINDINGS_TEST(a_field_is_left_out_whatever_the_anomaly),
        FINDINGS_TEST(hits_and_skips_survive_a_resume),
        FINDINGS_TEST(stacked_cases_follow_their_streams),
        FINDINGS_TEST(each_response_class_is_stored_once),
        FINDINGS_TEST(shapes_are_those_of_kinds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
