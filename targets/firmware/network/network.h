/*
 * IPv4 on the board's Ethernet: lwIP with one interface, 10.0.2.15/24, which is where the
 * user network of an emulator expects a guest. All of it, and all that lwIP calls back,
 * runs in the main loop's context.
 */
#ifndef NETWORK_H
#define NETWORK_H

#include <stdbool.h>

void network_start(void);

/* Lets lwIP know that BOARD_TICK_MS passed. */
void network_tick(void);

/* Hands lwIP the frames that came and runs what is due. */
void network_serve(void);

/* Whether a frame waits. Right also with interrupts off. */
bool network_is_waiting(void);

#endif
