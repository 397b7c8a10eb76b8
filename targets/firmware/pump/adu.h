/* A Modbus TCP message, in whatever kind of connection it comes (Modbus Messaging on
 * TCP/IP V1.0b, 3.1.3). */
#ifndef PUMP_ADU_H
#define PUMP_ADU_H

#include "device.h"

#define ADU_PORT 502
#define ADU_HEADER_LENGTH 7 /* transaction, protocol, length, unit */
#define ADU_LENGTH_END 6    /* what the length counts begins here */
#define ADU_LENGTH_MIN 2
#define ADU_LENGTH_MAX 254
#define ADU_MAX (ADU_LENGTH_END + ADU_LENGTH_MAX)
#define ADU_REPLY_MAX (ADU_HEADER_LENGTH + PDU_REPLY_MAX)

/* Serves the `length` bytes at `adu`, of which the header is there. Returns the length of
 * the reply, which has up to ADU_REPLY_MAX bytes; 0: none is due. */
uint16_t adu_answer(struct device *device, const uint8_t *adu, uint16_t length,
                    uint8_t *reply);

#endif
