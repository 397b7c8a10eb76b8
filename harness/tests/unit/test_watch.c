/* What is watched beside the invariants: read at samples, judged, and proven. */
#include "rig.h"

#include "core/clock.h"
#include "engine/confirm.h"
#include "engine/falsify.h"

/* Registers 16 to 31 are the declared state, 4 counts starts, a loopback has a canary. */
static int set_up(void **state)
{
    struct rig *rig = rig_make(false, "variants/session.yaml", "timing: {answer: 300ms}");
    struct restoration restoration;

    if (runner_start(&rig->runner, &restoration, &rig->error) < 0)
        fail_msg("%s", rig->error.text);
    *state = rig;
    return 0;
}

static void change(struct rig *rig, unsigned address)
{
    pthread_mutex_lock(&rig->lock);
    rig->registers[address]++;
    pthread_mutex_unlock(&rig->lock);
}

/* Sends one request, then takes a sample. Returns the oracle that saw something, or "".
 */
static const char *run(struct rig *rig, const char *hex, const struct target *target)
{
    struct sequence_step step = {.number = 1};
    struct run_options options = {.sample = true, .target = target};
    struct buffer bytes = buffer_make(300);
    struct case_result result;
    struct sequence sequence;

    sequence_init(&sequence);
    assert_int_equal(bytes_from_hex(&bytes, hex), 0);
    assert_int_equal(sequence_append(&sequence, &step, buffer_view(&bytes)), 0);
    assert_int_equal(
        runner_run(&rig->runner, &sequence, 0, 1, &options, &result, &rig->error), 0);
    buffer_free(&bytes);
    sequence_free(&sequence);
    return result.oracle == ORACLE_NONE ? "" : oracle_kinds[result.oracle]->name;
}

#define READ "0002 0000 0006 01 03 0000 0005"
#define WRITE "0002 0000 0006 01 06 0014 0005"
/* Function 0x2c: the rig refuses what it does not know. */
#define UNKNOWN "0002 0000 0006 01 2c 0014 0005"

/* --- state -------------------------------------------------------------------------- */

static bool refuse(struct rig *rig, int connection, struct view frame)
{
    uint8_t out[300];
    size_t length = frame.data[7] == 0x2c
                        ? rig_wrap(rig, frame, (const uint8_t[]){0xac, 1}, 2, out)
                        : rig_reply(rig, frame, out);

    rig_write(connection, (struct view){out, length});
    return true;
}

static void a_change_behind_refused_requests_is_suspect(void **state)
{
    struct rig *rig = *state;

    rig_set(rig, refuse);
    assert_string_equal(run(rig, UNKNOWN, NULL), "");
    change(rig, 20);
    assert_string_equal(run(rig, UNKNOWN, NULL), "state");
    /* It is what it is from then on. */
    assert_string_equal(run(rig, UNKNOWN, NULL), "");
    /* Reading changes nothing, says the session. */
    change(rig, 20);
    assert_string_equal(run(rig, READ, NULL), "state");
}

static void an_accepted_change_explains_it(void **state)
{
    struct rig *rig = *state;

    rig_set(rig, refuse);
    assert_string_equal(run(rig, WRITE, NULL), "");
    assert_false(rig->runner.watch.readings.state.judged);
    assert_string_equal(run(rig, UNKNOWN, NULL), "");
    assert_true(rig->runner.watch.readings.state.judged);
    /* What is no part of it may change. */
    change(rig, 8);
    assert_string_equal(run(rig, UNKNOWN, NULL), "");
}

static void what_cannot_be_read_is_not_judged(void **state)
{
    struct rig *rig = *state;

    pthread_mutex_lock(&rig->lock);
    rig->deaf = true;
    pthread_mutex_unlock(&rig->lock);
    assert_string_equal(run(rig, READ, NULL), "alive");
    watch_sample(&rig->runner, NULL, &rig->error);
    assert_false(rig->runner.watch.readings.state.read);
    assert_false(rig->runner.watch.readings.reboots[0].known);
    pthread_mutex_lock(&rig->lock);
    rig->deaf = false;
    pthread_mutex_unlock(&rig->lock);
    change(rig, 20);
    change(rig, 4);
    rig_set(rig, refuse);
    assert_string_equal(run(rig, UNKNOWN, NULL), "");
}

