/*
 * ARM MPS2 with the AN385 image (Cortex-M3, 25 MHz): CMSDK UARTs, timer and watchdog.
 * An access to an address where nothing lives is a bus error, so the MPU stays off.
 */
#include "board.h"
#include "cortex.h"
#include "ethernet.h"
#include "fault.h"
#include "startup.h"

#define CLOCK_HZ 25000000u
#define BAUD 115200u

#define TIMER0 0x40000000
#define UART0 0x40004000
#define UART1 0x40005000
#define WATCHDOG 0x40008000

#define TIMER_CTRL REGISTER(TIMER0 + 0x00)
#define TIMER_VALUE REGISTER(TIMER0 + 0x04)
#define TIMER_RELOAD REGISTER(TIMER0 + 0x08)
#define TIMER_INTCLEAR REGISTER(TIMER0 + 0x0C)
#define TIMER_RUN 0x9 /* enable, interrupt */

#define UART_DATA(base) REGISTER((base) + 0x00)
#define UART_STATE(base) REGISTER((base) + 0x04)
#define UART_CTRL(base) REGISTER((base) + 0x08)
#define UART_INTCLEAR(base) REGISTER((base) + 0x0C)
#define UART_BAUDDIV(base) REGISTER((base) + 0x10)
#define STATE_TX_FULL 0x1
#define STATE_RX_FULL 0x2
#define STATE_RX_OVERRUN 0x8
#define CTRL_TX 0x1
#define CTRL_RX 0x2
#define CTRL_RX_INTERRUPT 0x8
#define INT_ALL 0xF

#define WDOG_LOAD REGISTER(WATCHDOG + 0x00)
#define WDOG_CTRL REGISTER(WATCHDOG + 0x08)
#define WDOG_INTCLR REGISTER(WATCHDOG + 0x0C)
#define WDOG_LOCK REGISTER(WATCHDOG + 0xC00)
#define WDOG_KEY 0x1ACCE551u

#define IRQ_UART0_RX 0
#define IRQ_TIMER0 8
#define IRQ_ETHERNET 13
#define SEND_PATIENCE 500 /* polls, more than a byte takes */

static void start_uart(uintptr_t base, uint32_t control)
{
    UART_CTRL(base) = 0;
    UART_BAUDDIV(base) = CLOCK_HZ / BAUD;
    UART_INTCLEAR(base) = INT_ALL;
    UART_CTRL(base) = control;
    (void)UART_DATA(base);
}

void board_start(void)
{
    TIMER_CTRL = 0;
    TIMER_RELOAD = CLOCK_HZ / 1000000u * BOARD_SILENCE_US;
    TIMER_INTCLEAR = 1;
    start_uart(UART0, CTRL_TX | CTRL_RX | CTRL_RX_INTERRUPT);
    start_uart(UART1, CTRL_TX);
    WDOG_LOCK = WDOG_KEY;
    WDOG_LOAD = CLOCK_HZ / 1000u * BOARD_WATCHDOG_PERIOD_MS;
    WDOG_CTRL = 3; /* interrupt (the NMI), then reset */
    cortex_enable_irq(IRQ_UART0_RX, PRIORITY_PORT);
    cortex_enable_irq(IRQ_TIMER0, PRIORITY_PORT);
    cortex_start_tick(CLOCK_HZ / BOARD_TICKS_PER_SECOND);
}

static void send(uintptr_t base, uint8_t byte)
{
    for (int i = 0; i < SEND_PATIENCE; i++) {
        if (!(UART_STATE(base) & STATE_TX_FULL)) {
            UART_DATA(base) = byte;
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
    TIMER_CTRL = 0;
    TIMER_VALUE = CLOCK_HZ / 1000000u * BOARD_SILENCE_US;
    TIMER_INTCLEAR = 1;
    cortex_forget_irq(IRQ_TIMER0);
    TIMER_CTRL = TIMER_RUN;
}

void board_watchdog_feed(void)
{
    WDOG_INTCLR = 1;
}

static void on_uart0_rx(void)
{
    while (UART_STATE(UART0) & STATE_RX_FULL) {
        bool damaged = UART_STATE(UART0) & STATE_RX_OVERRUN;
        UART_STATE(UART0) = STATE_RX_OVERRUN; /* write one to clear */
        UART_INTCLEAR(UART0) = INT_ALL;
        board_on_byte((uint8_t)UART_DATA(UART0), damaged);
    }
}

static void on_timer0(void)
{
    TIMER_CTRL = 0;
    TIMER_INTCLEAR = 1;
    board_on_silence();
}

IRQ_VECTORS = {
    [0 ... IRQ_COUNT - 1] = fault_enter,
    [IRQ_UART0_RX] = on_uart0_rx,
    [IRQ_TIMER0] = on_timer0,
    [IRQ_ETHERNET] = ethernet_on_interrupt,
};
