/* Functions 7, 8 and 17 (V1.1b3, 6.7, 6.8, 6.13). */
#include "bytes.h"
#include "device.h"

#define SERVER_ID 0x50
#define MODEL "IP-50"
#define MODEL_BYTES (sizeof MODEL - 1)

int diagnostics_status(struct device *device, struct pdu_view request,
                       struct pdu_reply *reply)
{
    (void)request;
    reply->bytes[1] = 0;
    for (uint16_t i = 0; i < 8; i++) {
        reply->bytes[1] |= (uint8_t)(pump_discrete(&device->pump, i) << i);
    }
    reply->length = 2;
    return EXCEPTION_NONE;
}

int diagnostics_server_id(struct device *device, struct pdu_view request,
                          struct pdu_reply *reply)
{
    (void)request;
    reply->bytes[1] = 2 + MODEL_BYTES + 2;
    reply->bytes[2] = SERVER_ID;
    reply->bytes[3] = device->pump.state == PUMP_INFUSING ? 0xFF : 0x00;
    memcpy(reply->bytes + 4, MODEL, MODEL_BYTES);
    bytes_put_u2(reply->bytes + 4 + MODEL_BYTES, DEVICE_VERSION);
    reply->length = 4 + MODEL_BYTES + 2;
    return EXCEPTION_NONE;
}

static int return_query(struct device *device, struct pdu_view request,
                        struct pdu_reply *reply)
{
    (void)device;
#if !PUMP_DEFECTIVE /* D17: an odd request passes and is rounded up to words below */
    if ((request.length - 3) % 2 != 0) {
        return EXCEPTION_VALUE;
    }
#endif
    pdu_echo(request, reply);
    reply->length = (uint16_t)(3 + (request.length - 3 + 1) / 2 * 2);
    return EXCEPTION_NONE;
}

static int restart(struct device *device, struct pdu_view request,
                   struct pdu_reply *reply)
{
    uint16_t data = bytes_u2(request.bytes + 3);

    if (request.length != 5 || (data != 0x0000 && data != 0xFF00)) {
        return EXCEPTION_VALUE;
    }
    device->counters = (struct counters){0};
    service_relock(&device->service);
    return pdu_echo(request, reply);
}

static int clear(struct device *device, struct pdu_view request, struct pdu_reply *reply)
{
    if (request.length != 5 || bytes_u2(request.bytes + 3) != 0) {
        return EXCEPTION_VALUE;
    }
    device->counters = (struct counters){0};
    return pdu_echo(request, reply);
}

static int count(struct device *device, struct pdu_view request, struct pdu_reply *reply)
{
    const struct counters *counters = &device->counters;
    const uint16_t values[] = {counters->seen, counters->damaged, counters->exceptions,
                               counters->addressed, counters->unanswered};

    if (request.length != 5 || bytes_u2(request.bytes + 3) != 0) {
        return EXCEPTION_VALUE;
    }
    pdu_echo(request, reply);
    bytes_put_u2(reply->bytes + 3, values[bytes_u2(request.bytes + 1) - 11]);
    return EXCEPTION_NONE;
}

int diagnostics_serve(struct device *device, struct pdu_view request,
                      struct pdu_reply *reply)
{
    static pdu_handler *const handlers[] = {
        [0] = return_query, [1] = restart, [10] = clear, [11] = count,
        [12] = count,       [13] = count,  [14] = count, [15] = count,
    };
    uint16_t sub;

    if (request.length < 5) {
        return EXCEPTION_VALUE;
    }
    sub = bytes_u2(request.bytes + 1);
    if (sub >= sizeof handlers / sizeof handlers[0]) {
        return EXCEPTION_FUNCTION;
    }
#if !PUMP_DEFECTIVE /* D06: the gaps in the table are called */
    if (handlers[sub] == 0) {
        return EXCEPTION_FUNCTION;
    }
#endif
    return handlers[sub](device, request, reply);
}
