/* Numbers that are not plain bytes, in both directions: ASCII digits, base-128 groups,
 * reals, bits and bytes of either order. */
#include "generate/anomaly.h"
#include "ksy.h"

#include <sys/mman.h>

static const char mqtt_text[] =
    "meta: {id: mqtt, endian: be, encoding: UTF-8}\n"
    "seq:\n"
    "  - {id: kind, type: b4}\n"
    "  - {id: flags, type: b4}\n"
    "  - {id: remaining, type: length}\n"
    "  - id: body\n"
    "    size: remaining.value\n"
    "    type:\n"
    "      switch-on: kind\n"
    "      cases: {1: connect, 3: publish(flags)}\n"
    "types:\n"
    "  length:\n"
    "    -percuss-codec: {name: base128-le, maximum: 4}\n"
    "    seq:\n"
    "      - {id: groups, type: group, repeat: until, repeat-until: not _.more}\n"
    "    types:\n"
    "      group: {seq: [{id: more, type: b1}, {id: bits, type: b7}]}\n"
    "    instances:\n"
    "      value: {value: 'groups[0].bits + (groups.size > 1 ? groups[1].bits : 0)'}\n"
    "  text:\n"
    "    seq:\n"
    "      - {id: size, type: u2}\n"
    "      - {id: characters, type: str, size: size}\n"
    "  connect:\n"
    "    seq:\n"
    "      - {id: protocol, type: text}\n"
    "      - {id: level, type: u1, valid: 4}\n"
    "      - {id: options, type: u1}\n"
    "      - {id: keep_alive, type: u2}\n"
    "      - {id: client, type: text}\n"
    "  publish:\n"
    "    params: [{id: flags, type: u1}]\n"
    "    seq:\n"
    "      - {id: topic, type: text}\n"
    "      - {id: packet, type: u2, if: flags & 6 != 0}\n"
    "      - {id: payload, size-eos: true}\n";

/* A frame as LIS1-A has it: number, text, ETX, and two digits of a sum over them. */
static const char lis_text[] =
    "meta: {id: lis, encoding: ASCII}\n"
    "seq:\n"
    "  - {id: stx, contents: [2]}\n"
    "  - {id: number, type: str, size: 1, -percuss-number: {base: 8}}\n"
    "  - {id: text, type: str, size: _io.size - 7}\n"
    "  - {id: etx, contents: [3]}\n"
    "  - id: sum\n"
    "    type: str\n"
    "    size: 2\n"
    "    -percuss-number: {base: 16}\n"
    "    -percuss-checksum: {algorithm: sum8, from: number}\n"
    "  - {id: end, contents: [13, 10]}\n";

static const char digits_text[] =
    "meta: {id: digits, encoding: ASCII}\n"
    "seq:\n"
    "  - {id: length, type: str, size: 3, -percuss-number: {base: 10, digits: 3}}\n"
    "  - {id: data, size: length.to_i}\n"
    "  - {id: count, type: str, size: 2, -percuss-number: {base: 16},\n"
    "     -percuss-enum: amount}\n"
    "  - {id: values, type: str, size: 2, repeat: expr, repeat-expr: count.to_i(16),\n"
    "     -percuss-number: {base: 16}}\n"
    "  - {id: mode, type: strz, -percuss-number: {base: 10}}\n"
    "  - {id: low, type: u1, if: 'mode.to_i == 7 and values[0].to_i(16) < 0x80'}\n"
    "  - {id: size, type: u1}\n"
    "  - {id: free, type: str, size: size, -percuss-number: {base: 10, digits: 2}}\n"
    "  - {id: big, type: big}\n"
    "enums: {amount: {2: two}}\n"
    "types:\n"
    "  big:\n"
    "    -percuss-codec: {name: base128-be, maximum: 10}\n"
    "    instances: {value: {value: 0}}\n";

static const char reals_text[] =
    "meta: {id: reals, endian: le}\n"
    "seq:\n"
    "  - {id: rate, type: f4}\n"
    "  - {id: limit, type: f8be, valid: {min: -1.5, max: 100}}\n"
    "  - {id: twice, type: f8, valid: rate * 2}\n"
    "  - {id: pair, type: f4be, repeat: expr, repeat-expr: 2}\n"
    "  - {id: fast, type: u1, if: rate > 1}\n"
    "  - {id: last, type: f4, valid: {any-of: [0.5, 2]}}\n";

static const char bits_text[] = "meta: {id: bits, endian: le, bit-endian: le}\n"
                                "seq:\n"
                                "  - {id: low, type: b3}\n"
                                "  - {id: wide, type: b10}\n"
                                "  - {id: flag, type: b1}\n"
                                "  - {id: rest, type: b2}\n"
                                "  - {id: word, type: u2}\n"
                                "  - {id: first, type: b4be}\n"
                                "  - {id: second, type: b12be}\n"
                                "  - {id: odd, type: b5le, valid: {max: 30}}\n"
                                "  - {id: after, type: inner}\n"
                                "types:\n"
                                "  inner:\n"
                                "    meta: {bit-endian: be, endian: be}\n"
                                "    seq:\n"
                                "      - {id: top, type: b1}\n"
                                "      - {id: word, type: u2, if: top}\n"
                                "      - {id: all, type: b64le}\n";

