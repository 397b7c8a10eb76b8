/* Reproducers get short and simple, on a device with made-to-measure defects. */
#include "rig.h"

#include "core/clock.h"
#include "engine/minimise.h"

struct world {
    struct rig *rig;
    struct sequence sequence;
    unsigned trials;
};

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);

    assert_non_null(world);
    world->rig = rig_make(false, "registers.yaml", "timing: {answer: 150ms}");
    sequence_init(&world->sequence);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    sequence_free(&world->sequence);
    rig_free(world->rig);
    free(world);
    return 0;
}

static void add(struct world *world, uint64_t number, const char *name, struct view bytes)
{
    struct sequence_step step = {.number = number,
                                 .message =
                                     message_named(world->rig->campaign->session, name),
                                 .fuzzed = true};

    assert_int_equal(sequence_append(&world->sequence, &step, bytes), 0);
}

static void add_hex(struct world *world, uint64_t number, const char *name,
                    const char *hex)
{
    struct buffer bytes = buffer_make(1000);

    assert_int_equal(bytes_from_hex(&bytes, hex), 0);
    add(world, number, name, buffer_view(&bytes));
    buffer_free(&bytes);
}

static void minimise_it(struct world *world)
{
    struct target target = {.oracle = -1,
                            .cause = "reply breaks its grammar: modbus_tcp.protocol_id"};

    for (int i = 0; oracle_kinds[i]; i++)
        if (strcmp(oracle_kinds[i]->name, "conformance") == 0)
            target.oracle = i;
    if (minimise(&world->rig->runner, &world->sequence, false, &target,
                 clock_now_ns() + 60 * CLOCK_S, &world->trials, &world->rig->error) < 0)
        fail_msg("%s", world->rig->error.text);
}

/* The last message as a tree; the caller frees it. */
static struct tree last(const struct world *world)
{
    struct tree tree;

    tree_init(&tree, world->rig->campaign->model);
    assert_int_equal(
        tree_parse(&tree, sequence_bytes(&world->sequence, world->sequence.count - 1),
                   false),
        0);
    return tree;
}

static const struct tree *exemplar(const struct session *session, const char *name)
{
    return &session->messages[message_named(session, name)].tree;
}

static int64_t value(const struct tree *tree, const char *path)
{
    uint32_t node = tree_find(tree, path);

    assert_int_not_equal(node, TREE_NONE);
    return (int64_t)tree->nodes[node].integer;
}

/* --- defects ------------------------------------------------------------------------ */

/* A refusal, with a wrong protocol identifier when `wrong`. */
static bool answer(struct rig *rig, int connection, struct view frame, bool wrong)
{
    uint8_t out[9] = {0};

    if (!wrong)
        return rig_answer_rightly(rig, connection, frame);
    memcpy(out, frame.data, 2);
    out[2] = 1;
    out[5] = 3;
    out[6] = frame.data[6];
    out[7] = frame.data[7] | 0x80;
    out[8] = 3;
    rig_write(connection, (struct view){out, sizeof out});
    return true;
}

static bool long_write(struct rig *rig, int connection, struct view frame)
{
    return answer(rig, connection, frame, frame.data[7] == 16 && frame.length > 40);
}

static bool long_read(struct rig *rig, int connection, struct view frame)
{
    return answer(rig, connection, frame, frame.data[7] == 1 && frame.length > 15);
}

static bool high_start(struct rig *rig, int connection, struct view frame)
{
    return answer(rig, connection, frame,
                  frame.data[7] == 3 && bytes_read_be(frame.data + 8, 2) >= 0x8000);
}

/* Only behind a write. */
static bool read_behind_write(struct rig *rig, int connection, struct view frame)
{
    if (frame.data[7] == 6)
        rig->registers[40] = 1;
    return answer(rig, connection, frame,
                  rig->registers[40] == 1 && frame.data[7] == 1 && frame.length > 15);
}

/* --- what is left ------------------------------------------------------------------- */

/* As few registers as still do it, with the quantity and the lengths that belong to
 * them. */
static void lists_get_short_and_stay_right(void **state)
{
    struct world *world = *state;
    struct buffer bytes = buffer_make(1000);
    struct tree tree;

    assert_int_equal(bytes_from_hex(&bytes, "0002 0000 007f 01 10 0001 003c 78"), 0);
    for (int i = 0; i < 120; i++)
        buffer_append_byte(&bytes, (uint8_t)(i * 7));
    add(world, 1, "write_registers", buffer_view(&bytes));
    buffer_free(&bytes);
    rig_set(world->rig, long_write);
    minimise_it(world);
    tree = last(world);
    assert_int_equal(tree.violation_count, 0);
    assert_int_equal(value(&tree, "pdu.body.quantity"), 14); /* 13 + 28 bytes */
    assert_int_equal(sequence_bytes(&world->sequence, 0).length, 41);
    tree_free(&tree);
}

static void surplus_gets_short(void **state)
{
    struct world *world = *state;
    struct tree tree;

    add_hex(world, 1, "read_bits",
            "0002 0000 001e 01 01 0160 0004 41414141414141414141414141414141414141414141"
            "4141");
    rig_set(world->rig, long_read);
    minimise_it(world);
    tree = last(world);
    assert_int_equal(sequence_bytes(&world->sequence, 0).length, 16);
    assert_int_equal(value(&tree, "length"), 10);
    tree_free(&tree);
}

/* What does not matter is as the exemplar has it; what does stays. */
static void fields_that_do_not_matter_become_plain(void **state)
{
    struct world *world = *state;
    struct tree tree;

    add_hex(world, 1, "read_registers", "0002 0000 0006 01 03 8123 0077");
    rig_set(world->rig, high_start);
    minimise_it(world);
    tree = last(world);
    assert_int_equal(value(&tree, "pdu.body.start"), 0x8123);
    assert_int_equal(value(&tree, "pdu.body.quantity"),
                     value(exemplar(world->rig->campaign->session, "read_registers"),
                           "pdu.body.quantity"));
    tree_free(&tree);
}

static void earlier_messages_become_exemplars_and_others_go(void **state)
{
    struct world *world = *state;
    const struct session *session = world->rig->campaign->session;

    add_hex(world, 1, "read_registers", "0002 0000 0006 01 03 0160 0002");
    add_hex(world, 2, "write_register", "0004 0000 0006 01 06 0169 1234");
    add_hex(world, 3, "read_registers", "0006 0000 0006 01 03 0160 0003");
    add_hex(world, 4, "read_bits", "0008 0000 000a 01 01 0160 0004 41414141");
    rig_set(world->rig, read_behind_write);
    minimise_it(world);
    assert_int_equal(world->sequence.count, 2);
    assert_true(view_equal(
        sequence_bytes(&world->sequence, 0),
        buffer_view(&session->messages[message_named(session, "write_register")].bytes)));
    assert_int_equal(sequence_bytes(&world->sequence, 1).length, 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lists_get_short_and_stay_right, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(surplus_gets_short, set_up, tear_down),
        cmocka_unit_test_setup_teardown(fields_that_do_not_matter_become_plain, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(earlier_messages_become_exemplars_and_others_go,
                                        set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
