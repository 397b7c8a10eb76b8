/* Fields and elements that are missing, doubled, swapped, in another order; lengths,
 * counts and checksums follow. */
#include "anomalies.h"

/* Modbus TCP: the write of register 0x0168 = 7. */
static void fields_of_a_group(void **state)
{
    struct model *model = need_model("modbus_tcp.ksy");
    struct session *session = need_session("registers.yaml", model);

    (void)state;
    assert_makes(session, "write_register", "pdu.body", "missing", "no address",
                 "0000 0000 0004 01 06 0007");
    assert_makes(session, "write_register", "pdu.body", "duplicate", "value twice",
                 "0000 0000 0008 01 06 0168 0007 0007");
    assert_makes(session, "write_register", "pdu.body", "swap", "address behind the next",
                 "0000 0000 0006 01 06 0007 0168");
    assert_makes(session, "write_register", "", "reorder", "the last one first",
                 "06 0168 0007 0000 0000 0006 01");
    assert_makes(session, "write_register", "", "reorder", "the first one last",
                 "0000 0006 01 06 0168 0007 0000");
    assert_makes(session, "write_register", "", "reorder", "reversed",
                 "06 0168 0007 01 0006 0000 0000");
    session_free(session);
    model_free(model);
}

static const char ksy[] =
    "meta: {id: m, endian: be}\n"
    "-percuss-framing: {kind: datagram, maximum: 64}\n"
    "seq:\n"
    "- {id: count, type: u1}\n"
    "- {id: items, type: item, repeat: expr, repeat-expr: count}\n"
    "- {id: names, size-eos: true, type: names}\n"
    "types:\n"
    "  item:\n"
    "    seq:\n"
    "    - {id: size, type: u1}\n"
    "    - {id: data, size: size}\n"
    "  names:\n"
    "    seq:\n"
    "    - {id: name, type: strz, encoding: ASCII, eos-error: false,\n"
    "       repeat: eos}\n";
static const char yaml[] =
    "session: s\n"
    "probe: one\n"
    "canary: [one]\n"
    "states: {idle: []}\n"
    "answers: [{model: m, belongs: 'true', rejected: 'false'}]\n"
    "messages:\n"
    "  one:\n"
    "    fields: {'items[0].data': 'hex: 01', 'items[1].data': 'hex: 02 03',\n"
    "             'items[2].data': 'hex: 04', 'names.name[0]': A, 'names.name[1]': B}\n";

static void elements_of_an_array(void **state)
{
    struct texts texts;

    (void)state;
    texts_open(&texts, ksy, yaml);
    assert_makes(texts.session, "one", "items", "missing", "no element 0",
                 "02 02 0203 01 04 41 00 42");
    assert_makes(texts.session, "one", "items", "duplicate", "element 1 twice",
                 "04 01 01 02 0203 02 0203 01 04 41 00 42");
    assert_makes(texts.session, "one", "items", "swap", "element 1 behind the next",
                 "03 01 01 01 04 02 0203 41 00 42");
    assert_makes(texts.session, "one", "items", "reorder", "reversed",
                 "03 01 04 02 0203 01 01 41 00 42");
    assert_makes(texts.session, "one", "names.name", "swap", "element 0 behind the next",
                 "03 01 01 02 0203 01 04 42 00 41");
    texts_close(&texts);
}

/* What a checksum covers may come to stand behind it: then it covers nothing. */
static void a_checksum_before_what_it_covers(void **state)
{
    static const char summed[] =
        "meta: {id: m, endian: be}\n"
        "-percuss-framing: {kind: datagram, maximum: 64}\n"
        "seq:\n"
        "- {id: mark, type: u1}\n"
        "- {id: value, type: u1}\n"
        "- {id: sum, type: u1, -percuss-checksum: {algorithm: sum8, from: value}}\n";
    static const char one[] =
        "session: s\n"
        "probe: one\n"
        "canary: [one]\n"
        "states: {idle: []}\n"
        "answers: [{model: m, belongs: 'true', rejected: 'false'}]\n"
        "messages: {one: {fields: {mark: 1, value: 2}}}\n";
    struct texts texts;

    (void)state;
    texts_open(&texts, summed, one);
    assert_makes(texts.session, "one", "", "reorder", "the first one last", "02 02 01");
    assert_makes(texts.session, "one", "", "reorder", "the last one first", "00 01 02");
    assert_makes(texts.session, "one", "", "missing", "no value", "01 00");
    texts_close(&texts);
}

/* What nobody can tell apart does not change places. */
static void equal_neighbours_are_no_swap(void **state)
{
    struct model *model = need_model("modbus_tcp.ksy");
    struct session *session = need_session("registers.yaml", model);
    struct site site = site_at(session, "write_register", "");
    const struct anomaly_ops *swap = anomaly_named("swap");

    (void)state;
    /* transaction_id 0, protocol_id 0, length, unit_id, pdu */
    for (uint64_t k = 0; k < swap->count(&site); k++) {
        char label[LABEL];

        swap->label(&site, k, label, sizeof label);
        assert_string_not_equal(label, "transaction_id behind the next");
    }
    assert_int_equal(swap->count(&site), 3);
    session_free(session);
    model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_of_a_group),
        cmocka_unit_test(elements_of_an_array),
        cmocka_unit_test(a_checksum_before_what_it_covers),
        cmocka_unit_test(equal_neighbours_are_no_swap),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
