#include "ksy.h"

#include "model/expression.h"
#include "model/program.h"

static const char *const names[] = {"request", "reply", "limit", NULL};

struct world {
    struct model *model;
    struct buffer bytes[2];
    struct tree request, reply;
};

static void parse(struct tree *tree, struct buffer *bytes, const struct model *model,
                  const char *hex, bool is_reply)
{
    *bytes = buffer_make(300);
    tree_init(tree, model);
    assert_int_equal(bytes_from_hex(bytes, hex), 0);
    assert_int_equal(tree_parse(tree, buffer_view(bytes), is_reply), 0);
}

static int set_up(void **state)
{
    static struct world world;
    struct error error;

    world.model = model_load(PROJECT_FOLDER "/targets/modbus/modbus_tcp.ksy", &error);
    if (!world.model)
        fail_msg("%s", error.text);
    parse(&world.request, &world.bytes[0], world.model, "0001 0000 0006 01 03 0010 0002",
          false);
    parse(&world.reply, &world.bytes[1], world.model, "0001 0000 0007 01 03 04 000a 0102",
          true);
    *state = &world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    tree_free(&world->request);
    tree_free(&world->reply);
    buffer_free(&world->bytes[0]);
    buffer_free(&world->bytes[1]);
    model_free(world->model);
    return 0;
}

static struct value evaluate(const struct world *world, const char *text)
{
    const struct binding bindings[] = {
        {.name = "request", .tree = &world->request},
        {.name = "reply", .tree = &world->reply},
        {.name = "limit", .value = {.kind = VALUE_INTEGER, .integer = 125}}};
    struct error error = {""};
    struct expression *expression = expression_compile(text, world->model, names, &error);
    struct value value;

    if (!expression)
        fail_msg("%s", error.text);
    assert_string_equal(expression_text(expression), text);
    value = expression_evaluate(expression, bindings);
    expression_free(expression);
    return value;
}

static void assert_integer(const struct world *world, const char *text, int64_t expected)
{
    struct value value = evaluate(world, text);

    if ((value.kind != VALUE_INTEGER && value.kind != VALUE_BOOL) ||
        value.integer != expected)
        fail_msg("%s is %lld (kind %d), expected %lld", text, (long long)value.integer,
                 (int)value.kind, (long long)expected);
}

static void test_arithmetic_is_kaitais(void **state)
{
    static const struct {
        const char *text;
        int64_t value;
    } table[] = {
        {"1 + 2 * 3", 7},
        {"(1 + 2) * 3", 9},
        {"-7 / 2", -4},
        {"-7 % 3", 2},
        {"7 / -2", -4},
        {"1 << 4 | 1", 17},
        {"0xff & ~0x0f", 0xf0},
        {"6 ^ 3", 5},
        {"0b1010_0001", 161},
        {"1_000", 1000},
        {"-8 >> 1", -4},
        {"1 < 2 and 2 < 3", 1},
        {"not 1 == 2", 1},
        {"not (1 == 1)", 0},
        {"false or true", 1},
        {"1 > 2 ? 3 : 4", 4},
        {"2 > 1 ? 3 : 4 + 1", 3},
        {"1 & 3 == 1", 1},
        {"'abc' == \"abc\"", 1},
        {"'abc' < 'abd'", 1},
        {"'12'.to_i + 1", 13},
        {"'abc'.length", 3},
        {"[1, 0x20, 255].size", 3},
        {"[1, 2][1]", 2},
        {"1.5 + 1.5 == 3", 1},
        {"10 - 3 - 2", 5},
        {"true ? false ? 1 : 2 : 3", 2},
        {"'a\\n' == \"a\\n\"", 0},
    };

    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        assert_integer(*state, table[i].text, table[i].value);
}

