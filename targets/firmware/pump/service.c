#include "service.h"

#include "board.h"
#include "bytes.h"
#include "crc16.h"
#include "device.h"

#define STRIDE_MAX 10
#define PASSES_MAX 16
#define SELF_TEST_BYTES 4096

extern const uint8_t link_text_start[];

void service_start(struct service *service)
{
    static const char factory[] = "block _ factory data, ";

    *service = (struct service){.code = {0x5A, 0x17}};
    for (unsigned block = 0; block < TRANSFER_BLOCKS; block++) {
        service->blocks.stored[block] = TRANSFER_BLOCK_BYTES;
        for (unsigned i = 0; i < TRANSFER_BLOCK_BYTES; i++) {
            char c = factory[i % (sizeof factory - 1)];

            service->blocks.bytes[block][i] = (uint8_t)(c == '_' ? '0' + (int)block : c);
        }
    }
    for (unsigned i = 0; i < SERVICE_CHANNELS * SERVICE_SAMPLES; i++) {
        service->trend[i / SERVICE_SAMPLES][i % SERVICE_SAMPLES] = (uint16_t)(1000 + i);
    }
}

void service_tick(struct service *service)
{
    if (service->ticks_left > 0 && --service->ticks_left == 0) {
        service_relock(service);
    }
}

void service_relock(struct service *service)
{
    service->ticks_left = 0;
    service->transfer.open = false;
}

uint16_t service_state(const struct service *service)
{
    if (service->ticks_left == 0) {
        return 0;
    }
    return service->transfer.open ? 2 : 1;
}

static int unlock(struct device *device, struct pdu_view request, struct pdu_reply *reply)
{
    struct service *service = &device->service;
    uint16_t given = (uint16_t)(request.length - 2);

    if (given > sizeof service->code) {
        return EXCEPTION_VALUE;
    }
    if (memcmp(service->code, request.bytes + 2, given) != 0) {
        return EXCEPTION_FAILURE;
    }
    service->ticks_left = SERVICE_SECONDS * BOARD_TICKS_PER_SECOND;
    reply->bytes[2] = SERVICE_SECONDS;
    reply->length = 3;
    return EXCEPTION_NONE;
}

static int begin(struct device *device, struct pdu_view request, struct pdu_reply *reply)
{
    struct transfer *transfer = &device->service.transfer;
    int status = transfer_begin(transfer, request.bytes[2], bytes_u2(request.bytes + 3));

    if (status != EXCEPTION_NONE) {
        return status;
    }
    reply->bytes[2] = transfer->block;
    reply->bytes[3] = transfer->handle;
    reply->length = 4;
    return EXCEPTION_NONE;
}

static int data(struct device *device, struct pdu_view request, struct pdu_reply *reply)
{
    uint8_t length;
    int status;

    if (request.length < 6 || request.length != 6 + request.bytes[5]) {
        return EXCEPTION_VALUE;
    }
    length = request.bytes[5];
    status = transfer_data(&device->service.transfer, request.bytes[2],
                           bytes_u2(request.bytes + 3), request.bytes + 6, length);
    if (status != EXCEPTION_NONE) {
        return status;
    }
    return pdu_echo((struct pdu_view){request.bytes, 6}, reply);
}

static int end(struct device *device, struct pdu_view request, struct pdu_reply *reply)
{
    struct transfer *transfer = &device->service.transfer;
    int status = transfer_end(transfer, request.bytes[2], bytes_u2(request.bytes + 3),
                              &device->service.blocks);

    if (status != EXCEPTION_NONE) {
        return status;
    }
    reply->bytes[2] = transfer->handle;
    reply->bytes[3] = transfer->block;
    bytes_put_u2(reply->bytes + 4, transfer->total);
    reply->length = 6;
    return EXCEPTION_NONE;
}

static int relock(struct device *device, struct pdu_view request, struct pdu_reply *reply)
{
    service_relock(&device->service);
    return pdu_echo(request, reply);
}

static int read(struct device *device, struct pdu_view request, struct pdu_reply *reply)
{
    uint8_t length = request.bytes[5];
    const uint8_t *from;
    int status = transfer_read(&device->service.blocks, request.bytes[2],
                               bytes_u2(request.bytes + 3), length, &from);

    if (status != EXCEPTION_NONE) {
        return status;
    }
    pdu_echo(request, reply);
    memcpy(reply->bytes + 6, from, length);
    reply->length = (uint16_t)(6 + length);
    return EXCEPTION_NONE;
}

