/* Sessions whose messages span frames: what is loaded, what cases send, what becomes of
 * it over a link to a device that echoes frames. */
#include "rig.h"

static const char model_text[] =
    "meta: {id: spoken, endian: be}\n"
    "-percuss-framing: {kind: terminator, start: 2, end: [13, 10], maximum: 60}\n"
    "-percuss-invalid: reject|silence|close\n"
    "seq:\n"
    "- {id: start, type: u1, valid: 2}\n"
    "- {id: count, type: u1}\n"
    "- {id: pieces, type: piece, repeat: expr, repeat-expr: count}\n"
    "- {id: end, contents: [13, 10]}\n"
    "types:\n"
    "  piece:\n"
    "    -percuss-segments: {bytes: text, maximum: 16, last: flags == 1, "
    "more: {flags: 0}%s}\n"
    "    seq:\n"
    "    - {id: flags, type: u1, valid: {max: 1}}\n"
    "    - {id: length, type: u2}\n"
    "    - {id: text, type: text, size: length}\n"
    "  text:\n"
    "    -percuss-invalid: accept\n"
    "    seq:\n"
    "    - {id: letter, type: u1, valid: {min: 0x61}}\n"
    "    - {id: rest, size-eos: true}\n";

static const char session_text[] =
    "session: spoken\nprobe: ping\ncanary: [ping]\nstates: {ready: []}\n"
    "messages:\n"
    "  ping: {fields: {'pieces[0].flags': 1, 'pieces[0].text.letter': 112}, "
    "control: true, fuzz: false}\n"
    "  long:\n"
    "    fields: {'pieces[0].flags': 1, 'pieces[0].text.letter': 97, "
    "'pieces[0].text.rest': BCDEFGHIJ}\n"
    "    pieces: 4\n"
    "answers:\n"
    "- belongs: reply.count == request.count\n"
    "  rejected: reply.pieces[0].text.letter == 0x7a\n"
    "conform:\n"
    "- {id: same, rule: 'reply.pieces[0].text.letter == request.pieces[0].text.letter'}\n";

enum { LONG = 1 };

static struct rig *make(const char *segments, const char *keys)
{
    char folder[SCRATCH_PATH], model_path[SCRATCH_PATH], session_path[SCRATCH_PATH];
    char text[2000];
    struct rig *rig;

    snprintf(text, sizeof text, model_text, segments);
    scratch_make(folder);
    scratch_write(folder, "model.ksy", text, model_path);
    scratch_write(folder, "session.yaml", session_text, session_path);
    rig = rig_make_with(RIG_MARKED, model_path, session_path, keys);
    scratch_remove(folder);
    return rig;
}

static int set_up_at_once(void **state)
{
    *state = make("", "timing: {answer: 300ms}");
    return 0;
}

static int set_up_acknowledged(void **state)
{
    *state = make(", acknowledged: true", "timing: {answer: 300ms}");
    return 0;
}

#define EXCLUDE                                                                  \
    "timing: {answer: 300ms}\nexclude:\n- {id: no_j, rationale: J ends it all, " \
    "when: 'request.pieces[0].text.rest.last == 0x4a and "                       \
    "request.pieces[0].text.rest.first == 0x42'}"

static int set_up_gated_at_once(void **state)
{
    *state = make("", EXCLUDE);
    return 0;
}

static int set_up_gated_acknowledged(void **state)
{
    *state = make(", acknowledged: true", EXCLUDE);
    return 0;
}

static struct exchange_result run(struct rig *rig, struct view bytes)
{
    struct exchange_result result;

    if (exchange_run(&rig->runner, bytes, &result, &rig->error) < 0)
        fail_msg("%s", rig->error.text);
    return result;
}

static void make_steps(struct rig *rig, struct script *script)
{
    script_init(script);
    assert_int_equal(generator_steps(&rig->runner.generator, LONG, 1, script), 0);
}