static void test_paths_lead_into_trees(void **state)
{
    assert_integer(*state, "request.pdu.function", 3);
    assert_integer(*state, "(reply.pdu.function & 0x7f) == request.pdu.function", 1);
    assert_integer(*state, "reply.pdu.body.byte_count == request.pdu.body.quantity * 2",
                   1);
    assert_integer(*state, "reply.pdu.body.values[1]", 0x102);
    assert_integer(*state, "reply.pdu.body.values.size", 2);
    assert_integer(*state, "reply.pdu.body.values.first + reply.pdu.body.values.last",
                   0x10c);
    assert_integer(*state, "request.pdu.function == function::read_holding_registers", 1);
    assert_integer(*state, "modbus_pdu::function::read_coils", 1);
    assert_integer(*state, "request.pdu.body.quantity <= limit", 1);
    assert_integer(*state, "request.length", 6);
    assert_integer(*state, "request.pdu.layout == layout::read_holding_registers_request",
                   1);
    assert_integer(*state, "reply.pdu.layout == layout::read_holding_registers_reply", 1);
    assert_integer(*state, "reply.pdu.body.values == reply.pdu.body.values", 1);
    assert_integer(*state, "reply.pdu.body == request.pdu.body", 0);
}

static void test_what_is_not_there_is_absent(void **state)
{
    static const char *const absent[] = {"request.pdu.body.values",
                                         "request.pdu.body.values[0] + 1",
                                         "1 / 0",
                                         "1 % 0",
                                         "reply.pdu.body.values[2]",
                                         "reply.pdu.body.values[-1]",
                                         "request.pdu.body.code == 1",
                                         "-request.pdu.body.code",
                                         "request.pdu.body.code ? 1 : 2",
                                         "1 << 64",
                                         "9223372036854775807 + 1",
                                         "'abc'.to_i",
                                         "not request.pdu.body.code",
                                         "'a' + 1"};

    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++) {
        if (evaluate(*state, absent[i]).kind != VALUE_ABSENT)
            fail_msg("%s is not absent", absent[i]);
    }
    assert_integer(*state, "request.pdu.body.code == 1 or true", 1);
    assert_integer(*state, "request.pdu.body.code == 1 and true", 0);
    assert_integer(*state, "(request.pdu.body.code ? 1 : 2) == 1 or 2 == 2", 1);
}

static void test_an_empty_tree_is_absent(void **state)
{
    struct world *world = *state;
    struct tree empty;
    const struct binding bindings[] = {{.name = "request", .tree = &world->request},
                                       {.name = "reply", .tree = &empty},
                                       {.name = "limit"}};
    struct expression *expression =
        expression_compile("reply.pdu.function == 3", world->model, names, NULL);

    tree_init(&empty, world->model);
    assert_non_null(expression);
    assert_false(expression_true(expression, bindings));
    expression_free(expression);
    tree_free(&empty);
}

static void test_wrong_text_is_refused(void **state)
{
    static const char *const wrong[] = {
        "",         "1 +",       "(1",           "foo",     "request.nonsense",
        "foo::bar", "1 2",       "'abc",         "a.",      "function::nonsense",
        "_io.size", "_root.pdu", "request..pdu", "1 ? 2",   "99999999999999999999",
        "\"\\q\"",  "[1 2]",     "request[",     "f\"{1\"", "request.pdu.as<u5>",
        "0x",       "not",       "1 == == 2"};
    const struct world *world = *state;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct error error = {""};

        if (expression_compile(wrong[i], world->model, names, &error))
            fail_msg("'%s' was compiled", wrong[i]);
        assert_true(error.text[0] != '\0');
    }
}

