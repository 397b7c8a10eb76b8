/* From reset to main(): the core's vectors, .data, .bss and the fault enables. */
#include "startup.h"

#include <stdint.h>

#include "board.h"
#include "cortex.h"
#include "fault.h"

extern uint32_t link_data_start[], link_data_end[], link_data_image[];
extern uint32_t link_bss_start[], link_bss_end[];
extern uint32_t link_stack_top[];

int main(void);

void startup_reset(void)
{
    const uint32_t *image = link_data_image;

    for (uint32_t *word = link_data_start; word < link_data_end; word++) {
        *word = *image++;
    }
    for (uint32_t *word = link_bss_start; word < link_bss_end; word++) {
        *word = 0;
    }
    SCB_VTOR = 0;
    SCB_SHCSR |= SHCSR_ALL_FAULTS;
    main();
    fault_reset();
}

__attribute__((section(".vectors.core"), used)) static void (*const core[16])(void) = {
    [0] = (void (*)(void))link_stack_top,
    [1] = startup_reset,
    [2] = fault_enter_watchdog, /* NMI: the AN385 watchdog's warning */
    [3] = fault_enter,          /* HardFault */
    [4] = fault_enter,          /* MemManage */
    [5] = fault_enter,          /* BusFault */
    [6] = fault_enter,          /* UsageFault */
    [7 ... 14] = fault_enter,
    [15] = board_on_tick,
};
