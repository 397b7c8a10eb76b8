/* Reproducer files: written and read back, and refused when they are something else. */
#include "campaigns.h"
#include "engine/reproducer.h"

struct world {
    char folder[SCRATCH_PATH], path[SCRATCH_PATH];
    struct campaign *campaign;
    struct error error;
};

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);

    assert_non_null(world);
    scratch_make(world->folder);
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

/* Every kind of event, and answers that were not the same in all replays. */
static void fill_trace(struct trace *trace)
{
    struct trace other;

    trace_init(trace);
    trace_init(&other);
    for (int i = 0; i < TRACE_KINDS; i++) {
        bool has_bytes = i == TRACE_SENT || i == TRACE_RECEIVED;

        trace_append(trace, (enum trace_kind)i, view_text(has_bytes ? "abcde" : ""));
        trace_append(&other, (enum trace_kind)i,
                     view_text(i == TRACE_SENT       ? "abcde"
                               : i == TRACE_RECEIVED ? "abXd"
                                                     : ""));
        trace->events[i].after_ns = (i + 1) * CLOCK_MS;
        trace->events[i].lasted_ns = i * 1000;
    }
    assert_true(trace_lay_over(trace, &other));
    trace_free(&other);
}

static void assert_same_trace(const struct trace *a, const struct trace *b)
{
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        assert_int_equal(a->events[i].kind, b->events[i].kind);
        assert_true(a->events[i].after_ns == b->events[i].after_ns);
        assert_true(a->events[i].lasted_ns == b->events[i].lasted_ns);
        assert_int_equal(a->events[i].least, b->events[i].least);
        assert_int_equal(a->events[i].most, b->events[i].most);
        for (size_t j = 0; j < a->events[i].length; j++) {
            size_t place = a->events[i].offset + j;

            assert_int_equal(a->same.data[place], b->same.data[place]);
            if (a->same.data[place])
                assert_int_equal(a->bytes.data[place], b->bytes.data[place]);
        }
    }
}

/* One with something in every place, written to `path`. */
static void write_full(struct world *world, struct reproducer *written,
                       char path[SCRATCH_PATH])
{
    const struct session *session = world->campaign->session;

    *written = (struct reproducer){.id = "F-007",
                                   .oracle = "conformance",
                                   .cause = "reply \"breaks\" <rule>\n\t\xc3\xa4",
                                   .title = "a title",
                                   .kind = "conformance",
                                   .campaign_text = "device: {kind: \"x\"}\n# \xc3\xa4\n",
                                   .replays = 3,
                                   .fault = {.kind = FAULT_GUEST,
                                             .cause = "UsageFault f",
                                             .title = "UsageFault in f"},
                                   .case_name = "modbus_tcp/ready/x[y]",
                                   .first_case = 123456789012,
                                   .seed = INT64_MAX,
                                   .sample = true};
    snprintf(written->plan_hash, sizeof written->plan_hash, "%s",
             world->campaign->plan.hash);
    snprintf(written->campaign_path, sizeof written->campaign_path, "%s/a/c.yaml",
             world->folder);
    sequence_init(&written->sequence);
    fill_trace(&written->trace);
    for (unsigned m = 0; m < session->message_count; m++) {
        struct sequence_step step = {.number = m / 2 + 1, .message = m, .fuzzed = m % 2};

        assert_int_equal(sequence_append(&written->sequence, &step,
                                         buffer_view(&session->messages[m].bytes)),
                         0);
    }
    assert_int_equal(sequence_append(&written->sequence, &(struct sequence_step){0},
                                     (struct view){(const uint8_t *)"\xff\0\xff", 3}),
                     0);
    scratch_path(world->folder, "r.json", path);
    assert_int_equal(reproducer_write(path, world->campaign, written, &world->error), 0);
}

static void forget(struct reproducer *written, struct reproducer *read)
{
    sequence_free(&written->sequence);
    trace_free(&written->trace);
    reproducer_free(read);
}

static void assert_same_texts(const struct reproducer *read,
                              const struct reproducer *written)
{
    const char *const texts[][2] = {
        {read->id, written->id},
        {read->oracle, written->oracle},
        {read->cause, written->cause},
        {read->title, written->title},
        {read->kind, written->kind},
        {read->campaign_text, written->campaign_text},
        {read->campaign_path, written->campaign_path},
        {read->plan_hash, written->plan_hash},
        {read->case_name, written->case_name},
        {read->fault.cause, written->fault.cause},
        {read->fault.title, written->fault.title},
    };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_string_equal(texts[i][0], texts[i][1]);
}

