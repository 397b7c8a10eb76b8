#include "model/checksum.h"

#include <string.h>

const char *const checksum_names[] = {
    "crc16-modbus", "crc16-ccitt", "crc16-xmodem", "crc16-x25", "crc8",     "crc32",
    "lrc",          "sum8",        "sum16",        "xor8",      "internet", NULL};

/* Parameters as in the "Catalogue of parametrised CRC algorithms" (Williams' model). */
static const struct checksum algorithms[] = {
    {CHECKSUM_CRC, 16, 0x8005, 0xffff, 0, true, FROM_MESSAGE, 0, {0}, NULL},
    {CHECKSUM_CRC, 16, 0x1021, 0xffff, 0, false, FROM_MESSAGE, 0, {0}, NULL},
    {CHECKSUM_CRC, 16, 0x1021, 0, 0, false, FROM_MESSAGE, 0, {0}, NULL},
    {CHECKSUM_CRC, 16, 0x1021, 0xffff, 0xffff, true, FROM_MESSAGE, 0, {0}, NULL},
    {CHECKSUM_CRC, 8, 0x07, 0, 0, false, FROM_MESSAGE, 0, {0}, NULL},
    {CHECKSUM_CRC,
     32,
     0x04c11db7,
     0xffffffff,
     0xffffffff,
     true,
     FROM_MESSAGE,
     0,
     {0},
     NULL},
    {CHECKSUM_LRC, 8, 0, 0, 0, false, FROM_MESSAGE, 0, {0}, NULL},
    {CHECKSUM_SUM, 8, 0, 0, 0, false, FROM_MESSAGE, 0, {0}, NULL},
    {CHECKSUM_SUM, 16, 0, 0, 0, false, FROM_MESSAGE, 0, {0}, NULL},
    {CHECKSUM_XOR, 8, 0, 0, 0, false, FROM_MESSAGE, 0, {0}, NULL},
    {CHECKSUM_INTERNET, 16, 0, 0, 0, false, FROM_TYPE, 0, {0}, NULL},
};

int checksum_named(const char *name, struct checksum *checksum)
{
    for (size_t i = 0; checksum_names[i]; i++) {
        if (strcmp(checksum_names[i], name) == 0) {
            *checksum = algorithms[i];
            return 0;
        }
    }
    return -1;
}

static uint32_t mask_of(const struct checksum *checksum)
{
    return checksum->width >= 32 ? UINT32_MAX : (UINT32_C(1) << checksum->width) - 1;
}

static uint32_t reflected(uint32_t value, unsigned width)
{
    uint32_t result = 0;

    for (unsigned i = 0; i < width; i++) {
        result = result << 1 | (value & 1);
        value >>= 1;
    }
    return result;
}

void checksum_prepare(struct checksum *checksum)
{
    uint32_t mask = mask_of(checksum), top = UINT32_C(1) << (checksum->width - 1);
    uint32_t mirrored = reflected(checksum->polynomial, checksum->width);

    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t rest = checksum->reflect ? byte : byte << (checksum->width - 8);

        for (int bit = 0; bit < 8; bit++) {
            if (checksum->reflect)
                rest = rest & 1 ? rest >> 1 ^ mirrored : rest >> 1;
            else
                rest = rest & top ? rest << 1 ^ checksum->polynomial : rest << 1;
        }
        checksum->table[byte] = rest & mask;
    }
}

static uint32_t crc_of(const struct checksum *checksum, struct view bytes)
{
    uint32_t rest = checksum->initial, mask = mask_of(checksum);

    if (checksum->reflect) {
        rest = reflected(rest, checksum->width);
        for (size_t i = 0; i < bytes.length; i++)
            rest = rest >> 8 ^ checksum->table[(rest ^ bytes.data[i]) & 0xff];
    } else {
        for (size_t i = 0; i < bytes.length; i++) {
            uint32_t index = (rest >> (checksum->width - 8) ^ bytes.data[i]) & 0xff;

            rest = (rest << 8 ^ checksum->table[index]) & mask;
        }
    }
    return (rest ^ checksum->final_xor) & mask;
}

uint16_t checksum_internet(struct view bytes, size_t hole, uint64_t plus)
{
    /* A sum with end-around carry is one modulo 0xffff, so integers of any width can be
     * added; folded it is 0 for nothing but zeros. */
    uint64_t sum = (plus >> 32) + (plus & UINT32_MAX);

    for (size_t i = 0; i < bytes.length; i++)
        if (i != hole && i != hole + 1)
            sum += (uint64_t)bytes.data[i] << (i % 2 ? 0 : 8);
    while (sum >> 16)
        sum = (sum >> 16) + (sum & 0xffff);
    return (uint16_t)~sum;
}

uint32_t checksum_of(const struct checksum *checksum, struct view bytes)
{
    uint32_t sum = checksum->initial;

    if (checksum->kind == CHECKSUM_CRC)
        return crc_of(checksum, bytes);
    for (size_t i = 0; i < bytes.length; i++) {
        if (checksum->kind == CHECKSUM_XOR)
            sum ^= bytes.data[i];
        else
            sum += bytes.data[i];
    }
    if (checksum->kind ==
        CHECKSUM_LRC) /* Modbus serial line V1.02, 6.2.1: two's complement */
        sum = 0 - sum;
    return (sum ^ checksum->final_xor) & mask_of(checksum);
}