/* The first byte says the order of the body; what names its own order keeps it. */
static const char order_text[] =
    "meta: {id: order, endian: le}\n"
    "seq:\n"
    "  - {id: mark, size: 2}\n"
    "  - {id: body, type: body, -percuss-invalid: silence}\n"
    "  - {id: end, type: u2}\n"
    "types:\n"
    "  body:\n"
    "    meta:\n"
    "      endian:\n"
    "        switch-on: _root.mark\n"
    "        cases: {'[0x49, 0x49]': le, '[0x4d, 0x4d]': be}\n"
    "    seq:\n"
    "      - {id: count, type: u2}\n"
    "      - {id: items, type: item, repeat: expr, repeat-expr: count}\n"
    "      - {id: small, type: s2le}\n"
    "      - {id: rate, type: f4}\n"
    "      - {id: big, type: big}\n"
    "      - {id: sum, type: u2, -percuss-checksum: sum16}\n"
    "    types:\n"
    "      item: {seq: [{id: values, type: u2, repeat: expr, repeat-expr: 2}]}\n"
    "      big: {meta: {endian: be}, seq: [{id: value, type: u2}]}\n";

/* The direction says the order of a whole message. */
static const char reply_text[] =
    "meta:\n"
    "  id: reply\n"
    "  endian: {switch-on: is_reply, cases: {true: le, _: be}}\n"
    "params: [{id: is_reply, type: bool}]\n"
    "seq:\n"
    "  - {id: list, type: u2, repeat: expr, repeat-expr: 2}\n";

/* Groups as a switch's case, derived, repeated; digits that are switched on. */
static const char cases_text[] =
    "meta: {id: cases, endian: be, encoding: ASCII}\n"
    "seq:\n"
    "  - {id: kind, type: str, size: 1, -percuss-number: {base: 10}}\n"
    "  - {id: item, type: {switch-on: kind.to_i, cases: {1: var, 2: u2, 3: b4le}}}\n"
    "  - {id: hundreds, type: var, valid: kind.to_i * 100}\n"
    "  - {id: list, type: var, repeat: eos}\n"
    "types:\n"
    "  var:\n"
    "    -percuss-codec: {name: base128-le, maximum: 3}\n"
    "    instances: {value: {value: 0}}\n";

enum model_name { MQTT, LIS, DIGITS, REALS, BITS, ORDER, REPLY, CASES, MODELS };
static const char *const texts[] = {mqtt_text, lis_text,   digits_text, reals_text,
                                    bits_text, order_text, reply_text,  cases_text};

/* A whole and valid message of each model, some in more than one form. */
static const struct sample {
    enum model_name model;
    const char *hex;
} samples[] = {
    {MQTT, "10 10 0004 4d515454 04 02 003c 0004 70756d70"},
    {MQTT, "30 06 0001 61 010203"},
    {MQTT, "32 86 80 00 0001 61 0007 05"},
    {LIS, "02 31 484c 03 43 38 0d0a"},
    {LIS, "02 31 484c 03 63 38 0d0a"},
    {DIGITS, "303033 aabbcc 3032 3746 6162 3700 2a 03 303132 83 00"},
    {DIGITS, "303030 3030 3000 02 3939 81 ffffffffffffffff 7f"},
    {REALS, "0000c03f 4004000000000000 0000000000000840 3f800000 7fc00000 2a 0000003f"},
    {REALS, "cdcccc3d 8000000000000000 000000a09999c93f 7f7fffff ff800000 00000040"},
    {BITS, "5db5 3412 abcd 1e 80 0102 0807060504030201"},
    {BITS, "5db5 3412 abcd 00 00 ffffffffffffffff"},
    {ORDER, "4949 0100 0200 0300 fbff 0000c03f 0102 9403 0d0a"},
    {ORDER, "4d4d 0001 0002 0003 fbff 3fc00000 0102 039c 0d0a"},
    {REPLY, "0001 0002"},
    {CASES, "31 8101 64 05 8000 7f"},
    {CASES, "32 1234 c801"},
    {CASES, "33 05 ac02 ffff7f"},
};
enum { SAMPLES = sizeof samples / sizeof samples[0] };

struct world {
    char folder[SCRATCH_PATH];
    struct model *models[MODELS];
    struct tree tree;
    struct buffer bytes, out;
};

static int set_up(void **state)
{
    static const char framing[] = "-percuss-framing: {kind: datagram, maximum: 200}\n";
    static struct world world;
    char path[SCRATCH_PATH], text[2048];

    scratch_make(world.folder);
    for (int i = 0; i < MODELS; i++) {
        snprintf(text, sizeof text, "%s%s", framing, texts[i]);
        scratch_write(world.folder, "m.ksy", text, path);
        world.models[i] = need_model(path);
    }
    world.bytes = buffer_make(1 << 20);
    world.out = buffer_make(1 << 20);
    *state = &world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    tree_free(&world->tree);
    buffer_free(&world->bytes);
    buffer_free(&world->out);
    for (int i = 0; i < MODELS; i++)
        model_free(world->models[i]);
    scratch_remove(world->folder);
    return 0;
}

static struct tree *parse(struct world *world, enum model_name model, const char *hex)
{
    tree_free(&world->tree);
    tree_init(&world->tree, world->models[model]);
    buffer_clear(&world->bytes);
    assert_int_equal(bytes_from_hex(&world->bytes, hex), 0);
    assert_int_equal(tree_parse(&world->tree, buffer_view(&world->bytes), false), 0);
    return &world->tree;
}

