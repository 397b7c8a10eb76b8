/* Session files: what is read, what is refused and in which words; what a device may do
 * with any bytes. */
#include "anomalies.h"
#include "expect.h"

struct world {
    struct model *tcp, *rtu;
    struct session *registers, *pump;
    struct tree tree;
    struct buffer bytes;
    struct expectation expectation;
    char folder[SCRATCH_PATH];
};

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);

    assert_non_null(world);
    world->tcp = need_model("modbus_tcp.ksy");
    world->rtu = need_model("modbus_rtu.ksy");
    world->registers = need_session("registers.yaml", world->tcp);
    world->pump = need_session("pump.yaml", world->rtu);
    world->bytes = buffer_make(70000);
    scratch_make(world->folder);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    tree_free(&world->tree);
    buffer_free(&world->bytes);
    session_free(world->registers);
    session_free(world->pump);
    model_free(world->tcp);
    model_free(world->rtu);
    scratch_remove(world->folder);
    free(world);
    return 0;
}

/* --- the target's own files
 * ------------------------------------------------------------- */

static void every_session_loads_with_every_model(void **state)
{
    (void)state;
    for (int i = 0; i < TARGETS; i++) {
        struct model *model = need_model(targets[i].model);
        struct session *session = need_session(targets[i].session, model);

        assert_true(session->message_count >= 11);
        assert_int_equal(session->states[0].path_count, 0);
        assert_non_null(session->belongs);
        assert_non_null(session->rejected);
        assert_int_equal(strlen(session->hash), 64);
        for (size_t m = 0; m < session->message_count; m++) {
            assert_int_equal(session->messages[m].tree.violation_count, 0);
            assert_true(session->messages[m].bytes.length >=
                        model_framing(model)->minimum);
        }
        session_free(session);
        model_free(model);
    }
}

static void entries_of_another_model_are_passed_over(void **state)
{
    struct world *world = *state;
    struct session *rtu = need_session("registers.yaml", world->rtu);

    /* unit_echoed speaks of a field that only Modbus TCP has. */
    assert_string_equal(world->registers->conforms[0].id, "unit_echoed");
    assert_string_not_equal(rtu->conforms[0].id, "unit_echoed");
    assert_int_equal(rtu->conform_count, world->registers->conform_count - 1);
    assert_string_equal(world->registers->hash, rtu->hash);
    session_free(rtu);
}

static void the_pump_session_is_read_whole(void **state)
{
    struct world *world = *state;
    const struct session *pump = world->pump;
    const struct session_message *echo = &pump->messages[message_named(pump, "echo")];
    const struct session_message *data =
        &pump->messages[message_named(pump, "block_data")];
    const struct session_message *begin =
        &pump->messages[message_named(pump, "begin_block")];

    assert_string_equal(pump->id, "modbus-pump");
    assert_int_equal(pump->state_count, 3);
    assert_int_equal(pump->states[2].path_count, 2);
    assert_int_equal(pump->states[2].path[1], message_named(pump, "begin_block"));
    assert_int_equal(pump->probe, message_named(pump, "echo"));
    assert_int_equal(pump->canary_count, 3);
    assert_true(echo->control);
    assert_int_equal(echo->vary, tree_find(&echo->tree, "pdu.body.data.words[0]"));
    assert_int_equal(begin->vary, TREE_NONE);
    assert_int_equal(pump->capture_count, 1);
    assert_string_equal(pump->captures[0], "handle");
    assert_int_equal(begin->capture_count, 1);
    assert_int_equal(data->hole_count, 1);
    assert_string_equal(data->holes[0].path, "pdu.body.body.handle");
    assert_int_equal(data->holes[0].capture, begin->captures[0].capture);
    assert_string_equal(data->states[0], "transferring");
    assert_int_equal(echo->state_count, 0);
    assert_string_equal(session_home(pump, (unsigned)(data - pump->messages))->name,
                        "transferring");
    assert_string_equal(session_home(pump, (unsigned)(echo - pump->messages))->name,
                        "ready");
    assert_null(pump->more);
    assert_null(pump->ends);
    assert_true(echo->fuzz);
    /* `defaults` count unless a message names the field. */
    for (size_t m = 0; m < pump->message_count; m++)
        assert_int_equal(pump->messages[m].bytes.data[0], 1);
    for (size_t m = 0; m < world->registers->message_count; m++)
        assert_int_equal(world->registers->messages[m].bytes.data[6], 1);
}

/* --- made for the test
 * ------------------------------------------------------------------ */

