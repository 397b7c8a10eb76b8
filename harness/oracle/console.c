/* A line on the device's console that the campaign takes for trouble. */
#include "oracle/shape.h"

static enum verdict judge(const struct exchange *exchange, struct judgement *judgement)
{
    return judge_fault(exchange, 1u << FAULT_CONSOLE, "console", judgement);
}

extern const struct oracle_ops oracle_console;
const struct oracle_ops oracle_console = {
    .name = "console",
    .summary = "the device's console says what the campaign takes for trouble",
    .blind_to = "trouble that the device does not speak of, or in other words",
    .hard = true,
    .needs = DEVICE_SEES_CONSOLE,
    .judge = judge,
};