/* --- signs of a reset --------------------------------------------------------------- */

static void a_counter_of_starts_shows_a_reset(void **state)
{
    struct rig *rig = *state;
    struct restoration restoration;

    change(rig, 4);
    assert_string_equal(run(rig, READ, NULL), "reboot");
    assert_string_equal(run(rig, READ, NULL), "");
    /* A reset by the harness is none of its own. */
    change(rig, 4);
    assert_int_equal(runner_restore(&rig->runner, RESET_WARM, &restoration, &rig->error),
                     0);
    assert_string_equal(run(rig, READ, NULL), "");
}

/* --- canaries ----------------------------------------------------------------------- */

static const uint8_t *canary_of(struct rig *rig)
{
    assert_int_equal(rig->runner.watch.canaries[0].length, CANARY_LENGTH);
    return rig->runner.watch.canaries[0].bytes;
}

static bool leak(struct rig *rig, int connection, struct view frame)
{
    static uint8_t held[19];
    uint8_t out[300];
    size_t length;

    if (frame.data[7] == 8 && frame.length == 7 + sizeof held)
        memcpy(held, frame.data + 7, sizeof held);
    if (frame.data[7] == 0x2c) {
        held[0] = 0xac;
        held[1] = 1;
        length = rig_wrap(rig, frame, held, 14, out);
    } else {
        length = rig_reply(rig, frame, out);
    }
    rig_write(connection, (struct view){out, length});
    return true;
}

static void a_canary_in_another_reply_is_a_leak(void **state)
{
    struct rig *rig = *state;
    uint8_t first[CANARY_LENGTH];

    memcpy(first, canary_of(rig), sizeof first);
    for (size_t i = 0; i < sizeof first; i++)
        assert_true(first[i] >= 'A' && first[i] <= 'Z');
    rig_set(rig, leak);
    assert_string_equal(run(rig, READ, NULL), "");
    assert_int_equal(rig->runner.watch.canary_count, 2); /* the sample planted another */
    assert_string_equal(run(rig, UNKNOWN, NULL), "leak");
}

/* Loopbacks come back with a word more. */
static bool overread(struct rig *rig, int connection, struct view frame)
{
    uint8_t pdu[40] = {0}, out[300];
    size_t length = frame.length - 7;

    if (frame.data[7] != 8 || length + 2 > sizeof pdu) {
        length = rig_reply(rig, frame, out);
    } else {
        memcpy(pdu, frame.data + 7, length);
        length = rig_wrap(rig, frame, pdu, length + 2, out);
    }
    rig_write(connection, (struct view){out, length});
    return true;
}

static void a_reply_longer_than_allowed_is_a_leak(void **state)
{
    struct rig *rig = *state;

    assert_string_equal(run(rig, "0002 0000 0006 01 08 0000 a537", NULL), "");
    rig_set(rig, overread);
    assert_string_equal(run(rig, READ, NULL), ""); /* another rule, another function */
    assert_string_equal(run(rig, "0002 0000 0006 01 08 0000 a537", NULL), "leak");
}

/* --- latency ------------------------------------------------------------------------ */

static int latency_index(void)
{
    for (int i = 0; oracle_kinds[i]; i++)
        if (strcmp(oracle_kinds[i]->name, "latency") == 0)
            return i;
    fail();
    return -1;
}

static bool dawdle(struct rig *rig, int connection, struct view frame)
{
    uint8_t out[300];
    size_t length = rig_reply(rig, frame, out);

    clock_sleep_until_ns(clock_now_ns() + 20 * CLOCK_MS);
    rig_write(connection, (struct view){out, length});
    return true;
}

static void slow_answers_are_held_against_the_baseline(void **state)
{
    struct rig *rig = *state;
    struct watch *watch = &rig->runner.watch;
    struct target target = {.oracle = latency_index()};

    latency_begin(&rig->runner, &rig->error);
    assert_true(watch->baseline_count >= 5);
    assert_true(watch->median_ns > 0 && watch->median_ns <= watch->p99_ns);
    rig_set(rig, dawdle);
    watch->median_ns = watch->p99_ns = CLOCK_MS; /* whatever this host did meanwhile */
    assert_string_equal(run(rig, READ, &target), "latency");
    watch->p99_ns = 10 * CLOCK_S;
    assert_string_equal(run(rig, READ, &target), "");
    watch->median_ns = 0; /* not measured */
    assert_string_equal(run(rig, READ, &target), "");
}

