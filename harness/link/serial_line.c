#include "link/serial_line.h"

#include "core/carries.h"

/* --- right -------------------------------------------------------------------------- */

void serial_line_set(const struct serial_line *line, bool marks, struct termios2 *set)
{
    static const tcflag_t sizes[] = {CS5, CS6, CS7, CS8};
    static const tcflag_t parities[] = {
        [PARITY_EVEN] = PARENB,
        [PARITY_ODD] = PARENB | PARODD,
        [PARITY_MARK] = PARENB | PARODD | CMSPAR,
        [PARITY_SPACE] = PARENB | CMSPAR,
    };

    set->c_iflag = line->flow == FLOW_XONXOFF ? IXON | IXOFF : 0;
    if (marks)
        set->c_iflag |= INPCK | PARMRK;
    set->c_oflag = 0;
    set->c_lflag = 0;
    set->c_cflag = BOTHER | (tcflag_t)BOTHER << IBSHIFT | CREAD | CLOCAL |
                   sizes[line->bits - 5] | parities[line->parity];
    if (line->stop == 2)
        set->c_cflag |= CSTOPB;
    if (line->flow == FLOW_RTSCTS)
        set->c_cflag |= CRTSCTS;
    set->c_ispeed = set->c_ospeed = (speed_t)line->baud;
    set->c_cc[VMIN] = 1;
    set->c_cc[VTIME] = 0;
    set->c_cc[VSTART] = 0x11;
    set->c_cc[VSTOP] = 0x13;
}

int serial_line_compare(const struct termios2 *set, const struct termios2 *got,
                        struct error *error)
{
    static const struct {
        const char *what;
        tcflag_t mask;
    } characters[] = {{"data bits", CSIZE},
                      {"parity", PARENB | PARODD | CMSPAR},
                      {"stop bits", CSTOPB},
                      {"rtscts flow control", CRTSCTS}};

    for (size_t i = 0; i < sizeof characters / sizeof characters[0]; i++)
        if ((set->c_cflag ^ got->c_cflag) & characters[i].mask)
            return error_set(error, "the port cannot have these %s", characters[i].what);
    if ((set->c_iflag ^ got->c_iflag) & (IXON | IXOFF | INPCK | PARMRK))
        return error_set(error, "the port does not take xonxoff, or does not mark what "
                                "arrives wrongly");
    if (got->c_ospeed > (uint64_t)set->c_ospeed * 103 / 100 ||
        got->c_ospeed < (uint64_t)set->c_ospeed * 97 / 100)
        return error_set(error, "the port cannot do %u baud, nearest is %u",
                         set->c_ospeed, got->c_ospeed);
    return 0;
}

/* --- wrong on purpose --------------------------------------------------------------- */

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

/* --- what arrived wrongly ----------------------------------------------------------- */

size_t serial_line_unmark(struct serial_marks *marks, uint8_t *bytes, size_t length)
{
    size_t kept = 0;

    for (size_t i = 0; i < length; i++) {
        uint8_t byte = bytes[i];

        if (marks->before == 0 && byte == 0xff) {
            marks->before = 1;
        } else if (marks->before == 1 && byte == 0x00) {
            marks->before = 2;
        } else if (marks->before == 2 && byte == 0x00) {
            marks->breaks++;
            marks->before = 0;
        } else {
            marks->wrong += marks->before == 2;
            marks->before = 0;
            bytes[kept++] = byte;
        }
    }
    return kept;
}
