/*
 * Modbus application protocol (V1.1b3): a request PDU in, a reply PDU or silence out. The
 * request is borrowed from the frame; the reply buffer belongs to the caller.
 */
#ifndef PUMP_PDU_H
#define PUMP_PDU_H

#include <stdbool.h>
#include <stdint.h>

#define PDU_REPLY_MAX 264
#define PDU_SILENT (-1)

#ifndef PUMP_DEFECTIVE
#error "PUMP_DEFECTIVE must be 0 or 1"
#endif

/* V1.1b3, section 7. */
enum exception {
    EXCEPTION_NONE = 0,
    EXCEPTION_FUNCTION = 1,
    EXCEPTION_ADDRESS = 2,
    EXCEPTION_VALUE = 3,
    EXCEPTION_FAILURE = 4,
    EXCEPTION_BUSY = 6,
};

struct device;

struct pdu_view {
    const uint8_t *bytes; /* bytes[0] is the function code */
    uint16_t length;
};

struct pdu_reply {
    uint16_t length; /* 0: no reply */
    uint8_t bytes[PDU_REPLY_MAX];
};

/* Answers one request. A broadcast is carried out, if it is a write, and never answered.
 */
void pdu_answer(struct device *device, struct pdu_view request, bool broadcast,
                struct pdu_reply *reply);

/* Handlers return an exception, or PDU_SILENT; on EXCEPTION_NONE the reply is complete
 * behind its function code, which pdu_answer() fills in. */
typedef int pdu_handler(struct device *, struct pdu_view, struct pdu_reply *);

pdu_handler bits_read_coils, bits_read_inputs, bits_write_coil, bits_write_coils;
pdu_handler registers_read_holding, registers_read_input, registers_write,
    registers_write_many, registers_mask, registers_read_write;
pdu_handler diagnostics_status, diagnostics_serve, diagnostics_server_id;
pdu_handler identify_serve;
pdu_handler service_serve;

/* Makes the reply a copy of the request. */
int pdu_echo(struct pdu_view request, struct pdu_reply *reply);

#endif