static void assert_emits(struct world *world, const char *hex)
{
    tree_assert_emits(&world->tree, &world->out, hex);
}

static uint32_t at(const struct tree *tree, const char *path)
{
    uint32_t node = tree_find(tree, path);

    if (node == TREE_NONE)
        fail_msg("no node %s", path);
    return node;
}

static uint64_t integer_at(const struct tree *tree, const char *path)
{
    uint32_t node = at(tree, path);

    assert_int_equal(tree->nodes[node].kind, FIELD_INTEGER);
    return tree->nodes[node].integer;
}

static void assert_says(const struct tree *tree, const char *expected)
{
    char text[200];

    assert_non_null(tree_worst(tree));
    assert_string_equal(violation_text(tree, tree_worst(tree), text, sizeof text),
                        expected);
}

/* --- there and back ----------------------------------------------------------------- */

static void samples_are_valid_and_come_back(void **state)
{
    struct world *world = *state;

    for (size_t i = 0; i < SAMPLES; i++) {
        assert_valid(parse(world, samples[i].model, samples[i].hex));
        assert_emits(world, samples[i].hex);
        assert_int_equal(tree_own_bytes(&world->tree), 0);
        assert_emits(world, samples[i].hex);
    }
}

static void values_are_read(void **state)
{
    struct world *world = *state;
    const struct tree *tree = parse(world, DIGITS, samples[5].hex);
    char text[400];

    assert_int_equal(integer_at(tree, "length"), 3);
    assert_int_equal(integer_at(tree, "values[0]"), 0x7f);
    assert_int_equal(integer_at(tree, "values[1]"), 0xab);
    assert_int_equal(integer_at(tree, "mode"), 7);
    assert_int_equal(integer_at(tree, "low"), 0x2a);
    assert_int_equal(integer_at(tree, "free"), 12);
    assert_int_equal(integer_at(tree, "big"), 0x180);
    tree_describe(tree, text, sizeof text);
    assert_non_null(strstr(text, "count=two(2) values=[127,171] mode=7"));
    tree = parse(world, DIGITS, samples[6].hex);
    assert_true(integer_at(tree, "big") == UINT64_MAX);
    tree = parse(world, MQTT, samples[2].hex);
    assert_int_equal(integer_at(tree, "remaining"), 6);
}

/* The groups' lengths follow the content, in the shortest form. */
static void remaining_length_follows_the_content(void **state)
{
    struct world *world = *state;
    static const struct {
        size_t payload;
        const char *header;
    } cases[] = {{124, "30 7f 0001 61"},
                 {125, "30 8001 0001 61"},
                 {16380, "30 ff7f 0001 61"},
                 {16381, "30 808001 0001 61"},
                 {0, "30 03 0001 61"}};

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        static const uint8_t zeros[20000];
        struct tree *tree = parse(world, MQTT, samples[1].hex);
        struct buffer header = buffer_make(64);

        assert_int_equal(bytes_from_hex(&header, cases[i].header), 0);
        assert_int_equal(tree_set_bytes(tree, at(tree, "body.payload"),
                                        (struct view){zeros, cases[i].payload}),
                         0);
        buffer_clear(&world->out);
        assert_int_equal(tree_emit(tree, &world->out), 0);
        assert_int_equal(world->out.length, header.length + cases[i].payload);
        assert_memory_equal(world->out.data, header.data, header.length);
        assert_int_equal(tree_parse(tree, buffer_view(&world->out), false), 0);
        assert_valid(tree);
        buffer_free(&header);
    }
}

static void a_pinned_length_lies(void **state)
{
    struct world *world = *state;
    struct tree *tree = parse(world, MQTT, samples[1].hex);

    tree_set_integer(tree, at(tree, "remaining"), 0x12345678, true);
    assert_emits(world, "30 f8ac d111 0001 61 010203");
    tree_set_integer(tree, at(tree, "remaining"), 5, false);
    assert_emits(world, samples[1].hex);
}

static void sums_follow_as_digits(void **state)
{
    struct world *world = *state;
    struct tree *tree = parse(world, LIS, samples[3].hex);

    assert_int_equal(integer_at(tree, "sum"), 0xc8);
    assert_int_equal(tree_set_bytes(tree, at(tree, "text"), view_text("HL7")), 0);
    assert_emits(world, "02 31 484c37 03 46 46 0d0a");
    tree_set_integer(tree, at(tree, "number"), 15, false);
    assert_emits(world, "02 37 484c37 03 30 35 0d0a");
    tree_set_integer(tree, at(tree, "sum"), 0xabc, true);
    assert_emits(world, "02 37 484c37 03 42 43 0d0a");
}

static void digits_follow_and_are_cut_from_the_left(void **state)
{
    struct world *world = *state;
    struct tree *tree = parse(world, DIGITS, samples[5].hex);
    static const uint8_t many[1234];

    assert_int_equal(tree_set_bytes(tree, at(tree, "data"), view_text("0123456789")), 0);
    assert_int_equal(tree_duplicate_child(tree, at(tree, "values"), 1), 0);
    tree_set_integer(tree, at(tree, "values[0]"), 0xc, false);
    tree_set_integer(tree, at(tree, "mode"), 1234567, false);
    tree_set_integer(tree, at(tree, "free"), 5, false);
    tree_set_integer(tree, at(tree, "big"), 127, false);
    assert_emits(world,
                 "303130 30313233343536373839 3033 3043 6162 6162 31323334353637 00"
                 "2a 02 3035 7f");
    tree_set_integer(tree, at(tree, "free"), 1005, false);
    tree_set_integer(tree, at(tree, "big"), UINT64_MAX, false);
    assert_emits(world,
                 "303130 30313233343536373839 3033 3043 6162 6162 31323334353637 00"
                 "2a 04 31303035 81ffffffffffffffff7f");
    assert_int_equal(
        tree_set_bytes(tree, at(tree, "data"), (struct view){many, sizeof many}), 0);
    buffer_clear(&world->out);
    assert_int_equal(tree_emit(tree, &world->out), 0);
    assert_memory_equal(world->out.data, "234", 3);
}

