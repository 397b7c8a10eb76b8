/*
 * Last words: fault and watchdog vectors print where the processor was, note the cause in
 * memory that survives a reset, and let the device restart.
 */
#ifndef BOARD_FAULT_H
#define BOARD_FAULT_H

#include <stdint.h>

enum reset_cause { RESET_POWER_ON, RESET_SOFTWARE, RESET_WATCHDOG };

/* Vectors. fault_enter asks for a reset; fault_enter_watchdog leaves it to the watchdog.
 */
void fault_enter(void);
void fault_enter_watchdog(void);

/* Requests a reset through the core (AIRCR.SYSRESETREQ). */
_Noreturn void fault_reset(void);

/* Tells why the device started and forgets it: call once. Any reset that the firmware did
 * not see coming (power, reset pin, emulator) reads as power-on. */
enum reset_cause fault_take_cause(void);
const char *fault_cause_name(enum reset_cause cause);

#endif
