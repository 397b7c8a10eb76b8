/* The service console: text out on the second port, any context, never waits for long. */
#ifndef BOARD_CONSOLE_H
#define BOARD_CONSOLE_H

#include <stdint.h>

void console_text(const char *text);
void console_hex(uint32_t value);    /* 0x and eight digits */
void console_number(uint32_t value); /* decimal */

#endif
