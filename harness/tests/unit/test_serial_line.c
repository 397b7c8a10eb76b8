/* Serial lines: how they are set, set wrongly on purpose, and what arrives wrongly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/carries.h"
#include "link/serial_line.h"

#include <string.h>

static struct termios2 line(tcflag_t flags)
{
    return (struct termios2){.c_cflag = flags, .c_ospeed = 9600};
}

static void every_setting_has_its_flags(void **state)
{
    const struct {
        struct serial_line line;
        tcflag_t character, input;
    } lines[] = {
        {{9600, 7, 1, PARITY_EVEN, FLOW_NONE}, CS7 | PARENB, 0},
        {{9600, 8, 2, PARITY_ODD, FLOW_NONE}, CS8 | PARENB | PARODD | CSTOPB, 0},
        {{9600, 8, 1, PARITY_MARK, FLOW_NONE}, CS8 | PARENB | PARODD | CMSPAR, 0},
        {{9600, 5, 1, PARITY_SPACE, FLOW_NONE}, CS5 | PARENB | CMSPAR, 0},
        {{12345, 6, 1, PARITY_NONE, FLOW_RTSCTS}, CS6 | CRTSCTS, 0},
        {{9600, 8, 1, PARITY_NONE, FLOW_XONXOFF}, CS8, IXON | IXOFF},
    };
    struct termios2 set;

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        memset(&set, 0xff, sizeof set); /* whatever the port was set to before */
        serial_line_set(&lines[i].line, false, &set);
        assert_int_equal(
            set.c_cflag & (CSIZE | PARENB | PARODD | CMSPAR | CSTOPB | CRTSCTS | HUPCL),
            lines[i].character);
        assert_int_equal(set.c_cflag & CBAUD, BOTHER);
        assert_int_equal(set.c_ospeed, lines[i].line.baud);
        assert_int_equal(set.c_ispeed, lines[i].line.baud);
        assert_int_equal(set.c_iflag, lines[i].input);
        serial_line_set(&lines[i].line, true, &set);
        assert_int_equal(set.c_iflag, lines[i].input | INPCK | PARMRK);
    }
}

/* A driver that takes something else without a word is found out. */
static void what_is_read_back_is_compared(void **state)
{
    const struct serial_line asked = {12345, 7, 2, PARITY_MARK, FLOW_RTSCTS};
    const tcflag_t characters[] = {CS7 ^ CS8, PARENB, PARODD, CMSPAR, CSTOPB, CRTSCTS};
    struct termios2 set, got;
    struct error error;

    (void)state;
    serial_line_set(&asked, true, &set);
    got = set;
    assert_int_equal(serial_line_compare(&set, &got, &error), 0);
    for (size_t i = 0; i < sizeof characters / sizeof characters[0]; i++) {
        got.c_cflag = set.c_cflag ^ characters[i];
        assert_int_equal(serial_line_compare(&set, &got, &error), -1);
    }
    got = set;
    got.c_iflag ^= PARMRK;
    assert_int_equal(serial_line_compare(&set, &got, &error), -1);
    got = set;
    got.c_ospeed = 12500;
    assert_int_equal(serial_line_compare(&set, &got, &error), 0);
    got.c_ospeed = 9600;
    assert_int_equal(serial_line_compare(&set, &got, &error), -1);
    assert_non_null(strstr(error.text, "12345 baud, nearest is 9600"));
}

/* In whatever pieces they arrive. */
static void marks_are_taken_out_and_counted(void **state)
{
    static const uint8_t marked[] = {'a',  0xff, 0xff, 0xff, 0x00, 'b', 0xff, 0x00, 0x00,
                                     0x00, 'c',  0xff, 0x00, 0xff, 'd', 0xff, 0x00, 0x00};
    static const uint8_t plain[] = {'a', 0xff, 'b', 0x00, 'c', 0xff, 'd'};

    (void)state;
    for (size_t cut = 0; cut <= sizeof marked; cut++) {
        struct serial_marks marks = {0};
        uint8_t bytes[sizeof marked];
        size_t first, second;

        memcpy(bytes, marked, sizeof marked);
        first = serial_line_unmark(&marks, bytes, cut);
        second = serial_line_unmark(&marks, bytes + cut, sizeof marked - cut);
        memmove(bytes + first, bytes + cut, second);
        assert_int_equal(first + second, sizeof plain);
        assert_memory_equal(bytes, plain, sizeof plain);
        assert_int_equal(marks.wrong, 2);
        assert_int_equal(marks.breaks, 2);
    }
}