static void groups_are_cases_and_derived(void **state)
{
    struct world *world = *state;
    struct tree *tree = parse(world, CASES, samples[14].hex);
    char text[300];

    assert_string_equal(tree_describe(tree, text, sizeof text),
                        "kind=1 item=129 hundreds=100 list=[5,0,127]");
    assert_int_equal(tree_field(tree, at(tree, "kind"))->role, ROLE_SWITCH);
    tree_set_integer(tree, at(tree, "kind"), 3, false);
    tree_set_integer(tree, at(tree, "item"), 0x200000, false);
    assert_emits(world, "33 00 ac02 05 8000 7f");
    parse(world, CASES, "31 8101 65");
    assert_says(&world->tree, "hundreds: rule broken (value 101)");
}

/* --- what is wrong ------------------------------------------------------------------ */

static void bad_digits_break_a_rule(void **state)
{
    struct world *world = *state;
    struct tree *tree;

    parse(world, LIS, "02 31 484c 03 47 38 0d0a");
    assert_says(&world->tree, "sum: rule broken (value \"G8\")");
    assert_emits(world, samples[3].hex);
    parse(world, LIS, "02 38 484c 03 43 46 0d0a");
    assert_says(&world->tree, "number: rule broken (value \"8\")");
    assert_emits(world, "02 38 484c 03 43 46 0d0a");
    parse(world, LIS, "02 31 484c 03 43 37 0d0a");
    assert_says(&world->tree, "sum: wrong checksum (value 199)");
    tree = parse(world, DIGITS, "303030 3030 00 00 00");
    assert_says(tree, "mode: rule broken (value \"\")");
    assert_int_equal(tree_own_bytes(tree), 0);
    assert_emits(world, "303030 3030 00 00 00");
    parse(world, DIGITS, "2b3033 aabbcc");
    assert_says(&world->tree, "length: rule broken (value \"+03\")");
    parse(world, DIGITS,
          "303030 3030 3939393939393939393939393939393939393939 00 02 3939 00");
    assert_says(&world->tree, "mode: rule broken (value \"99999999999999999999\")");
}

static void groups_without_end_break_a_rule(void **state)
{
    struct world *world = *state;

    parse(world, MQTT, "30 80808080 00 0001 61");
    assert_says(&world->tree, "remaining: rule broken (value hex:80808080)");
    parse(world, MQTT, "30 8080");
    assert_says(&world->tree, "message: the bytes end in remaining");
    parse(world, DIGITS, "303030 3030 3000 02 3939 83 ffffffffffffffff 7f");
    assert_says(&world->tree, "big: rule broken (value hex:83ffffffffffffffff7f)");
    assert_emits(world, "303030 3030 3000 02 3939 83 ffffffffffffffff 7f");
}

/* Whatever the bytes are, emission settles: what it gave once it gives again. */
static void assert_settles(struct world *world, struct tree *tree)
{
    struct buffer again = buffer_make(1 << 20);

    buffer_clear(&world->out);
    assert_int_equal(tree_emit(tree, &world->out), 0);
    assert_int_equal(tree_emit(tree, &again), 0);
    assert_true(view_equal(buffer_view(&world->out), buffer_view(&again)));
    buffer_free(&again);
}

/* Every prefix and every changed byte, flush against memory that may not be touched. */
static void every_prefix_and_every_byte(void **state)
{
    struct world *world = *state;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    uint8_t *memory =
        mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct tree tree;

    assert_true(memory != MAP_FAILED);
    assert_int_equal(mprotect(memory + page, page, PROT_NONE), 0);
    for (size_t i = 0; i < SAMPLES; i++) {
        tree_init(&tree, world->models[samples[i].model]);
        buffer_clear(&world->bytes);
        assert_int_equal(bytes_from_hex(&world->bytes, samples[i].hex), 0);
        for (size_t length = 0; length <= world->bytes.length; length++) {
            uint8_t *start = memory + page - length;

            for (unsigned byte = 0; byte < 256 * (unsigned)(length > 0); byte++) {
                memcpy(start, world->bytes.data, length);
                start[length - 1] = (uint8_t)byte;
                assert_int_equal(tree_parse(&tree, (struct view){start, length}, false),
                                 0);
                assert_settles(world, &tree);
            }
            memcpy(start, world->bytes.data, length);
            assert_int_equal(tree_parse(&tree, (struct view){start, length}, false), 0);
            if (samples[i].model != CASES) /* its list may end anywhere */
                assert_true(length == world->bytes.length || tree_worst(&tree));
        }
        tree_free(&tree);
    }
    assert_int_equal(munmap(memory, 2 * page), 0);
}

/* --- values by name ----------------------------------------------------------------- */

