/* Texts and digits that conversions stumble over; texts that do not end. */
#include "anomalies.h"

static const char ksy[] =
    "meta: {id: m, endian: be, encoding: ASCII}\n"
    "-percuss-framing: {kind: datagram, maximum: 4000}\n"
    "seq:\n"
    "- {id: size, type: u2}\n"
    "- {id: text, type: str, size: size}\n"
    "- {id: name, type: strz}\n"
    "- {id: fixed, type: strz, size: 4}\n"
    "- {id: number, type: str, size: 4, -percuss-number: {base: 10}}\n"
    "- {id: end, type: u1}\n";
static const char yaml[] =
    "session: s\n"
    "probe: one\n"
    "canary: [one]\n"
    "states: {idle: []}\n"
    "answers: [{model: m, belongs: 'true', rejected: 'false'}]\n"
    "messages:\n"
    "  one:\n"
    "    fields: {text: hi, name: N, fixed: F, number: 42, end: 255}\n";

static void numbers_in_texts(void **state)
{
    struct texts texts;

    (void)state;
    texts_open(&texts, ksy, yaml);
    assert_makes(texts.session, "one", "text", "nasty", "NaN",
                 "0003 4e614e 4e00 46000000 30303432 ff");
    assert_makes(texts.session, "one", "text", "nasty", "1e309",
                 "0005 3165333039 4e00 46000000 30303432 ff");
    assert_makes(texts.session, "one", "name", "nasty", "-0",
                 "0002 6869 2d3000 46000000 30303432 ff");
    texts_close(&texts);
}

static void runs_fill_what_there_is_room_for(void **state)
{
    struct buffer bytes = buffer_make(1 << 20);
    const struct anomaly_ops *nasty = anomaly_named("nasty");
    struct texts texts;
    struct site site;

    (void)state;
    texts_open(&texts, ksy, yaml);
    site = site_at(texts.session, "one", "text");
    make_message(&site, nasty, labelled(&site, nasty, "open brackets"), &bytes);
    assert_int_equal(bytes_read_be(bytes.data, 2), 1000);
    assert_int_equal(bytes.data[2], '[');
    assert_int_equal(bytes.data[1001], '[');
    texts_close(&texts);
    buffer_free(&bytes);
}

/* They keep the width of their field. */
static void digits_that_are_none(void **state)
{
    struct texts texts;

    (void)state;
    texts_open(&texts, ksy, yaml);
    assert_makes(texts.session, "one", "number", "nasty", "digits 0x2d",
                 "0002 6869 4e00 46000000 2d2d2d2d ff");
    assert_makes(texts.session, "one", "number", "nasty", "digits 0x4e614e",
                 "0002 6869 4e00 46000000 4e614e ff");
    texts_close(&texts);
}

static void texts_without_an_end(void **state)
{
    struct texts texts;
    struct site site;

    (void)state;
    texts_open(&texts, ksy, yaml);
    assert_makes(texts.session, "one", "name", "terminator", "none",
                 "0002 6869 4e 46000000 30303432 ff");
    assert_makes(texts.session, "one", "name", "terminator", "twice",
                 "0002 6869 4e0000 46000000 30303432 ff");
    assert_makes(texts.session, "one", "fixed", "terminator", "none",
                 "0002 6869 4e00 46414141 30303432 ff");
    site = site_at(texts.session, "one", "text");
    assert_int_equal(anomaly_named("terminator")->count(&site), 0);
    /* In the middle: a separator of its own. */
    assert_makes(texts.session, "one", "name", "bytes-content", "separator 0x00",
                 "0002 6869 4e0000 46000000 30303432 ff");
    texts_close(&texts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_in_texts),
        cmocka_unit_test(runs_fill_what_there_is_room_for),
        cmocka_unit_test(digits_that_are_none),
        cmocka_unit_test(texts_without_an_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
