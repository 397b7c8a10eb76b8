/*
 * The service port as the rest of the device sees it: line.c with its framing, or tcp.c,
 * one of which an image is built with. All for the main loop.
 */
#ifndef PUMP_PORT_H
#define PUMP_PORT_H

#include <stdbool.h>
#include <stdint.h>

struct device;

/* `device` is lent for good: what comes is carried out on it. */
void port_start(struct device *device);

/* BOARD_TICK_MS passed. */
void port_tick(void);

/* Answers what came. */
void port_serve(struct device *device);

/* Whether something came; right also with interrupts off. */
bool port_is_waiting(void);

uint16_t port_dropped(void); /* requests lost because there was no room */

#endif