static int build(struct world *world, enum model_name model, const char *values,
                 struct error *error)
{
    struct yaml_document *document = yaml_parse("v", view_text(values), error);
    int status;

    assert_non_null(document);
    tree_free(&world->tree);
    tree_init(&world->tree, world->models[model]);
    status =
        tree_build(&world->tree, world->models[model], false, yaml_root(document), error);
    yaml_close(document);
    return status;
}

static void messages_are_built(void **state)
{
    struct world *world = *state;
    struct error error = {""};

    if (build(
            world, MQTT,
            "{kind: 1, body.protocol.characters: MQTT, body.level: 4, body.options: 2,\n"
            " body.keep_alive: 60, body.client.characters: pump}",
            &error) < 0)
        fail_msg("%s", error.text);
    assert_emits(world, samples[0].hex);
    if (build(world, LIS, "{number: 1, text: HL}", &error) < 0)
        fail_msg("%s", error.text);
    assert_emits(world, samples[3].hex);
    assert_int_equal(build(world, LIS, "{number: 8, text: HL}", &error), -1);
    assert_non_null(strstr(error.text, "key 'number'"));
    assert_int_equal(build(world, DIGITS, "{length: 1000}", &error), -1);
    assert_non_null(strstr(error.text, "key 'length'"));
}

/* --- orders ------------------------------------------------------------------------- */

static void bits_are_taken_from_the_lowest_up(void **state)
{
    struct world *world = *state;
    struct tree *tree = parse(world, BITS, samples[9].hex);
    char text[300];

    assert_string_equal(tree_describe(tree, text, sizeof text),
                        "low=5 wide=683 flag=1 rest=2 word=4660 first=10 second=3021 "
                        "odd=30 after.top=1 after.word=258 after.all=72623859790382856");
    tree_set_integer(tree, at(tree, "wide"), 1, false);
    tree_set_integer(tree, at(tree, "odd"), 0x3f, false);
    tree_set_integer(tree, at(tree, "second"), 0x123, false);
    assert_emits(world, "0da0 3412 a123 1f 80 0102 0807060504030201");
    parse(world, BITS, "5db5 3412 abcd 1f 00 0807060504030201");
    assert_says(&world->tree, "odd: rule broken (value 31)");
}

static void the_order_is_switched(void **state)
{
    struct world *world = *state;
    const char *expected = "body.count=1 body.items[0].values=[2,3] body.small=-5 "
                           "body.rate=1.5 body.big.value=258";
    struct tree *tree;
    char text[300];

    for (int i = 11; i <= 12; i++) {
        tree = parse(world, ORDER, samples[i].hex);
        assert_non_null(strstr(tree_describe(tree, text, sizeof text), expected));
        assert_int_equal(integer_at(tree, "end"), 0x0a0d);
    }
    assert_int_equal(tree_duplicate_child(tree, at(tree, "body.items"), 0), 0);
    assert_emits(world, "4d4d 0002 0002 0003 0002 0003 fbff 3fc00000 0102 03a2 0d0a");
    parse(world, ORDER, "4948 0001 0002 0003 fbff 3fc00000 0102 0393 0d0a");
    assert_says(&world->tree, "body: no case of the switch fits");
    assert_int_equal(tree_outcomes(&world->tree), OUTCOME_SILENCE);
    assert_emits(world, "4948 0001 0002 0003 fbff 3fc00000 0102 0393 0d0a");
}

/* What was decided when the message was made stays: the mark can lie. */
static void a_changed_mark_does_not_turn_the_body(void **state)
{
    struct world *world = *state;
    struct tree *tree = parse(world, ORDER, samples[11].hex);

    assert_int_equal(tree_set_bytes(tree, at(tree, "mark"), view_text("MM")), 0);
    assert_emits(world, "4d4d 0100 0200 0300 fbff 0000c03f 0102 9c03 0d0a");
}

static void the_direction_decides_an_order(void **state)
{
    struct world *world = *state;
    struct tree *tree = parse(world, REPLY, samples[13].hex);

    assert_int_equal(integer_at(tree, "list[1]"), 2);
    assert_int_equal(tree_parse(tree, buffer_view(&world->bytes), true), 0);
    assert_int_equal(integer_at(tree, "list[1]"), 0x200);
    assert_emits(world, samples[13].hex);
}

static void orders_are_built(void **state)
{
    struct world *world = *state;
    struct error error = {""};

    if (build(
            world, ORDER,
            "{mark: MM, 'body.items[0].values': [2, 3], body.small: -5, body.rate: 1.5,\n"
            " body.big.value: 258, end: 0x0a0d}",
            &error) < 0)
        fail_msg("%s", error.text);
    assert_emits(world, samples[12].hex);
}

/* --- encodings ---------------------------------------------------------------------- */

