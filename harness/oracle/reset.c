/* A reset that the harness did not ask for: a watchdog, a fault that reports nothing. */
#include "oracle/shape.h"

static enum verdict judge(const struct exchange *exchange, struct judgement *judgement)
{
    return judge_placeless_fault(exchange, 1u << FAULT_RESET, "reset", judgement);
}

extern const struct oracle_ops oracle_reset;
const struct oracle_ops oracle_reset = {
    .name = "reset",
    .summary = "the device resets by itself",
    .blind_to = "resets of parts of the device that nothing reports",
    .hard = true,
    .needs = DEVICE_SEES_RESET,
    .proven_by = 1u << PROVOKE_RESET,
    .judge = judge,
};