static const char *const plain[] = {
    /* 1 */ "session: s",
    /* 2 */ "probe: read",
    /* 3 */ "canary: [read]",
    /* 4 */ "answers:",
    /* 5 */
    "- {belongs: 'reply.pdu.function == request.pdu.function', rejected: 'false'}",
    /* 6 */ "states: {ready: []}",
    /* 7 */ "messages:",
    /* 8 */ "  read:",
    /* 9 */
    "    fields: {pdu.function: read_coils, pdu.body.start: 0, pdu.body.quantity: 8}",
    /* 10 */ "    control: true",
    /* 11 */ "title: a test",
};
enum { PLAIN = sizeof plain / sizeof plain[0] };

static struct session *load_text(struct world *world, const char *text,
                                 struct error *error)
{
    char path[SCRATCH_PATH + 32];

    scratch_write(world->folder, "session.yaml", text, path);
    return session_load(path, world->tcp, error);
}

/* The plain session with one line replaced. */
static void plain_with(unsigned line, const char *instead, char *text, size_t size)
{
    size_t used = 0;

    text[0] = '\0';
    for (unsigned i = 0; i < PLAIN; i++)
        used += (size_t)snprintf(text + used, size - used, "%s\n",
                                 i + 1 == line ? instead : plain[i]);
    assert_true(used < size);
}

static void the_plain_session_is_right(void **state)
{
    struct world *world = *state;
    struct error error = {""};
    char text[2000];
    struct session *session;

    plain_with(0, "", text, sizeof text);
    session = load_text(world, text, &error);
    if (!session)
        fail_msg("%s", error.text);
    assert_string_equal(session->title, "a test");
    session_free(session);
}

