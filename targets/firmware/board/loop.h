/*
 * The main loop of a device whose port carries a stream of bytes: it queues what the
 * interrupts bring, hands it on in the main loop's context, feeds the watchdog and
 * sleeps. It implements the device's part of board.h and owns its queue.
 */
#ifndef LOOP_H
#define LOOP_H

#include <stdint.h>

/* Never returns. `on_byte` gets each byte once; a damaged byte and one that finds the
 * queue full are lost. `on_tick` runs every BOARD_TICK_MS, once for each tick that
 * passed. `on_silence`, which may be 0, runs when BOARD_SILENCE_US passed since the
 * latest byte. */
_Noreturn void loop_run(void (*on_byte)(uint8_t byte), void (*on_tick)(void),
                        void (*on_silence)(void));

/* Sends to the port. */
void loop_send(const uint8_t *bytes, uint16_t length);

#endif