static void texts_stay_bytes(void **state)
{
    struct world *world = *state;
    static const char *const encodings[] = {"ASCII", "UTF-8", "ISO-8859-1", "UTF-16LE",
                                            "UTF-16BE"};
    char text[300], path[SCRATCH_PATH];

    for (size_t i = 0; i < sizeof encodings / sizeof *encodings; i++) {
        struct model *model;
        struct tree tree;

        snprintf(text, sizeof text,
                 "meta: {id: m}\nseq: [{id: a, type: str, size: 4, encoding: %s}]\n",
                 encodings[i]);
        scratch_write(world->folder, "m.ksy", text, path);
        model = need_model(path);
        tree_init(&tree, model);
        assert_int_equal(tree_parse(&tree, view_text("\xd8\x41\xff\x22"), false), 0);
        assert_valid(&tree);
        assert_string_equal(tree_describe(&tree, text, sizeof text),
                            "a=\"\\xd8A\\xff\\x22\"");
        buffer_clear(&world->out);
        assert_int_equal(tree_emit(&tree, &world->out), 0);
        assert_memory_equal(world->out.data, "\xd8\x41\xff\x22", 4);
        tree_free(&tree);
        model_free(model);
    }
}

/* --- reals -------------------------------------------------------------------------- */

static void reals_are_read_and_derived(void **state)
{
    struct world *world = *state;
    struct tree *tree = parse(world, REALS, samples[7].hex);
    char text[300];

    assert_true(tree_field(tree, at(tree, "rate"))->is_real);
    assert_int_equal(tree_field(tree, at(tree, "twice"))->role, ROLE_DERIVED);
    assert_string_equal(tree_describe(tree, text, sizeof text),
                        "rate=1.5 limit=2.5 twice=3 pair=[1,nan] fast=42 last=0.5");
    tree_set_integer(tree, at(tree, "rate"), 0x40000000, false); /* 2 */
    assert_emits(world, "00000040 4004000000000000 0000000000001040 3f800000 7fc00000 2a"
                        "0000003f");
    tree_set_integer(tree, at(tree, "rate"), 0x7f800000, false);
    assert_emits(world, "0000807f 4004000000000000 000000000000f07f 3f800000 7fc00000 2a"
                        "0000003f");
    tree = parse(world, REALS, samples[8].hex);
    assert_string_equal(
        tree_describe(tree, text, sizeof text),
        "rate=0.1 limit=-0 twice=0.20000000298023224 pair=[3.4028235e+38,-inf] last=2");
}

static void reals_break_rules(void **state)
{
    struct world *world = *state;
    static const struct {
        const char *hex, *says;
    } cases[] = {
        {"00000000 4059400000000000 0000000000000000 00000000 00000000 0000003f",
         "limit: rule broken (value 101)"},
        {"00000000 7ff8000000000000 0000000000000000 00000000 00000000 0000003f",
         "limit: rule broken (value nan)"},
        {"00000000 bff8000000000001 0000000000000000 00000000 00000000 0000003f",
         "limit: rule broken (value -1.5000000000000002)"},
        {"00000000 0000000000000000 0000000000000040 00000000 00000000 0000003f",
         "twice: rule broken (value 2)"},
        {"00000000 0000000000000000 0000000000000000 00000000 00000000 0000403f",
         "last: rule broken (value 0.75)"},
        {"00000000 0000000000000000 0000000000000000 00000000 000000",
         "message: the bytes end in pair"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        parse(world, REALS, cases[i].hex);
        assert_says(&world->tree, cases[i].says);
    }
}

static void reals_are_built(void **state)
{
    struct world *world = *state;
    struct error error = {""};

    if (build(world, REALS, "{rate: 1.5, limit: 2.5, pair: [1, nan], fast: 42}", &error) <
        0)
        fail_msg("%s", error.text);
    assert_emits(world, samples[7].hex);
    assert_int_equal(build(world, REALS, "{rate: 1e39}", &error), -1);
    assert_non_null(strstr(error.text, "key 'rate'"));
    assert_int_equal(build(world, REALS, "{limit: 1.5x}", &error), -1);
    assert_non_null(strstr(error.text, "key 'limit'"));
    assert_int_equal(build(world, REALS, "{limit: 1e999}", &error), -1);
    assert_int_equal(build(world, REALS, "{rate: 1, twice: 3}", &error), -1);
    assert_non_null(strstr(error.text, "key 'twice': the content makes it 2:"));
}

static const struct anomaly_ops *choice_anomaly(void)
{
    for (size_t a = 0; anomaly_kinds[a]; a++) {
        if (strcmp(anomaly_kinds[a]->name, "choice") == 0)
            return anomaly_kinds[a];
    }
    fail_msg("no anomaly 'choice'");
    return NULL;
}

/* The numbers that programs stumble over are among a real's cases. */
static void reals_get_special_values(void **state)
{
    struct world *world = *state;
    static const uint32_t wanted[] = {0x80000000, 0x7f800000, 0xff800000, 0x7fc00000,
                                      0x7f7fffff, 0x00000001, 0x00800000};
    struct session_message message = {.tree = *parse(world, REALS, samples[7].hex)};
    struct session session = {.model = world->models[REALS], .messages = &message};
    struct site site = {&session, 0, 0, at(&world->tree, "rate")};
    struct tree changed;

    tree_init(&changed, session.model);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
        unsigned found = 0;

        for (uint64_t k = 0; k < choice_anomaly()->count(&site); k++) {
            assert_int_equal(tree_copy(&changed, &message.tree), 0);
            assert_int_equal(choice_anomaly()->change(&site, k, &changed), 0);
            found += changed.nodes[site.node].integer == wanted[i];
        }
        assert_int_equal(found, 1);
    }
    tree_free(&changed);
}

/* --- anomalies ---------------------------------------------------------------------- */

