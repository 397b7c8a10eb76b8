#include "adu.h"

#include "bytes.h"

#include <string.h>

/* 0 and 255 are whoever has this IP address (4.4.1.2). */
static bool is_for_us(uint8_t unit)
{
    return unit == 0 || unit == 1 || unit == 255;
}

uint16_t adu_answer(struct device *device, const uint8_t *adu, uint16_t length,
                    uint8_t *reply)
{
    struct counters *counters = &device->counters;
    struct pdu_reply *pdu = &device->reply;
    struct pdu_view request = {adu + ADU_HEADER_LENGTH,
                               (uint16_t)(length - ADU_HEADER_LENGTH)};

    if (bytes_u2(adu + 2) != 0) {
        counters->damaged++;
        return 0;
    }
    counters->seen++;
    if (!is_for_us(adu[6])) {
        return 0;
    }
    counters->addressed++;
    pdu->length = 0;
    pdu_answer(device, request, false, pdu);
    if (pdu->length == 0) {
        counters->unanswered++;
        return 0;
    }
    memcpy(reply, adu, ADU_HEADER_LENGTH);
    bytes_put_u2(reply + 4, (uint16_t)(pdu->length + 1));
    memcpy(reply + ADU_HEADER_LENGTH, pdu->bytes, pdu->length);
    return (uint16_t)(ADU_HEADER_LENGTH + pdu->length);
}
