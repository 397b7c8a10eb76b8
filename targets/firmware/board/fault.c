#include "fault.h"

#include "console.h"
#include "cortex.h"

#define NOTE_MAGIC 0x9E55A11Eu

struct note {
    uint32_t magic;
    uint32_t cause;
};

/* The part of the exception frame that the processor pushed (ARM DDI 0403, B1.5.6). */
struct frame {
    uint32_t r0, r1, r2, r3, r12, lr, pc, xpsr;
};

extern uint8_t link_ram_start[], link_ram_end[];

__attribute__((section(".noinit"))) static struct note note;

static void leave_note(enum reset_cause cause)
{
    note.magic = NOTE_MAGIC;
    note.cause = cause;
}

enum reset_cause fault_take_cause(void)
{
    enum reset_cause cause =
        note.magic == NOTE_MAGIC ? (enum reset_cause)note.cause : RESET_POWER_ON;

    note.magic = 0;
    return cause;
}

const char *fault_cause_name(enum reset_cause cause)
{
    static const char *const names[] = {
        [RESET_POWER_ON] = "power-on",
        [RESET_SOFTWARE] = "software",
        [RESET_WATCHDOG] = "watchdog",
    };

    return names[cause];
}

_Noreturn void fault_reset(void)
{
    leave_note(RESET_SOFTWARE);
    __asm volatile("dsb" ::: "memory");
    SCB_AIRCR = AIRCR_SYSRESETREQ;
    for (;;) {}
}

static const char *exception_name(uint32_t number)
{
    static const char *const names[] = {
        [2] = "NMI",      [3] = "HardFault",  [4] = "MemManage",
        [5] = "BusFault", [6] = "UsageFault",
    };

    if (number < sizeof names / sizeof names[0] && names[number] != 0) {
        return names[number];
    }
    return "Interrupt";
}

/* A stack pointer that a fault left outside RAM must not cause a second fault. */
static const struct frame *checked_frame(uintptr_t sp)
{
    static const struct frame nothing;

    if (sp < (uintptr_t)link_ram_start ||
        sp > (uintptr_t)link_ram_end - sizeof(struct frame)) {
        return &nothing;
    }
    return (const struct frame *)sp;
}

static void print_hex(const char *name, uint32_t value)
{
    console_text(name);
    console_hex(value);
}

__attribute__((used)) static _Noreturn void report_fault(uintptr_t sp, uint32_t exception)
{
    const struct frame *frame = checked_frame(sp);

    console_text("FAULT ");
    console_text(exception_name(exception));
    print_hex(" pc=", frame->pc);
    print_hex(" lr=", frame->lr);
    print_hex(" cfsr=", SCB_CFSR);
    print_hex(" bfar=", SCB_BFAR);
    print_hex(" mmfar=", SCB_MMFAR);
    print_hex(" xpsr=", frame->xpsr); /* whose exception it was: 0, the main loop's */
    console_text("\n");
    fault_reset();
}

__attribute__((used)) static _Noreturn void report_watchdog(uintptr_t sp)
{
    const struct frame *frame = checked_frame(sp);

    leave_note(RESET_WATCHDOG);
    print_hex("WATCHDOG pc=", frame->pc);
    print_hex(" lr=", frame->lr);
    console_text("\n");
    for (;;) { /* the second period ends in the reset */
    }
}

/* Both run on the reserve above the stack, whatever the fault did to the stack pointer.
 */
__attribute__((naked)) void fault_enter(void)
{
    __asm volatile("mrs r0, msp\n\t"
                   "mrs r1, ipsr\n\t"
                   "ldr r2, =link_reserve_top\n\t"
                   "mov sp, r2\n\t"
                   "b report_fault\n\t"
                   ".ltorg");
}

__attribute__((naked)) void fault_enter_watchdog(void)
{
    __asm volatile("mrs r0, msp\n\t"
                   "ldr r2, =link_reserve_top\n\t"
                   "mov sp, r2\n\t"
                   "b report_watchdog\n\t"
                   ".ltorg");
}
