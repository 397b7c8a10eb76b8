/* Registers: functions 3, 4, 6, 16, 22 and 23 (V1.1b3, 6.3, 6.4, 6.6, 6.12, 6.16, 6.17).
 */
#include "bytes.h"
#include "device.h"

#define READ_MAX 125
#define WRITE_MAX 123
#define READ_WRITE_MAX 121
#define LABEL_BYTES (2 * PUMP_TEXT_COUNT)

static bool is_in_map(uint16_t start, uint16_t quantity)
{
    return (uint32_t)start + quantity <= PUMP_HOLDINGS;
}

static int reply_holding(struct device *device, uint16_t start, uint16_t quantity,
                         struct pdu_reply *reply)
{
    reply->bytes[1] = (uint8_t)(2 * quantity);
    for (uint16_t i = 0; i < quantity; i++) {
        bytes_put_u2(reply->bytes + 2 + 2 * i,
                     pump_holding(&device->pump, (uint16_t)(start + i)));
    }
    reply->length = (uint16_t)(2 + 2 * quantity);
    return EXCEPTION_NONE;
}

int registers_read_holding(struct device *device, struct pdu_view request,
                           struct pdu_reply *reply)
{
    uint16_t start = bytes_u2(request.bytes + 1);
    uint16_t quantity = bytes_u2(request.bytes + 3);

    if (quantity < 1 || quantity > READ_MAX) {
        return EXCEPTION_VALUE;
    }
    if (!is_in_map(start, quantity)) {
        return EXCEPTION_ADDRESS;
    }
    return reply_holding(device, start, quantity, reply);
}

int registers_read_input(struct device *device, struct pdu_view request,
                         struct pdu_reply *reply)
{
    uint16_t start = bytes_u2(request.bytes + 1);
    uint16_t quantity = bytes_u2(request.bytes + 3);
#if PUMP_DEFECTIVE
    uint8_t end = (uint8_t)(start + quantity); /* D03: wraps, the wild read passes */
#else
    uint32_t end = (uint32_t)start + quantity;
#endif

    if (quantity < 1 || quantity > READ_MAX) {
        return EXCEPTION_VALUE;
    }
    if (end > PUMP_INPUTS) {
        return EXCEPTION_ADDRESS;
    }
    pump_fill_inputs(&device->pump, device->inputs);
    device->inputs[INPUT_RESET_CAUSE] = (uint16_t)device->cause;
    device->inputs[INPUT_SERVICE] = service_state(&device->service);
    reply->bytes[1] = (uint8_t)(2 * quantity);
    for (uint16_t i = 0; i < quantity; i++) {
        bytes_put_u2(reply->bytes + 2 + 2 * i, device->inputs[start + i]);
    }
    reply->length = (uint16_t)(2 + 2 * quantity);
    return EXCEPTION_NONE;
}

int registers_write(struct device *device, struct pdu_view request,
                    struct pdu_reply *reply)
{
    int status = pump_write(&device->pump, bytes_u2(request.bytes + 1),
                            bytes_u2(request.bytes + 3));

    if (status != EXCEPTION_NONE) {
        return status;
    }
#if PUMP_DEFECTIVE /* D08: a frame of the wrong length is dropped after it took effect \
                    */
    if (request.length != 5) {
        return PDU_SILENT;
    }
#endif
    return pdu_echo(request, reply);
}

/* What functions 16 and 23 say about the data behind them: do the three figures agree? */
static bool is_consistent(uint16_t quantity, uint8_t byte_count, int data_length,
                          uint16_t maximum)
{
    return quantity >= 1 && quantity <= maximum && byte_count == 2 * quantity &&
           data_length == byte_count;
}

static int write_all(struct pump *pump, uint16_t start, uint16_t quantity,
                     const uint8_t *data)
{
    struct pump trial = *pump; /* all or nothing */

    for (uint16_t i = 0; i < quantity; i++) {
        int status = pump_write(&trial, (uint16_t)(start + i), bytes_u2(data + 2 * i));

        if (status != EXCEPTION_NONE) {
            return status;
        }
    }
    *pump = trial;
    return EXCEPTION_NONE;
}

/* Labels are stored without trailing blanks. */
static void trim(uint8_t *text, uint16_t length)
{
    while (length > 0 && text[length - 1] == ' ') {
        text[--length] = '\0';
    }
}

