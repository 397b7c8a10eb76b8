/* What is changed with the model's knowledge: total on hostile bytes, a function of its
 * key, never too long; what is repaired is right; what is spliced keeps its type. */
#include "models.h"
#include "shipped.h"

#include "generate/mutator.h"

static const char hexadecimal[] = "0123456789ABCDEF";
enum { MESSAGES = 48, CALLS = 2000 };

struct rig {
    struct model *model;
    struct session *session;
    struct mutator *mutator;
    struct tree tree;
    struct buffer input, out;
};

static void rig_open(struct rig *rig, const char *model, const char *session)
{
    struct error error = {""};

    rig->model = need_model(model);
    rig->session = session ? need_session(session, rig->model) : NULL;
    rig->mutator = mutator_new(rig->model, rig->session, &error);
    if (!rig->mutator)
        fail_msg("%s", error.text);
    tree_init(&rig->tree, rig->model);
    rig->input = buffer_make(INPUT_MAXIMUM);
    rig->out = buffer_make(4096);
}

static void rig_close(struct rig *rig)
{
    buffer_free(&rig->input);
    buffer_free(&rig->out);
    tree_free(&rig->tree);
    mutator_free(rig->mutator);
    session_free(rig->session);
    model_free(rig->model);
}

/* An input of one of the session's messages. */
static void rig_exemplar(struct rig *rig, size_t which)
{
    const struct session_message *message =
        &rig->session->messages[which % rig->session->message_count];

    buffer_clear(&rig->input);
    assert_int_equal(input_append(model_framing(rig->model), buffer_view(&message->bytes),
                                  &rig->input),
                     0);
}

static struct view rig_change(struct rig *rig, uint64_t key)
{
    struct random random = {key, 0};

    assert_int_equal(mutator_change(rig->mutator, buffer_view(&rig->input), &random, NULL,
                                    NULL, &rig->out),
                     0);
    assert_true(rig->out.length <= rig->out.maximum);
    return buffer_view(&rig->out);
}

/* How many messages of an input are valid, and how many there are. */
static void count_valid(struct rig *rig, struct view input, size_t *valid, size_t *all)
{
    struct view messages[MESSAGES];
    size_t count = input_split(model_framing(rig->model), input, messages, MESSAGES);

    for (size_t i = 0; i < count; i++, ++*all) {
        size_t length = 0;

        if (framing_split(model_framing(rig->model), messages[i], &length) ==
                FRAME_WHOLE &&
            length == messages[i].length &&
            tree_parse(&rig->tree, messages[i], false) == 0 &&
            rig->tree.violation_count == 0)
            ++*valid;
    }
}

/* --- every model -------------------------------------------------------------------- */

static void each_shipped(void (*test)(struct rig *rig, size_t which))
{
    for (size_t i = 0; i < SHIPPED; i++) {
        struct rig rig;

        rig_open(&rig, shipped[i].model, shipped[i].session);
        test(&rig, i);
        rig_close(&rig);
    }
}

/* Inputs grow out of each other, as they do in an engine. */
static void change_hostile(struct rig *rig, size_t which)
{
    for (uint64_t key = 0; key < CALLS; key++) {
        if (key % 16 == 0)
            rig_exemplar(rig, key / 16);
        rig_change(rig, random_key(which, key));
        assert_true(rig->out.length > 0);
        if (key % 5 == 0)
            mutator_keep(rig->mutator, buffer_view(&rig->out));
        buffer_clear(&rig->input);
        assert_int_equal(buffer_append(&rig->input, buffer_view(&rig->out)), 0);
    }
}

static void test_any_input_can_be_changed(void **state)
{
    (void)state;
    each_shipped(change_hostile);
}

