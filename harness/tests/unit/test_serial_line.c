/* Serial lines that are set wrongly on purpose. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/carries.h"
#include "link/serial_line.h"

static struct termios2 line(tcflag_t flags)
{
    return (struct termios2){.c_cflag = flags, .c_ospeed = 9600};
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
        cmocka_unit_test(a_line_carries_what_its_characters_have_room_for),
        cmocka_unit_test(wrong_parity_is_the_other_one),
        cmocka_unit_test(another_speed_is_a_part_of_the_line_s),
        cmocka_unit_test(the_stop_bit_is_a_space),
        cmocka_unit_test(the_parity_bit_stays_right_in_front_of_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