static void the_head_that_was_written_is_read(void **state)
{
    struct world *world = *state;
    struct reproducer written, read;
    char path[SCRATCH_PATH];

    write_full(world, &written, path);
    assert_int_equal(reproducer_read_head(path, &read, &world->error), 0);
    assert_same_texts(&read, &written);
    assert_int_equal(read.replays, 3);
    assert_int_equal(read.fault.kind, FAULT_GUEST);
    assert_true(read.first_case == written.first_case);
    assert_true(read.seed == written.seed);
    assert_true(read.sample);
    assert_same_trace(&read.trace, &written.trace);
    assert_int_equal(read.sequence.count, 0);
    forget(&written, &read);
}

static void the_steps_that_were_written_are_read(void **state)
{
    struct world *world = *state;
    struct reproducer written, read;
    char path[SCRATCH_PATH];

    write_full(world, &written, path);
    assert_int_equal(reproducer_read_head(path, &read, &world->error), 0);
    assert_int_equal(
        reproducer_read_sequence(path, world->campaign, &read, &world->error), 0);
    assert_int_equal(read.sequence.count, written.sequence.count);
    for (size_t i = 0; i < read.sequence.count; i++) {
        const struct sequence_step *step = &read.sequence.steps[i],
                                   *wanted = &written.sequence.steps[i];

        assert_true(view_equal(sequence_bytes(&read.sequence, i),
                               sequence_bytes(&written.sequence, i)));
        assert_int_equal(step->number, wanted->number);
        assert_int_equal(step->message, wanted->message);
        assert_int_equal(step->fuzzed, wanted->fuzzed);
    }
    forget(&written, &read);
}

/* Titles hold what a device said: no letter of it becomes C. */
static void no_title_ends_the_comment_of_the_program(void **state)
{
    struct world *world = *state;
    struct reproducer hostile = {.id = "F-001",
                                 .oracle = "exit",
                                 .title = "a */ int b; /* \n#error c \\\n \x1b[2J",
                                 .case_name = "x/y[z */]"};
    char path[SCRATCH_PATH + 20], text[20000];
    const char *end;
    FILE *file;

    sequence_init(&hostile.sequence);
    assert_int_equal(sequence_append(&hostile.sequence, &(struct sequence_step){0},
                                     (struct view){NULL, 0}),
                     0);
    snprintf(path, sizeof path, "%s/r.c", world->folder);
    assert_int_equal(
        reproducer_write_program(path, world->campaign, &hostile, &world->error), 0);
    file = fopen(path, "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    end = strstr(text, "*/");
    assert_non_null(end);
    assert_int_equal(strncmp(end, "*/\n#define _POSIX_C_SOURCE", 26), 0);
    assert_null(strstr(text, "\n#error"));
    assert_null(strchr(text, '\x1b'));
    assert_non_null(strstr(text, "message_1[] = {0};"));
    sequence_free(&hostile.sequence);
}

static void a_place_that_cannot_be_written_is_an_error(void **state)
{
    struct world *world = *state;
    struct reproducer empty = {.id = "F-001", .campaign_text = ""};

    sequence_init(&empty.sequence);
    assert_int_equal(
        reproducer_write("/nonexistent/r.json", world->campaign, &empty, &world->error),
        -1);
    assert_non_null(strstr(world->error.text, "/nonexistent/r.json"));
}

#define FACTS                                                                           \
    "\"percuss_reproducer\": 2, \"id\": \"F\", \"oracle\": \"exit\", \"kind\": \"k\", " \
    "\"cause\": \"c\", \"title\": \"t\", \"campaign\": \"p\", \"plan_hash\": \"h\", "   \
    "\"case_name\": \"n\""
#define TEXT FACTS ", \"campaign_text\": \"\""
#define HEAD TEXT ", \"wire\": [], \"fault\": null"

static const struct {
    const char *text, *has;
    bool in_head;
} bad[] = {
    {"", "r.json:", true},
    {"{", "r.json:", true},
    {"[]", "expected a percuss reproducer", true},
    {"{\"percuss_reproducer\": 1}", "expected a percuss reproducer", true},
    {"{\"percuss_reproducer\": \"2\"}", "expected a percuss reproducer", true},
    {"{\"percuss_reproducer\": 2}", "'id'", true},
    {"{\"percuss_reproducer\": 2, \"id\": 5}", "'id'", true},
    {"{" FACTS "}", "'campaign_text'", true},
    {"{" FACTS ", \"oracle\": \"o\"}",
     "key 'oracle': expected the name of one, found 'o'", true},
    {"{" TEXT "}", "'wire'", true},
    {"{" TEXT ", \"wire\": [{\"event\": \"sung\"}]}", "event 1", true},
    {"{" TEXT ", \"wire\": [{\"event\": \"sent\", \"bytes\": \"0\"}]}", "event 1", true},
    {"{" TEXT ", \"wire\": [{\"event\": \"received\", \"bytes\": \"?0\"}]}", "event 1",
     true},
    {"{" TEXT ", \"wire\": [], \"fault\": {\"kind\": \"luck\"}}", "'fault'", true},
    {"{" HEAD "}", "'steps'", false},
    {"{" HEAD ", \"steps\": {}}", "'steps'", false},
    {"{" HEAD ", \"steps\": []}", "'steps'", false},
    {"{" HEAD ", \"steps\": [5]}", "no message ''", false},
    {"{" HEAD ", \"steps\": [{\"message\": \"fly\", \"bytes\": \"00\"}]}", "'fly'",
     false},
    {"{" HEAD ", \"steps\": [{\"message\": \"read_bits\"}]}", "'bytes'", false},
    {"{" HEAD ", \"steps\": [{\"message\": \"read_bits\", \"bytes\": \"0\"}]}", "'bytes'",
     false},
    {"{" HEAD ", \"steps\": [{\"message\": \"read_bits\", \"bytes\": \"0g\"}]}",
     "step 1: key 'bytes'", false},
    {"{" HEAD ", \"steps\": [{\"message\": \"read_bits\", \"bytes\": \"00\"}, "
     "{\"message\": \"read_bits\", \"bytes\": 7}]}",
     "step 2: key 'bytes'", false},
};

static void other_files_are_refused_in_words(void **state)
{
    struct world *world = *state;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct reproducer read;
        char path[SCRATCH_PATH];
        int status;

        scratch_write(world->folder, "r.json", bad[i].text, path);
        status = reproducer_read_head(path, &read, &world->error);
        assert_int_equal(status, bad[i].in_head ? -1 : 0);
        if (!bad[i].in_head)
            assert_int_equal(
                reproducer_read_sequence(path, world->campaign, &read, &world->error),
                -1);
        if (!strstr(world->error.text, bad[i].has) ||
            !strstr(world->error.text, "r.json"))
            fail_msg("%s gave: %s", bad[i].text, world->error.text);
        reproducer_free(&read);
    }
}