static void try_site(struct world *world, const struct site *site)
{
    const struct tree *exemplar = site_tree(site);
    struct tree changed, parsed;

    tree_init(&changed, exemplar->model);
    tree_init(&parsed, exemplar->model);
    for (size_t a = 0; anomaly_kinds[a]; a++) {
        const struct anomaly_ops *anomaly = anomaly_kinds[a];
        uint64_t count = anomaly->change ? anomaly->count(site) : 0;

        for (uint64_t k = 0; k < count; k++) {
            assert_int_equal(tree_copy(&changed, exemplar), 0);
            assert_int_equal(anomaly->change(site, k, &changed), 0);
            assert_settles(world, &changed);
            assert_int_equal(tree_parse(&parsed, buffer_view(&world->out), false), 0);
        }
    }
    tree_free(&changed);
    tree_free(&parsed);
}

static void anomalies_give_messages(void **state)
{
    struct world *world = *state;

    for (size_t i = 0; i < SAMPLES; i++) {
        struct session_message message = {.vary = TREE_NONE};
        struct session session = {.model = world->models[samples[i].model],
                                  .messages = &message,
                                  .message_count = 1};

        tree_init(&message.tree, session.model);
        message.bytes = buffer_make(1 << 20);
        assert_int_equal(bytes_from_hex(&message.bytes, samples[i].hex), 0);
        assert_int_equal(tree_parse(&message.tree, buffer_view(&message.bytes), false),
                         0);
        for (uint32_t node = 0; node < message.tree.count; node++)
            try_site(world, &(struct site){&session, 0, 0, node});
        tree_free(&message.tree);
        buffer_free(&message.bytes);
    }
}

/* What the generator finds as limits: those of the digits, not of the bits. */
static void limits_are_those_of_the_encoding(void **state)
{
    struct world *world = *state;
    const struct tree *tree = parse(world, DIGITS, samples[5].hex);
    const struct field *length = tree_field(tree, at(tree, "length"));
    const struct field *value = tree_field(tree, at(tree, "values[0]"));
    const struct field *big = tree_field(tree, at(tree, "big"));

    assert_int_equal(length->largest, 999);
    assert_int_equal(length->bits, 10);
    assert_int_equal(length->role, ROLE_LENGTH);
    assert_int_equal(value->largest, 0);
    assert_int_equal(value->bits, 8);
    assert_int_equal(big->bits, 64);
    tree = parse(world, MQTT, samples[0].hex);
    assert_int_equal(tree_field(tree, at(tree, "remaining"))->bits, 28);
    assert_int_equal(tree_field(tree, at(tree, "remaining"))->role, ROLE_LENGTH);
}

/* --- files that are refused --------------------------------------------------------- */