static void test_depth_is_limited(void **state)
{
    const struct world *world = *state;
    struct error error = {""};
    char text[20001];

    memset(text, '(', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_null(expression_compile(text, world->model, names, &error));
    memset(text, '-', sizeof text - 1);
    assert_null(expression_compile(text, world->model, names, &error));
    for (size_t i = 0; i < sizeof text - 1; i++)
        text[i] = i % 2 ? '+' : '1';
    assert_null(expression_compile(text, world->model, names, &error));
    for (size_t i = 0; i < sizeof text - 1; i += 4)
        memcpy(text + i, "not ", 4);
    assert_null(expression_compile(text, world->model, names, &error));
}

/* --- inside a .ksy file ------------------------------------------------------------ */

static const char grammar[] =
    "meta: {id: m, endian: be, encoding: UTF-8}\n"
    "enums: {kind: {1: one, 2: two}}\n"
    "seq:\n"
    "  - {id: head, type: head}\n"
    "  - {id: len, type: u1}\n"
    "  - {id: name, type: str, size: len}\n"
    "  - {id: raw, size: 4}\n"
    "  - {id: words, type: u2, repeat: expr, repeat-expr: 3}\n"
    "  - {id: body, size: 3, type: body(len)}\n"
    "  - {id: names, type: strz, repeat: expr, repeat-expr: 2}\n"
    "  - {id: flag, type: b1}\n"
    "  - {id: low, type: b7}\n"
    "  - {id: wide, type: u8}\n"
    "  - {id: heads, type: head, repeat: eos}\n"
    "instances:\n"
    "  back: {value: body.loop}\n"
    "  half: {value: len / 2}\n"
    "  i0: {value: len}\n"
    "%s"
    "types:\n"
    "  head:\n"
    "    seq:\n"
    "      - {id: kind, type: u2, enum: kind}\n"
    "      - {id: value, type: s2}\n"
    "  body:\n"
    "    params: [{id: n, type: u1}]\n"
    "    seq:\n"
    "      - {id: a, type: u1}\n"
    "      - {id: inner, type: inner}\n"
    "    instances:\n"
    "      loop: {value: _parent.as<m>.back}\n"
    "      double: {value: n * 2}\n"
    "    types:\n"
    "      inner: {seq: [{id: b, type: u1}]}\n";

static const char message[] =
    "0002 fffe 07 6772c3b6c39f65 31 39 00 ff 0003 0001 0002 aa bb cc "
    "616200 636400 85 ffffffffffffffff 00010005 00020006";

/* Twenty-five instances, each the sum of two of the one before: 2^24 runs if let. */
static void add_doublings(char *text, size_t size)
{
    size_t used = 0;

    for (int i = 1; i <= 24; i++)
        used += (size_t)snprintf(text + used, size - used, "  i%d: {value: i%d + i%d}\n",
                                 i, i - 1, i - 1);
}

struct inside {
    struct model *model;
    struct buffer bytes;
    struct tree tree;
};

static void load_text(struct inside *inside, const char *text)
{
    struct error error = {""};

    inside->model = ksy_load(text, &error);
    if (!inside->model)
        fail_msg("%s", error.text);
}

static void open_inside(struct inside *inside)
{
    char doublings[1024], text[4096];

    add_doublings(doublings, sizeof doublings);
    snprintf(text, sizeof text, grammar, doublings);
    load_text(inside, text);
    parse(&inside->tree, &inside->bytes, inside->model, message, false);
}

static void close_inside(struct inside *inside)
{
    tree_free(&inside->tree);
    buffer_free(&inside->bytes);
    model_free(inside->model);
}

/* What _io says while elements of two bytes each are read. */
static void test_streams_while_they_are_read(void **state)
{
    static const char text[] =
        "meta: {id: m}\n"
        "seq: [{id: items, type: item, size: 2, repeat: eos}]\n"
        "types:\n"
        "  item:\n"
        "    seq:\n"
        "      - id: a\n"
        "        type: u1\n"
        "        valid:\n"
        "          expr: _ == _parent._io.pos and _root._io.size == 6 and _io.pos == 1\n"
        "            and _io.size == 2 and not _io.eof\n"
        "      - id: b\n"
        "        type: u1\n"
        "        valid: {expr: _io.eof and _parent._io.eof == (_parent._io.pos == 6)}\n";
    struct inside inside;

    (void)state;
    load_text(&inside, text);
    parse(&inside.tree, &inside.bytes, inside.model, "02 00 04 00 06 00", false);
    assert_int_equal(inside.tree.violation_count, 0);
    close_inside(&inside);
    load_text(&inside, text);
    parse(&inside.tree, &inside.bytes, inside.model, "02 00 05 00 06 00", false);
    assert_int_equal(inside.tree.violation_count, 1);
    close_inside(&inside);
}

static struct value run_inside(const struct inside *inside, const char *text)
{
    struct scope scope = {.tree = &inside->tree, .index = -1};
    struct error error = {""};
    struct expression *expression = program_compile(text, inside->model, 0, NULL, &error);
    struct value value;

    if (!expression)
        fail_msg("%s", error.text);
    value = program_run(expression, &scope);
    expression_free(expression);
    return value;
}

static const struct {
    const char *text;
    int64_t value;
} inside_table[] = {
    /* operators */
    {"1 << 62", INT64_C(1) << 62},
    {"-1 << 63", INT64_MIN},
    {"-1 >> 99", -1},
    {"0 << 99", 0},
    {"7.5 % 2 == 1.5", 1},
    {"-7.5 % 2 == 0.5", 1},
    {"7 / 2.0 == 3.5", 1},
    {"1e3 == 1000", 1},
    {"25e-1 == 2.5", 1},
    {"~0", -1},
    {"+5", 5},
    {"'a' 'b' == \"ab\"", 1},
    {"\"\\u00e9\\101\\t\" == 'éA' + \"\\011\"", 1},
    {"\"\\u00e9\\101\" == 'éA'", 1},
    {"'\\n'.length", 2},
    {"'b' > 'a' and 'ab' > 'a'", 1},
    /* texts */
    {"name.length", 5},
    {"name.to_s('UTF-8').length", 5},
    {"name.reverse == 'eßörg'", 1},
    {"name.substring(2, 4) == 'öß'", 1},
    {"name.substring(3, 99) == 'ße'", 1},
    {"name.substring(4, 2) == ''", 1},
    {"(name + '/' + len.to_s) == 'größe/7'", 1},
    {"f\"{len} of {name}{''}\" == '7 of größe'", 1},
    {"f\"\" == ''", 1},
    {"'ff'.to_i(16)", 255},
    {"'-Zz'.to_i(36)", -1295},
    {"' 12 '.to_i", 12},
    {"(-9223372036854775807 - 1).to_s.to_i", INT64_MIN},
    {"names.first == 'ab' and names[1] == 'cd'", 1},
    {"names.max == 'cd' and names.min == 'ab'", 1},
    /* bytes */
    {"raw.length", 4},
    {"raw.size", 4},
    {"raw[3]", 255},
    {"raw.first", 0x31},
    {"raw.last", 255},
    {"raw.min", 0},
    {"raw.max", 255},
    {"[0x31, 57].to_s('ASCII').to_i", 19},
    {"[0xe9].to_s('ISO-8859-1') == 'é'", 1},
    {"[0x3d, 0xd8, 0, 0xde].to_s('UTF-16LE').length", 1},
    {"[0, 65].to_s('UTF-16BE') == 'A'", 1},
    {"raw == [0x31, 0x39, 0, 0xff]", 1},
    {"[].size", 0},
    /* lists */
    {"words.size", 3},
    {"words.min", 1},
    {"words.max", 3},
    {"words.last", 2},
    {"words[words.size - 2]", 1},
    {"[256, len, -1].max", 256},
    {"[256, len, -1].min", -1},
    {"['x', name][1].length", 5},
    {"[len, 300].last + [1, 2, 300].first", 301},
    {"[1.5, 2].max.to_i", 2},
    {"words == [3, 1, 2, 300]", 0},
    {"[300, 1] == [300, 1]", 1},
    {"heads.last.value + heads[0].value", 11},
    /* numbers and truth */
    {"len.to_i", 7},
    {"2.9.to_i", 2},
    {"(-2.9).to_i", -2},
    {"true.to_i + flag.to_i", 2},
    {"head.kind == kind::two", 1},
    {"head.kind.to_i", 2},
    {"kind::one.to_i + m::kind::two", 3},
    {"low", 5},
    {"half", 3},
    /* groups, casts, sizes */
    {"body.n", 7},
    {"body.double", 14},
    {"body.inner._parent.a", 0xaa},
    {"body.inner._root.len", 7},
    {"_root.head.value", -2},
    {"head.as<head>.value", -2},
    {"heads.as<head[]>.first.as<head>.value", 5},
    {"len.as<u1> + 1", 8},
    {"sizeof<head>", 4},
    {"bitsizeof<head>", 32},
    {"sizeof<body::inner> + sizeof<u4le>", 5},
    {"bitsizeof<b3>", 3},
    {"sizeof<b3>", 1},
    {"head._sizeof", 4},
    {"head.value._sizeof", 2},
    {"heads[0]._sizeof", 4},
    {"raw._sizeof", 4},
    {"low._sizeof", 1},
    /* streams */
    {"body._io.size", 3},
    {"body._io.pos", 2},
    {"body.inner._io.size", 3},
    {"body._io.eof", 0},
    {"_root._io.size", 48},
    {"head._io.pos", 48},
    {"_root._io.eof", 1},
};
enum { INSIDE_TABLE = sizeof inside_table / sizeof *inside_table };

static void test_integers_of_every_method(void **state)
{
    struct inside inside;

    (void)state;
    open_inside(&inside);
    for (size_t i = 0; i < INSIDE_TABLE; i++) {
        struct value value = run_inside(&inside, inside_table[i].text);

        if (!value_is_whole(value) || value.integer != inside_table[i].value)
            fail_msg("%s is %lld (kind %d), expected %lld", inside_table[i].text,
                     (long long)value.integer, (int)value.kind,
                     (long long)inside_table[i].value);
    }
    close_inside(&inside);
}

/* Whatever the text, it is refused with words or gives some value. */
static void try_text(const struct inside *inside, const char *text)
{
    struct scope scope = {.tree = &inside->tree, .index = -1};
    struct error error = {""};
    size_t at = SIZE_MAX;
    struct expression *expression = program_compile(text, inside->model, 0, &at, &error);

    if (expression)
        program_run(expression, &scope);
    else if (!error.text[0] || at > strlen(text))
        fail_msg("'%s' is refused at %zu: %s", text, at, error.text);
    expression_free(expression);
}

static void test_every_prefix_and_slip_is_survived(void **state)
{
    static const char slips[] = "()[]{}<>.,:?'\"\\f_-+~9x \xff";
    struct inside inside;
    char text[128];

    (void)state;
    open_inside(&inside);
    for (size_t i = 0; i < INSIDE_TABLE; i++) {
        size_t length = strlen(inside_table[i].text);

        assert_true(length < sizeof text);
        for (size_t k = 0; k < length; k++) {
            snprintf(text, sizeof text, "%.*s", (int)k, inside_table[i].text);
            try_text(&inside, text);
            for (const char *slip = slips; *slip; slip++) {
                snprintf(text, sizeof text, "%s", inside_table[i].text);
                text[k] = *slip;
                try_text(&inside, text);
            }
        }
    }
    close_inside(&inside);
}

static void test_hostile_expressions_end_as_absent(void **state)
{
    static const char *const absent[] = {
        "back",
        "body.loop",
        "i24",
        "wide",
        "wide + 1",
        "1 << 63",
        "3 << 62",
        "1 >> -1",
        "-(-9223372036854775807 - 1)",
        "(-9223372036854775807 - 1) / -1",
        "1.5 % 0",
        "1.5 / 0.0",
        "9e18.to_i * 2",
        "1e19.to_i",
        "(1e308 * 10).to_i",
        "''.to_i",
        "'-'.to_i",
        "'12'.to_i(37)",
        "'12'.to_i(0)",
        "'8'.to_i(8)",
        "'9223372036854775808'.to_i",
        "'99999999999999999999999'.to_i",
        "'1_0'.to_i",
        "raw.to_s('UTF-8')",
        "raw.to_s('ASCII')",
        "[0xed, 0xa0, 0x80].to_s('UTF-8')",
        "[0xc0, 0x80].to_s('UTF-8')",
        "[0xe2, 0x82].to_s('UTF-8')",
        "[0, 0xd8].to_s('UTF-16LE')",
        "[0].to_s('UTF-16BE')",
        "name.substring(-1, 2)",
        "name.substring(0, 'x')",
        "raw.reverse",
        "raw + raw",
        "name + 1",
        "1.5.to_s",
        "true.to_s",
        "[].first",
        "[].max",
        "[300, 'x'].max",
        "[300, 1][-1]",
        "[300, 1][2]",
        "heads.max",
        "heads[9223372036854775807]",
        "names[2]",
        "_",
        "_index",
        "_parent",
        "_io.size",
        "_root._parent._io.pos",
        "len.as<head>.value",
        "half._sizeof",
    };
    struct inside inside;

    (void)state;
    open_inside(&inside);
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++) {
        if (run_inside(&inside, absent[i]).kind != VALUE_ABSENT)
            fail_msg("%s is not absent", absent[i]);
    }
    close_inside(&inside);
}

