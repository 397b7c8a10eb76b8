/*
 * Memory outside the processor, where the board has some: for what is too large for RAM.
 * Nothing is known of its content after a reset. The board's linker script says where it
 * lies.
 */
#ifndef BOARD_EXTERNAL_H
#define BOARD_EXTERNAL_H

#include <stdint.h>

extern uint8_t board_external[], board_external_end[];

/* Its bytes; 0: the board has none. */
static inline uint32_t board_external_size(void)
{
    return (uint32_t)((uintptr_t)board_external_end - (uintptr_t)board_external);
}

#endif
