/* Lengths and counts that lie together, and checksums that lie alone. */
#include "anomalies.h"

static void pairs_disagree_or_agree_wrongly(void **state)
{
    struct model *model = need_model("modbus_tcp.ksy");
    struct session *session = need_session("registers.yaml", model);
    struct site site = site_at(session, "read_registers", "length");
    struct buffer bytes = buffer_make(1 << 20);
    const struct anomaly_ops *pair = anomaly_named("pair");
    const struct site write = site_at(session, "write_registers", "length");
    const struct buffer *plain = &session->messages[write.message].bytes;
    size_t count = 0;

    (void)state;
    assert_int_equal(pair->count(&site), 0); /* no other length or count */
    assert_true(pair->count(&write) >= 8);
    for (uint64_t k = 0; k < pair->count(&write); k++) {
        make_message(&write, pair, k, &bytes);
        assert_int_equal(bytes.length, plain->length);
        count += bytes_read_be(bytes.data + 4, 2) != plain->length - 6;
    }
    assert_int_equal(count, pair->count(&write));
    buffer_free(&bytes);
    session_free(session);
    model_free(model);
}

/* CRC-16/MODBUS, bit by bit. */
static unsigned crc(const uint8_t *data, size_t length, unsigned initial)
{
    unsigned sum = initial;

    for (size_t i = 0; i < length; i++) {
        sum ^= data[i];
        for (int bit = 0; bit < 8; bit++)
            sum = sum & 1 ? sum >> 1 ^ 0xa001 : sum >> 1;
    }
    return sum;
}

static unsigned sum_of_case(const struct site *site, const char *label,
                            struct buffer *bytes)
{
    const struct anomaly_ops *checksum = anomaly_named("checksum");
    const struct buffer *plain = &site->session->messages[site->message].bytes;

    make_message(site, checksum, labelled(site, checksum, label), bytes);
    assert_int_equal(bytes->length, plain->length);
    assert_memory_equal(bytes->data, plain->data, plain->length - 2);
    return (unsigned)bytes_read_le(bytes->data + bytes->length - 2, 2);
}

static void checksums_of_other_bytes(void **state)
{
    struct model *model = need_model("modbus_rtu.ksy");
    struct session *session = need_session("registers.yaml", model);
    struct site site = site_at(session, "write_register", "crc");
    struct buffer bytes = buffer_make(1 << 20);
    const struct buffer *plain = &session->messages[site.message].bytes;
    size_t length = plain->length - 2;
    unsigned right = crc(plain->data, length, 0xffff);

    (void)state;
    assert_int_equal(bytes_read_le(plain->data + length, 2), right);
    assert_int_equal(sum_of_case(&site, "without the last byte", &bytes),
                     crc(plain->data, length - 1, 0xffff));
    assert_int_equal(sum_of_case(&site, "without the first byte", &bytes),
                     crc(plain->data + 1, length - 1, 0xffff));
    assert_int_equal(sum_of_case(&site, "another initial value", &bytes),
                     crc(plain->data, length, 0));
    assert_int_equal(sum_of_case(&site, "bytes swapped", &bytes),
                     right >> 8 | (right & 0xff) << 8);
    assert_int_equal(sum_of_case(&site, "zero", &bytes), 0);
    assert_int_equal(sum_of_case(&site, "all ones", &bytes), 0xffff);
    assert_int_equal(sum_of_case(&site, "inverted", &bytes), right ^ 0xffff);
    buffer_free(&bytes);
    session_free(session);
    model_free(model);
}

/* A wrong checksum is a case of `checksum` and of no other lie. */
static void lies_leave_checksums_alone(void **state)
{
    struct model *model = need_model("modbus_rtu.ksy");
    struct session *session = need_session("registers.yaml", model);
    struct site site = site_at(session, "write_register", "crc");

    (void)state;
    assert_int_equal(anomaly_named("lie")->count(&site), 0);
    assert_int_equal(anomaly_named("pair")->count(&site), 0);
    assert_int_equal(anomaly_named("alone")->count(&site), 0);
    session_free(session);
    model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_disagree_or_agree_wrongly),
        cmocka_unit_test(checksums_of_other_bytes),
        cmocka_unit_test(lies_leave_checksums_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
