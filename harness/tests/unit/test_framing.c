#include "model/model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct framing by_length = {.kind = FRAMING_LENGTH,
                                         .length_offset = 4,
                                         .length_width = 2,
                                         .length_big_endian = true,
                                         .length_adjust = 6,
                                         .minimum = 8,
                                         .maximum = 260};

static enum frame_status split(const struct framing *framing, const char *hex,
                               size_t *length)
{
    struct buffer bytes = buffer_make(1000);
    enum frame_status status;

    assert_int_equal(bytes_from_hex(&bytes, hex), 0);
    status = framing_split(framing, buffer_view(&bytes), length);
    buffer_free(&bytes);
    return status;
}

static void test_a_length_field_decides(void **state)
{
    size_t length = 0;

    (void)state;
    assert_int_equal(split(&by_length, "0001 0000 0006 01 03 0000 0001", &length),
                     FRAME_WHOLE);
    assert_int_equal(length, 12);
    assert_int_equal(split(&by_length, "0001 0000 0002 01 03 ffff", &length),
                     FRAME_WHOLE);
    assert_int_equal(length, 8);
    assert_int_equal(split(&by_length, "0001 0000 0006 01 03 0000 00", &length),
                     FRAME_PARTIAL);
    assert_int_equal(split(&by_length, "0001 0000 00", &length), FRAME_PARTIAL);
    assert_int_equal(split(&by_length, "", &length), FRAME_PARTIAL);
}

static void test_lengths_outside_the_limits_are_invalid(void **state)
{
    struct framing negative = by_length, eight = by_length;
    size_t length = 0;

    (void)state;
    negative.length_adjust = -10;
    eight.length_width = 8;
    assert_int_equal(split(&by_length, "0001 0000 0001 01", &length), FRAME_INVALID);
    assert_int_equal(split(&by_length, "0001 0000 00ff", &length), FRAME_INVALID);
    assert_int_equal(split(&negative, "0001 0000 0001", &length), FRAME_INVALID);
    assert_int_equal(split(&eight, "0001 0000 ffffffffffffffff", &length), FRAME_INVALID);
    assert_int_equal(split(&eight, "0001 0000 7fffffffffffffff", &length), FRAME_INVALID);
}

static void test_little_endian(void **state)
{
    const struct framing framing = {
        .kind = FRAMING_LENGTH, .length_width = 2, .maximum = 20};
    size_t length = 0;

    (void)state;
    assert_int_equal(split(&framing, "0400 aabb cc", &length), FRAME_WHOLE);
    assert_int_equal(length, 4);
    assert_int_equal(split(&framing, "0100 aabb cc", &length), FRAME_INVALID);
}

static void test_silence_and_datagrams(void **state)
{
    const struct framing silence = {.kind = FRAMING_SILENCE, .minimum = 4, .maximum = 5};
    const struct framing datagram = {
        .kind = FRAMING_DATAGRAM, .minimum = 2, .maximum = 3};
    size_t length = 0;

    (void)state;
    assert_int_equal(split(&silence, "", &length), FRAME_PARTIAL);
    assert_int_equal(split(&silence, "01", &length), FRAME_WHOLE);
    assert_int_equal(length, 1);
    assert_int_equal(split(&silence, "010203040506", &length), FRAME_INVALID);
    assert_int_equal(split(&datagram, "01", &length), FRAME_INVALID);
    assert_int_equal(split(&datagram, "0102", &length), FRAME_WHOLE);
    assert_int_equal(split(&datagram, "01020304", &length), FRAME_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_length_field_decides),
        cmocka_unit_test(test_lengths_outside_the_limits_are_invalid),
        cmocka_unit_test(test_little_endian),
        cmocka_unit_test(test_silence_and_datagrams),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