static void a_line_carries_what_its_characters_have_room_for(void **state)
{
    (void)state;
    assert_int_equal(serial_line_carries(8, PARITY_NONE), LINK_FRAMING);
    assert_int_equal(serial_line_carries(8, PARITY_EVEN), LINK_PARITY);
    assert_int_equal(serial_line_carries(7, PARITY_ODD), LINK_PARITY | LINK_FRAMING);
}

static void wrong_parity_is_the_other_one(void **state)
{
    struct termios2 even = line(CS8 | PARENB), none = line(CS8);

    (void)state;
    assert_int_equal(serial_line_disturb(LINK_PARITY, 0, &even, NULL, 0), 0);
    assert_int_equal(even.c_cflag, CS8 | PARENB | PARODD);
    assert_int_equal(serial_line_disturb(LINK_PARITY, 0, &even, NULL, 0), 0);
    assert_int_equal(even.c_cflag, CS8 | PARENB);
    assert_int_equal(serial_line_disturb(LINK_PARITY, 0, &none, NULL, 0), -1);
}

static void another_speed_is_a_part_of_the_line_s(void **state)
{
    struct termios2 slow = line(CS8);

    (void)state;
    assert_int_equal(serial_line_disturb(LINK_BAUD, 50, &slow, NULL, 0), 0);
    assert_int_equal(slow.c_ospeed, 4800);
    assert_int_equal(serial_line_disturb(LINK_BAUD, 0, &slow, NULL, 0), -1);
}

/* Behind eight bits a space parity bit lies where the stop bit belongs. */
static void the_stop_bit_is_a_space(void **state)
{
    struct termios2 plain = line(CS8), full = line(CS8 | PARENB);
    uint8_t bytes[] = {0x41};

    (void)state;
    assert_int_equal(serial_line_disturb(LINK_FRAMING, 0, &plain, bytes, 1), 0);
    assert_int_equal(plain.c_cflag, CS8 | PARENB | CMSPAR);
    assert_int_equal(bytes[0], 0x41);
    assert_int_equal(serial_line_disturb(LINK_FRAMING, 0, &full, bytes, 1), -1);
}

/* With parity the right parity bit becomes the eighth data bit. */
static void the_parity_bit_stays_right_in_front_of_it(void **state)
{
    const struct {
        tcflag_t parity;
        uint8_t before, after;
    } lines[] = {
        {PARENB, 0x41, 0x41},          {PARENB, 0x43, 0xc3},
        {PARENB | PARODD, 0x41, 0xc1}, {PARENB | PARODD, 0x43, 0x43},
        {PARENB | CMSPAR, 0x43, 0x43}, {PARENB | CMSPAR | PARODD, 0x41, 0xc1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct termios2 seven = line(CS7 | lines[i].parity);
        uint8_t byte = lines[i].before;

        assert_int_equal(serial_line_disturb(LINK_FRAMING, 0, &seven, &byte, 1), 0);
        assert_int_equal(byte, lines[i].after);
        assert_int_equal(seven.c_cflag, CS8 | PARENB | CMSPAR);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_setting_has_its_flags),
        cmocka_unit_test(what_is_read_back_is_compared),
        cmocka_unit_test(marks_are_taken_out_and_counted),
        cmocka_unit_test(a_line_carries_what_its_characters_have_room_for),
        cmocka_unit_test(wrong_parity_is_the_other_one),
        cmocka_unit_test(another_speed_is_a_part_of_the_line_s),
        cmocka_unit_test(the_stop_bit_is_a_space),
        cmocka_unit_test(the_parity_bit_stays_right_in_front_of_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
