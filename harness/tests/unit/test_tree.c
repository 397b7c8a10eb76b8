#include "ksy.h"

struct world {
    struct model *tcp, *rtu, *odd;
    struct tree tree;
    struct buffer bytes, out;
    uint8_t *page; /* its end is followed by memory that may not be touched */
    size_t page_size;
};

/* What Modbus does not need: bits, signs, texts, nested groups, odd sizes. */
static const char odd_text[] =
    "meta: {id: odd, endian: le, encoding: ASCII}\n"
    "seq:\n"
    "  - {id: magic, contents: [0x50, 'K']}\n"
    "  - {id: high, type: b3}\n"
    "  - {id: flag, type: b1}\n"
    "  - {id: low, type: b12}\n"
    "  - {id: temperature, type: s2, valid: {min: -40, max: 125}}\n"
    "  - {id: name, type: strz}\n"
    "  - {id: total, type: u2}\n"
    "  - {id: items, type: list, size: total - 2}\n"
    "  - {id: extra, type: u1, if: flag}\n"
    "  - {id: sum, type: u1, -percuss-checksum: {algorithm: sum8, from: total}}\n"
    "types:\n"
    "  list:\n"
    "    seq:\n"
    "      - {id: count, type: u1}\n"
    "      - {id: entries, type: 'entry(count)', repeat: expr, repeat-expr: count}\n"
    "  entry:\n"
    "    params:\n"
    "      - {id: of, type: u1}\n"
    "    seq:\n"
    "      - {id: kind, type: u1, valid: {expr: _ < of + 10}}\n"
    "      - {id: length, type: u1}\n"
    "      - id: value\n"
    "        size: length\n"
    "        type:\n"
    "          switch-on: kind\n"
    "          cases:\n"
    "            1: u2be\n"
    "            2: str\n"
    "            3: list\n";

static struct model *load_odd(void)
{
    struct error error = {""};
    struct model *model = ksy_load(odd_text, &error);

    if (!model)
        fail_msg("%s", error.text);
    return model;
}

