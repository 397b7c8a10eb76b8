/* The safety gate: whatever holds a forbidden message is kept back. */
#include "engine/gate.h"
#include "models.h"

#define READ "0002 0000 0006 01 03 0160 0004"
#define WRITE "0004 0000 0006 01 06 0168 0007"
#define STOP "0006 0000 0006 01 05 0161 ff00"

struct world {
    struct model *tcp, *rtu;
    struct campaign campaign;
    struct tree scratch;
    struct joiner joiner;
    struct buffer bytes;
};

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);

    assert_non_null(world);
    world->tcp = need_model("modbus_tcp.ksy");
    world->rtu = need_model("modbus_rtu.ksy");
    world->campaign.model = world->tcp;
    world->bytes = buffer_make(70000);
    tree_init(&world->scratch, world->tcp);
    joiner_init(&world->joiner, world->tcp, 1 << 16);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    for (size_t i = 0; i < world->campaign.exclude_count; i++)
        expression_free(world->campaign.excludes[i].when);
    tree_free(&world->scratch);
    joiner_free(&world->joiner);
    buffer_free(&world->bytes);
    model_free(world->tcp);
    model_free(world->rtu);
    free(world);
    return 0;
}

static void exclude(struct world *world, const char *when)
{
    struct error error = {""};
    struct campaign *campaign = &world->campaign;
    struct expression *rule =
        expression_compile(when, campaign->model, session_names, &error);

    if (!rule)
        fail_msg("%s", error.text);
    campaign->excludes[campaign->exclude_count++] = (struct exclude_rule){"x", "y", rule};
}

static int check(struct world *world, const char *hex)
{
    buffer_clear(&world->bytes);
    assert_int_equal(bytes_from_hex(&world->bytes, hex), 0);
    return gate_check(&world->campaign, buffer_view(&world->bytes), &world->scratch,
                      &world->joiner);
}

static void without_rules_everything_passes(void **state)
{
    struct world *world = *state;

    assert_int_equal(check(world, WRITE), GATE_OPEN);
    assert_int_equal(check(world, "ff"), GATE_OPEN);
    assert_int_equal(check(world, ""), GATE_OPEN);
}

static void the_rule_that_holds_is_named(void **state)
{
    struct world *world = *state;

    exclude(world, "request.pdu.function == 6");
    exclude(world, "request.pdu.function == 5 and request.pdu.body.address == 0x161");
    assert_int_equal(check(world, READ), GATE_OPEN);
    assert_int_equal(check(world, WRITE), 0);
    assert_int_equal(check(world, STOP), 1);
    assert_int_equal(check(world, ""), GATE_OPEN);
}

static void no_frame_hides_behind_another(void **state)
{
    struct world *world = *state;

    exclude(world, "request.pdu.function == 6");
    assert_int_equal(check(world, READ WRITE), 0);
    assert_int_equal(check(world, WRITE READ), 0);
    assert_int_equal(check(world, READ READ STOP WRITE), 0);
    assert_int_equal(check(world, READ READ STOP), GATE_OPEN);
    /* A frame that is not all there is judged by what there is. */
    assert_int_equal(check(world, READ "0004 0000 0006 01 06 0168"), 0);
    assert_int_equal(check(world, "0004 0000 0006 01 06"), 0);
}

/* A device that does not look at the length takes what came for one message. */
static void a_lying_length_does_not_help(void **state)
{
    struct world *world = *state;

    exclude(world, "request.pdu.function == 6 and request.pdu.body.value == 7");
    assert_int_equal(check(world, "0004 0000 0003 01 06 0168 0007"), 0);
    assert_int_equal(check(world, "0004 0000 00ff 01 06 0168 0007"), 0);
    assert_int_equal(check(world, "0004 0000 0000 01 06 0168 0007"), 0);
    assert_int_equal(check(world, "0004 0000 ffff 01 06 0168 0007"), 0);
    assert_int_equal(check(world, "0004 0000 ffff 01 06 0168 0008"), GATE_OPEN);
}

static void what_does_not_parse_is_kept_back_when_asked(void **state)
{
    struct world *world = *state;

    world->campaign.exclude_unparsed = true;
    assert_int_equal(check(world, READ), GATE_OPEN);
    assert_int_equal(check(world, READ WRITE), GATE_OPEN);
    assert_int_equal(check(world, "0002 0000 0006 01 03 0160 0000"), GATE_UNPARSED);
    assert_int_equal(check(world, "0002 0000 0006 01 03"), GATE_UNPARSED);
    assert_int_equal(check(world, READ "ff"), GATE_UNPARSED);
    assert_int_equal(check(world, "ffff ffff ffff ffff ffff"), GATE_UNPARSED);
    exclude(world, "request.pdu.function == 3");
    assert_int_equal(check(world, "0002 0000 0006 01 03 0160 0000"), 0);
}

