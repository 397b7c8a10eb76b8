/*
 * The vendor function 100: service mode, block transfers, trends, self-test, calibration.
 * Owned by the main loop.
 */
#ifndef PUMP_SERVICE_H
#define PUMP_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "transfer.h"

#define SERVICE_SECONDS 30
#define SERVICE_CHANNELS 4
#define SERVICE_SAMPLES 60
#define SERVICE_CALIBRATION_BYTES 256

struct service {
    uint32_t ticks_left; /* of service mode; 0: locked */
    struct transfer transfer;
    struct blocks blocks;
    uint8_t code[2];
    uint16_t trend[SERVICE_CHANNELS][SERVICE_SAMPLES];
    uint8_t calibration[SERVICE_CALIBRATION_BYTES];
};

void service_start(struct service *service);
void service_tick(struct service *service);
void service_relock(struct service *service);

/* 0 locked, 1 unlocked, 2 unlocked with an open transfer. */
uint16_t service_state(const struct service *service);

#endif
