/* A sanitizer's report on the device's standard error. */
#include "oracle/shape.h"

static enum verdict judge(const struct exchange *exchange, struct judgement *judgement)
{
    return judge_fault(exchange, 1u << FAULT_SANITIZER, "crash", judgement);
}

extern const struct oracle_ops oracle_sanitizer;
const struct oracle_ops oracle_sanitizer = {
    .name = "sanitizer",
    .summary = "a sanitizer built into the device reports an error",
    .blind_to = "accesses that stay inside a live object; code built without a sanitizer",
    .hard = true,
    .needs = DEVICE_SEES_SANITIZER,
    .proven_by = 1u << PROVOKE_FAULT,
    .judge = judge,
};
