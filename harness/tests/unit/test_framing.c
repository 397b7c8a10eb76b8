#include "model/model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

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

/* --- start, end and single bytes ---------------------------------------------------- */

static const struct framing mllp = {.kind = FRAMING_TERMINATOR,
                                    .start = {0x0b},
                                    .start_length = 1,
                                    .end = {0x1c, 0x0d},
                                    .end_length = 2,
                                    .maximum = 40};
static const struct framing lis = {.kind = FRAMING_TERMINATOR,
                                   .start = {0x02},
                                   .start_length = 1,
                                   .end = {0x0d, 0x0a},
                                   .end_length = 2,
                                   .single = {0x04, 0x05, 0x06, 0x15},
                                   .single_count = 4,
                                   .minimum = 7,
                                   .maximum = 250};
static const struct framing lines = {
    .kind = FRAMING_TERMINATOR, .end = {0x0a}, .end_length = 1, .maximum = 8};
static const struct framing mqtt = {.kind = FRAMING_VARINT,
                                    .length_offset = 1,
                                    .length_width = 4,
                                    .minimum = 2,
                                    .maximum = 300000};

/* Every shorter input is partial; with anything behind it the frame is the same. Each
 * input ends where its memory ends, so that the sanitizer sees a read too far. */
static void assert_first_frame(const struct framing *framing, struct view bytes,
                               size_t whole)
{
    for (size_t length = 0; length <= bytes.length; length++) {
        uint8_t *copy = malloc(length ? length : 1);
        size_t found = 0;
        enum frame_status status;

        memcpy(copy, bytes.data, length);
        status = framing_split(framing, (struct view){copy, length}, &found);
        free(copy);
        assert_int_equal(status, length < whole ? FRAME_PARTIAL : FRAME_WHOLE);
        if (length >= whole)
            assert_int_equal(found, whole);
    }
}

static void test_an_end_decides(void **state)
{
    static const uint8_t two[] = {0x0b, 'M',  'S', 'H',  0x1c, 0x1c,
                                  0x0d, 0x0b, 'x', 0x1c, 0x0d};
    static const uint8_t nested[] = {0x0b, 0x0b, 0x0d, 0x1c, 0x0d, 0x1c, 0x0d};
    size_t length = 0;

    (void)state;
    assert_first_frame(&mllp, (struct view){two, sizeof two}, 7);
    assert_first_frame(&mllp, (struct view){two + 7, 4}, 4);
    assert_first_frame(&mllp, (struct view){nested, sizeof nested}, 5);
    assert_first_frame(&lines, view_text("ab\ncd\n"), 3);
    assert_first_frame(&lines, view_text("\n\n"), 1);
    assert_int_equal(split(&mllp, "0b 1c0d", &length), FRAME_WHOLE);
    assert_int_equal(length, 3);
}

static void test_single_bytes_stand_alone_outside_frames(void **state)
{
    static const uint8_t frame[] = {0x02, '1', 0x05, 0x06, 0x04, 0x03, 0x0d, 0x0a, 0x06};
    size_t length = 0;

    (void)state;
    assert_first_frame(&lis, (struct view){frame, sizeof frame}, 8);
    assert_int_equal(split(&lis, "05", &length), FRAME_WHOLE);
    assert_int_equal(length, 1);
    assert_int_equal(split(&lis, "06 02 31 03 30 30 0d 0a", &length), FRAME_WHOLE);
    assert_int_equal(length, 1);
    assert_int_equal(split(&mllp, "06", &length), FRAME_INVALID);
}

static void test_what_no_frame_begins_with_is_invalid(void **state)
{
    struct framing two = mllp;
    size_t length = 0;

    (void)state;
    two.start[1] = 0x0c;
    two.start_length = 2;
    assert_int_equal(split(&mllp, "00", &length), FRAME_INVALID);
    assert_int_equal(split(&mllp, "00 0b 41 1c0d", &length), FRAME_INVALID);
    assert_int_equal(split(&two, "0b", &length), FRAME_PARTIAL);
    assert_int_equal(split(&two, "0b 0b", &length), FRAME_INVALID);
    assert_int_equal(split(&two, "0b 0c 1c0d", &length), FRAME_WHOLE);
    assert_int_equal(length, 4);
}

static void test_limits_of_a_frame_with_an_end(void **state)
{
    uint8_t long_one[64] = {0x0b};
    size_t length = 0;

    (void)state;
    for (size_t i = 1; i < mllp.maximum; i++)
        assert_int_equal(framing_split(&mllp, (struct view){long_one, i}, &length),
                         FRAME_PARTIAL);
    assert_int_equal(framing_split(&mllp, (struct view){long_one, 40}, &length),
                     FRAME_INVALID);
    long_one[38] = 0x1c;
    long_one[39] = 0x0d;
    assert_int_equal(framing_split(&mllp, (struct view){long_one, 64}, &length),
                     FRAME_WHOLE);
    assert_int_equal(length, 40);
    memmove(long_one + 39, long_one + 38, 2);
    long_one[38] = 0;
    assert_int_equal(framing_split(&mllp, (struct view){long_one, 64}, &length),
                     FRAME_INVALID);
    assert_int_equal(split(&lis, "02 31 03 30 0d0a", &length), FRAME_INVALID);
}

