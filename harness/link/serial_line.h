/* Serial lines that are set wrongly on purpose: computed here, put on a tty by serial.c.
 * Pure. */
#ifndef PERCUSS_LINK_SERIAL_LINE_H
#define PERCUSS_LINK_SERIAL_LINE_H

#include <asm/termbits.h> /* termios2, which <termios.h> does not have */
#include <stddef.h>
#include <stdint.h>

enum parity { PARITY_NONE, PARITY_EVEN, PARITY_ODD, PARITY_MARK, PARITY_SPACE };

/* Which of LINK_PARITY and LINK_FRAMING a line with so many data bits can have. */
unsigned serial_line_carries(int bits, int parity);
/* Changes a right line, and the bytes where it has to, so that what is sent has the wrong
 * parity (LINK_PARITY), no stop bits (LINK_FRAMING), or `amount` percent of the speed
 * (LINK_BAUD). -1: this line cannot. */
int serial_line_disturb(unsigned what, int64_t amount, struct termios2 *line,
                        uint8_t *bytes, size_t length);

#endif