static void rules_speak_of_rtu_frames_too(void **state)
{
    struct world *world = *state;
    uint8_t frame[] = {1, 6, 0, 1, 1, 0xf4, 0xd8, 0x1d};

    world->campaign.model = world->rtu;
    tree_free(&world->scratch);
    joiner_free(&world->joiner);
    tree_init(&world->scratch, world->rtu);
    joiner_init(&world->joiner, world->rtu, 1 << 16);
    exclude(world, "request.pdu.function == 6");
    for (size_t length = 4; length <= sizeof frame; length++)
        assert_int_equal(gate_check(&world->campaign, (struct view){frame, length},
                                    &world->scratch, &world->joiner),
                         0);
    frame[1] = 3;
    assert_int_equal(gate_check(&world->campaign, (struct view){frame, sizeof frame},
                                &world->scratch, &world->joiner),
                     GATE_OPEN);
}

/* --- other framings ----------------------------------------------------------------- */

static struct model *load_text(const char *text)
{
    char folder[SCRATCH_PATH], path[SCRATCH_PATH];
    struct error error = {""};
    struct model *model;

    scratch_make(folder);
    scratch_write(folder, "m.ksy", text, path);
    model = model_load(path, &error);
    if (!model)
        fail_msg("%s", error.text);
    scratch_remove(folder);
    return model;
}

static void use_model(struct world *world, struct model *model)
{
    model_free(world->rtu);
    world->rtu = model;
    world->campaign.model = model;
    tree_free(&world->scratch);
    joiner_free(&world->joiner);
    tree_init(&world->scratch, model);
    joiner_init(&world->joiner, model, 1 << 16);
}

/* A device skips what no frame begins with, and may take a start inside a frame. */
static void every_start_of_a_terminated_frame_is_looked_at(void **state)
{
    struct world *world = *state;

    use_model(
        world,
        load_text("meta: {id: m}\n-percuss-framing: {kind: terminator, start: 0x0b, "
                  "end: [0x1c, 0x0d], maximum: 99}\nseq:\n- {id: start, contents: "
                  "[0x0b]}\n- {id: code, type: u1}\n- {id: rest, size-eos: true}\n"));
    exclude(world, "request.code == 7");
    assert_int_equal(check(world, "0b 06 1c0d"), GATE_OPEN);
    assert_int_equal(check(world, "0b 07 1c0d"), 0);
    assert_int_equal(check(world, "0b 06 1c0d 0b 07 1c0d"), 0);
    assert_int_equal(check(world, "00 00 0b 07 1c0d"), 0);
    assert_int_equal(check(world, "0b 06 0b 07"), 0);
    assert_int_equal(check(world, "0b 06 07 07 00 0b"), GATE_OPEN);
}

static void a_lying_varint_does_not_help(void **state)
{
    struct world *world = *state;

    use_model(
        world,
        load_text("meta: {id: m}\n-percuss-framing: {kind: varint, offset: 1, "
                  "maximum: 300}\nseq:\n- {id: kind, type: u1}\n- {id: length, type: "
                  "u1}\n- {id: body, size: length}\ninstances:\n  last: {value: "
                  "'body.size == 3 ? kind : 0'}\n"));
    exclude(world, "request.last == 9");
    assert_int_equal(check(world, "09 03 aabbcc"), 0);
    assert_int_equal(check(world, "09 02 aabbcc"), 0);
    assert_int_equal(check(world, "09 7f aabbcc"), 0);
    assert_int_equal(check(world, "09 02 aabb"), GATE_OPEN);
    assert_int_equal(check(world, "09"), GATE_OPEN);
    assert_int_equal(check(world, "09 80808080 80"), GATE_OPEN);
}

/* Whatever the bytes are, the gate answers. */
static void any_bytes_get_an_answer(void **state)
{
    struct world *world = *state;
    struct random random = {11, 0};
    uint8_t noise[600];

    exclude(world, "request.pdu.body.values[3] == 77");
    for (int round = 0; round < 3000; round++) {
        size_t length = (size_t)random_next_below(&random, sizeof noise);
        int rule;

        for (size_t i = 0; i < length; i++)
            noise[i] = (uint8_t)(random_next(&random) & (round % 2 ? 0xff : 0x03));
        rule = gate_check(&world->campaign, (struct view){noise, length}, &world->scratch,
                          &world->joiner);
        assert_true(rule == GATE_OPEN || rule == 0);
    }
}

int main(void)
{
#define GATE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        GATE_TEST(without_rules_everything_passes),
        GATE_TEST(the_rule_that_holds_is_named),
        GATE_TEST(no_frame_hides_behind_another),
        GATE_TEST(a_lying_length_does_not_help),
        GATE_TEST(what_does_not_parse_is_kept_back_when_asked),
        GATE_TEST(rules_speak_of_rtu_frames_too),
        GATE_TEST(every_start_of_a_terminated_frame_is_looked_at),
        GATE_TEST(a_lying_varint_does_not_help),
        GATE_TEST(any_bytes_get_an_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