static int set_up(void **state)
{
    static struct world world;

    world.tcp = need_model("modbus_tcp.ksy");
    world.rtu = need_model("modbus_rtu.ksy");
    world.odd = load_odd();
    world.bytes = buffer_make(70000);
    world.out = buffer_make(70000);
    world.page_size = (size_t)sysconf(_SC_PAGESIZE);
    world.page = mmap(NULL, 2 * world.page_size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (world.page == MAP_FAILED ||
        mprotect(world.page + world.page_size, world.page_size, PROT_NONE) < 0)
        return -1;
    *state = &world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    tree_free(&world->tree);
    buffer_free(&world->bytes);
    buffer_free(&world->out);
    model_free(world->tcp);
    model_free(world->rtu);
    model_free(world->odd);
    return munmap(world->page, 2 * world->page_size);
}

static struct tree *parse(struct world *world, const struct model *model, const char *hex,
                          bool reply)
{
    tree_free(&world->tree);
    tree_init(&world->tree, model);
    buffer_clear(&world->bytes);
    assert_int_equal(bytes_from_hex(&world->bytes, hex), 0);
    assert_int_equal(tree_parse(&world->tree, buffer_view(&world->bytes), reply), 0);
    return &world->tree;
}

static void assert_emits(struct world *world, const char *hex)
{
    tree_assert_emits(&world->tree, &world->out, hex);
}

static void assert_violation(const struct tree *tree, enum violation_kind kind,
                             unsigned outcomes, const char *expected)
{
    char text[200];

    assert_non_null(tree_worst(tree));
    violation_text(tree, tree_worst(tree), text, sizeof text);
    assert_string_equal(text, expected);
    assert_int_equal(tree_worst(tree)->kind, kind);
    assert_int_equal(tree_outcomes(tree), outcomes);
}

static uint64_t integer_at(const struct tree *tree, const char *path)
{
    uint32_t node = tree_find(tree, path);

    if (node == TREE_NONE)
        fail_msg("no node %s", path);
    return tree->nodes[node].integer;
}

static void set(struct tree *tree, const char *path, uint64_t value, bool pin)
{
    uint32_t node = tree_find(tree, path);

    assert_int_not_equal(node, TREE_NONE);
    tree_set_integer(tree, node, value, pin);
}

static const struct message {
    const char *hex;
    bool reply;
} messages[] = {
    {"0001 0000 0006 01 01 0000 07d0", false},
    {"0001 0000 0006 01 02 0000 0001", false},
    {"0001 0000 0006 01 03 0010 007d", false},
    {"0001 0000 0006 01 05 0001 ff00", false},
    {"0001 0000 0006 01 06 0001 1234", false},
    {"0001 0000 0002 01 11", false},
    {"0001 0000 0002 01 07", false},
    {"0001 0000 0006 01 08 0000 a537", false},
    {"0001 0000 0008 01 08 0000 a537 0102", false},
    {"0001 0000 0006 01 08 0003 0a00", false},
    {"0001 0000 0009 01 0f 0013 000a 02 cd01", false},
    {"0001 0000 000b 01 10 0001 0002 04 000a 0102", false},
    {"0001 0000 0008 01 16 0004 00f2 0025", false},
    {"0001 0000 0011 01 17 0003 0006 000e 0003 06 00ff 00ff 00ff", false},
    {"0001 0000 0005 01 2b 0e 01 00", false},
    {"0001 0000 0005 01 64 01 5a17", false},
    {"0001 0000 0006 01 64 02 03 0200", false},
    {"0001 0000 0009 01 64 03 01 0000 02 abcd", false},
    {"0001 0000 0006 01 64 04 01 1234", false},
    {"0001 0000 0003 01 64 05", false},
    {"0001 0000 0007 01 64 06 00 0010 10", false},
    {"0001 0000 0007 01 64 07 00 00 3c 01", false},
    {"0001 0000 0009 01 64 09 000000fe 0001", false},
    {"0001 0000 0005 01 01 02 cd01", true},
    {"0001 0000 0007 01 03 04 000a 0102", true},
    {"0001 0000 0003 01 83 02", true},
    {"0001 0000 0006 01 0f 0013 000a", true},
    {"0001 0000 0005 01 11 02 50ff", true},
    {"0001 0000 000f 01 2b 0e 01 82 00 00 02 00 02 4142 01 01 43", true},
    {"0001 0000 0009 01 64 07 00 02 0001 0002", true},
};
enum { MESSAGES = sizeof messages / sizeof *messages };

static void test_valid_messages_come_out_as_they_went_in(void **state)
{
    for (size_t i = 0; i < MESSAGES; i++) {
        assert_valid(parse(*state, ((struct world *)*state)->tcp, messages[i].hex,
                           messages[i].reply));
        assert_emits(*state, messages[i].hex);
    }
}

/* Each prefix ends at a guard page, so that reading one byte too many is a fault. */
static void parse_prefixes(struct world *world, const struct model *model,
                           const char *hex, bool reply)
{
    struct buffer bytes = buffer_make(1000);

    assert_int_equal(bytes_from_hex(&bytes, hex), 0);
    for (size_t length = 0; length < bytes.length; length++) {
        uint8_t *start = world->page + world->page_size - length;

        memcpy(start, bytes.data, length);
        tree_free(&world->tree);
        tree_init(&world->tree, model);
        assert_int_equal(tree_parse(&world->tree, (struct view){start, length}, reply),
                         0);
        if (!tree_worst(&world->tree))
            fail_msg("%zu bytes of %s pass as valid", length, hex);
        buffer_clear(&world->out);
        assert_int_equal(tree_emit(&world->tree, &world->out), 0);
    }
    buffer_free(&bytes);
}

static void test_every_prefix_is_invalid_and_harmless(void **state)
{
    struct world *world = *state;

    for (size_t i = 0; i < MESSAGES; i++)
        parse_prefixes(world, world->tcp, messages[i].hex, messages[i].reply);
    parse_prefixes(world, world->rtu, "01 03 0000 0002 c40b", false);
    parse_prefixes(world, world->odd,
                   "504b b123 d8ff 6869 00 0a00 02 01 02 1234 02 01 41 07 d3", false);
}

static void test_hostile_bytes_are_harmless(void **state)
{
    struct world *world = *state;
    const struct model *models[] = {world->tcp, world->rtu, world->odd};
    uint64_t seed = 1;

    tree_free(&world->tree);
    for (unsigned round = 0; round < 30000; round++) {
        size_t length = round % 61;
        uint8_t *start = world->page + world->page_size - length;

        for (size_t i = 0; i < length; i++) {
            seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
            start[i] = (uint8_t)(seed >> 33) >> (seed >> 60);
        }
        tree_init(&world->tree, models[round % 3]);
        assert_int_equal(
            tree_parse(&world->tree, (struct view){start, length}, round & 1), 0);
        buffer_clear(&world->out);
        assert_int_equal(tree_emit(&world->tree, &world->out), 0);
        tree_free(&world->tree);
    }
}

static void test_content_decides_lengths_and_counts(void **state)
{
    struct world *world = *state;
    struct tree *tree = parse(world, world->tcp, messages[11].hex, false);
    uint32_t values = tree_find(tree, "pdu.body.values");

    assert_int_equal(tree_duplicate_child(tree, values, 0), 0);
    assert_emits(world, "0001 0000 000d 01 10 0001 0003 06 000a 000a 0102");
    assert_int_equal(tree_remove_child(tree, values, 1), 0);
    assert_int_equal(tree_remove_child(tree, values, 1), 0);
    assert_emits(world, "0001 0000 0009 01 10 0001 0001 02 000a");
    assert_int_equal(tree_remove_child(tree, values, 1), -1);
    assert_int_equal(tree_duplicate_child(tree, values, 1), -1);
    assert_int_equal(tree_duplicate_child(tree, 1, 0), -1);
    assert_int_equal(tree_move_child(tree, values, 0, 1), -1);
    assert_int_equal(tree_move_child(tree, values, 1, 0), -1);
    assert_int_equal(tree_move_child(tree, values, 0, 0), 0);
    assert_int_equal(tree_graft(tree, values, tree, 0), -1);
    assert_int_equal(tree_graft(tree, UINT32_MAX, tree, 0), -1);
    assert_int_equal(tree_remove_child(tree, values, 0), 0);
    assert_emits(world, "0001 0000 0007 01 10 0001 0000 00");
}

static void test_unpinned_lies_are_made_right(void **state)
{
    struct world *world = *state;
    struct tree *tree = parse(world, world->tcp, messages[11].hex, false);

    set(tree, "length", 77, false);
    set(tree, "pdu.body.quantity", 99, false);
    set(tree, "pdu.body.byte_count", 3, false);
    assert_emits(world, messages[11].hex);
}

static void test_pinned_lies_stay_and_are_followed(void **state)
{
    struct world *world = *state;
    struct tree *tree = parse(world, world->tcp, messages[11].hex, false);

    set(tree, "pdu.body.quantity", 99, true);
    assert_emits(world, "0001 0000 000b 01 10 0001 0063 c6 000a 0102");
    set(tree, "pdu.body.byte_count", 4, true);
    set(tree, "length", 5, true);
    assert_emits(world, "0001 0000 0005 01 10 0001 0063 04 000a 0102");
}

static void test_bits_keep_their_quantity(void **state)
{
    struct world *world = *state;
    struct tree *tree = parse(world, world->tcp, messages[10].hex, false);
    uint32_t values = tree_find(tree, "pdu.body.values");

    set(tree, "pdu.body.quantity", 16, false);
    assert_emits(world, "0001 0000 0009 01 0f 0013 0010 02 cd01");
    assert_int_equal(tree_set_bytes(tree, values, view_text("abc")), 0);
    assert_emits(world, "0001 0000 000a 01 0f 0013 0018 03 616263");
    tree = parse(world, world->tcp, messages[23].hex, true);
    assert_int_equal(
        tree_set_bytes(tree, tree_find(tree, "pdu.body.values"), view_text("abc")), 0);
    assert_emits(world, "0001 0000 0006 01 01 03 616263");
}

static void test_checksums_follow_unless_pinned(void **state)
{
    struct world *world = *state;
    struct tree *tree = parse(world, world->rtu, "01 03 0000 0002 c40b", false);

    assert_valid(tree);
    set(tree, "pdu.body.quantity", 3, false);
    assert_emits(world, "01 03 0000 0003 05cb");
    set(tree, "crc", 0x1234, true);
    assert_emits(world, "01 03 0000 0003 3412");
}

static void test_a_mutated_switch_keeps_its_body(void **state)
{
    struct world *world = *state;
    struct tree *tree = parse(world, world->tcp, messages[4].hex, false);

    set(tree, "pdu.function", 0x10, true);
    assert_emits(world, "0001 0000 0006 01 10 0001 1234");
}

static void test_a_group_can_become_bytes(void **state)
{
    struct world *world = *state;
    struct tree *tree = parse(world, world->tcp, messages[11].hex, false);

    assert_int_equal(
        tree_replace_group(tree, tree_find(tree, "pdu.body"), view_text("A")), 0);
    assert_emits(world, "0001 0000 0003 01 10 41");
    assert_int_equal(tree_replace_group(tree, tree_find(tree, "pdu"), view_text("AB")),
                     0);
    assert_emits(world, "0001 0000 0003 01 4142");
    assert_int_equal(tree_replace_group(tree, 0, view_text("AB")), -1);
    assert_int_equal(tree_replace_group(tree, tree_find(tree, "length"), view_text("A")),
                     -1);
}

static void test_violations_name_field_and_outcome(void **state)
{
    struct world *world = *state;

    assert_violation(parse(world, world->tcp, "0001 0000 0006 01 03 0000 0000", false),
                     VIOLATION_RULE, OUTCOME_REJECT,
                     "pdu.body.quantity: rule broken (value 0)");
    assert_violation(parse(world, world->tcp, "0001 0000 0005 01 03 0000 00", false),
                     VIOLATION_TRUNCATED,
                     OUTCOME_REJECT | OUTCOME_SILENCE | OUTCOME_CLOSE,
                     "pdu: the bytes end in quantity");
    assert_violation(parse(world, world->tcp, "0001 0000 0007 01 03 0000 0001 00", false),
                     VIOLATION_SURPLUS, OUTCOME_REJECT | OUTCOME_SILENCE | OUTCOME_CLOSE,
                     "pdu: surplus bytes at the end");
    assert_violation(parse(world, world->rtu, "01 03 0000 00 1984", false),
                     VIOLATION_TRUNCATED, OUTCOME_REJECT,
                     "pdu: the bytes end in quantity");
    assert_violation(parse(world, world->rtu, "01 11 00 2c50", false), VIOLATION_SURPLUS,
                     OUTCOME_REJECT, "pdu: surplus bytes at the end");
    assert_violation(parse(world, world->tcp, "0001 0000 0006 01 03 0000 0001 00", false),
                     VIOLATION_SURPLUS, OUTCOME_UNKNOWN,
                     "message: surplus bytes at the end");
    assert_violation(parse(world, world->tcp, "0001 0007 0006 01 03 0000 0000", false),
                     VIOLATION_RULE, OUTCOME_SILENCE | OUTCOME_CLOSE,
                     "protocol_id: rule broken (value 7)");
    assert_violation(parse(world, world->tcp, "0001 0000 0006 01 55 0000 0001", false),
                     VIOLATION_NO_CASE, OUTCOME_REJECT,
                     "pdu.body: no case of the switch fits");
    assert_violation(
        parse(world, world->tcp, "0001 0000 000b 01 10 0001 0002 03 000a 0102", false),
        VIOLATION_RULE, OUTCOME_REJECT, "pdu.body.byte_count: rule broken (value 3)");
    assert_violation(parse(world, world->rtu, "01 03 0000 0000 0000", false),
                     VIOLATION_CHECKSUM, OUTCOME_SILENCE,
                     "crc: wrong checksum (value 0)");
    assert_violation(parse(world, world->rtu, "01 03 0000 00f0 04", false),
                     VIOLATION_CHECKSUM, OUTCOME_SILENCE,
                     "crc: wrong checksum (value 1264)");
    assert_violation(parse(world, world->rtu, "01 03", false), VIOLATION_TRUNCATED,
                     OUTCOME_SILENCE, "message: the bytes end in pdu");
    assert_violation(parse(world, world->rtu, "f8 11 c2b2", false), VIOLATION_RULE,
                     OUTCOME_SILENCE, "address: rule broken (value 248)");
    assert_violation(parse(world, world->rtu, "01 64 07 00 0a 00 02 17e7", false),
                     VIOLATION_RULE, OUTCOME_REJECT,
                     "pdu.body.body.count: rule broken (value 0)");
    assert_int_equal(tree_outcomes(parse(world, world->tcp, messages[0].hex, false)),
                     OUTCOME_ACCEPT);
}

static void test_the_direction_chooses_the_layout(void **state)
{
    struct world *world = *state;

    assert_int_not_equal(tree_find(parse(world, world->tcp, messages[24].hex, true),
                                   "pdu.body.byte_count"),
                         TREE_NONE);
    assert_int_equal(tree_find(parse(world, world->tcp, messages[24].hex, false),
                               "pdu.body.byte_count"),
                     TREE_NONE);
}

static const char odd_hex[] = "504b b123 d8ff 6869 00 0a00 02 01 02 1234 02 01 41 07 d3";

static void test_bits_signs_texts_and_parameters(void **state)
{
    struct world *world = *state;
    struct tree *tree = parse(world, world->odd, odd_hex, false);
    char text[400];

    tree_describe(tree, text, sizeof text);
    assert_string_equal(
        text, "magic=hex:504b high=5 flag=1 low=291 temperature=-40 name=\"hi\" "
              "total=10 items.count=2 items.entries[0].kind=1 "
              "items.entries[0].length=2 items.entries[0].value=4660 "
              "items.entries[1].kind=2 items.entries[1].length=1 "
              "items.entries[1].value=\"A\" extra=7 sum=211");
    assert_violation(tree, VIOLATION_CHECKSUM, OUTCOME_REJECT,
                     "sum: wrong checksum (value 211)");
    assert_emits(world, "504b b123 d8ff 6869 00 0a00 02 01 02 1234 02 01 41 07 a0");
}

static void test_relations_reach_through_nesting(void **state)
{
    struct world *world = *state;
    struct tree *tree = parse(world, world->odd, odd_hex, false);
    uint32_t entries = tree_find(tree, "items.entries");

    set(tree, "sum", 0, true);
    assert_int_equal(
        tree_set_bytes(tree, tree_find(tree, "items.entries[1].value"), view_text("xyz")),
        0);
    assert_int_equal(tree_duplicate_child(tree, entries, 1), 0);
    assert_emits(
        world,
        "504b b123 d8ff 6869 00 1100 03 01 02 1234 02 03 78797a 02 03 78797a 07 00");
    set(tree, "high", 2, false);
    set(tree, "temperature", (uint64_t)-1, false);
    set(tree, "low", 0xfffff, false);
    assert_int_equal(tree_remove_child(tree, entries, 0), 0);
    assert_int_equal(tree_remove_child(tree, entries, 0), 0);
    assert_emits(world, "504b 5fff ffff 6869 00 0800 01 02 03 78797a 07 00");
    assert_true(integer_at(tree, "temperature") == UINT64_MAX);
}

static void test_nesting_is_limited(void **state)
{
    struct world *world = *state;
    struct buffer bytes = buffer_make(2000);

    assert_int_equal(bytes_from_hex(&bytes, "504b b123 d8ff 00 ffff"), 0);
    for (unsigned i = 0; i < 300; i++)
        assert_int_equal(bytes_from_hex(&bytes, "01 03 fe"), 0);
    tree_free(&world->tree);
    tree_init(&world->tree, world->odd);
    assert_int_equal(tree_parse(&world->tree, buffer_view(&bytes), false), -1);
    buffer_free(&bytes);
}

static void test_copies_are_independent(void **state)
{
    struct world *world = *state;
    struct tree *tree = parse(world, world->tcp, messages[10].hex, false), copy;

    tree_init(&copy, world->tcp);
    assert_int_equal(tree_own_bytes(tree), 0);
    memset(world->bytes.data, 0xee, world->bytes.length); /* the parsed bytes go away */
    assert_int_equal(tree_copy(&copy, tree), 0);
    assert_int_equal(
        tree_set_bytes(&copy, tree_find(&copy, "pdu.body.values"), view_text("ab")), 0);
    for (unsigned i = 0; i < 100; i++) /* own memory moves as it grows */
        assert_int_equal(tree_set_bytes(tree, tree_find(tree, "pdu.body.values"),
                                        view_text("zzzzzzzz")),
                         0);
    assert_emits(world, "0001 0000 000f 01 0f 0013 0040 08 7a7a7a7a7a7a7a7a");
    buffer_clear(&world->out);
    assert_int_equal(tree_emit(&copy, &world->out), 0);
    assert_int_equal(world->out.data[13], 'a');
    assert_int_equal(tree_copy(tree, &copy), 0);
    assert_emits(world, "0001 0000 0009 01 0f 0013 000a 02 6162");
    tree_free(&copy);
}

static void test_paths_lead_back_and_forth(void **state)
{
    struct world *world = *state;
    struct tree *tree = parse(world, world->tcp, messages[28].hex, true);
    static const char *const wrong[] = {"",
                                        "x",
                                        "pdu.",
                                        "pdu.body.objects[2]",
                                        "length.x",
                                        "pdu[0]",
                                        "pdu..body",
                                        "pdu.body.objects[x]",
                                        ".pdu",
                                        "length[0]",
                                        "pdu.body.objects[0"};
    char text[100];

    for (uint32_t i = 1; i < tree->count; i++)
        assert_int_equal(tree_find(tree, tree_path(tree, i, text, sizeof text)), i);
    assert_string_equal(
        tree_path(tree, tree_find(tree, "pdu.body.objects[1].value"), text, sizeof text),
        "pdu.body.objects[1].value");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(tree_find(tree, wrong[i]), TREE_NONE);
    tree_path(tree, tree_find(tree, "pdu.body"), text, 5);
    assert_string_equal(text, "pdu.");
}

static void test_emission_stops_at_the_ceiling(void **state)
{
    struct world *world = *state;
    struct buffer small = buffer_make(11);

    parse(world, world->tcp, messages[0].hex, false);
    assert_int_equal(tree_emit(&world->tree, &small), -1);
    assert_int_equal(small.length, 0);
    buffer_free(&small);
}

static int build(struct world *world, const char *text, bool reply, struct error *error)
{
    struct yaml_document *document = yaml_parse("session.yaml", view_text(text), error);
    int status;

    assert_non_null(document);
    tree_free(&world->tree);
    tree_init(&world->tree, world->tcp);
    status = tree_build(&world->tree, world->tcp, reply, yaml_root(document), error);
    yaml_close(document);
    return status;
}

static void assert_builds(struct world *world, const char *text, bool reply,
                          const char *hex)
{
    struct error error = {""};

    if (build(world, text, reply, &error) < 0)
        fail_msg("%s", error.text);
    assert_emits(world, hex);
}

static void assert_not_built(struct world *world, const char *text, const char *message)
{
    struct error error = {""};

    assert_int_equal(build(world, text, false, &error), -1);
    if (!strstr(error.text, message))
        fail_msg("'%s' does not say '%s'", error.text, message);
}

static void test_messages_are_built_from_values(void **state)
{
    struct world *world = *state;

    assert_builds(world, "{unit_id: 1, pdu.function: read_holding_registers}", false,
                  "0000 0000 0006 01 03 0000 0001");
    assert_builds(world,
                  "{pdu.function: 16, pdu.body.start: 0x10, pdu.body.values: [1, 0x102]}",
                  false, "0000 0000 000b 00 10 0010 0002 04 0001 0102");
    assert_builds(world, "{pdu.function: write_multiple_registers, pdu.body.quantity: 3}",
                  false, "0000 0000 000d 00 10 0000 0003 06 0000 0000 0000");
    assert_builds(
        world, "{pdu.function: 15, pdu.body.quantity: 10, pdu.body.values: 'hex: cd 01'}",
        false, "0000 0000 0009 00 0f 0000 000a 02 cd01");
    assert_builds(world, "{pdu.function: 5, pdu.body.value: 'on'}", false,
                  "0000 0000 0006 00 05 0000 ff00");
    assert_builds(world, "{pdu.function: 100, pdu.body.sub: unlock}", false,
                  "0000 0000 0005 00 64 01 5a17");
    assert_builds(
        world,
        "{pdu.function: 43, 'pdu.body.objects[1].value': AB, pdu.body.conformity: 1}",
        true, "0000 0000 000e 00 2b 0e 01 01 00 00 02 00 00 00 02 4142");
    assert_builds(world, "{pdu.function: 0x83, pdu.body.code: illegal_data_address}",
                  true, "0000 0000 0003 00 83 02");
}

static void test_what_cannot_be_built_is_told_with_its_line(void **state)
{
    assert_not_built(*state, "pdu.function: 3\npdu.body.nonsense: 1\n",
                     "session.yaml:2:1: key 'pdu.body.nonsense'");
    assert_not_built(
        *state, "pdu.function: 3\npdu.body.quantity: 65536\n",
        "session.yaml:2:20: key 'pdu.body.quantity': expected an integer that fits 16");
    assert_not_built(*state, "pdu.function: 3\npdu.body.quantiyt: 1\n",
                     "this message has; did you mean 'quantity'?");
    assert_not_built(*state, "pdu.function: read_nothing\n",
                     "session.yaml:1:15: key 'pdu.function'");
    assert_not_built(*state,
                     "pdu.function: 16\npdu.body.quantity: 7\npdu.body.values: [1]\n",
                     "session.yaml:2:1: key 'pdu.body.quantity': the content makes it 1");
    assert_not_built(*state, "pdu.function: 15\npdu.body.values: 'hex: 0'\n",
                     "pairs of hex");
    assert_not_built(*state, "pdu.function: 16\npdu.body.values: 3\n", "a list");
    assert_not_built(*state, "pdu: 16\n", "a path into the group");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_valid_messages_come_out_as_they_went_in),
        cmocka_unit_test(test_every_prefix_is_invalid_and_harmless),
        cmocka_unit_test(test_hostile_bytes_are_harmless),
        cmocka_unit_test(test_content_decides_lengths_and_counts),
        cmocka_unit_test(test_unpinned_lies_are_made_right),
        cmocka_unit_test(test_pinned_lies_stay_and_are_followed),
        cmocka_unit_test(test_bits_keep_their_quantity),
        cmocka_unit_test(test_checksums_follow_unless_pinned),
        cmocka_unit_test(test_a_mutated_switch_keeps_its_body),
        cmocka_unit_test(test_a_group_can_become_bytes),
        cmocka_unit_test(test_violations_name_field_and_outcome),
        cmocka_unit_test(test_the_direction_chooses_the_layout),
        cmocka_unit_test(test_bits_signs_texts_and_parameters),
        cmocka_unit_test(test_relations_reach_through_nesting),
        cmocka_unit_test(test_nesting_is_limited),
        cmocka_unit_test(test_copies_are_independent),
        cmocka_unit_test(test_paths_lead_back_and_forth),
        cmocka_unit_test(test_emission_stops_at_the_ceiling),
        cmocka_unit_test(test_messages_are_built_from_values),
        cmocka_unit_test(test_what_cannot_be_built_is_told_with_its_line),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
