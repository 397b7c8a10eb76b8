/* A processor fault in words: from the registers that a console's line or a debug probe
 * tells, and the firmware's image. One place for both, so that a fault has one name
 * however it was seen. The fault status registers are those of ARMv7-M and ARMv8-M
 * (DDI 0403, B3.2.15 to B3.2.18; DDI 0553, D1.2). Registers are the device's words, and
 * nothing in them is trusted. */
#ifndef PERCUSS_DEVICE_FAULT_WORDS_H
#define PERCUSS_DEVICE_FAULT_WORDS_H

#include "device/device.h"
#include "device/program.h"

enum fault_register {
    FAULT_PC, /* where it happened */
    FAULT_LR,
    FAULT_CFSR,
    FAULT_HFSR,
    FAULT_BFAR,
    FAULT_MMFAR,
    FAULT_XPSR, /* as stacked: its exception number is that of the code that failed */
    FAULT_REGISTERS
};

struct fault_state {
    unsigned known; /* bit (1 << fault_register) */
    uint64_t value[FAULT_REGISTERS];
};

void fault_state_set(struct fault_state *state, enum fault_register which,
                     uint64_t value);
/* Out of "pc=0x000012a4 lr=…" (also QEMU's "R15=000012a4"); adds to what is known. */
void fault_state_read(struct fault_state *state, const char *line);

/* "HardFault", "SysTick", "interrupt 8 (on_timer0)"; "" for 0, no exception. */
void fault_exception(const struct program *program, unsigned number, char *text,
                     size_t size);

/* Title, cause and place of a fault that is called `what` ("BusFault", "lockup"):
 * "BusFault, precise, writing 0xa0000c9e, in calibrate (service.c:88), thread mode". The
 * cause has no values and no lines. */
void fault_words(struct fault *fault, enum fault_kind kind, const char *what,
                 const struct fault_state *state, struct program *program);
/* A line for each register that says something, each beginning with two spaces and
 * ending in a line feed. "" when none does. */
void fault_words_detail(const struct fault_state *state, struct program *program,
                        char *text, size_t size);

#endif
