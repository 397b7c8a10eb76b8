#include "pdu.h"

#include "bytes.h"
#include "device.h"

struct function {
    uint8_t code;
    uint8_t length; /* of the request PDU; 0: the handler checks it */
    bool broadcast; /* carried out when broadcast */
    pdu_handler *handler;
};

/* D08: the fixed length of function 6 is left to its handler, which looks too late. */
#define WRITE_REGISTER_LENGTH (PUMP_DEFECTIVE ? 0 : 5)

static const struct function functions[] = {
    {1, 5, false, bits_read_coils},
    {2, 5, false, bits_read_inputs},
    {3, 5, false, registers_read_holding},
    {4, 5, false, registers_read_input},
    {5, 5, true, bits_write_coil},
    {6, WRITE_REGISTER_LENGTH, true, registers_write},
    {7, 1, false, diagnostics_status},
    {8, 0, false, diagnostics_serve},
    {15, 0, true, bits_write_coils},
    {16, 0, true, registers_write_many},
    {17, 1, false, diagnostics_server_id},
    {22, 7, true, registers_mask},
    {23, 0, false, registers_read_write},
    {43, 0, false, identify_serve},
    {100, 0, false, service_serve},
};

int pdu_echo(struct pdu_view request, struct pdu_reply *reply)
{
    memcpy(reply->bytes, request.bytes, request.length);
    reply->length = request.length;
    return EXCEPTION_NONE;
}

static const struct function *find(uint8_t code)
{
    for (unsigned i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        if (functions[i].code == code) {
            return &functions[i];
        }
    }
    return 0;
}

static int handle(struct device *device, struct pdu_view request, bool broadcast,
                  struct pdu_reply *reply)
{
    const struct function *function = find(request.bytes[0]);
    int status;

    if (function == 0) {
        return EXCEPTION_FUNCTION;
    }
    if (broadcast && !function->broadcast) {
        return PDU_SILENT;
    }
    if (function->length != 0 && request.length != function->length) {
        return EXCEPTION_VALUE;
    }
    if (!jobs_open(&device->jobs)) {
        return EXCEPTION_BUSY;
    }
    status = function->handler(device, request, reply);
    jobs_close(&device->jobs);
    return status;
}

void pdu_answer(struct device *device, struct pdu_view request, bool broadcast,
                struct pdu_reply *reply)
{
    int status = handle(device, request, broadcast, reply);

    if (status > 0) {
        device->counters.exceptions++;
        reply->bytes[1] = (uint8_t)status;
        reply->length = 2;
    }
    reply->bytes[0] = (uint8_t)(request.bytes[0] | (status > 0 ? 0x80 : 0));
    if (broadcast || status == PDU_SILENT) {
        reply->length = 0;
    }
}
