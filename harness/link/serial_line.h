/* How a serial line is set, what it is set to wrongly on purpose, and what its driver
 * marks in what it received: computed here, put on a tty by serial.c. Pure. */
#ifndef PERCUSS_LINK_SERIAL_LINE_H
#define PERCUSS_LINK_SERIAL_LINE_H

#include "core/error.h"

#include <asm/termbits.h> /* termios2, which <termios.h> does not have */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum parity { PARITY_NONE, PARITY_EVEN, PARITY_ODD, PARITY_MARK, PARITY_SPACE };
enum flow { FLOW_NONE, FLOW_RTSCTS, FLOW_XONXOFF };

struct serial_line {
    int64_t baud, bits, stop;
    int parity, flow;
};

/* A raw line with these settings. `marks`: what arrives with wrong parity, without a stop
 * bit, or is a break is marked in the bytes (PARMRK of termios(3)), for
 * serial_line_unmark. */
void serial_line_set(const struct serial_line *line, bool marks, struct termios2 *set);
/* A driver may silently take something else. -1 and *error when `got` is not the line
 * that was set: character, flow control, marks; and the speed within 3 percent, which
 * UARTs tolerate. */
int serial_line_compare(const struct termios2 *set, const struct termios2 *got,
                        struct error *error);

/* Which of LINK_PARITY and LINK_FRAMING a line with so many data bits can have. */
unsigned serial_line_carries(int bits, int parity);
/* Changes a right line, and the bytes where it has to, so that what is sent has the wrong
 * parity (LINK_PARITY), no stop bits (LINK_FRAMING), or `amount` percent of the speed
 * (LINK_BAUD). -1: this line cannot. */
int serial_line_disturb(unsigned what, int64_t amount, struct termios2 *line,
                        uint8_t *bytes, size_t length);

/* What was received so far. */
struct serial_marks {
    unsigned before;        /* bytes of a mark that the next ones complete */
    uint64_t wrong, breaks; /* characters with wrong parity or no stop bit: termios(3)
                               marks both alike; a NUL among them looks like a break */
};
/* Takes the marks out of `bytes`, in place, and counts them: 0xff 0x00 X is a wrong X,
 * which stays, or with 0x00 a break, of which nothing stays; 0xff 0xff is 0xff. Returns
 * how many bytes there are then. */
size_t serial_line_unmark(struct serial_marks *marks, uint8_t *bytes, size_t length);

#endif
