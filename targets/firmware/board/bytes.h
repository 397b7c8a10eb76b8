/* Big-endian fields and the memory functions that a freestanding compiler may call. */
#ifndef BOARD_BYTES_H
#define BOARD_BYTES_H

#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t length);
void *memmove(void *to, const void *from, size_t length);
void *memset(void *to, int value, size_t length);
int memcmp(const void *a, const void *b, size_t length);

static inline uint16_t bytes_u2(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t bytes_u4(const uint8_t *at)
{
    return (uint32_t)bytes_u2(at) << 16 | bytes_u2(at + 2);
}

static inline void bytes_put_u2(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

#endif