static void change_noise(struct rig *rig, size_t which)
{
    for (uint64_t key = 0; key < CALLS / 4; key++) {
        buffer_clear(&rig->input);
        for (uint64_t i = random_below(key, 0, 80); i > 0; i--)
            buffer_append_byte(&rig->input, (uint8_t)random_at(key, i));
        rig->out.maximum = 1 + random_below(key, 99, 200);
        buffer_free(&rig->out); /* so that a byte too many is one outside of it */
        rig_change(rig, random_key(which, key));
        assert_true(rig->out.length > 0);
        /* It may not fit; it is never too long. */
        mutator_repair(rig->mutator, buffer_view(&rig->input), &rig->out);
        assert_true(rig->out.length <= rig->out.maximum);
    }
}

static void test_noise_can_be_changed(void **state)
{
    (void)state;
    each_shipped(change_noise);
}

static void change_again(struct rig *rig, size_t which)
{
    struct buffer first = buffer_make(INPUT_MAXIMUM);
    char text[80], again[80];

    for (uint64_t key = 0; key < CALLS / 4; key++) {
        rig_exemplar(rig, key);
        buffer_clear(&first);
        assert_int_equal(buffer_append(&first, rig_change(rig, random_key(which, key))),
                         0);
        mutator_describe(rig->mutator, text, sizeof text);
        assert_true(text[0]);
        rig_change(rig, random_key(which, key + 1));
        assert_true(
            view_equal(rig_change(rig, random_key(which, key)), buffer_view(&first)));
        assert_string_equal(mutator_describe(rig->mutator, again, sizeof again), text);
    }
    buffer_free(&first);
}

static void test_the_key_decides(void **state)
{
    (void)state;
    each_shipped(change_again);
}

/* --- repair ------------------------------------------------------------------------- */

/* Bytes are broken, and what depends on them follows: of the messages that stay parseable
 * far more are valid behind a repair than before. */
static void repair_broken(struct rig *rig, size_t which)
{
    size_t before = 0, behind = 0, all = 0, all_behind = 0;
    struct buffer again = buffer_make(INPUT_MAXIMUM);

    rig->out.maximum = INPUT_MAXIMUM;
    for (uint64_t key = 0; key < CALLS / 2; key++) {
        rig_exemplar(rig, key);
        rig->input.data[random_below(which, key, rig->input.length)] ^= 1;
        count_valid(rig, buffer_view(&rig->input), &before, &all);
        assert_int_equal(
            mutator_repair(rig->mutator, buffer_view(&rig->input), &rig->out), 0);
        count_valid(rig, buffer_view(&rig->out), &behind, &all_behind);
        again.length = 0;
        assert_int_equal(mutator_repair(rig->mutator, buffer_view(&rig->out), &again), 0);
        assert_true(view_equal(buffer_view(&again), buffer_view(&rig->out)));
    }
    printf("%-14s valid with one bit flipped %5.1f %%, repaired %5.1f %%\n",
           model_id(rig->model), 100.0 * (double)before / (double)all,
           100.0 * (double)behind / (double)all_behind);
    assert_true(behind >= before);
    buffer_free(&again);
}

static void test_repair_makes_broken_messages_valid(void **state)
{
    (void)state;
    each_shipped(repair_broken);
}

static void test_a_checksum_is_repaired_always(void **state)
{
    struct rig rig;
    size_t valid = 0, all = 0;

    (void)state;
    rig_open(&rig, "modbus_rtu.ksy", "pump.yaml");
    for (size_t i = 0; i < rig.session->message_count; i++) {
        rig_exemplar(&rig, i);
        rig.input.data[rig.input.length - 1] ^= 0x55;
        assert_int_equal(mutator_repair(rig.mutator, buffer_view(&rig.input), &rig.out),
                         0);
        count_valid(&rig, buffer_view(&rig.out), &valid, &all);
    }
    assert_int_equal(valid, rig.session->message_count);
    assert_int_equal(all, valid);
    rig_close(&rig);
}