static void test_the_next_start(void **state)
{
    static const uint8_t bytes[] = {1, 0x0b, 2, 0x0b};
    const struct view view = {bytes, sizeof bytes};

    (void)state;
    assert_int_equal(framing_next_start(&mllp, view, 0), 1);
    assert_int_equal(framing_next_start(&mllp, view, 2), 3);
    assert_int_equal(framing_next_start(&mllp, view, 4), 4);
    assert_int_equal(framing_next_start(&mllp, (struct view){NULL, 0}, 1), 0);
    assert_int_equal(framing_next_start(&lines, view, 0), 4);
    assert_int_equal(framing_next_start(&by_length, view, 0), 4);
}

static size_t passed_over(const struct framing *framing, const char *text)
{
    return framing_passed_over(framing,
                               (struct view){(const uint8_t *)text, strlen(text)});
}

static void test_a_start_begins_anew_where_it_may(void **state)
{
    struct framing ascii = {.kind = FRAMING_TERMINATOR,
                            .start = {':'},
                            .start_length = 1,
                            .end = {'\r', '\n'},
                            .end_length = 2,
                            .maximum = 513,
                            .restarts = true};

    (void)state;
    assert_int_equal(passed_over(&ascii, ""), 0);
    assert_int_equal(passed_over(&ascii, "\r\n"), 0);
    assert_int_equal(passed_over(&ascii, ":01\r\n"), 0);
    assert_int_equal(passed_over(&ascii, "\r\n::01\r\n:02\r\n"), 3);
    assert_int_equal(passed_over(&ascii, ":01:02:"), 6);
    ascii.restarts = false;
    assert_int_equal(passed_over(&ascii, "::01\r\n"), 0);
}

/* --- a length in groups of seven bits ----------------------------------------------- */

static void test_a_varint_decides(void **state)
{
    uint8_t bytes[2 + 1 + 200] = {0x30, 0xc8, 0x01};
    static const uint8_t two[] = {0xc0, 0x00, 0xd0, 0x00};
    static const uint8_t overlong[] = {0x30, 0x82, 0x80, 0x00, 'a', 'b', 'c'};

    (void)state;
    assert_first_frame(&mqtt, (struct view){two, sizeof two}, 2);
    assert_first_frame(&mqtt, (struct view){overlong, sizeof overlong}, 6);
    assert_first_frame(&mqtt, (struct view){bytes, sizeof bytes}, 203);
}

static void test_hostile_varints(void **state)
{
    struct framing nine = mqtt, adjusted = mqtt;
    size_t length = 0;

    (void)state;
    nine.length_width = 9;
    adjusted.length_adjust = -3;
    assert_int_equal(split(&mqtt, "30 808080", &length), FRAME_PARTIAL);
    assert_int_equal(split(&mqtt, "30 80808080", &length), FRAME_INVALID);
    assert_int_equal(split(&mqtt, "30 8080808000", &length), FRAME_INVALID);
    assert_int_equal(split(&mqtt, "30 ffffff7f", &length), FRAME_INVALID);
    assert_int_equal(split(&nine, "30 ffffffffffffffff7f", &length), FRAME_INVALID);
    assert_int_equal(split(&nine, "30 ffffffffffffffffff", &length), FRAME_INVALID);
    assert_int_equal(split(&adjusted, "30 02", &length), FRAME_INVALID);
    assert_int_equal(split(&adjusted, "30 04 aa", &length), FRAME_WHOLE);
    assert_int_equal(length, 3);
    adjusted.length_adjust = INT64_MAX;
    assert_int_equal(split(&adjusted, "30 02 aa", &length), FRAME_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_length_field_decides),
        cmocka_unit_test(test_lengths_outside_the_limits_are_invalid),
        cmocka_unit_test(test_little_endian),
        cmocka_unit_test(test_silence_and_datagrams),
        cmocka_unit_test(test_an_end_decides),
        cmocka_unit_test(test_single_bytes_stand_alone_outside_frames),
        cmocka_unit_test(test_what_no_frame_begins_with_is_invalid),
        cmocka_unit_test(test_limits_of_a_frame_with_an_end),
        cmocka_unit_test(test_the_next_start),
        cmocka_unit_test(test_a_start_begins_anew_where_it_may),
        cmocka_unit_test(test_a_varint_decides),
        cmocka_unit_test(test_hostile_varints),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
