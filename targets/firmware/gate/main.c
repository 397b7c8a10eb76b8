/* The gate: lines out of the port's bytes, and words to the console. */
#include "console.h"
#include "fault.h"
#include "gate.h"
#include "loop.h"

#include "board.h"

#define VARIANT (GATE_DEFECTIVE ? "defective" : "fixed")
static struct gate gate;

static void on_byte(uint8_t byte)
{
    gate_receive(&gate, byte);
}

static void on_tick(void)
{
}

int main(void)
{
    enum reset_cause cause = fault_take_cause();

    board_start();
    console_text("gate 1.0 ");
    console_text(VARIANT);
    console_text(" reset=");
    console_text(fault_cause_name(cause));
    console_text("\n");
    loop_run(on_byte, on_tick, 0);
}