static void the_limit_is_the_longer_of_two(void **state)
{
    struct rig *rig = *state;

    rig->runner.watch.p99_ns = 0;
    assert_int_equal(latency_limit_ns(&rig->runner), 300 * CLOCK_MS);
    rig->runner.watch.p99_ns = 100 * CLOCK_MS;
    assert_int_equal(latency_limit_ns(&rig->runner), 300 * CLOCK_MS);
    rig->runner.watch.p99_ns = 101 * CLOCK_MS;
    assert_int_equal(latency_limit_ns(&rig->runner), 303 * CLOCK_MS);
}

/* --- resources ---------------------------------------------------------------------- */

static int64_t held, taken; /* handles, and how many more each time */

static int measure(struct device *device, struct resource_use *use, struct error *error)
{
    (void)device;
    (void)error;
    held += taken;
    *use = (struct resource_use){.memory_kib = -1, .handles = held};
    return 0;
}

/* The first of `count` samples at which growth is seen; 0: none. */
static int growth_seen(struct rig *rig, int count)
{
    for (int i = 1; i <= count; i++)
        if (strcmp(run(rig, READ, NULL), "resources") == 0)
            return i;
    return 0;
}

static void growth_that_goes_on_is_suspect(void **state)
{
    struct rig *rig = *state;
    struct restoration restoration;
    int seen;

    rig->device.resources = measure;
    rig->runner.device->can |= DEVICE_SEES_RESOURCES;
    assert_int_equal(growth_count(&rig->runner), 3); /* one is the session's own */
    held = 10;
    taken = 4;
    /* Four samples of warming up, the first that counts, four steps of 4 for 16, and six
     * samples at least. */
    seen = growth_seen(rig, 30);
    assert_int_equal(seen, 11);
    assert_int_equal(runner_restore(&rig->runner, RESET_WARM, &restoration, &rig->error),
                     0);
    taken = 0;
    assert_int_equal(growth_seen(rig, 5), 0);
    held += 100; /* once, and no more */
    assert_int_equal(growth_seen(rig, 20), 0);
}

static void a_counter_of_the_device_is_a_resource(void **state)
{
    struct rig *rig = *state;
    int seen = 0;

    assert_int_equal(growth_count(&rig->runner), 1);
    for (int i = 1; i <= 20 && !seen; i++) {
        for (int job = 0; job < 3; job++)
            change(rig, 3);
        if (strcmp(run(rig, READ, NULL), "resources") == 0)
            seen = i;
    }
    /* Five samples until the first that counts, six steps of 3 for 16. */
    assert_int_equal(seen, 11);
}

/* --- proofs ------------------------------------------------------------------------- */

static void what_it_said_is_falsified(void **state)
{
    static const struct {
        const char *oracle;
        enum proof proof;
    } proofs[] = {{"conformance", PROOF_SEEN},  {"leak", PROOF_SEEN},
                  {"invariant", PROOF_SEEN},    {"state", PROOF_SEEN},
                  {"reboot", PROOF_SEEN},       {"latency", PROOF_SEEN},
                  {"resources", PROOF_SEEN},    {"console", PROOF_UNTOLD},
                  {"answers", PROOF_IMPOSSIBLE}};
    struct rig *rig = *state;

    latency_begin(&rig->runner, &rig->error);
    for (size_t i = 0; i < sizeof proofs / sizeof proofs[0]; i++) {
        const char *text = "";
        enum proof proof =
            falsify(&rig->runner, oracle_kinds[oracle_named(proofs[i].oracle)], &text,
                    &rig->error);

        if (proof != proofs[i].proof)
            fail_msg("%s: %d", proofs[i].oracle, (int)proof);
        assert_true(text[0]);
    }
}

