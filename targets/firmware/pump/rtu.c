/* RTU framing: silence ends a frame, a CRC protects it (V1.02, 2.5.1). */
#include "board.h"
#include "crc16.h"
#include "line.h"

#define CRC_LENGTH 2
#define ADU_MIN (2 + CRC_LENGTH) /* address, function, CRC */

const uint16_t framing_check_length = CRC_LENGTH;

void board_on_byte(uint8_t byte, bool damaged)
{
    struct line_frame *frame = line_filling();

    if (frame->length < LINE_ADU_MAX) {
        frame->bytes[frame->length++] = byte;
    } else {
        frame->damaged = true;
    }
    frame->damaged |= damaged;
    board_silence_arm();
}

void board_on_silence(void)
{
    line_complete();
}

static void send(const uint8_t *bytes, uint16_t length)
{
    for (uint16_t i = 0; i < length; i++) {
        board_port_send(bytes[i]);
    }
}

void framing_send(uint8_t address, const struct pdu_reply *reply)
{
    uint16_t crc =
        crc16_add(crc16_add(CRC16_START, &address, 1), reply->bytes, reply->length);
    const uint8_t trailer[CRC_LENGTH] = {(uint8_t)crc, (uint8_t)(crc >> 8)};

    send(&address, 1);
    send(reply->bytes, reply->length);
    send(trailer, sizeof trailer);
}

/* The CRC over a frame and its own CRC is zero. */
bool framing_is_whole(const struct line_frame *frame)
{
    return !frame->damaged && frame->length >= ADU_MIN &&
           crc16_add(CRC16_START, frame->bytes, frame->length) == 0;
}
