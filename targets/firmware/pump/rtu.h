/*
 * Modbus RTU framing: bytes in, whole frames out, ended by silence (Modbus over serial
 * line V1.02, 2.5.1.1). The interrupt side fills frames, the main loop takes them one by
 * one.
 */
#ifndef PUMP_RTU_H
#define PUMP_RTU_H

#include <stdbool.h>
#include <stdint.h>

#include "pdu.h"

#define RTU_ADU_MAX 256
#define RTU_FRAMES 8
#define RTU_BROADCAST 0
#define RTU_ADDRESS 1

struct rtu_frame {
    uint16_t length;
    bool damaged; /* overlong, or the UART saw an error */
    uint8_t bytes[RTU_ADU_MAX];
};

/* Main loop side (board_on_byte and board_on_silence are the other). A frame stays valid
 * until rtu_release(). */
const struct rtu_frame *rtu_next(void);
void rtu_release(void);
uint16_t rtu_dropped(void); /* frames lost because all were full */

/* Judges one frame and, if it asks for a reply, handles it and sends the reply. */
void rtu_answer(struct device *device, const struct rtu_frame *frame);

#endif