/* `line` of the plain session replaced gives an error at `at` that has both texts. */
static const struct {
    unsigned line;
    const char *instead;
    unsigned at;
    const char *has, *and_has;
} slips[] = {
    {1, "sesion: s", 1, "'sesion'", "not known here"},
    {1, "", 2, "'session'", "missing"},
    {1, "session: [a]", 1, "'session'", "expected"},
    {2, "", 1, "`probe`", ""},
    {2, "probe: raed", 2, "'probe'", "found 'raed'"},
    {2, "probe: [read]", 2, "'probe'", "message"},
    {3, "", 1, "`canary`", ""},
    {3, "canary: []", 3, "'canary'", "at least one message"},
    {3, "canary: read", 3, "'canary'", "a list of message names"},
    {3, "canary: [read, write]", 3, "message", "found 'write'"},
    {3, "canary: [raed]", 3, "found 'raed'", "did you mean 'read'?"},
    {5, "- {belongs: 'true'}", 5, "'rejected'", "missing"},
    {5, "- {rejected: 'true'}", 5, "'belongs'", "missing"},
    {5, "- {belongs: 'reply.pdu.', rejected: 'true'}", 5, "'belongs'", "a name after"},
    {5, "- {belongs: 'other.pdu == 1', rejected: 'true'}", 5, "'belongs'", "other"},
    {5, "- {belongs: [1], rejected: 'true'}", 5, "'belongs'", "expected"},
    {5, "- {model: modbus_rtu, belongs: 'true', rejected: 'true'}", 1, "`answers`",
     "modbus_tcp"},
    {5, "- {model: [1], belongs: 'true', rejected: 'true'}", 5, "'model'",
     "a model's id"},
    {5, "- {belongs: 'true', rejected: 'true', more: 'other.pdu == 1'}", 5, "'more'",
     "other"},
    {5, "- {belongs: 'true', rejected: 'true', ends: [1]}", 5, "'ends'", "expected"},
    {5, "- {belongs: 'true', rejected: 'true', opens: [1]}", 5, "'opens'", "expected"},
    {5, "- {belongs: 'true', rejected: 'true', trails: [1]}", 5, "'trails'", "expected"},
    {5, "- read", 5, "expected a map", ""},
    {6, "", 1, "`states`", ""},
    {6, "states: [ready]", 6, "'states'", "a map"},
    {6, "states: {ready: read}", 6, "'ready'", "a list of message names"},
    {6, "states: {ready: [read]}", 6, "'ready'", "an empty path"},
    {6, "states: {ready: [], open: [unlock]}", 6, "message", "found 'unlock'"},
    {7, "defaults: {modbus_tcp: {pdu.nothing: 1}}\nmessages:", 7, "'pdu.nothing'",
     "a field path of modbus_tcp"},
    {7, "defaults: {modbus_tcp: {unit_id: one}}\nmessages:", 7, "'unit_id'",
     "an integer"},
    {7, "defaults: {modbus_tcp: [1]}\nmessages:", 7, "'modbus_tcp'", "a map"},
    {7, "defaults: [1]\nmessages:", 7, "'defaults'", "a map"},
    {7, "extends: nowhere.yaml\nmessages:", 7, "'extends'", "nowhere.yaml"},
    {8, "  read:\n    colour: red", 9, "'colour'", "not known here"},
    {8, "  read:\n    states: [closed]", 8, "'read'", "'closed'"},
    {8, "  read:\n    states: ready", 9, "'states'", "a list of state names"},
    {8, "  read:\n    states: [[ready]]", 9, "a state's name", ""},
    {8, "  read:\n    vary: pdu.body", 9, "'vary'", "integer field"},
    {8, "  read:\n    vary: pdu.body.colour", 9, "'vary'", "integer field"},
    {8, "  read:\n    fuzz: perhaps", 9, "'fuzz'", "found 'perhaps'"},
    {10, "    control: 2", 10, "'control'", ""},
    {8, "  read:\n    holes: {pdu.colour: x}", 9, "'pdu.colour'", "FIELD-PATH: NAME"},
    {8, "  read:\n    holes: [x]", 8, "`holes`", ""},
    {8, "  read:\n    capture: {x: 'reply.'}", 9, "'x'", "a name after"},
    {8, "  read:\n    capture: {x: [1]}", 9, "'x'", "expected"},
    {9, "    fields: [1]", 9, "'fields'", "a map of field paths"},
    {9, "    fields: {pdu.function: read_coil}", 9, "'pdu.function'", "read_coil"},
    {9, "    fields: {pdu.colour: 1}", 9, "pdu.colour", ""},
    {9, "    fields: {pdu.function: read_coils, pdu.body.quantity: 70000}", 9,
     "pdu.body.quantity", ""},
    {9, "    fields: {pdu.function: read_coils, pdu.body.quantity: 0}", 8, "'read'",
     "a valid message (pdu.body.quantity"},
    {7, "messages: [read]\nx:", 8, "'x'", "not known here"},
    {11, "expect: {id: a}", 11, "'expect'", "a list"},
    {11, "wrong-parity: bits", 11, "'wrong-parity'", "bytes"},
    {11, "expect: [{id: a}]", 11, "'outcome'", "missing"},
    {11, "expect: [{outcome: accept}]", 11, "'id'", "missing"},
    {11, "expect: [{id: a, outcome: refuse}]", 11, "'outcome'", "found 'refuse'"},
    {11, "expect: [{id: a, outcome: accept, when: '1 +'}]", 11, "'when'",
     "a value at the end"},
    {11, "expect: [{id: a, outcome: accept, why: b}]", 11, "'why'", "not known here"},
    {11, "expect: [{id: a, outcome: accept, open: true}]", 11, "'open'", "`opens`"},
    {11, "expect: [{id: a, outcome: accept, goes-on: true}]", 11, "'outcome'",
     "silence among"},
    {11, "conform: [{id: a}]", 11, "'rule'", "missing"},
    {11, "conform: [{rule: 'true'}]", 11, "'id'", "missing"},
    {11, "conform: [{id: a, rule: '('}]", 11, "'rule'", "a value at the end"},
    {11, "invariants: [{id: a, read: read}]", 11, "'value'", "missing"},
    {11, "invariants: [{id: a, value: '1'}]", 11, "'read'", "missing"},
    {11, "invariants: [{id: a, read: write, value: '1'}]", 11, "'read'", "found 'write'"},
    {11, "invariants: [{id: a, read: read, value: '1', follows: 1}]", 11, "'follows'",
     "a list"},
    {11, "invariants: [{id: a, read: read, value: '1', follows: [{when: '1'}]}]", 11,
     "'becomes'", "missing"},
    {11, "invariants: [{id: a, read: read, value: '1', follows: [{becomes: any}]}]", 11,
     "'when'", "missing"},
    {11, "no-state-reads: ' '", 11, "'no-state-reads'", "why the protocol"},
    {11, "no-state-reads: [a]", 11, "'no-state-reads'", "why the protocol"},
    {11, "no-state-reads: why\nstate-reads: [{read: read}]", 11, "'no-state-reads'",
     "it has `state-reads`"},
    {11, "greeting: yes", 11, "'greeting'", "a map"},
    {11, "greeting: {what: a}", 11, "'what'", "not known here"},
    {11, "greeting: {when: '('}", 11, "'when'", "a value at the end"},
    {11, "deviations: {id: a}", 11, "'deviations'", "a list"},
    {11, "deviations: [{id: a, text: b}]", 11, "'breaks'", "missing"},
    {11, "deviations: [{id: a, breaks: b}]", 11, "'text'", "missing"},
    {11, "title: [", 12, "not YAML", ""},
};

