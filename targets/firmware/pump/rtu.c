#include "rtu.h"

#include "board.h"
#include "crc16.h"
#include "device.h"

#define ADU_MIN 4 /* address, function, CRC */

/* One producer (interrupt) moves `filling`, one consumer (main loop) moves `taking`. */
static struct rtu_frame frames[RTU_FRAMES];
static volatile uint8_t filling, taking;
static volatile uint16_t dropped;

void board_on_byte(uint8_t byte, bool damaged)
{
    struct rtu_frame *frame = &frames[filling];

    if (frame->length < RTU_ADU_MAX) {
        frame->bytes[frame->length++] = byte;
    } else {
        frame->damaged = true;
    }
    frame->damaged |= damaged;
    board_silence_arm();
}

void board_on_silence(void)
{
    uint8_t next = (uint8_t)((filling + 1) % RTU_FRAMES);

    if (next == taking) {
        dropped++;
        next = filling;
    }
    frames[next].length = 0;
    frames[next].damaged = false;
    filling = next;
}

const struct rtu_frame *rtu_next(void)
{
    return taking == filling ? 0 : &frames[taking];
}

void rtu_release(void)
{
    taking = (uint8_t)((taking + 1) % RTU_FRAMES);
}

uint16_t rtu_dropped(void)
{
    return dropped;
}

static void send(const uint8_t *bytes, uint16_t length)
{
    for (uint16_t i = 0; i < length; i++) {
        board_port_send(bytes[i]);
    }
}

static void send_reply(const struct pdu_reply *reply)
{
    const uint8_t address = RTU_ADDRESS;
    uint16_t crc =
        crc16_add(crc16_add(CRC16_START, &address, 1), reply->bytes, reply->length);
    const uint8_t trailer[2] = {(uint8_t)crc, (uint8_t)(crc >> 8)};

    send(&address, 1);
    send(reply->bytes, reply->length);
    send(trailer, sizeof trailer);
}

/* The CRC over a frame and its own CRC is zero. */
static bool is_whole(const struct rtu_frame *frame)
{
    return !frame->damaged && frame->length >= ADU_MIN &&
           crc16_add(CRC16_START, frame->bytes, frame->length) == 0;
}

void rtu_answer(struct device *device, const struct rtu_frame *frame)
{
    struct counters *counters = &device->counters;
    struct pdu_view request = {frame->bytes + 1, (uint16_t)(frame->length - 3)};
    uint8_t address = frame->bytes[0];

    if (!is_whole(frame)) {
        counters->damaged++;
        return;
    }
    counters->seen++;
    if (address != RTU_ADDRESS && address != RTU_BROADCAST) {
        return;
    }
    counters->addressed++;
    device->reply.length = 0;
    pdu_answer(device, request, address == RTU_BROADCAST, &device->reply);
    if (device->reply.length == 0) {
        counters->unanswered++;
        return;
    }
    send_reply(&device->reply);
}
