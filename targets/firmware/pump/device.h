/* Everything the device knows, in one place: owned by main(), lent to the handlers. */
#ifndef PUMP_DEVICE_H
#define PUMP_DEVICE_H

#include <stdint.h>

#include "fault.h"
#include "jobs.h"
#include "pdu.h"
#include "pump.h"
#include "service.h"

#define DEVICE_VERSION 0x0102
#define DEVICE_VERSION_TEXT "1.2"
#define DEVICE_VARIANT (PUMP_DEFECTIVE ? "defective" : "fixed")

/* Diagnostics counters (V1.1b3, 6.8: sub-functions 11 to 15). */
struct counters {
    uint16_t seen;       /* 11: frames with a right CRC, any address */
    uint16_t damaged;    /* 12: wrong CRC, too short, overlong, UART errors */
    uint16_t exceptions; /* 13 */
    uint16_t addressed;  /* 14: for this device, or broadcast */
    uint16_t unanswered; /* 15 */
};

struct device {
    struct pump pump;
    struct counters counters;
    struct jobs jobs;
    enum reset_cause cause;
    uint16_t inputs[PUMP_INPUTS]; /* image of the input registers for one reply */
    struct service service;
    struct pdu_reply reply;
};

#endif