static void assert_reply_is_the_message(struct rig *rig)
{
    const struct session_message *message = &rig->campaign->session->messages[LONG];

    assert_int_equal(rig->runner.reply.violation_count, 0);
    assert_true(
        view_equal(buffer_view(&rig->runner.reply_bytes), buffer_view(&message->bytes)));
}

/* --- what is sent ------------------------------------------------------------------- */

static void frames_that_need_no_answer_are_one_step(void **state)
{
    static const uint8_t frames[] = {2, 1, 0, 0, 4, 'a', 'B', 'C', 'D', 13, 10,
                                     2, 1, 0, 0, 4, 'E', 'F', 'G', 'H', 13, 10,
                                     2, 1, 1, 0, 2, 'I', 'J', 13,  10};
    struct rig *rig = *state;
    struct exchange_result result;
    struct script script;

    make_steps(rig, &script);
    assert_int_equal(script.count, 1);
    assert_int_equal(script.steps[0].length, sizeof frames);
    assert_memory_equal(script.bytes.data, frames, sizeof frames);
    result = run(rig, script_bytes(&script, 0));
    assert_true(result.expectation.valid);
    assert_int_equal(result.expectation.frame_length, sizeof frames);
    assert_int_equal(rig->runner.request.violation_count, 0);
    assert_int_equal(result.outcome, OUTCOME_ACCEPT);
    assert_int_equal(result.extra_replies, 0);
    assert_int_equal(rig_count(rig, &rig->connections), 1);
    assert_reply_is_the_message(rig);
    if (!exchange_valid(&rig->runner, LONG, NULL, &rig->error))
        fail_msg("%s", rig->error.text);
    script_free(&script);
}

static void frames_that_are_acknowledged_are_steps(void **state)
{
    struct rig *rig = *state;
    struct script script;

    make_steps(rig, &script);
    assert_int_equal(script.count, 3);
    for (size_t i = 0; i < script.count; i++) {
        struct exchange_result result = run(rig, script_bytes(&script, i));

        assert_int_equal(result.outcome, OUTCOME_ACCEPT);
        assert_int_equal(result.expectation.frame_length, script.steps[i].length);
        assert_int_equal(result.extra_replies, 0);
    }
    assert_reply_is_the_message(rig);
    script_free(&script);
}

/* --- cases -------------------------------------------------------------------------- */

/* True when all of a case's frames, joined, are one message and break no rule but those
 * of the text. */
static bool is_one_message(struct rig *rig, const struct script *script)
{
    struct view rest = buffer_view(&script->bytes);
    struct joiner joiner;
    struct tree tree;
    size_t length = 0;
    bool fits = true;

    joiner_init(&joiner, rig->campaign->model, 1 << 20);
    tree_init(&tree, rig->campaign->model);
    while (fits && rest.length &&
           framing_split(model_framing(tree.model), rest, &length) == FRAME_WHOLE) {
        struct view frame = view_slice(rest, 0, length);

        assert_int_equal(tree_parse(&tree, frame, false), 0);
        fits = joiner_take(&joiner, &tree, frame) >= 0 &&
               joiner.problem == SEGMENT_FINE &&
               (tree.violation_count == 0 || rest.length == script->bytes.length);
        rest = view_slice(rest, length, rest.length);
    }
    fits = fits && rest.length == 0 && !joiner_is_open(&joiner);
    tree_free(&tree);
    joiner_free(&joiner);
    return fits;
}

static void what_changes_in_the_text_is_split_rightly(void **state)
{
    struct rig *rig = *state;
    const struct plan *plan = &rig->campaign->plan;
    struct generator generator;
    struct script script;
    size_t in_text = 0, longer = 0;

    generator_init(&generator, plan);
    script_init(&script);
    for (uint64_t number = 1; number <= plan->total + 2000; number++) {
        char path[160] = "", name[300];

        assert_int_equal(generator_case(&generator, number, &script), 0);
        assert_true(script.count > 0);
        if (script.stream == PLAN_STACKED)
            continue;
        stream_path(&plan->streams[script.stream], path, sizeof path);
        if (strncmp(path, "pieces[0].text", 14) != 0)
            continue;
        /* CR LF in the text ends a frame too early. */
        if (strstr(plan_name(plan, number, name, sizeof name), "newlines"))
            continue;
        in_text++;
        longer += script.bytes.length > 100;
        if (!is_one_message(rig, &script))
            fail_msg("case %llu, %s: its frames are not one message",
                     (unsigned long long)number, name);
    }
    assert_true(in_text > 100 && longer > 3);
    script_free(&script);
    generator_free(&generator);
}

