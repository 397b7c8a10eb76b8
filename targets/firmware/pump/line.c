#include "line.h"

#include "device.h"
#include "port.h"

/* One producer (interrupt) moves `filling`, one consumer (main loop) moves `taking`. */
static struct line_frame frames[LINE_FRAMES];
static volatile uint8_t filling, taking;
static volatile uint16_t dropped;

struct line_frame *line_filling(void)
{
    return &frames[filling];
}

void line_complete(void)
{
    uint8_t next = (uint8_t)((filling + 1) % LINE_FRAMES);

    if (next == taking) {
        dropped++;
        next = filling;
    }
    frames[next].length = 0;
    frames[next].damaged = false;
    filling = next;
}

static const struct line_frame *next_frame(void)
{
    return taking == filling ? 0 : &frames[taking];
}

/* Judges one frame and, if it asks for a reply, handles it and sends the reply. */
static void answer(struct device *device, const struct line_frame *frame)
{
    struct counters *counters = &device->counters;
    struct pdu_view request = {frame->bytes + 1,
                               (uint16_t)(frame->length - 1 - framing_check_length)};
    uint8_t address = frame->bytes[0];

    if (!framing_is_whole(frame)) {
        counters->damaged++;
        return;
    }
    counters->seen++;
    if (address != LINE_ADDRESS && address != LINE_BROADCAST) {
        return;
    }
    counters->addressed++;
    device->reply.length = 0;
    pdu_answer(device, request, address == LINE_BROADCAST, &device->reply);
    if (device->reply.length == 0) {
        counters->unanswered++;
        return;
    }
    framing_send(LINE_ADDRESS, &device->reply);
}

void port_start(struct device *device)
{
    (void)device;
}

void port_tick(void)
{
}

void port_serve(struct device *device)
{
    for (const struct line_frame *frame; (frame = next_frame()) != 0;) {
        answer(device, frame);
        taking = (uint8_t)((taking + 1) % LINE_FRAMES);
    }
}

bool port_is_waiting(void)
{
    return next_frame() != 0;
}

uint16_t port_dropped(void)
{
    return dropped;
}
