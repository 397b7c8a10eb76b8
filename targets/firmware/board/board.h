/*
 * What a board offers a device: two serial ports, a 10 ms tick, a one-shot silence timer
 * and a watchdog. One board file implements it; its interrupts call the three functions
 * at the end, which the device implements. All others may be called from any context.
 */
#ifndef BOARD_H
#define BOARD_H

#include <stdbool.h>
#include <stdint.h>

#define BOARD_TICK_MS 10
#define BOARD_TICKS_PER_SECOND (1000 / BOARD_TICK_MS)

/* Modbus over serial line V1.02, 2.5.1.1: above 19,200 Bd t3.5 is fixed at 1.750 ms. */
#define BOARD_SILENCE_US 1750

/* The watchdog warns after one period and resets after the second. An emulator's watchdog
 * runs on while a busy host lets its processor wait, so the period is long. */
#define BOARD_WATCHDOG_PERIOD_MS 2000

/* Brings every part into a known state, whatever ran before, and starts it. */
void board_start(void);

/* Sends one byte; waits for room, but not for ever: a stuck peer loses the byte. */
void board_port_send(uint8_t byte);
void board_console_send(uint8_t byte);

/* Starts the silence timer, or starts it anew. */
void board_silence_arm(void);

void board_watchdog_feed(void);

/* The device's part, in interrupt context. A byte is damaged when the UART saw an error.
 * A device that never arms the silence timer needs no board_on_silence. */
void board_on_byte(uint8_t byte, bool damaged);
void board_on_silence(void);
void board_on_tick(void);

#endif