/* The letters of the text as they are sent, '|' between frames. */
static void letters_of(const struct script *script, char *text)
{
    struct view rest = buffer_view(&script->bytes);

    while (rest.length > 7) {
        size_t length = rest.data[4];

        memcpy(text, rest.data + 5, length);
        text += length;
        *text++ = '|';
        rest = view_slice(rest, length + 7, rest.length);
    }
    *text = '\0';
}

static size_t count_frames(const char *letters)
{
    size_t count = 0;

    for (; *letters; letters++)
        count += *letters == '|';
    return count;
}

static void pieces_go_astray(void **state)
{
    static const struct {
        const char *label, *letters;
    } ways[] = {
        {"[piece:piece 1 left out]", "EFGH|IJ|"},
        {"[piece:piece 2 left out]", "aBCD|IJ|"},
        {"[piece:piece 3 left out]", "aBCD|EFGH|"},
        {"[piece:piece 1 twice]", "aBCD|aBCD|EFGH|IJ|"},
        {"[piece:piece 3 twice]", "aBCD|EFGH|IJ|IJ|"},
        {"[piece:piece 1 behind the next]", "EFGH|aBCD|IJ|"},
        {"[piece:piece 2 behind the next]", "aBCD|IJ|EFGH|"},
        {"[piece:piece 1 and no more]", "aBCD|"},
        {"[piece:piece 2 and no more]", "aBCD|EFGH|"},
    };
    enum { WAYS = sizeof ways / sizeof ways[0] };
    struct rig *rig = *state;
    const struct plan *plan = &rig->campaign->plan;
    bool steps = model_acknowledges(rig->campaign->model);
    struct generator generator;
    struct script script;
    char name[300], letters[300];
    unsigned found = 0, pieces = 0;

    generator_init(&generator, plan);
    script_init(&script);
    for (uint64_t number = 1; number <= plan->total; number++) {
        pieces += strstr(plan_name(plan, number, name, sizeof name), "[piece:") != NULL;
        for (size_t i = 0; i < WAYS; i++) {
            if (!strstr(name, ways[i].label))
                continue;
            found++;
            assert_int_equal(generator_case(&generator, number, &script), 0);
            letters_of(&script, letters);
            assert_string_equal(letters, ways[i].letters);
            assert_int_equal(script.count, steps ? count_frames(letters) : 1);
        }
    }
    assert_int_equal(found, WAYS);
    assert_int_equal(pieces, 10);
    script_free(&script);
    generator_free(&generator);
}

/* --- safety ------------------------------------------------------------------------- */

static void what_only_the_joined_message_shows_is_kept_back(void **state)
{
    struct rig *rig = *state;
    struct exchange_result result = {0};
    struct script script;
    unsigned came;

    make_steps(rig, &script);
    for (size_t i = 0; i < script.count; i++) {
        result = run(rig, script_bytes(&script, i));
        if (i + 1 < script.count)
            assert_false(result.refused);
    }
    assert_true(result.refused);
    came = rig_count(rig, &rig->frames);
    assert_int_equal(came, script.count == 1 ? 0 : 2);
    script_free(&script);
}

/* --- replies ------------------------------------------------------------------------ */

static bool answer_without_end(struct rig *rig, int connection, struct view frame)
{
    static const uint8_t part[] = {2, 1, 0, 0, 3, 'b', 'b', 'b', 13, 10};

    (void)rig;
    (void)frame;
    for (int i = 0; i < 500; i++)
        rig_write(connection, (struct view){part, sizeof part});
    return true;
}