static int trend(struct device *device, struct pdu_view request, struct pdu_reply *reply)
{
    unsigned channel = request.bytes[2], first = request.bytes[3];
    unsigned count = request.bytes[4], stride = request.bytes[5];
    uint8_t samples = 0;

    if (channel >= SERVICE_CHANNELS || count < 1 || first + count > SERVICE_SAMPLES ||
        stride > STRIDE_MAX) {
        return EXCEPTION_VALUE;
    }
#if !PUMP_DEFECTIVE /* D04: with a stride of zero the loop below never ends */
    if (stride < 1) {
        return EXCEPTION_VALUE;
    }
#endif
    for (unsigned i = first; i < first + count; i += stride) {
        board_watchdog_feed(); /* an export may take its time */
        if (samples < SERVICE_SAMPLES) {
            bytes_put_u2(reply->bytes + 4 + 2 * samples,
                         device->service.trend[channel][i]);
            samples++;
        }
    }
    reply->bytes[2] = (uint8_t)channel;
    reply->bytes[3] = samples;
    reply->length = (uint16_t)(4 + 2 * samples);
    return EXCEPTION_NONE;
}

static int self_test(struct device *device, struct pdu_view request,
                     struct pdu_reply *reply)
{
    uint16_t passes = bytes_u2(request.bytes + 2);
    uint16_t crc = CRC16_START;

    (void)device;
    if (passes < 1) {
        return EXCEPTION_VALUE;
    }
#if !PUMP_DEFECTIVE /* D07: as many passes as asked for, without feeding the watchdog */
    if (passes > PASSES_MAX) {
        return EXCEPTION_VALUE;
    }
#endif
    for (uint16_t pass = 0; pass < passes; pass++) {
        crc = crc16_add(CRC16_START, link_text_start, SELF_TEST_BYTES);
    }
    pdu_echo(request, reply);
    bytes_put_u2(reply->bytes + 4, crc);
    reply->length = 6;
    return EXCEPTION_NONE;
}

static int calibrate(struct device *device, struct pdu_view request,
                     struct pdu_reply *reply)
{
#if PUMP_DEFECTIVE
    int32_t address = (int32_t)bytes_u4(request.bytes + 2); /* D05: negative passes */
#else
    uint32_t address = bytes_u4(request.bytes + 2);
#endif

    if (address > SERVICE_CALIBRATION_BYTES - 2 || address % 2 != 0) {
        return EXCEPTION_VALUE;
    }
    memcpy(device->service.calibration + address, request.bytes + 6, 2);
    return pdu_echo(request, reply);
}

struct command {
    uint8_t length; /* of the request PDU; 0: the handler checks it */
    bool locked;    /* only in service mode */
    pdu_handler *handler;
};

/* D16: a short code is compared as far as it goes. */
#define UNLOCK_LENGTH (PUMP_DEFECTIVE ? 0 : 4)

static const struct command commands[] = {
    [1] = {UNLOCK_LENGTH, false, unlock},
    [2] = {5, true, begin},
    [3] = {0, true, data},
    [4] = {5, true, end},
    [5] = {2, false, relock},
    [6] = {6, false, read},
    [7] = {6, false, trend},
    [8] = {4, false, self_test},
    [9] = {8, true, calibrate},
};

int service_serve(struct device *device, struct pdu_view request, struct pdu_reply *reply)
{
    const struct command *command;

    if (request.length < 2) {
        return EXCEPTION_VALUE;
    }
    if (request.bytes[1] >= sizeof commands / sizeof commands[0] ||
        commands[request.bytes[1]].handler == 0) {
        return EXCEPTION_FUNCTION;
    }
    command = &commands[request.bytes[1]];
    if (command->length != 0 && request.length != command->length) {
        return EXCEPTION_VALUE;
    }
    if (command->locked && device->service.ticks_left == 0) {
        return EXCEPTION_FAILURE;
    }
    reply->bytes[1] = request.bytes[1];
    return command->handler(device, request, reply);
}
