#include "model/real.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const int64_t choices_32[] = {
    0x00000000, /* 0 */
    0x80000000, /* -0 */
    0x3f800000, /* 1 */
    0xbf800000, /* -1 */
    0x7f7fffff, /* the largest */
    0xff7fffff, /* the largest negative */
    0x7f800000, /* infinity */
    0xff800000, /* -infinity */
    0x7fc00000, /* quiet NaN */
    0x7fa00000, /* signalling NaN */
    0x00800000, /* the smallest normal */
    0x00000001, /* the smallest denormal */
    0x4f000000, /* 2^31: the first that an int32_t does not hold */
};

static const int64_t choices_64[] = {
    0x0000000000000000, INT64_MIN, /* -0 */
    0x3ff0000000000000, (int64_t)0xbff0000000000000,
    0x7fefffffffffffff, (int64_t)0xffefffffffffffff,
    0x7ff0000000000000, (int64_t)0xfff0000000000000,
    0x7ff8000000000000, 0x7ff4000000000000,
    0x0010000000000000, 0x0000000000000001,
    0x41e0000000000000, /* 2^31 */
    0x43e0000000000000, /* 2^63 */
};

double real_from_bits(unsigned width, uint64_t bits)
{
    uint32_t half = (uint32_t)bits;
    float single;
    double value;

    if (width == 32) {
        memcpy(&single, &half, sizeof single);
        return single;
    }
    memcpy(&value, &bits, sizeof value);
    return value;
}

uint64_t real_to_bits(unsigned width, double value)
{
    uint32_t half;
    uint64_t bits;
    float single;

    if (width == 32) {
        single = (float)value;
        memcpy(&half, &single, sizeof half);
        return half;
    }
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

int real_parse(unsigned width, const char *text, uint64_t *bits)
{
    char *end;
    double value = strtod(text, &end);

    if (end == text || *end || isspace((unsigned char)*text))
        return -1;
    if (isinf(value) && !strpbrk(text, "iI"))
        return -1;
    *bits = real_to_bits(width, value);
    if (isfinite(value) && isinf(real_from_bits(width, *bits)))
        return -1;
    return 0;
}

const char *real_text(unsigned width, uint64_t bits, char *text, size_t size)
{
    double value = real_from_bits(width, bits);
    uint64_t again;

    for (int digits = 6; digits <= 17; digits++) {
        snprintf(text, size, "%.*g", digits, value);
        if (isnan(value) || (real_parse(width, text, &again) == 0 && again == bits))
            break;
    }
    return text;
}

const int64_t *real_choices(unsigned width, size_t *count)
{
    *count = width == 32 ? sizeof choices_32 / sizeof *choices_32
                         : sizeof choices_64 / sizeof *choices_64;
    return width == 32 ? choices_32 : choices_64;
}
