/*
 * The few Cortex-M3 core registers that this firmware uses (ARM DDI 0403, ARMv7-M).
 * Everything here is memory-mapped hardware; nothing owns it, any context may use it.
 */
#ifndef BOARD_CORTEX_H
#define BOARD_CORTEX_H

#include <stdint.h>

#define REGISTER(address) (*(volatile uint32_t *)(uintptr_t)(address))

#define SYST_CSR REGISTER(0xE000E010)
#define SYST_RVR REGISTER(0xE000E014)
#define SYST_CVR REGISTER(0xE000E018)
#define NVIC_ISER(n) REGISTER(0xE000E100 + 4 * (n))
#define NVIC_ICPR(n) REGISTER(0xE000E280 + 4 * (n))
#define NVIC_IPR(irq) (*(volatile uint8_t *)(uintptr_t)(0xE000E400 + (irq)))
#define SCB_VTOR REGISTER(0xE000ED08)
#define SCB_AIRCR REGISTER(0xE000ED0C)
#define SCB_SHPR3 REGISTER(0xE000ED20)
#define SCB_SHCSR REGISTER(0xE000ED24)
#define SCB_CFSR REGISTER(0xE000ED28)
#define SCB_MMFAR REGISTER(0xE000ED34)
#define SCB_BFAR REGISTER(0xE000ED38)
#define MPU_CTRL REGISTER(0xE000ED94)
#define MPU_RBAR REGISTER(0xE000ED9C)
#define MPU_RASR REGISTER(0xE000EDA0)

#define AIRCR_SYSRESETREQ 0x05FA0004u
#define SHCSR_ALL_FAULTS 0x00070000u

/* Priorities: the watchdog's warning and the faults pre-empt everything. */
#define PRIORITY_URGENT 0x00
#define PRIORITY_PORT 0x40
#define PRIORITY_TICK 0x80

static inline void cortex_enable_irq(unsigned irq, uint8_t priority)
{
    NVIC_IPR(irq) = priority;
    NVIC_ISER(irq / 32) = 1u << (irq % 32);
}

static inline void cortex_forget_irq(unsigned irq)
{
    NVIC_ICPR(irq / 32) = 1u << (irq % 32);
}

static inline void cortex_start_tick(uint32_t period_clocks)
{
    SYST_RVR = period_clocks - 1;
    SYST_CVR = 0;
    SCB_SHPR3 = (uint32_t)PRIORITY_TICK << 24;
    SYST_CSR = 7; /* enable, interrupt, processor clock */
}

#endif
