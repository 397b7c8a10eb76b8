/*
 * The service port (port.h) on a serial line: frames in, replies out (Modbus over serial
 * line V1.02, 2.2). Where a frame ends and what protects it is its framing's part: rtu.c
 * or ascii.c, one of which an image is built with. The interrupt side fills frames, the
 * main loop takes them one by one.
 */
#ifndef PUMP_LINE_H
#define PUMP_LINE_H

#include <stdbool.h>
#include <stdint.h>

#include "pdu.h"

#define LINE_ADU_MAX 256
#define LINE_FRAMES 8
#define LINE_BROADCAST 0
#define LINE_ADDRESS 1

/* Address, PDU and check. */
struct line_frame {
    uint16_t length;
    bool damaged; /* not as its framing wants it, or the UART saw an error */
    uint8_t bytes[LINE_ADU_MAX];
};

/* Interrupt side, for the framing (its part too are board_on_byte and board_on_silence):
 * the frame to fill, and that it is complete. */
struct line_frame *line_filling(void);
void line_complete(void);

/* The framing. The check's length in bytes; whether the frame is whole and its check
 * right; address and PDU with the check behind them. */
extern const uint16_t framing_check_length;
bool framing_is_whole(const struct line_frame *frame);
void framing_send(uint8_t address, const struct pdu_reply *reply);

#endif