static void a_missing_file_is_named(void **state)
{
    struct world *world = *state;
    struct reproducer read;

    assert_int_equal(reproducer_read_head("/nonexistent/r.json", &read, &world->error),
                     -1);
    assert_non_null(strstr(world->error.text, "/nonexistent/r.json"));
    assert_int_equal(reproducer_read_sequence("/nonexistent/r.json", world->campaign,
                                              &read, &world->error),
                     -1);
}

/* Texts longer than their place are cut, never overrun. */
static void long_texts_are_cut(void **state)
{
    struct world *world = *state;
    char text[3000], path[SCRATCH_PATH], longer[1500];
    struct reproducer read;

    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    snprintf(
        text, sizeof text,
        "{\"percuss_reproducer\": 2, \"id\": \"%.100s\", \"oracle\": \"exit\", \"kind\": "
        "\"k\", \"cause\": \"%s\", \"title\": \"t\", \"campaign\": \"p\", "
        "\"plan_hash\": \"%.100s\", \"case_name\": \"n\", \"campaign_text\": \"\", "
        "\"wire\": [], \"fault\": null}",
        longer, longer, longer);
    scratch_write(world->folder, "r.json", text, path);
    assert_int_equal(reproducer_read_head(path, &read, &world->error), 0);
    assert_int_equal(strlen(read.id), sizeof read.id - 1);
    assert_int_equal(strlen(read.cause), sizeof read.cause - 1);
    assert_int_equal(strlen(read.plan_hash), sizeof read.plan_hash - 1);
    reproducer_free(&read);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_head_that_was_written_is_read),
        cmocka_unit_test(the_steps_that_were_written_are_read),
        cmocka_unit_test(no_title_ends_the_comment_of_the_program),
        cmocka_unit_test(a_place_that_cannot_be_written_is_an_error),
        cmocka_unit_test(other_files_are_refused_in_words),
        cmocka_unit_test(a_missing_file_is_named),
        cmocka_unit_test(long_texts_are_cut),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
