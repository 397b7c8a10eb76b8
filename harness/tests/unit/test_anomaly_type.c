/* The content of another type under a selector, and types that contain themselves. */
#include "anomalies.h"

static void bodies_change_places_both_ways(void **state)
{
    struct model *model = need_model("modbus_tcp.ksy");
    struct session *session = need_session("registers.yaml", model);

    (void)state;
    assert_makes(session, "write_register", "pdu.body", "confuse",
                 "read_registers_request inside", "0000 0000 0006 01 06 0160 0004");
    assert_makes(session, "read_registers", "pdu.body", "confuse",
                 "write_register inside", "0000 0000 0006 01 03 0168 0007");
    session_free(session);
    model_free(model);
}

static void each_other_type_is_there_once(void **state)
{
    struct model *model = need_model("modbus_tcp.ksy");
    struct session *session = need_session("registers.yaml", model);
    struct site site = site_at(session, "write_register", "pdu.body");
    const struct anomaly_ops *confuse = anomaly_named("confuse");
    uint64_t count = confuse->count(&site);
    char labels[32][LABEL];

    (void)state;
    assert_in_range(count, 5, 32);
    for (uint64_t k = 0; k < count; k++) {
        confuse->label(&site, k, labels[k], LABEL);
        assert_string_not_equal(labels[k], "write_register inside");
        for (uint64_t other = 0; other < k; other++)
            assert_string_not_equal(labels[k], labels[other]);
    }
    session_free(session);
    model_free(model);
}

/* A box holds a value, or a box. */
static const char ksy[] =
    "meta: {id: m, endian: be}\n"
    "-percuss-framing: {kind: datagram, maximum: 8000}\n"
    "seq:\n"
    "- {id: box, type: box}\n"
    "- {id: sum, type: u1, -percuss-checksum: {algorithm: sum8, from: start-of-message}}\n"
    "types:\n"
    "  box:\n"
    "    seq:\n"
    "    - {id: kind, type: u1}\n"
    "    - {id: size, type: u2}\n"
    "    - id: body\n"
    "      size: size\n"
    "      type: {switch-on: kind, cases: {1: box, 2: value}}\n"
    "  value:\n"
    "    seq:\n"
    "    - {id: value, type: u1}\n";
static const char yaml[] =
    "session: s\n"
    "probe: one\n"
    "canary: [one]\n"
    "states: {idle: []}\n"
    "answers: [{model: m, belongs: 'true', rejected: 'false'}]\n"
    "messages:\n"
    "  one:\n"
    "    fields: {box.kind: 1, box.body.kind: 2, box.body.body.value: 7}\n";

static void boxes_in_boxes(void **state)
{
    struct texts texts;

    (void)state;
    texts_open(&texts, ksy, yaml);
    assert_makes(texts.session, "one", "box.body", "nest", "2 deeper",
                 "01 000a 01 0007 01 0004 02 0001 07 22");
    texts_close(&texts);
}

/* Every level's length holds what is in it; 1000 levels are made without harm. */
static void a_thousand_levels(void **state)
{
    struct buffer bytes = buffer_make(1 << 20);
    const struct anomaly_ops *nest = anomaly_named("nest");
    struct expectation expectation;
    struct texts texts;
    struct joiner joiner;
    struct site site;
    struct tree tree;

    (void)state;
    texts_open(&texts, ksy, yaml);
    site = site_at(texts.session, "one", "box.body");
    make_message(&site, nest, labelled(&site, nest, "1000 deeper"), &bytes);
    assert_int_equal(bytes.length, 3 * 1002 + 1 + 1);
    for (size_t level = 0; level < 1002; level++) {
        assert_int_equal(bytes.data[3 * level], level == 1001 ? 2 : 1);
        assert_int_equal(bytes_read_be(bytes.data + 3 * level + 1, 2),
                         bytes.length - 1 - 3 * (level + 1));
    }
    tree_init(&tree, texts.model);
    joiner_init(&joiner, texts.model, 1 << 16);
    session_expect(texts.session, buffer_view(&bytes), false, &joiner, &tree,
                   &expectation);
    assert_false(expectation.valid);
    /* Nobody said that so deep a message has to be refused. */
    assert_true(expectation.outcomes & OUTCOME_ACCEPT);
    joiner_free(&joiner);
    tree_free(&tree);
    texts_close(&texts);
    buffer_free(&bytes);
}

/* As deep as the longest message holds. */
static void depth_ends_with_the_room(void **state)
{
    struct site site;
    struct texts texts;
    char *small = strdup(ksy);

    (void)state;
    memcpy(strstr(small, "8000"), "0064", 4);
    texts_open(&texts, small, yaml);
    site = site_at(texts.session, "one", "box.body");
    assert_int_equal(anomaly_named("nest")->count(&site), 3);
    texts_close(&texts);
    free(small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bodies_change_places_both_ways),
        cmocka_unit_test(each_other_type_is_there_once),
        cmocka_unit_test(boxes_in_boxes),
        cmocka_unit_test(a_thousand_levels),
        cmocka_unit_test(depth_ends_with_the_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