/* A device that nobody told the harness anything about is no proof of anything. */
static void a_dead_device_proves_nothing(void **state)
{
    static const char *const oracles[] = {"conformance", "leak",   "invariant",
                                          "state",       "reboot", "answers"};
    struct rig *rig = *state;

    pthread_mutex_lock(&rig->lock);
    rig->deaf = true;
    pthread_mutex_unlock(&rig->lock);
    for (size_t i = 0; i < sizeof oracles / sizeof oracles[0]; i++) {
        const char *text;

        if (falsify(&rig->runner, oracle_kinds[oracle_named(oracles[i])], &text,
                    &rig->error) != PROOF_IMPOSSIBLE)
            fail_msg("%s", oracles[i]);
    }
}

/* --- a session's words -------------------------------------------------------------- */

static const struct {
    const char *line, *has, *and_has;
} slips[] = {
    {"state-reads: [{read: nothing}]", "'read'", "found 'nothing'"},
    {"state-reads: [{value: reply.unit_id}]", "'read'", "missing"},
    {"state-reads: [{read: varying}]", "a key `value`", "varies"},
    {"state-reads: {read: read}", "'state-reads'", "a list"},
    {"state-changes: [{}]", "'when'", "missing"},
    {"reboots: [{id: a, read: read, value: reply.unit_id}]", "'must'", "missing"},
    {"reboots: [{id: a, read: read, value: reply.unit_id, must: fall}]", "'must'",
     "fall"},
    {"resources: [{id: a, read: read, value: reply.unit_id}]", "'limit'", "missing"},
    {"resources: [{id: a, read: read, value: reply.unit_id, limit: 0}]", "'limit'", "0"},
    {"canaries: [{message: read, field: pdu.body.start}]", "'field'", "8 bytes"},
    {"canaries: [{message: read, field: nowhere}]", "'field'", "found 'nowhere'"},
    {"canaries: [{message: short, field: pdu.body.data.words}]", "'field'", "8 bytes"},
    {"reply-limits: [{id: a}]", "'bytes'", "missing"},
    {"reply-limits: [{bytes: 5}]", "'id'", "missing"},
};

static void slips_in_a_session_are_refused(void **state)
{
    static const char start[] =
        "session: s\nprobe: read\ncanary: [read]\nstates: {ready: []}\n"
        "answers: [{belongs: 'true', rejected: 'false'}]\nmessages:\n"
        "  read: {fields: {pdu.function: 3, pdu.body.quantity: 5}}\n"
        "  varying: {fields: {pdu.function: 3, pdu.body.quantity: 5}, vary: unit_id}\n"
        "  short: {fields: {pdu.function: 8, pdu.body.sub: 0, pdu.body.data.words: [1]}}\n";
    struct model *model = need_model("modbus_tcp.ksy");
    char folder[SCRATCH_PATH], path[SCRATCH_PATH], text[1200];

    (void)state;
    scratch_make(folder);
    for (size_t i = 0; i < sizeof slips / sizeof slips[0]; i++) {
        struct error error = {""};

        snprintf(text, sizeof text, "%s%s\n", start, slips[i].line);
        scratch_write(folder, "session.yaml", text, path);
        assert_null(session_load(path, model, &error));
        if (!strstr(error.text, slips[i].has) || !strstr(error.text, slips[i].and_has) ||
            !strstr(error.text, ":10:"))
            fail_msg("%s: %s", slips[i].line, error.text);
    }
    scratch_remove(folder);
    model_free(model);
}

int main(void)
{
#define WATCH_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, rig_tear_down)
    const struct CMUnitTest tests[] = {
        WATCH_TEST(a_change_behind_refused_requests_is_suspect),
        WATCH_TEST(an_accepted_change_explains_it),
        WATCH_TEST(what_cannot_be_read_is_not_judged),
        WATCH_TEST(a_counter_of_starts_shows_a_reset),
        WATCH_TEST(a_canary_in_another_reply_is_a_leak),
        WATCH_TEST(a_reply_longer_than_allowed_is_a_leak),
        WATCH_TEST(slow_answers_are_held_against_the_baseline),
        WATCH_TEST(the_limit_is_the_longer_of_two),
        WATCH_TEST(growth_that_goes_on_is_suspect),
        WATCH_TEST(a_counter_of_the_device_is_a_resource),
        WATCH_TEST(what_it_said_is_falsified),
        WATCH_TEST(a_dead_device_proves_nothing),
        cmocka_unit_test(slips_in_a_session_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
