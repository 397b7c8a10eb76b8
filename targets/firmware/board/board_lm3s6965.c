/*
 * TI Stellaris LM3S6965 evaluation board (Cortex-M3, 50 MHz): PL011 UARTs with FIFOs,
 * GPTM, watchdog. The MPU is on and allows flash, SRAM and peripherals only, because the
 * emulated bus ignores stray stores. The emulated PL011 and GPTM keep their state over a
 * reset, so board_start() clears them first.
 */
#include "board.h"
#include "cortex.h"
#include "fault.h"
#include "startup.h"

#define CLOCK_HZ 50000000u

#define WATCHDOG 0x40000000
#define UART0 0x4000C000
#define UART1 0x4000D000
#define GPTM0 0x40030000
#define SYSCTL 0x400FE000

#define SYSCTL_RCC REGISTER(SYSCTL + 0x060)
#define SYSCTL_RCGC0 REGISTER(SYSCTL + 0x100)
#define SYSCTL_RCGC1 REGISTER(SYSCTL + 0x104)
#define RCC_50_MHZ 0x01CE1380u /* 8 MHz crystal, PLL, 200 MHz / 4 */
#define RCGC0_WATCHDOG 0x00000008u
#define RCGC1_UART01_TIMER0 0x00010003u

#define UART_DR(base) REGISTER((base) + 0x00)
#define UART_FR(base) REGISTER((base) + 0x18)
#define UART_IBRD(base) REGISTER((base) + 0x24)
#define UART_FBRD(base) REGISTER((base) + 0x28)
#define UART_LCRH(base) REGISTER((base) + 0x2C)
#define UART_CR(base) REGISTER((base) + 0x30)
#define UART_IM(base) REGISTER((base) + 0x38)
#define UART_ICR(base) REGISTER((base) + 0x44)
#define FR_RX_EMPTY 0x10
#define FR_TX_FULL 0x20
#define DR_ERRORS 0xF00 /* overrun, break, parity, framing */
#define LCRH_8N1_FIFO 0x70
#define CR_ON 0x301
#define INT_RX 0x50 /* receive level, receive timeout */
#define INT_ALL 0x7FF

#define GPTM_CFG REGISTER(GPTM0 + 0x00)
#define GPTM_TAMR REGISTER(GPTM0 + 0x04)
#define GPTM_CTL REGISTER(GPTM0 + 0x0C)
#define GPTM_IMR REGISTER(GPTM0 + 0x18)
#define GPTM_ICR REGISTER(GPTM0 + 0x24)
#define GPTM_TAILR REGISTER(GPTM0 + 0x28)

#define WDT_LOAD REGISTER(WATCHDOG + 0x00)
#define WDT_CTL REGISTER(WATCHDOG + 0x08)
#define WDT_ICR REGISTER(WATCHDOG + 0x0C)
#define WDT_LOCK REGISTER(WATCHDOG + 0xC00)
#define WDT_KEY 0x1ACCE551u

#define IRQ_UART0 5
#define IRQ_WATCHDOG 18
#define IRQ_TIMER0A 19
#define SEND_PATIENCE 500 /* polls, more than a byte takes */

/* RASR: execute never, access, attributes, size as 2^(n+1), enable. */
#define MPU_SIZE(log2) (((log2)-1u) << 1)
#define MPU_FLASH (0x06020000u | MPU_SIZE(18) | 1u)
#define MPU_SRAM (0x13060000u | MPU_SIZE(16) | 1u)
#define MPU_PERIPHERALS (0x13050000u | MPU_SIZE(20) | 1u)
#define MPU_REGION(n, base) ((base) | 0x10u | (n))