static void slips_are_named_with_file_line_and_key(void **state)
{
    struct world *world = *state;

    for (size_t i = 0; i < sizeof slips / sizeof slips[0]; i++) {
        struct error error = {""};
        char text[2000], place[SCRATCH_PATH + 40];
        struct session *session;

        plain_with(slips[i].line, slips[i].instead, text, sizeof text);
        session = load_text(world, text, &error);
        if (session)
            fail_msg("accepted: %s", slips[i].instead);
        snprintf(place, sizeof place, "%s/session.yaml:%u:", world->folder, slips[i].at);
        if (strncmp(error.text, place, strlen(place)) != 0 ||
            !strstr(error.text, slips[i].has) || !strstr(error.text, slips[i].and_has))
            fail_msg("'%s' (line %u expected) gave: %s", slips[i].instead, slips[i].at,
                     error.text);
    }
}

/* --- who speaks first, and what it is known for ------------------------------------- */

static void parse_reply(struct world *world, const char *hex)
{
    struct buffer *bytes = &world->bytes;

    tree_init(&world->tree, world->tcp);
    buffer_clear(bytes);
    assert_int_equal(bytes_from_hex(bytes, hex), 0);
    assert_int_equal(tree_parse(&world->tree, buffer_view(bytes), true), 0);
}

static struct session *plain_and(struct world *world, const char *last)
{
    struct error error = {""};
    struct session *session;
    char text[2000];

    plain_with(11, last, text, sizeof text);
    session = load_text(world, text, &error);
    if (!session)
        fail_msg("%s", error.text);
    return session;
}

static void a_greeting_is_what_the_session_says(void **state)
{
    static const char coils[] = "0000 0000 0004 01 01 01 00";
    struct world *world = *state;
    struct session *session = plain_and(world, "title: t");

    assert_false(session->greeting.expected);
    session_free(session);

    session = plain_and(world, "greeting: {}");
    assert_true(session->greeting.expected);
    parse_reply(world, coils);
    assert_true(session_greets(session, &world->tree));
    tree_free(&world->tree);
    parse_reply(world, "0000 0007 0004 01 01 01 00"); /* another protocol */
    assert_false(session_greets(session, &world->tree));
    tree_free(&world->tree);
    session_free(session);

    session = plain_and(world, "greeting: {when: reply.unit_id == 2}");
    parse_reply(world, coils);
    assert_false(session_greets(session, &world->tree));
    world->bytes.data[6] = 2;
    assert_int_equal(tree_parse(&world->tree, buffer_view(&world->bytes), true), 0);
    assert_true(session_greets(session, &world->tree));
    tree_free(&world->tree);
    session_free(session);
}

static void only_declared_deviations_are_forgiven(void **state)
{
    static const char twice[] = "0000 0007 0005 01 01 01 00 00";
    struct world *world = *state;
    struct session *session;
    char text[700], found[300] = "";
    size_t count;

    parse_reply(world, twice);
    count = world->tree.violation_count;
    assert_true(count >= 2);
    violation_text(&world->tree, &world->tree.violations[0], found, sizeof found);
    snprintf(text, sizeof text, "deviations: [{id: a, text: known, breaks: '%s'}]",
             found);
    session = plain_and(world, text);
    session_forgive(session, &world->tree);
    assert_int_equal(world->tree.violation_count, count - 1);
    violation_text(&world->tree, &world->tree.violations[0], text, sizeof text);
    assert_string_not_equal(text, found);
    session_forgive(session, &world->tree);
    assert_int_equal(world->tree.violation_count, count - 1);
    tree_free(&world->tree);
    session_free(session);
}

/* --- context ------------------------------------------------------------------------ */

static const char agreed_model[] = "meta: {id: m}\n"
                                   "params:\n"
                                   "  - {id: is_reply, type: bool}\n"
                                   "  - {id: width, type: u1, -percuss-default: 1}\n"
                                   "seq:\n  - {id: a, type: u1}\n";

/* `context` and what a message says of it, in a session of agreed_model, and the error.
 */
static const struct {
    const char *context, *message, *place, *has, *and_has;
} context_slips[] = {
    {"[{param: widht, value: reply.a}]", "{}", ":6:12:", "'widht' is no param",
     "did you mean 'width'?"},
    {"[{param: is_reply, value: reply.a}]", "{}", ":6:", "'is_reply' is no param", ""},
    {"[{param: width}]", "{}", ":6:", "'value'", "missing"},
    {"[{value: reply.a}]", "{}", ":6:", "'param'", "missing"},
    {"[{param: width, value: 'reply.'}]", "{}", ":6:", "'value'", "a name after"},
    {"[{param: width, value: reply.a, from: get}]", "{}", ":6:", "'from'",
     "not known here"},
    {"{width: 1}", "{}", ":6:", "'context'", "a list"},
    {"[]", "{context: {widht: 1}}", ":7:", "'widht' is no param", "did you mean"},
    {"[]", "{context: {width: 256}}", ":7:", "from 0 to 255", "found '256'"},
    {"[]", "{context: {width: [1]}}", ":7:", "expected a value", ""},
    {"[]", "{context: 1}", ":7:", "'context'", "a map of params"},
};

