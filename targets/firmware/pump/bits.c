/* Coils and discrete inputs: functions 1, 2, 5 and 15 (V1.1b3, 6.1, 6.2, 6.5, 6.11). */
#include "bytes.h"
#include "device.h"

#define READ_MAX 2000
#define WRITE_MAX 1968

typedef bool read_bit(const struct pump *, uint16_t);

static int read_bits(struct device *device, struct pdu_view request,
                     struct pdu_reply *reply, read_bit *read, uint16_t count)
{
    uint16_t start = bytes_u2(request.bytes + 1);
    uint16_t quantity = bytes_u2(request.bytes + 3);
    uint8_t byte_count = (uint8_t)((quantity + 7) / 8);

    if (quantity > READ_MAX) {
        return EXCEPTION_VALUE;
    }
    if ((uint32_t)start + quantity > count) {
        return EXCEPTION_ADDRESS;
    }
    reply->bytes[1] = byte_count;
    memset(reply->bytes + 2, 0, byte_count);
    for (uint16_t i = 0; i < quantity; i++) {
        if (read(&device->pump, (uint16_t)(start + i))) {
            reply->bytes[2 + i / 8] |= (uint8_t)(1 << i % 8);
        }
    }
    reply->length = (uint16_t)(2 + byte_count);
    return EXCEPTION_NONE;
}

int bits_read_coils(struct device *device, struct pdu_view request,
                    struct pdu_reply *reply)
{
#if !PUMP_DEFECTIVE /* D12: a quantity of zero is answered with nothing */
    if (bytes_u2(request.bytes + 3) == 0) {
        return EXCEPTION_VALUE;
    }
#endif
    return read_bits(device, request, reply, pump_coil, PUMP_COILS);
}

int bits_read_inputs(struct device *device, struct pdu_view request,
                     struct pdu_reply *reply)
{
    if (bytes_u2(request.bytes + 3) == 0) {
        return EXCEPTION_VALUE;
    }
    return read_bits(device, request, reply, pump_discrete, PUMP_DISCRETES);
}

int bits_write_coil(struct device *device, struct pdu_view request,
                    struct pdu_reply *reply)
{
    uint16_t address = bytes_u2(request.bytes + 1);
    uint16_t value = bytes_u2(request.bytes + 3);
    int status;

#if !PUMP_DEFECTIVE /* D13: anything but zero counts as on */
    if (value != 0x0000 && value != 0xFF00) {
        return EXCEPTION_VALUE;
    }
#endif
    status = pump_write_coil(&device->pump, address, value != 0);
    return status != EXCEPTION_NONE ? status : pdu_echo(request, reply);
}

static int check_write_coils(struct pdu_view request)
{
    uint16_t quantity, byte_count;

    if (request.length < 6 || request.length != 6 + request.bytes[5]) {
        return EXCEPTION_VALUE;
    }
    quantity = bytes_u2(request.bytes + 3);
    byte_count = request.bytes[5];
    if (quantity < 1 || quantity > WRITE_MAX) {
        return EXCEPTION_VALUE;
    }
#if !PUMP_DEFECTIVE /* D14: the quantity is believed, whatever the byte count says */
    if (byte_count != (quantity + 7) / 8) {
        return EXCEPTION_VALUE;
    }
#endif
    (void)byte_count;
    if ((uint32_t)bytes_u2(request.bytes + 1) + quantity > PUMP_COILS) {
        return EXCEPTION_ADDRESS;
    }
    return EXCEPTION_NONE;
}

int bits_write_coils(struct device *device, struct pdu_view request,
                     struct pdu_reply *reply)
{
    int status = check_write_coils(request);
    struct pump trial = device->pump; /* all or nothing */

    if (status != EXCEPTION_NONE) {
        return status;
    }
    for (uint16_t i = 0; i < bytes_u2(request.bytes + 3); i++) {
        bool on = request.bytes[6 + i / 8] >> i % 8 & 1;

        status = pump_write_coil(&trial, (uint16_t)(bytes_u2(request.bytes + 1) + i), on);
        if (status != EXCEPTION_NONE) {
            return status;
        }
    }
    device->pump = trial;
    return pdu_echo((struct pdu_view){request.bytes, 5}, reply);
}
