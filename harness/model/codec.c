#include "model/codec.h"

#include <string.h>

enum { GROUP_BITS = 7, GROUP_MASK = 0x7f, CONTINUES = 0x80 };

static unsigned digit_of(uint8_t byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    if (byte >= 'A' && byte <= 'F')
        return byte - 'A' + 10u;
    if (byte >= 'a' && byte <= 'f')
        return byte - 'a' + 10u;
    return UINT8_MAX;
}

static int read_digits(const struct codec *codec, struct view bytes, uint64_t *value)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < bytes.length; i++) {
        unsigned digit = digit_of(bytes.data[i]);

        if (digit >= codec->base || __builtin_mul_overflow(sum, codec->base, &sum) ||
            __builtin_add_overflow(sum, digit, &sum))
            return -1;
    }
    *value = sum;
    return bytes.length ? 0 : -1;
}

static int read_groups(const struct codec *codec, struct view bytes, uint64_t *value)
{
    bool big = codec->kind == CODEC_GROUPS_BE;
    uint64_t sum = 0;

    if (bytes.length == 0 || (bytes.data[bytes.length - 1] & CONTINUES))
        return -1;
    for (size_t i = 0; i < bytes.length; i++) {
        uint8_t byte = bytes.data[big ? i : bytes.length - 1 - i];

        if (sum >> (64 - GROUP_BITS))
            return -1;
        sum = sum << GROUP_BITS | (byte & GROUP_MASK);
    }
    *value = sum;
    return 0;
}

int codec_read(const struct codec *codec, struct view bytes, uint64_t *value)
{
    return codec->kind == CODEC_DIGITS ? read_digits(codec, bytes, value)
                                       : read_groups(codec, bytes, value);
}

size_t codec_length(const struct codec *codec, struct view bytes)
{
    for (size_t i = 0; i < bytes.length && i < codec->maximum; i++) {
        if (!(bytes.data[i] & CONTINUES))
            return i + 1;
    }
    return bytes.length < codec->maximum ? 0 : codec->maximum;
}

size_t codec_write(const struct codec *codec, uint64_t value, uint8_t bytes[CODEC_BYTES])
{
    static const char digits[] = "0123456789ABCDEF";
    bool text = codec->kind == CODEC_DIGITS;
    unsigned base = text ? codec->base : 1u << GROUP_BITS;
    size_t count = 0;

    do {
        bytes[count++] = (uint8_t)(text ? (uint8_t)digits[value % base] : value % base);
        value /= base;
    } while ((value || count < codec->minimum) && count < codec->maximum);
    for (size_t i = 0; codec->kind != CODEC_GROUPS_LE && i < count / 2; i++) {
        uint8_t first = bytes[i];

        bytes[i] = bytes[count - 1 - i];
        bytes[count - 1 - i] = first;
    }
    for (size_t i = 0; !text && i + 1 < count; i++)
        bytes[i] |= CONTINUES;
    return count;
}

uint64_t codec_largest(const struct codec *codec)
{
    uint64_t base = codec->kind == CODEC_DIGITS ? codec->base : 1u << GROUP_BITS;
    uint64_t range = 1;

    for (size_t i = 0; i < codec->maximum; i++) {
        if (__builtin_mul_overflow(range, base, &range))
            return UINT64_MAX;
    }
    return range - 1;
}