static void a_wrong_context_is_told(void **state)
{
    struct world *world = *state;
    char model_path[SCRATCH_PATH], path[SCRATCH_PATH], text[1000];
    struct model *model;

    scratch_write(world->folder, "agreed.ksy", agreed_model, model_path);
    model = need_model(model_path);
    for (size_t i = 0; i < sizeof context_slips / sizeof *context_slips; i++) {
        struct error error = {""};
        struct session *session;

        snprintf(text, sizeof text,
                 "session: s\nprobe: get\ncanary: [get]\nstates: {ready: []}\n"
                 "answers: [{belongs: 'true', rejected: 'false'}]\n"
                 "context: %s\nmessages: {get: %s}\n",
                 context_slips[i].context, context_slips[i].message);
        scratch_write(world->folder, "agreed.yaml", text, path);
        session = session_load(path, model, &error);
        if (session)
            fail_msg("accepted: %s", text);
        if (!strstr(error.text, context_slips[i].place) ||
            !strstr(error.text, context_slips[i].has) ||
            !strstr(error.text, context_slips[i].and_has))
            fail_msg("%s %s gave: %s", context_slips[i].context, context_slips[i].message,
                     error.text);
    }
    model_free(model);
}

static void a_model_without_params_has_no_context(void **state)
{
    struct world *world = *state;
    struct error error = {""};
    char text[2000];

    plain_with(11, "context: [{param: width, value: reply.unit_id}]", text, sizeof text);
    assert_null(load_text(world, text, &error));
    assert_non_null(strstr(error.text, "'width' is no param of model modbus_tcp, which "
                                       "has none"));
}

static void too_much_is_refused(void **state)
{
    struct world *world = *state;
    struct error error = {""};
    char text[8000], instead[6000] = "  read:\n    holes: {", path[SCRATCH_PATH + 32];
    struct session *session;

    snprintf(instead, sizeof instead,
             "  read:\n    holes: {unit_id: a, protocol_id: b, pdu.body.start: c, "
             "pdu.body.quantity: d, transaction_id: e}");
    plain_with(8, instead, text, sizeof text);
    assert_null(load_text(world, text, &error));
    assert_non_null(strstr(error.text, "at most 4 entries"));
    snprintf(instead, sizeof instead,
             "  read:\n    capture: {a: '1', b: '1', c: '1', d: '1', e: '1'}");
    plain_with(8, instead, text, sizeof text);
    assert_null(load_text(world, text, &error));
    assert_non_null(strstr(error.text, "at most 4 entries"));
    /* A file that extends itself ends in a complaint. */
    plain_with(11, "extends: session.yaml", text, sizeof text);
    session = load_text(world, text, &error);
    assert_null(session);
    assert_non_null(strstr(error.text, "at most 4 files"));
    snprintf(path, sizeof path, "%s/none.yaml", world->folder);
    assert_null(session_load(path, world->tcp, &error));
    assert_non_null(strstr(error.text, "none.yaml"));
}

static void names_that_are_taken_are_refused(void **state)
{
    struct world *world = *state;
    struct error error = {""};
    char text[2000], path[SCRATCH_PATH + 32];

    plain_with(0, "", text, sizeof text);
    scratch_write(world->folder, "base.yaml", text, path);
    plain_with(11, "extends: base.yaml", text, sizeof text);
    assert_null(load_text(world, text, &error));
    assert_non_null(strstr(error.text, "not taken yet"));
    /* The same name for another model is another message. */
    snprintf(
        text, sizeof text,
        "session: t\nextends: base.yaml\nmessages:\n  write:\n    model: modbus_rtu\n"
        "    fields: {pdu.nothing: 1}\n");
    assert_non_null(strcpy(error.text, ""));
    {
        struct session *session = load_text(world, text, &error);

        if (!session)
            fail_msg("%s", error.text);
        assert_int_equal(session->message_count, 1);
        session_free(session);
    }
}

/* --- what a device may do
 * --------------------------------------------------------------- */

static const struct expectation *expect(struct world *world,
                                        const struct session *session, const char *hex)
{
    tree_free(&world->tree);
    tree_init(&world->tree, session->model);
    buffer_clear(&world->bytes);
    assert_int_equal(bytes_from_hex(&world->bytes, hex), 0);
    expect_frame(session, buffer_view(&world->bytes), &world->tree, &world->expectation);
    return &world->expectation;
}

