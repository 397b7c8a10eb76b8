/* The device's process ended. */
#include "oracle/shape.h"

static enum verdict judge(const struct exchange *exchange, struct judgement *judgement)
{
    return judge_placeless_fault(exchange, 1u << FAULT_EXIT, "crash", judgement);
}

extern const struct oracle_ops oracle_exit;
const struct oracle_ops oracle_exit = {
    .name = "exit",
    .summary = "the device's process ends by itself",
    .blind_to = "failures that leave the process running",
    .hard = true,
    .needs = DEVICE_SEES_EXIT,
    .proven_by = 1u << PROVOKE_DEATH,
    .judge = judge,
};
