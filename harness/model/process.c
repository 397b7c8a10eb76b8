#include "model/process.h"

enum { SLIP_END = 0xc0, SLIP_ESC = 0xdb, SLIP_ESC_END = 0xdc, SLIP_ESC_ESC = 0xdd };

static uint8_t rotate_left(uint8_t byte, unsigned count)
{
    count &= 7;
    return (uint8_t)(byte << count | byte >> (8 - count) % 8);
}

/* The codecs that change each byte by itself. */
static uint8_t change(enum process_kind kind, const struct process_key *key, uint8_t byte,
                      size_t position)
{
    unsigned count = (unsigned)key->number & 7;

    switch (kind) {
    case PROCESS_XOR:
        if (!key->bytes.data)
            return (uint8_t)(byte ^ key->number);
        return key->bytes.length ? byte ^ key->bytes.data[position % key->bytes.length]
                                 : byte;
    case PROCESS_ROTATE_LEFT: return rotate_left(byte, count);
    case PROCESS_ROTATE_RIGHT: return rotate_left(byte, 8 - count);
    default: return byte;
    }
}

static int digit(uint8_t letter)
{
    if (letter >= '0' && letter <= '9')
        return letter - '0';
    return letter >= 'A' && letter <= 'F' ? letter - 'A' + 10 : -1;
}

static int decode_hex(struct view in, uint8_t *out, size_t *length)
{
    if (in.length % 2)
        return -1;
    for (*length = 0; *length < in.length / 2; (*length)++) {
        int high = digit(in.data[*length * 2]), low = digit(in.data[*length * 2 + 1]);

        if (high < 0 || low < 0)
            return -1;
        out[*length] = (uint8_t)(high << 4 | low);
    }
    return 0;
}

static int decode_slip(struct view in, uint8_t *out, size_t *length)
{
    *length = 0;
    for (size_t i = 0; i < in.length; i++) {
        uint8_t byte = in.data[i];

        if (byte == SLIP_END)
            return -1;
        if (byte == SLIP_ESC) {
            if (++i == in.length ||
                (in.data[i] != SLIP_ESC_END && in.data[i] != SLIP_ESC_ESC))
                return -1;
            byte = in.data[i] == SLIP_ESC_END ? SLIP_END : SLIP_ESC;
        }
        out[(*length)++] = byte;
    }
    return 0;
}

int process_decode(enum process_kind kind, const struct process_key *key, struct view in,
                   uint8_t *out, size_t *length)
{
    if (kind == PROCESS_HEX)
        return decode_hex(in, out, length);
    if (kind == PROCESS_SLIP)
        return decode_slip(in, out, length);
    for (size_t i = 0; i < in.length; i++)
        out[i] = change(kind, key, in.data[i], i);
    *length = in.length;
    return 0;
}

static enum process_kind inverse(enum process_kind kind)
{
    if (kind == PROCESS_ROTATE_LEFT)
        return PROCESS_ROTATE_RIGHT;
    return kind == PROCESS_ROTATE_RIGHT ? PROCESS_ROTATE_LEFT : kind;
}

int process_encode(enum process_kind kind, const struct process_key *key, struct view in,
                   struct buffer *out)
{
    static const char digits[] = "0123456789ABCDEF";

    if (buffer_reserve(out, in.length * 2) < 0)
        return -1;
    for (size_t i = 0; i < in.length; i++) {
        uint8_t byte = in.data[i];
        bool escape = kind == PROCESS_SLIP && (byte == SLIP_END || byte == SLIP_ESC);

        if (escape) {
            out->data[out->length++] = SLIP_ESC;
            byte = byte == SLIP_END ? SLIP_ESC_END : SLIP_ESC_ESC;
        } else if (kind == PROCESS_HEX) {
            out->data[out->length++] = (uint8_t)digits[byte >> 4];
            byte = (uint8_t)digits[byte & 15];
        }
        out->data[out->length++] = change(inverse(kind), key, byte, i);
    }
    return 0;
}
