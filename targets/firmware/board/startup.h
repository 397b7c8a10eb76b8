/*
 * The two halves of the vector table: startup.c holds the core's sixteen entries, the
 * board file the interrupts behind them; the linker script joins them.
 */
#ifndef BOARD_STARTUP_H
#define BOARD_STARTUP_H

#define IRQ_COUNT 48

/* Where the processor begins after a reset. */
void startup_reset(void);

#define IRQ_VECTORS                         \
    __attribute__((section(".vectors.irq"), \
                   used)) static void (*const vectors[IRQ_COUNT])(void)

#ifdef BOARD_NETWORK /* with the board's Ethernet, which interrupts */
#include "ethernet.h"
#endif

#endif
