/* A fault that the firmware's own handler reported, or a lockup of the emulated CPU. */
#include "oracle/shape.h"

static enum verdict judge(const struct exchange *exchange, struct judgement *judgement)
{
    return judge_fault(exchange, 1u << FAULT_GUEST | 1u << FAULT_LOCKUP, "crash",
                       judgement);
}

extern const struct oracle_ops oracle_fault;
const struct oracle_ops oracle_fault = {
    .name = "fault",
    .summary = "the firmware's fault handler speaks or is entered, or the CPU locks up",
    .blind_to = "memory errors that hit mapped memory; firmware that reports no faults",
    .hard = true,
    .needs = DEVICE_SEES_FAULT,
    .proven_by = 1u << PROVOKE_FAULT,
    .judge = judge,
};
