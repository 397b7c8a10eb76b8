#include "frame.h"

#include "link.h"

#define OVERHEAD 6 /* number, ETB or ETX, two digits, CR, LF */

uint8_t frame_sum(const uint8_t *bytes, uint16_t length)
{
    uint8_t sum = 0;

    for (uint16_t i = 0; i < length; i++) {
        sum = (uint8_t)(sum + bytes[i]);
    }
    return sum;
}

void frame_put_sum(uint8_t digits[2], uint8_t sum)
{
    digits[0] = (uint8_t) "0123456789ABCDEF"[sum >> 4];
    digits[1] = (uint8_t) "0123456789ABCDEF"[sum & 15];
}

static uint8_t upper(uint8_t digit)
{
    return digit >= 'a' && digit <= 'f' ? (uint8_t)(digit - 'a' + 'A') : digit;
}

static bool is_sum_right(const uint8_t *frame, uint16_t summed)
{
    uint8_t digits[2], sent[2] = {frame[summed], frame[summed + 1]};

    frame_put_sum(digits, frame_sum(frame, summed));
    if (ANALYSER_DEFECTIVE) { /* A02 */
        sent[0] = upper(sent[0]);
        sent[1] = upper(sent[1]);
    }
    return sent[0] == digits[0] && sent[1] == digits[1];
}

/* E1381-02 6.6: no control characters of the link in the text; CR ends records. */
static bool is_text(uint8_t byte)
{
    static const uint32_t restricted = 1u << 0x01 | 1u << 0x02 | 1u << 0x03 | 1u << 0x04 |
                                       1u << 0x05 | 1u << 0x06 | 1u << 0x0A | 1u << 0x10 |
                                       1u << 0x11 | 1u << 0x12 | 1u << 0x13 | 1u << 0x14 |
                                       1u << 0x15 | 1u << 0x16 | 1u << 0x17;

    return byte >= 32 || !(restricted >> byte & 1);
}

bool frame_is_sound(const uint8_t *frame, uint16_t length)
{
    uint16_t text = (uint16_t)(length - OVERHEAD);
    uint8_t end;

    if (length < OVERHEAD) {
        return false;
    }
    end = frame[1 + text];
    for (uint16_t i = 0; i < text; i++) {
        if (!is_text(frame[1 + i])) {
            return false;
        }
    }
    return frame[0] >= '0' && frame[0] <= '7' && (end == FRAME_ETB || end == FRAME_ETX) &&
           is_sum_right(frame, (uint16_t)(text + 2)) && frame[length - 2] == '\r';
}