static void start_mpu(void)
{
    MPU_CTRL = 0;
    MPU_RBAR = MPU_REGION(0u, 0x00000000u);
    MPU_RASR = MPU_FLASH;
    MPU_RBAR = MPU_REGION(1u, 0x20000000u);
    MPU_RASR = MPU_SRAM;
    MPU_RBAR = MPU_REGION(2u, 0x40000000u);
    MPU_RASR = MPU_PERIPHERALS;
    MPU_CTRL = 1; /* no default map: everything else faults */
    __asm volatile("dsb\n\tisb" ::: "memory");
}

static void start_uart(uintptr_t base, uint32_t interrupts)
{
    UART_CR(base) = 0;
    UART_IM(base) = 0;
    UART_LCRH(base) = 0; /* flushes the FIFOs */
    while (!(UART_FR(base) & FR_RX_EMPTY)) {
        (void)UART_DR(base);
    }
    UART_ICR(base) = INT_ALL;
    UART_IBRD(base) = 27; /* 50 MHz / (16 * 115,200) = 27 + 8/64 */
    UART_FBRD(base) = 8;
    UART_LCRH(base) = LCRH_8N1_FIFO;
    UART_IM(base) = interrupts;
    UART_CR(base) = CR_ON;
}

void board_start(void)
{
    SYSCTL_RCC = RCC_50_MHZ;
    SYSCTL_RCGC0 |= RCGC0_WATCHDOG;
    SYSCTL_RCGC1 |= RCGC1_UART01_TIMER0;
    start_mpu();
    GPTM_CTL = 0;
    GPTM_ICR = INT_ALL;
    GPTM_CFG = 0;  /* one 32-bit timer */
    GPTM_TAMR = 1; /* one shot */
    GPTM_TAILR = CLOCK_HZ / 1000000u * BOARD_SILENCE_US;
    GPTM_IMR = 1;
    start_uart(UART0, INT_RX);
    start_uart(UART1, 0);
    WDT_LOCK = WDT_KEY;
    WDT_LOAD = CLOCK_HZ / 1000u * BOARD_WATCHDOG_PERIOD_MS;
    WDT_CTL = 3; /* interrupt, then reset */
    cortex_enable_irq(IRQ_WATCHDOG, PRIORITY_URGENT);
    cortex_enable_irq(IRQ_UART0, PRIORITY_PORT);
    cortex_enable_irq(IRQ_TIMER0A, PRIORITY_PORT);
    cortex_start_tick(CLOCK_HZ / BOARD_TICKS_PER_SECOND);
}

static void send(uintptr_t base, uint8_t byte)
{
    for (int i = 0; i < SEND_PATIENCE; i++) {
        if (!(UART_FR(base) & FR_TX_FULL)) {
            UART_DR(base) = byte;
            return;
        }
    }
}

void board_port_send(uint8_t byte)
{
    send(UART0, byte);
}

void board_console_send(uint8_t byte)
{
    send(UART1, byte);
}

void board_silence_arm(void)
{
    GPTM_CTL = 0;
    GPTM_ICR = 1;
    cortex_forget_irq(IRQ_TIMER0A);
    GPTM_CTL = 1;
}

void board_watchdog_feed(void)
{
    WDT_ICR = 1;
}

/* Acknowledged before the FIFO is emptied: a byte that arrives in between interrupts
 * again. */
static void on_uart0(void)
{
    UART_ICR(UART0) = INT_ALL;
    while (!(UART_FR(UART0) & FR_RX_EMPTY)) {
        uint32_t data = UART_DR(UART0);
        board_on_byte((uint8_t)data, data & DR_ERRORS);
    }
}

static void on_timer0a(void)
{
    GPTM_ICR = 1;
    board_on_silence();
}

IRQ_VECTORS = {
    [0 ... IRQ_COUNT - 1] = fault_enter,   [IRQ_UART0] = on_uart0,
    [IRQ_WATCHDOG] = fault_enter_watchdog, [IRQ_TIMER0A] = on_timer0a,
#ifdef BOARD_NETWORK
    [42] = ethernet_on_interrupt,
#endif
};
