#include "console.h"

#include "board.h"

void console_text(const char *text)
{
    while (*text != '\0') {
        board_console_send((uint8_t)*text++);
    }
}

void console_hex(uint32_t value)
{
    console_text("0x");
    for (int shift = 28; shift >= 0; shift -= 4) {
        board_console_send((uint8_t) "0123456789abcdef"[value >> shift & 0xF]);
    }
}

void console_number(uint32_t value)
{
    char digits[11];
    unsigned at = sizeof digits - 1;

    digits[at] = '\0';
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    console_text(digits + at);
}
