#include "loop.h"

#include "board.h"

#define QUEUE 4096

/* One producer (interrupt) moves `filling`, one consumer (main loop) moves `taking`. */
static uint8_t queue[QUEUE];
static volatile uint16_t filling, taking;
static volatile uint32_t ticks;
static volatile bool is_silent;

void board_on_byte(uint8_t byte, bool damaged)
{
    uint16_t next = (uint16_t)((filling + 1) % QUEUE);

    if (!damaged && next != taking) {
        queue[filling] = byte;
        filling = next;
    }
    is_silent = false;
    board_silence_arm();
}

void board_on_silence(void)
{
    is_silent = true;
}

void board_on_tick(void)
{
    ticks++;
}

/* Interrupts are off between the last look and WFI, which wakes on them all the same. */
static void sleep_unless(uint32_t seen)
{
    __asm volatile("cpsid i" ::: "memory");
    if (taking == filling && seen == ticks && !is_silent) {
        __asm volatile("dsb\n\twfi" ::: "memory");
    }
    __asm volatile("cpsie i" ::: "memory");
}

_Noreturn void loop_run(void (*on_byte)(uint8_t byte), void (*on_tick)(void),
                        void (*on_silence)(void))
{
    uint32_t seen = ticks;

    for (;;) {
        if (taking != filling) {
            uint8_t byte = queue[taking];

            taking = (uint16_t)((taking + 1) % QUEUE);
            on_byte(byte);
        } else if (is_silent) {
            is_silent = false;
            if (on_silence != 0) {
                on_silence();
            }
        }
        for (; seen != ticks; seen++) {
            on_tick();
            board_watchdog_feed();
        }
        sleep_unless(seen);
    }
}

void loop_send(const uint8_t *bytes, uint16_t length)
{
    for (uint16_t i = 0; i < length; i++) {
        board_port_send(bytes[i]);
    }
}