static int check_write_many(struct pdu_view request)
{
    uint16_t quantity = bytes_u2(request.bytes + 3);

    if (!is_consistent(quantity, request.bytes[5], request.length - 6, WRITE_MAX)) {
        return EXCEPTION_VALUE;
    }
    return is_in_map(bytes_u2(request.bytes + 1), quantity) ? EXCEPTION_NONE
                                                            : EXCEPTION_ADDRESS;
}

/* Not inlined, so that the label lies next to this function's own return address. */
__attribute__((noinline)) static int write_label(struct pump *pump,
                                                 struct pdu_view request)
{
    uint8_t label[LABEL_BYTES];
    uint8_t byte_count = request.bytes[5];
    int status;

#if PUMP_DEFECTIVE /* D01: copied before it is checked */
    memcpy(label, request.bytes + 6, byte_count);
    status = check_write_many(request);
    if (status != EXCEPTION_NONE) {
        return status;
    }
#else
    status = check_write_many(request);
    if (status != EXCEPTION_NONE) {
        return status;
    }
    memcpy(label, request.bytes + 6, byte_count);
#endif
    trim(label, byte_count);
    return write_all(pump, bytes_u2(request.bytes + 1), bytes_u2(request.bytes + 3),
                     label);
}

static int write_settings(struct pump *pump, struct pdu_view request)
{
    int status = check_write_many(request);

    if (status != EXCEPTION_NONE) {
        return status;
    }
    return write_all(pump, bytes_u2(request.bytes + 1), bytes_u2(request.bytes + 3),
                     request.bytes + 6);
}

int registers_write_many(struct device *device, struct pdu_view request,
                         struct pdu_reply *reply)
{
    uint16_t start;
    int status;

    if (request.length < 6) {
        return EXCEPTION_VALUE;
    }
    start = bytes_u2(request.bytes + 1);
    if (start >= PUMP_TEXT_START && start < PUMP_HOLDINGS) {
        status = write_label(&device->pump, request);
    } else {
        status = write_settings(&device->pump, request);
    }
    if (status != EXCEPTION_NONE) {
        return status;
    }
    return pdu_echo((struct pdu_view){request.bytes, 5}, reply);
}

int registers_mask(struct device *device, struct pdu_view request,
                   struct pdu_reply *reply)
{
    uint16_t address = bytes_u2(request.bytes + 1);
    uint16_t and_mask = bytes_u2(request.bytes + 3);
    uint16_t or_mask = bytes_u2(request.bytes + 5);
    uint16_t value;
    int status;

    if (address >= PUMP_HOLDINGS) {
        return EXCEPTION_ADDRESS;
    }
    value = pump_holding(&device->pump, address);
    value = (uint16_t)((value & and_mask) | (or_mask & ~and_mask));
#if PUMP_DEFECTIVE /* D09: stored, then refused */
    pump_store(&device->pump, address, value);
#endif
    status = pump_write(&device->pump, address, value);
    return status != EXCEPTION_NONE ? status : pdu_echo(request, reply);
}

int registers_read_write(struct device *device, struct pdu_view request,
                         struct pdu_reply *reply)
{
    uint16_t read_start, read_quantity, write_start, write_quantity;
    int status;

    if (request.length < 10) {
        return EXCEPTION_VALUE;
    }
    read_start = bytes_u2(request.bytes + 1);
    read_quantity = bytes_u2(request.bytes + 3);
    write_start = bytes_u2(request.bytes + 5);
    write_quantity = bytes_u2(request.bytes + 7);
    if (read_quantity < 1 || read_quantity > READ_MAX ||
        !is_consistent(write_quantity, request.bytes[9], request.length - 10,
                       READ_WRITE_MAX)) {
        return EXCEPTION_VALUE;
    }
#if PUMP_DEFECTIVE /* D15: the sum wraps at 65,536 */
    if ((uint16_t)(read_start + read_quantity) > PUMP_HOLDINGS) {
        return EXCEPTION_ADDRESS;
    }
#else
    if (!is_in_map(read_start, read_quantity)) {
        return EXCEPTION_ADDRESS;
    }
#endif
    if (!is_in_map(write_start, write_quantity)) {
        return EXCEPTION_ADDRESS;
    }
    status = write_all(&device->pump, write_start, write_quantity, request.bytes + 10);
    if (status != EXCEPTION_NONE) {
        return status;
    }
    return reply_holding(device, read_start, read_quantity, reply);
}