static void a_valid_request_is_judged_by_the_rules_in_order(void **state)
{
    struct world *world = *state;
    const struct expectation *due =
        expect(world, world->registers, "0002 0000 0006 01 03 0160 0004");

    assert_int_equal(due->outcomes, OUTCOME_ACCEPT | OUTCOME_REJECT);
    assert_true(due->valid);
    assert_int_equal(due->status, FRAME_WHOLE);
    assert_int_equal(due->frame_length, 12);
    assert_string_equal(due->why, "valid");
    due = expect(world, world->registers, "0002 0000 0006 01 03 0000 0004");
    assert_int_equal(due->outcomes, OUTCOME_REJECT);
    assert_true(due->valid);
    assert_string_equal(due->why, "registers_outside_map");
    assert_non_null(strstr(due->clause, "6.3"));
}

static void the_first_rule_that_holds_counts(void **state)
{
    struct world *world = *state;
    struct error error = {""};
    char text[2000];
    struct session *session;

    plain_with(11,
               "expect:\n"
               "- {id: high, when: 'request.pdu.body.start >= 8', outcome: reject}\n"
               "- {id: odd, when: 'request.pdu.body.start == 9', outcome: close}\n"
               "- {id: rest, outcome: accept}\n"
               "- {id: never, outcome: silence}\n",
               text, sizeof text);
    session = load_text(world, text, &error);
    if (!session)
        fail_msg("%s", error.text);
    expect(world, session, "0002 0000 0006 01 01 0009 0004");
    assert_string_equal(world->expectation.why, "high");
    assert_int_equal(world->expectation.outcomes, OUTCOME_REJECT);
    expect(world, session, "0002 0000 0006 01 01 0007 0004");
    assert_string_equal(world->expectation.why, "rest");
    assert_int_equal(world->expectation.outcomes, OUTCOME_ACCEPT);
    tree_free(&world->tree);
    session_free(session);
}

static void the_grammar_says_what_broken_messages_get(void **state)
{
    struct world *world = *state;
    const struct expectation *due =
        expect(world, world->registers, "0002 0000 0006 01 03 0160 0000");

    assert_int_equal(due->outcomes, OUTCOME_REJECT);
    assert_false(due->valid);
    assert_non_null(strstr(due->why, "pdu.body.quantity"));
    assert_string_not_equal(due->clause, "");
    /* The outermost broken field decides. */
    due = expect(world, world->registers, "0002 0001 0006 01 03 0160 0000");
    assert_int_equal(due->outcomes, OUTCOME_SILENCE | OUTCOME_CLOSE);
    assert_non_null(strstr(due->why, "protocol_id"));
    /* A function code that no case knows. */
    due = expect(world, world->registers, "0002 0000 0002 01 7b");
    assert_false(due->valid);
    assert_true(due->outcomes & OUTCOME_REJECT);
    assert_false(due->outcomes & OUTCOME_ACCEPT);
}

static void frames_that_are_not_whole_are_never_accepted(void **state)
{
    struct world *world = *state;
    static const char whole[] = "0002000000060103016000 04";
    struct buffer bytes = buffer_make(64);

    assert_int_equal(bytes_from_hex(&bytes, whole), 0);
    tree_free(&world->tree);
    tree_init(&world->tree, world->tcp);
    for (size_t length = 0; length < bytes.length; length++) {
        expect_frame(world->registers, (struct view){bytes.data, length}, &world->tree,
                     &world->expectation);
        assert_int_equal(world->expectation.status, FRAME_PARTIAL);
        assert_int_equal(world->expectation.outcomes,
                         OUTCOME_REJECT | OUTCOME_SILENCE | OUTCOME_CLOSE);
        assert_false(world->expectation.valid);
        assert_int_equal(world->expectation.frame_length, length);
    }
    buffer_free(&bytes);
    /* Lengths that no frame may have. */
    expect(world, world->registers, "0002 0000 0001 01");
    assert_int_equal(world->expectation.status, FRAME_INVALID);
    assert_false(world->expectation.outcomes & OUTCOME_ACCEPT);
    expect(world, world->registers, "0002 0000 00ff 01 03 0160 0004");
    assert_int_equal(world->expectation.status, FRAME_INVALID);
    assert_string_not_equal(world->expectation.clause, "");
}

