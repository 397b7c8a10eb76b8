#include "crc16.h"

uint16_t crc16_add(uint16_t crc, const uint8_t *bytes, size_t length)
{
    static const uint16_t nibbles[16] = {
        0x0000, 0xCC01, 0xD801, 0x1400, 0xF001, 0x3C00, 0x2800, 0xE401,
        0xA001, 0x6C00, 0x7800, 0xB401, 0x5000, 0x9C01, 0x8801, 0x4400,
    };

    for (size_t i = 0; i < length; i++) {
        crc ^= bytes[i];
        crc = (uint16_t)(crc >> 4 ^ nibbles[crc & 0xF]);
        crc = (uint16_t)(crc >> 4 ^ nibbles[crc & 0xF]);
    }
    return crc;
}