/* An evaluation has 4 KiB of room for texts, and the next one has all of it again. */
static void test_texts_are_bounded(void **state)
{
    struct inside inside;
    char text[2048] = "name";

    (void)state;
    open_inside(&inside);
    for (int i = 0; i < 60; i++)
        strcat(text, " + name");
    for (int i = 0; i < 3; i++)
        assert_int_equal(run_inside(&inside, "(name + name).length").integer, 10);
    assert_int_equal(run_inside(&inside, text).kind, VALUE_ABSENT);
    assert_int_equal(run_inside(&inside, "(name + name).length").integer, 10);
    close_inside(&inside);
}

static void assert_place(const struct inside *inside, const char *text, size_t expected,
                         const char *part)
{
    struct error error = {""};
    size_t at = 999;

    if (program_compile(text, inside->model, 0, &at, &error))
        fail_msg("'%s' was compiled", text);
    if (at != expected || !strstr(error.text, part))
        fail_msg("%s: at %zu: %s", text, at, error.text);
}

static void test_mistakes_are_placed_and_put_right(void **state)
{
    struct inside inside;

    (void)state;
    open_inside(&inside);
    assert_place(&inside, "1 + lne", 4, "did you mean 'len'?");
    assert_place(&inside, "head.vlaue", 5, "of type head; did you mean 'value'?");
    assert_place(&inside, "heads.vlaue", 6, "'.vlaue' is no method");
    assert_place(&inside, "heads[0].vlaue", 9, "did you mean 'value'?");
    assert_place(&inside, "len.to_j", 4, "did you mean 'to_i'?");
    assert_place(&inside, "name.substr(0, 1)", 5, "no method; expected .substring(");
    assert_place(&inside, "name.revers", 5, "did you mean 'reverse'?");
    assert_place(&inside, "raw.to_s('UFT-8')", 9, "did you mean 'UTF-8'?");
    assert_place(&inside, "raw.to_s(name)", 9, "an encoding in quotes");
    assert_place(&inside, "kind::tow", 6, "no member of enum kind; did you mean 'two'?");
    assert_place(&inside, "knid::two", 0, "did you mean 'kind'?");
    assert_place(&inside, "head.as<hed>.value", 8, "did you mean 'head'?");
    assert_place(&inside, "sizeof<haed>", 7, "did you mean 'head'?");
    assert_place(&inside, "sizeof<body> + sizeof<m>", 22,
                 "whose size is always the same");
    assert_place(&inside, "name._sizeof", 5, "whose size is always the same");
    assert_place(&inside, "words._sizeof", 6, "whose size is always the same");
    assert_place(&inside, "_io.sise", 4, "did you mean 'size'?");
    assert_place(&inside, "body._io.poss", 9, "did you mean 'pos'?");
    assert_place(&inside, "1 + _io", 4, "_io.size, _io.pos or _io.eof");
    assert_place(&inside, "body._io", 5, "._io.size");
    assert_place(&inside, "len + (1", 8, "expected ')' at the end");
    assert_place(&inside, "len ++ * 2", 7, "expected a value");
    assert_place(&inside, "[1, 2", 5, "',' or ']'");
    assert_place(&inside, "'ab", 3, "a closing quote");
    assert_place(&inside, "\"\\q\"", 2, "a known escape");
    assert_place(&inside, "\"\\400\"", 5, "octal");
    assert_place(&inside, "\"\\ud800\"", 7, "four hex digits");
    assert_place(&inside, "f\"{len\"", 6, "'}'");
    assert_place(&inside, "len..to_i", 4, "a name after '.'");
    assert_place(&inside, "9223372036854775808", 0, "below 2^63");
    assert_place(&inside, "1.5x", 0, "a number");
    close_inside(&inside);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arithmetic_is_kaitais),
        cmocka_unit_test(test_paths_lead_into_trees),
        cmocka_unit_test(test_what_is_not_there_is_absent),
        cmocka_unit_test(test_an_empty_tree_is_absent),
        cmocka_unit_test(test_wrong_text_is_refused),
        cmocka_unit_test(test_depth_is_limited),
        cmocka_unit_test(test_streams_while_they_are_read),
        cmocka_unit_test(test_integers_of_every_method),
        cmocka_unit_test(test_every_prefix_and_slip_is_survived),
        cmocka_unit_test(test_hostile_expressions_end_as_absent),
        cmocka_unit_test(test_texts_are_bounded),
        cmocka_unit_test(test_mistakes_are_placed_and_put_right),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
