/* CRC-16 as Modbus uses it (V1.02 over serial line, 6.2.2): pure, any context. */
#ifndef PUMP_CRC16_H
#define PUMP_CRC16_H

#include <stddef.h>
#include <stdint.h>

#define CRC16_START 0xFFFFu

/* Continues `crc` over the bytes; the first call starts from CRC16_START. */
uint16_t crc16_add(uint16_t crc, const uint8_t *bytes, size_t length);

#endif
