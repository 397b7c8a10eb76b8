#include "model/expression.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arithmetic_is_kaitais),
        cmocka_unit_test(test_paths_lead_into_trees),
        cmocka_unit_test(test_what_is_not_there_is_absent),
        cmocka_unit_test(test_an_empty_tree_is_absent),
        cmocka_unit_test(test_wrong_text_is_refused),
        cmocka_unit_test(test_depth_is_limited),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