/* Of changed inputs a fair part is right, a fair part is not. */
static void test_what_is_changed_is_often_valid(void **state)
{
    struct rig rig;
    size_t valid = 0, all = 0;

    (void)state;
    rig_open(&rig, "modbus_rtu.ksy", "pump.yaml");
    for (uint64_t key = 0; key < CALLS; key++) {
        rig_exemplar(&rig, key);
        count_valid(&rig, rig_change(&rig, key), &valid, &all);
    }
    printf("changed messages: %zu of %zu are valid\n", valid, all);
    assert_true(valid * 3 > all);
    assert_true(valid * 10 < all * 9);
    rig_close(&rig);
}

/* --- splices ------------------------------------------------------------------------ */

static const char *body_type(struct rig *rig, struct view message)
{
    assert_int_equal(tree_parse(&rig->tree, message, false), 0);
    return tree_type(&rig->tree, tree_find(&rig->tree, "pdu.body"));
}

/* Crossed with one of another kind, a message that is still valid has the body that its
 * function says; and a body comes over at times. */
/* Behind a comparison of a small field may lie more: each of its values comes soon
 * enough, and what a receiver passes over is no hindrance. */
static void test_each_value_of_a_small_field_comes(void **state)
{
    static const char line[] = ":::01020000\r\n";
    struct rig rig;
    unsigned seen[2][16] = {{0}};

    (void)state;
    rig_open(&rig, "../firmware/gate/gate.ksy", "../firmware/gate/session.yaml");
    buffer_append(&rig.input, view_text(line));
    for (uint64_t key = 0; key < 40000; key++) {
        struct view out = rig_change(&rig, key);
        struct tree *tree = &rig.tree;
        unsigned digits[2];

        if (out.length != sizeof line - 3 || tree_parse(tree, out, false) < 0 ||
            tree->violation_count)
            continue;
        for (int i = 0; i < 2; i++)
            digits[i] = (unsigned)(strchr(hexadecimal, out.data[5 + i]) - hexadecimal);
        seen[0][digits[0] & 15] += digits[1] == 0;
        seen[1][digits[1] & 15] += digits[0] == 0;
    }
    for (unsigned i = 1; i < 16; i++)
        assert_true(seen[0][i] > 40 && seen[1][i] > 40);
    rig_close(&rig);
}

static void test_a_splice_keeps_types(void **state)
{
    struct rig rig;
    struct view messages[MESSAGES];
    struct buffer other = buffer_make(INPUT_MAXIMUM);
    size_t came = 0;

    (void)state;
    rig_open(&rig, "modbus_tcp.ksy", "registers.yaml");
    rig_exemplar(&rig, message_named(rig.session, "write_registers"));
    assert_int_equal(buffer_append(&other, buffer_view(&rig.input)), 0);
    other.data[13] = 0x77; /* a value that no exemplar has */
    for (uint64_t key = 0; key < CALLS; key++) {
        struct random random = {key, 0};

        rig_exemplar(&rig, message_named(rig.session, "write_registers"));
        assert_int_equal(mutator_cross(rig.mutator, buffer_view(&rig.input),
                                       buffer_view(&other), &random, &rig.out),
                         0);
        if (input_split(model_framing(rig.model), buffer_view(&rig.out), messages,
                        MESSAGES) != 1)
            continue;
        assert_string_equal(body_type(&rig, messages[0]), "write_registers_request");
        assert_int_equal(rig.tree.violation_count, 0);
        came += memchr(messages[0].data, 0x77, messages[0].length) != NULL;
    }
    assert_true(came > CALLS / 20);
    buffer_free(&other);
    rig_close(&rig);
}

static void test_a_kept_message_comes_back(void **state)
{
    static const uint8_t kept[] = {0, 9, 0, 0, 0, 6, 1, 6, 0xab, 0xcd, 0, 1};
    struct rig rig;
    size_t came = 0;

    (void)state;
    rig_open(&rig, "modbus_tcp.ksy", "registers.yaml");
    mutator_keep(rig.mutator, (struct view){kept, sizeof kept});
    for (uint64_t key = 0; key < CALLS; key++) {
        rig_exemplar(&rig, 0);
        rig_change(&rig, key);
        came += memmem(rig.out.data, rig.out.length, kept, sizeof kept) != NULL;
    }
    assert_true(came > 0);
    rig_close(&rig);
}