static const struct refusal {
    const char *text;
    unsigned line;
    const char *message;
} refusals[] = {
    {"seq:\n  - {id: a, type: u1, -percuss-number: {base: 10}}\n", 3,
     "key '-percuss-number': expected a str or strz field"},
    {"seq:\n  - {id: a, size: 2, -percuss-number: {base: 10}}\n", 3,
     "key '-percuss-number': expected a str or strz field"},
    {"seq:\n  - {id: a, type: str, size: 2, -percuss-number: {base: 2}}\n", 3,
     "key 'base': expected"},
    {"seq:\n  - {id: a, type: str, size: 2, -percuss-number: {digits: 2}}\n", 3,
     "key 'base' is missing"},
    {"seq:\n  - {id: a, type: str, size: 2, -percuss-number: {base: 10, digits: 3}}\n", 3,
     "key 'digits': expected"},
    {"seq:\n  - {id: a, type: str, size: 33, -percuss-number: {base: 10}}\n", 3,
     "expected a size from 1 to 32 digits"},
    {"seq:\n  - {id: a, type: str, size: 2, -percuss-number: {base: 10, sign: 1}}\n", 3,
     "key 'sign'"},
    {"seq:\n  - {id: a, type: strz, -percuss-number: {base: 16},"
     " -percuss-checksum: sum8}\n",
     3, "key '-percuss-checksum': expected"},
    {"seq: []\ntypes:\n  v:\n    -percuss-codec: {name: zigzag, maximum: 4}\n", 5,
     "key 'name': expected"},
    {"seq: []\ntypes:\n  v:\n    -percuss-codec: {name: base128-le}\n", 5,
     "key 'maximum' is missing"},
    {"seq: []\ntypes:\n  v:\n    -percuss-codec: {name: base128-le, maximum: 11}\n", 5,
     "key 'maximum': expected"},
    {"seq: []\ntypes:\n  v:\n    -percuss-codec: {name: base128-le, maximum: 4}\n", 5,
     "expected an instance named value"},
    {"seq:\n  - {id: a, type: v, size: 2}\ntypes:\n  v:\n"
     "    -percuss-codec: {name: base128-le, maximum: 4}\n"
     "    instances: {value: {value: 1}}\n",
     3, "no size or terminator beside an integer type"},
    {"seq:\n  - {id: a, type: v()}\ntypes:\n  v:\n"
     "    -percuss-codec: {name: base128-le, maximum: 4}\n"
     "    instances: {value: {value: 1}}\n",
     3, "expected a type with -percuss-codec without parentheses"},
    {"-percuss-codec: {name: base128-le, maximum: 4}\nseq: []\n", 2, "-percuss-codec"},
    {"seq:\n  - {id: a, type: b3}\n  - {id: b, type: b5le}\n", 4,
     "key 'type': expected a byte boundary between bits of different order"},
    {"seq:\n  - {id: a, type: b8, if: true}\n  - {id: b, type: b5le}\n", 4,
     "a byte boundary"},
    {"seq:\n  - {id: a, type: b5xe}\n", 3, "key 'type'"},
    {"seq:\n  - {id: a, type: b65le}\n", 3, "key 'type'"},
    {"seq: []\ntypes:\n  t: {meta: {endian: me}}\n", 4, "key 'endian': expected"},
    {"seq: []\ntypes:\n  t: {meta: {title: x}}\n", 4, "key 'title'"},
    {"seq: []\ntypes:\n  t: {meta: {endian: {switch-on: 1}}}\n", 4, "key 'cases'"},
    {"seq: []\ntypes:\n  t: {meta: {endian: {switch-on: x, cases: {1: le}}}}\n", 4,
     "'x' is no field"},
    {"seq: []\ntypes:\n  t: {meta: {endian: {switch-on: 1, cases: {1: me}}}}\n", 4,
     "key '1': expected be or le"},
    {"seq:\n  - {id: a, type: u2}\ntypes:\n  t: {meta: {endian: be}}\n", 3,
     "key 'type': expected a byte order"},
    {"seq:\n  - {id: a, type: str, size: 2, encoding: klingon}\n", 3,
     "key 'encoding': expected an encoding"},
    {"seq:\n  - {id: a, type: strz, encoding: UTF-16LE}\n", 3,
     "key 'type': expected str"},
    {"seq:\n  - {id: a, type: str, size: 2, encoding: UTF-16BE, valid: '\"a\"'}\n", 3,
     "key 'valid': expected no valid on UTF-16"},
    {"seq:\n  - {id: a, type: str, size: 2, encoding: UTF-16BE, -percuss-number: {base: "
     "10}}\n",
     3, "one byte a character"},
    {"seq:\n  - {id: a, type: f4}\n", 3, "expected a byte order: f4be, f4le"},
    {"seq:\n  - {id: a, type: f2le}\n", 3, "key 'type': expected u1"},
    {"seq:\n  - {id: a, type: f4le, -percuss-checksum: crc32}\n", 3,
     "key '-percuss-checksum': expected"},
    {"seq:\n  - {id: a, type: f4le, enum: e}\nenums: {e: {1: b}}\n", 3,
     "key 'enum': expected an integer field"},
    {"seq:\n  - {id: a, type: f4le, -percuss-sequence: true}\n", 3,
     "key '-percuss-sequence': expected an integer field"},
    {"seq:\n  - {id: a, type: str, size: 2, process: xor(1), -percuss-number: {base: "
     "10}}\n",
     3, "key '-percuss-number': expected digits that are there as they are"},
    {"seq:\n  - {id: a, type: str, size: 2, pad-right: 32, -percuss-number: {base: "
     "10}}\n",
     3, "key '-percuss-number': expected digits that are there as they are"},
    {"seq:\n  - {id: a, type: u1}\n  - {id: b, size: a.value}\n", 4,
     "'.value' is no method"},
    {"seq:\n  - {id: a, type: v}\n  - {id: b, size: sizeof<v>}\ntypes:\n  v:\n"
     "    -percuss-codec: {name: base128-le, maximum: 4}\n"
     "    instances: {value: {value: 1}}\n",
     4, "expected something whose size is always the same"},
};

static void files_are_refused(void **state)
{
    struct world *world = *state;
    char text[600], path[SCRATCH_PATH], place[32];

    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        struct error error = {""};

        snprintf(text, sizeof text, "meta: {id: m, encoding: ASCII}\n%s",
                 refusals[i].text);
        scratch_write(world->folder, "m.ksy", text, path);
        snprintf(place, sizeof place, "m.ksy:%u:", refusals[i].line);
        if (model_load(path, &error))
            fail_msg("was loaded:\n%s", text);
        if (!strstr(error.text, place) || !strstr(error.text, refusals[i].message))
            fail_msg("'%s' does not say '%s' at %s", error.text, refusals[i].message,
                     place);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_are_valid_and_come_back),
        cmocka_unit_test(values_are_read),
        cmocka_unit_test(remaining_length_follows_the_content),
        cmocka_unit_test(a_pinned_length_lies),
        cmocka_unit_test(sums_follow_as_digits),
        cmocka_unit_test(digits_follow_and_are_cut_from_the_left),
        cmocka_unit_test(groups_are_cases_and_derived),
        cmocka_unit_test(bad_digits_break_a_rule),
        cmocka_unit_test(groups_without_end_break_a_rule),
        cmocka_unit_test(every_prefix_and_every_byte),
        cmocka_unit_test(messages_are_built),
        cmocka_unit_test(bits_are_taken_from_the_lowest_up),
        cmocka_unit_test(the_order_is_switched),
        cmocka_unit_test(a_changed_mark_does_not_turn_the_body),
        cmocka_unit_test(the_direction_decides_an_order),
        cmocka_unit_test(orders_are_built),
        cmocka_unit_test(texts_stay_bytes),
        cmocka_unit_test(reals_are_read_and_derived),
        cmocka_unit_test(reals_break_rules),
        cmocka_unit_test(reals_are_built),
        cmocka_unit_test(reals_get_special_values),
        cmocka_unit_test(anomalies_give_messages),
        cmocka_unit_test(limits_are_those_of_the_encoding),
        cmocka_unit_test(files_are_refused),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