static void a_reply_that_never_becomes_whole_is_none(void **state)
{
    struct rig *rig = *state;
    struct exchange_result result;
    struct script script;

    make_steps(rig, &script);
    rig_set(rig, answer_without_end);
    result = run(rig, script_bytes(&script, 0));
    assert_false(result.has_reply);
    assert_true(result.probed);
    assert_false(result.probe_ok);
    rig_set(rig, NULL);
    wire_disconnect(&rig->runner.wire);
    assert_int_equal(run(rig, script_bytes(&script, 0)).outcome, OUTCOME_ACCEPT);
    assert_reply_is_the_message(rig);
    script_free(&script);
}

/* --- what is refused ---------------------------------------------------------------- */

static void check_refused(const char *segments, const char *from, const char *to,
                          const char *words)
{
    char folder[SCRATCH_PATH], model_path[SCRATCH_PATH], session_path[SCRATCH_PATH];
    char text[2000], *place;
    struct error error = {""};
    struct session *session;
    struct model *model;

    scratch_make(folder);
    snprintf(text, sizeof text, model_text, segments);
    scratch_write(folder, "model.ksy", text, model_path);
    snprintf(text, sizeof text, "%s", session_text);
    place = strstr(text, from);
    assert_non_null(place);
    snprintf(place, sizeof text - (size_t)(place - text), "%s%s", to,
             strstr(session_text, from) + strlen(from));
    scratch_write(folder, "session.yaml", text, session_path);
    model = model_load(model_path, &error);
    assert_non_null(model);
    session = session_load(session_path, model, &error);
    if (session)
        fail_msg("'%s' was loaded", to);
    if (!strstr(error.text, words) || !strstr(error.text, "session.yaml:"))
        fail_msg("'%s' does not say '%s'", error.text, words);
    model_free(model);
    scratch_remove(folder);
}

static void wrong_pieces_are_told(void **state)
{
    (void)state;
    check_refused("", "pieces: 4", "pieces: 0", "1 to 16");
    check_refused("", "pieces: 4", "pieces: 17", "1 to 16");
    check_refused("", "pieces: 4", "pieces: 4\n    holes: {count: x}", "holes");
    check_refused("", "'pieces[0].flags': 1, 'pieces[0].text.letter': 97",
                  "'pieces[0].flags': 0, 'pieces[0].text.letter': 97",
                  "last of its frames");
    check_refused(", acknowledged: true", "probe: ping", "probe: long", "acknowledged");
    check_refused(", acknowledged: true", "canary: [ping]", "canary: [long]",
                  "acknowledged");
    check_refused(", acknowledged: true", "pieces: 4", "pieces: 4\n    control: true",
                  "acknowledged");
}

int main(void)
{
#define AT_ONCE(name) cmocka_unit_test_setup_teardown(name, set_up_at_once, rig_tear_down)
#define ACKNOWLEDGED(name) \
    cmocka_unit_test_setup_teardown(name, set_up_acknowledged, rig_tear_down)
    const struct CMUnitTest tests[] = {
        AT_ONCE(frames_that_need_no_answer_are_one_step),
        ACKNOWLEDGED(frames_that_are_acknowledged_are_steps),
        AT_ONCE(what_changes_in_the_text_is_split_rightly),
        ACKNOWLEDGED(what_changes_in_the_text_is_split_rightly),
        AT_ONCE(pieces_go_astray),
        ACKNOWLEDGED(pieces_go_astray),
        cmocka_unit_test_setup_teardown(what_only_the_joined_message_shows_is_kept_back,
                                        set_up_gated_at_once, rig_tear_down),
        cmocka_unit_test_setup_teardown(what_only_the_joined_message_shows_is_kept_back,
                                        set_up_gated_acknowledged, rig_tear_down),
        AT_ONCE(a_reply_that_never_becomes_whole_is_none),
        cmocka_unit_test(wrong_pieces_are_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
