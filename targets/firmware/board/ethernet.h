/*
 * The Ethernet controller of a board that has one: whole frames in and out, without their
 * check sequence. One file a board implements it. All is for the main loop's context but
 * ethernet_on_interrupt, which stands in the board's vectors.
 */
#ifndef BOARD_ETHERNET_H
#define BOARD_ETHERNET_H

#include <stdbool.h>
#include <stdint.h>

#define ETHERNET_ADDRESS 6
#define ETHERNET_FRAME_MAX 1514

void ethernet_start(const uint8_t address[ETHERNET_ADDRESS]);

/* Takes one frame into `frame` (ETHERNET_FRAME_MAX bytes and what makes whole words).
 * Returns its length in bytes, 0 when none waits. A damaged or overlong one is dropped.
 */
uint16_t ethernet_receive(uint32_t *frame);

/* Sends one frame; false when the controller has no room for it. */
bool ethernet_send(const uint32_t *frame, uint16_t length);

/* Whether a frame may wait; also with interrupts off. */
bool ethernet_is_waiting(void);

/* In images without a network it is absent, and its interrupt is never enabled. */
__attribute__((weak)) void ethernet_on_interrupt(void);

#endif
