#include "generate/input.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct framing modbus_tcp = {.kind = FRAMING_LENGTH,
                                          .length_offset = 4,
                                          .length_width = 2,
                                          .length_big_endian = true,
                                          .length_adjust = 6,
                                          .minimum = 8,
                                          .maximum = 260};
static const struct framing silence = {
    .kind = FRAMING_SILENCE, .minimum = 1, .maximum = 256};
static const struct framing mllp = {.kind = FRAMING_TERMINATOR,
                                    .start = {0x0b},
                                    .start_length = 1,
                                    .end = {0x1c, 0x0d},
                                    .end_length = 2,
                                    .minimum = 3,
                                    .maximum = 1000};

/* The messages as hex, with a slash behind each. */
static void expect_split(const struct framing *framing, const char *hex, size_t most,
                         const char *expected)
{
    struct buffer bytes = buffer_make(1000);
    struct view messages[INPUT_MESSAGES];
    char text[512] = "";
    size_t count, used = 0;

    assert_int_equal(bytes_from_hex(&bytes, hex), 0);
    count = input_split(framing, buffer_view(&bytes), messages, most);
    for (size_t i = 0; i < count; i++) {
        bytes_to_hex(messages[i], text + used, sizeof text - used);
        used += 2 * messages[i].length;
        text[used++] = '/';
        text[used] = '\0';
    }
    assert_string_equal(text, expected);
    buffer_free(&bytes);
}

static void test_frames_that_say_their_length_follow_each_other(void **state)
{
    (void)state;
    expect_split(&modbus_tcp, "0001 0000 0002 0103 0002 0000 0002 0107", 9,
                 "0001000000020103/0002000000020107/");
    expect_split(&modbus_tcp, "0001 0000 0002 0103 0002 00", 9,
                 "0001000000020103/000200/");
    expect_split(&modbus_tcp, "0001 0000 0001 01", 9, "00010000000101/");
    expect_split(&modbus_tcp, "", 9, "");
}

static void test_bytes_between_frames_are_a_message(void **state)
{
    (void)state;
    expect_split(&mllp, "41 42 0b 43 1c0d 0b 44", 9, "4142/0b431c0d/0b44/");
}

static void test_elsewhere_each_stands_behind_its_length(void **state)
{
    (void)state;
    expect_split(&silence, "0002 0103 0000 0001 07", 9, "0103//07/");
    expect_split(&silence, "0002 0103 00ff 0107", 9, "0103/0107/");
    expect_split(&silence, "0002 0103 00", 9, "0103//");
}

static void test_the_last_place_takes_all_that_is_left(void **state)
{
    (void)state;
    expect_split(&silence, "0001 01 0001 02 0001 03", 2, "01/02000103/");
    expect_split(&modbus_tcp, "0001 0000 0002 0103 0002 0000 0002 0107", 1,
                 "00010000000201030002000000020107/");
    expect_split(&silence, "0001 01", 0, "");
}

static void round_trip(const struct framing *framing, struct view message)
{
    struct buffer input = buffer_make(INPUT_MAXIMUM);
    struct view messages[4];

    assert_int_equal(input_append(framing, message, &input), 0);
    assert_int_equal(input_append(framing, message, &input), 0);
    assert_int_equal(input_split(framing, buffer_view(&input), messages, 4), 2);
    assert_true(view_equal(messages[0], message));
    assert_true(view_equal(messages[1], message));
    buffer_free(&input);
}

static void test_what_is_appended_is_split_again(void **state)
{
    static const uint8_t read[] = {0, 1, 0, 0, 0, 2, 1, 3},
                         text[] = {0x0b, 65, 0x1c, 0x0d};

    (void)state;
    round_trip(&modbus_tcp, (struct view){read, sizeof read});
    round_trip(&silence, (struct view){read, sizeof read});
    round_trip(&mllp, (struct view){text, sizeof text});
}

static void test_what_does_not_fit_changes_nothing(void **state)
{
    static const uint8_t many[UINT16_MAX + 1];
    struct buffer input = buffer_make(4);

    (void)state;
    assert_int_equal(input_append(&silence, (struct view){many, 3}, &input), -1);
    assert_int_equal(input.length, 0);
    assert_int_equal(input_append(&silence, (struct view){many, 2}, &input), 0);
    input.maximum = INPUT_MAXIMUM * 2;
    assert_int_equal(input_append(&silence, (struct view){many, sizeof many}, &input),
                     -1);
    assert_int_equal(input.length, 4);
    buffer_free(&input);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames_that_say_their_length_follow_each_other),
        cmocka_unit_test(test_bytes_between_frames_are_a_message),
        cmocka_unit_test(test_elsewhere_each_stands_behind_its_length),
        cmocka_unit_test(test_the_last_place_takes_all_that_is_left),
        cmocka_unit_test(test_what_is_appended_is_split_again),
        cmocka_unit_test(test_what_does_not_fit_changes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
