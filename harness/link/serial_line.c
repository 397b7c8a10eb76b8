#include "link/serial_line.h"

#include "core/carries.h"

#include <stdbool.h>

static unsigned data_bits(const struct termios2 *line)
{
    switch (line->c_cflag & CSIZE) {
    case CS5: return 5;
    case CS6: return 6;
    case CS7: return 7;
    default: return 8;
    }
}

/* Parity that is there can be wrong. The stop bit can be a space where a space parity bit
 * can lie on it: behind eight bits without parity, behind seven with one. */
unsigned serial_line_carries(int bits, int parity)
{
    return (parity == PARITY_NONE ? 0u : (unsigned)LINK_PARITY) |
           (parity == PARITY_NONE || bits < 8 ? (unsigned)LINK_FRAMING : 0u);
}

/* The parity bit that the line would send behind these data bits. */
static bool parity_bit(const struct termios2 *line, unsigned bits, uint8_t byte)
{
    bool odd = __builtin_parity(byte & ((1u << bits) - 1));

    if (line->c_cflag & CMSPAR)
        return line->c_cflag & PARODD;
    return line->c_cflag & PARODD ? !odd : odd;
}

/* A parity bit becomes data, so that the bit behind it can be a space. */
static int drop_stop_bits(struct termios2 *line, uint8_t *bytes, size_t length)
{
    static const tcflag_t wider[] = {[5] = CS6, [6] = CS7, [7] = CS8};
    unsigned bits = data_bits(line);

    if (line->c_cflag & PARENB) {
        if (bits == 8)
            return -1;
        for (size_t i = 0; i < length; i++)
            bytes[i] = (uint8_t)((bytes[i] & ((1u << bits) - 1)) |
                                 (unsigned)parity_bit(line, bits, bytes[i]) << bits);
        line->c_cflag = (line->c_cflag & ~(tcflag_t)CSIZE) | wider[bits];
    }
    line->c_cflag = (line->c_cflag & ~(tcflag_t)PARODD) | PARENB | CMSPAR;
    return 0;
}

int serial_line_disturb(unsigned what, int64_t amount, struct termios2 *line,
                        uint8_t *bytes, size_t length)
{
    switch (what) {
    case LINK_PARITY:
        if (!(line->c_cflag & PARENB))
            return -1;
        line->c_cflag ^= PARODD;
        return 0;
    case LINK_BAUD:
        line->c_ospeed = (speed_t)((uint64_t)line->c_ospeed * (uint64_t)amount / 100);
        return line->c_ospeed ? 0 : -1;
    case LINK_FRAMING: return drop_stop_bits(line, bytes, length);
    default: return -1;
    }
}