/* --- from nothing ------------------------------------------------------------------- */

static void test_an_empty_input_becomes_messages(void **state)
{
    struct rig rig;
    size_t valid = 0, all = 0;

    (void)state;
    rig_open(&rig, "modbus_tcp.ksy", "registers.yaml");
    for (uint64_t key = 0; key < 100; key++)
        count_valid(&rig, rig_change(&rig, key), &valid, &all);
    assert_true(valid > 50);
    rig_close(&rig);
    rig_open(&rig, "modbus_tcp.ksy", NULL);
    for (uint64_t key = 0; key < 100; key++)
        assert_true(rig_change(&rig, key).length > 0);
    rig_close(&rig);
}

/* --- the engine's own --------------------------------------------------------------- */

static size_t stamp(void *context, uint8_t *data, size_t length, size_t most,
                    struct random *random)
{
    (void)random;
    assert_true(length <= most);
    ++*(size_t *)context;
    memset(data, 0xee, most);
    return most;
}

static void test_the_engine_has_its_share(void **state)
{
    struct rig rig;
    size_t calls = 0, whole = 0;

    (void)state;
    rig_open(&rig, "modbus_tcp.ksy", "registers.yaml");
    rig.out.maximum = 200;
    for (uint64_t key = 0; key < CALLS; key++) {
        struct random random = {key, 0};

        rig_exemplar(&rig, key);
        assert_int_equal(mutator_change(rig.mutator, buffer_view(&rig.input), &random,
                                        stamp, &calls, &rig.out),
                         0);
        whole += rig.out.length == 200 && rig.out.data[0] == 0xee;
    }
    assert_true(whole > CALLS / 8 && whole < CALLS / 2);
    assert_true(calls > whole);
    rig_close(&rig);
}

/* --- smaller ------------------------------------------------------------------------ */

static void test_reductions_end_with_the_least(void **state)
{
    struct rig rig;
    size_t k = 0;

    (void)state;
    rig_open(&rig, "modbus_tcp.ksy", "registers.yaml");
    rig_exemplar(&rig, message_named(rig.session, "write_registers"));
    assert_int_equal(buffer_append(&rig.input, buffer_view(&rig.input)), 0);
    assert_true(mutator_reductions(rig.mutator, buffer_view(&rig.input)) > 2);
    while (k < mutator_reductions(rig.mutator, buffer_view(&rig.input))) {
        int status = mutator_reduce(rig.mutator, buffer_view(&rig.input), k, &rig.out);

        assert_true(status == 0 || status == 1);
        if (status == 0) {
            assert_int_equal(rig.out.length, 0);
            k++;
            continue;
        }
        assert_true(rig.out.length < rig.input.length);
        buffer_clear(&rig.input);
        assert_int_equal(buffer_append(&rig.input, buffer_view(&rig.out)), 0);
    }
    /* One message, all its registers gone, its lengths right. */
    assert_int_equal(rig.input.length, 13);
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_any_input_can_be_changed),
        cmocka_unit_test(test_noise_can_be_changed),
        cmocka_unit_test(test_the_key_decides),
        cmocka_unit_test(test_repair_makes_broken_messages_valid),
        cmocka_unit_test(test_a_checksum_is_repaired_always),
        cmocka_unit_test(test_what_is_changed_is_often_valid),
        cmocka_unit_test(test_each_value_of_a_small_field_comes),
        cmocka_unit_test(test_a_splice_keeps_types),
        cmocka_unit_test(test_a_kept_message_comes_back),
        cmocka_unit_test(test_an_empty_input_becomes_messages),
        cmocka_unit_test(test_the_engine_has_its_share),
        cmocka_unit_test(test_reductions_end_with_the_least),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