static void surplus_frames_may_close(void **state)
{
    struct world *world = *state;

    expect(world, world->registers,
           "0002 0000 0006 01 03 0160 0004 0004 0000 0006 01 03 0160 0004");
    assert_true(world->expectation.valid);
    assert_int_equal(world->expectation.frame_length, 12);
    assert_int_equal(world->expectation.outcomes,
                     OUTCOME_ACCEPT | OUTCOME_REJECT | OUTCOME_CLOSE);
    expect(world, world->registers, "0002 0000 0006 01 03 0160 0004 ff");
    assert_true(world->expectation.valid);
    assert_int_equal(world->expectation.outcomes,
                     OUTCOME_ACCEPT | OUTCOME_REJECT | OUTCOME_CLOSE);
}

static void rtu_frames_have_lengths_too(void **state)
{
    struct world *world = *state;
    uint8_t many[300] = {1};

    expect(world, world->pump, "01 03 00");
    assert_int_equal(world->expectation.status, FRAME_INVALID);
    assert_false(world->expectation.outcomes & OUTCOME_ACCEPT);
    assert_true(world->expectation.outcomes & OUTCOME_SILENCE);
    for (size_t length = 255; length <= 258; length++) {
        expect_frame(world->pump, (struct view){many, length}, &world->tree,
                     &world->expectation);
        assert_int_equal(world->expectation.status,
                         length <= 256 ? FRAME_WHOLE : FRAME_INVALID);
        assert_false(world->expectation.valid);
        assert_false(world->expectation.outcomes & OUTCOME_ACCEPT);
    }
    expect_frame(world->pump, (struct view){many, 0}, &world->tree, &world->expectation);
    assert_int_equal(world->expectation.status, FRAME_PARTIAL);
}

/* The exemplar `name` with one field changed, checksums made right. */
static void expect_changed(struct world *world, const char *name, const char *path,
                           uint64_t value)
{
    const struct session *session = world->pump;
    struct tree tree;

    tree_init(&tree, session->model);
    assert_int_equal(
        tree_copy(&tree, &session->messages[message_named(session, name)].tree), 0);
    tree_set_integer(&tree, tree_find(&tree, path), value, true);
    buffer_clear(&world->bytes);
    assert_int_equal(tree_emit(&tree, &world->bytes), 0);
    tree_free(&tree);
    tree_free(&world->tree);
    tree_init(&world->tree, session->model);
    expect_frame(session, buffer_view(&world->bytes), &world->tree, &world->expectation);
}

static void a_serial_line_keeps_silent_for_others(void **state)
{
    struct world *world = *state;

    expect_changed(world, "write_rate", "address", 0);
    assert_true(world->expectation.valid); /* carried out, never answered */
    assert_int_equal(world->expectation.outcomes, OUTCOME_SILENCE);
    assert_string_equal(world->expectation.why, "broadcast");
    expect_changed(world, "write_rate", "address", 17);
    assert_string_equal(world->expectation.why, "another_address");
    assert_int_equal(world->expectation.outcomes, OUTCOME_SILENCE);
    expect_changed(world, "write_rate", "address", 248);
    assert_false(world->expectation.valid);
    assert_int_equal(world->expectation.outcomes, OUTCOME_SILENCE);
    expect_changed(world, "write_rate", "crc", 0x1234);
    assert_false(world->expectation.valid);
    assert_int_equal(world->expectation.outcomes, OUTCOME_SILENCE);
    expect_changed(world, "write_rate", "address", 1);
    assert_true(world->expectation.valid);
    assert_int_equal(world->expectation.outcomes, OUTCOME_ACCEPT | OUTCOME_REJECT);
}

static unsigned due(const struct session *session, const char *name, bool open)
{
    const struct session_message *message =
        &session->messages[message_named(session, name)];
    struct expectation expectation;
    struct tree tree;

    tree_init(&tree, session->model);
    expect_in(session, buffer_view(&message->bytes), open, &tree, &expectation);
    tree_free(&tree);
    return expectation.outcomes;
}

static void a_rule_may_count_behind_the_handshake_only(void **state)
{
    struct model *model = need_model(PROJECT_FOLDER "/targets/mqtt/mqtt_3_1_1.ksy");
    struct session *session =
        need_session(PROJECT_FOLDER "/targets/mqtt/session_3_1_1.yaml", model);

    (void)state;
    assert_int_equal(due(session, "connect", false), OUTCOME_ACCEPT | OUTCOME_REJECT);
    assert_int_equal(due(session, "connect", true), OUTCOME_CLOSE);
    assert_int_equal(due(session, "pingreq", false), OUTCOME_CLOSE);
    assert_int_equal(due(session, "pingreq", true), OUTCOME_ACCEPT | OUTCOME_REJECT);
    assert_true(session_opens(
        session, &session->messages[message_named(session, "connect")].tree));
    assert_false(session_opens(
        session, &session->messages[message_named(session, "pingreq")].tree));
    session_free(session);
    model_free(model);
}

