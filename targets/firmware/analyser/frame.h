/* One frame of ASTM E1381 (CLSI LIS1-A): its checksum and whether it is well
 * formed. */
#ifndef FRAME_H
#define FRAME_H

#include <stdbool.h>
#include <stdint.h>

#define FRAME_STX 0x02
#define FRAME_ETX 0x03
#define FRAME_EOT 0x04
#define FRAME_ENQ 0x05
#define FRAME_ACK 0x06
#define FRAME_NAK 0x15
#define FRAME_ETB 0x17

/* Sum modulo 256, from the frame number to ETB or ETX. */
uint8_t frame_sum(const uint8_t *bytes, uint16_t length);

/* Two upper-case hexadecimal digits. */
void frame_put_sum(uint8_t digits[2], uint8_t sum);

/* `frame` is what follows STX, LF included. Everything but the order of frame numbers. */
bool frame_is_sound(const uint8_t *frame, uint16_t length);

#endif