static void a_frame_beyond_the_model_may_be_right(void **state)
{
    static uint8_t publish[140000] = {0x30, 0xdc, 0xc5, 0x08}; /* remaining: 139,996 */
    struct world *world = *state;
    struct model *model = need_model(PROJECT_FOLDER "/targets/mqtt/mqtt_3_1_1.ksy");
    struct session *session =
        need_session(PROJECT_FOLDER "/targets/mqtt/session_3_1_1.yaml", model);

    tree_free(&world->tree);
    tree_init(&world->tree, model);
    expect_in(session, (struct view){publish, sizeof publish}, true, &world->tree,
              &world->expectation);
    assert_int_equal(world->expectation.status, FRAME_INVALID);
    assert_false(world->expectation.valid);
    assert_true(world->expectation.outcomes & OUTCOME_ACCEPT);
    expect_in(session, (struct view){publish, 100}, true, &world->tree,
              &world->expectation);
    assert_false(world->expectation.outcomes & OUTCOME_ACCEPT);
    tree_free(&world->tree);
    tree_init(&world->tree, world->tcp);
    session_free(session);
    model_free(model);
}

static void a_frame_may_begin_anew(void **state)
{
    static const char line[] = "noise:01::010300010001FA\r\n:01";
    struct world *world = *state;
    struct model *model = need_model("modbus_ascii.ksy");
    struct session *session = need_session("pump_ascii.yaml", model);

    tree_free(&world->tree);
    tree_init(&world->tree, model);
    expect_in(session, (struct view){(const uint8_t *)line, sizeof line - 1}, false,
              &world->tree, &world->expectation);
    assert_int_equal(world->expectation.status, FRAME_WHOLE);
    assert_true(world->expectation.valid);
    assert_int_equal(world->expectation.frame_length, sizeof line - 1 - 3);
    assert_int_equal(world->expectation.outcomes,
                     OUTCOME_ACCEPT | OUTCOME_REJECT | OUTCOME_CLOSE);
    tree_free(&world->tree);
    tree_init(&world->tree, world->tcp);
    session_free(session);
    model_free(model);
}

/* `several` goes with the rule that holds. */
static void a_rule_may_allow_further_replies(void **state)
{
    static const char ksy[] = "meta: {id: m, endian: be}\n"
                              "-percuss-framing: {kind: datagram, maximum: 8}\n"
                              "seq: [{id: count, type: u1}]\n";
    static const char yaml[] =
        "session: s\n"
        "probe: one\n"
        "canary: [one]\n"
        "states: {idle: []}\n"
        "answers: [{model: m, belongs: 'true', rejected: 'false'}]\n"
        "expect: [{id: many, when: request.count > 1, outcome: accept, several: true}]\n"
        "messages: {one: {fields: {count: 1}}}\n";
    struct expectation expectation;
    struct texts texts;
    struct tree tree;

    (void)state;
    texts_open(&texts, ksy, yaml);
    tree_init(&tree, texts.model);
    expect_frame(texts.session, view_text("\x02"), &tree, &expectation);
    assert_true(expectation.several);
    expect_frame(texts.session, view_text("\x01"), &tree, &expectation);
    assert_false(expectation.several);
    tree_free(&tree);
    texts_close(&texts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_session_loads_with_every_model),
        cmocka_unit_test(entries_of_another_model_are_passed_over),
        cmocka_unit_test(the_pump_session_is_read_whole),
        cmocka_unit_test(the_plain_session_is_right),
        cmocka_unit_test(slips_are_named_with_file_line_and_key),
        cmocka_unit_test(a_greeting_is_what_the_session_says),
        cmocka_unit_test(only_declared_deviations_are_forgiven),
        cmocka_unit_test(too_much_is_refused),
        cmocka_unit_test(a_wrong_context_is_told),
        cmocka_unit_test(a_model_without_params_has_no_context),
        cmocka_unit_test(names_that_are_taken_are_refused),
        cmocka_unit_test(a_valid_request_is_judged_by_the_rules_in_order),
        cmocka_unit_test(the_first_rule_that_holds_counts),
        cmocka_unit_test(the_grammar_says_what_broken_messages_get),
        cmocka_unit_test(frames_that_are_not_whole_are_never_accepted),
        cmocka_unit_test(surplus_frames_may_close),
        cmocka_unit_test(rtu_frames_have_lengths_too),
        cmocka_unit_test(a_serial_line_keeps_silent_for_others),
        cmocka_unit_test(a_rule_may_count_behind_the_handshake_only),
        cmocka_unit_test(a_frame_beyond_the_model_may_be_right),
        cmocka_unit_test(a_frame_may_begin_anew),
        cmocka_unit_test(a_rule_may_allow_further_replies),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
