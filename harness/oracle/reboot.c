/* A reset seen from outside: a counter that changed, an uptime that fell, a banner. */
#include "oracle/shape.h"

#include <stdio.h>

static bool shows_reset(const struct reboot_reading *reading)
{
    if (!reading->known)
        return false;
    return reading->reboot->may_rise ? reading->now < reading->before
                                     : reading->now != reading->before;
}

static enum verdict judge_reading(const struct exchange *exchange,
                                  const struct reboot_reading *reading,
                                  struct judgement *judgement)
{
    char shape[120];

    if (!shows_reset(reading))
        return VERDICT_PASS;
    shape_of(exchange->request, shape, sizeof shape);
    *judgement = (struct judgement){.kind = "reset", .at_sample = true};
    snprintf(judgement->cause, sizeof judgement->cause, "%s shows a reset after %s",
             reading->reboot->id, shape);
    snprintf(judgement->title, sizeof judgement->title, "reset after %s, shown by %s",
             shape, reading->reboot->id);
    snprintf(judgement->detail, sizeof judgement->detail,
             "%s: it was %lld and is %lld, though the harness did not reset the device. "
             "Last message: '%s' (%s).",
             reading->reboot->text, (long long)reading->before, (long long)reading->now,
             exchange->message, exchange->expected_why);
    return VERDICT_SUSPECT;
}

static enum verdict judge(const struct exchange *exchange, struct judgement *judgement)
{
    const struct readings *readings = exchange->readings;

    for (size_t i = 0; readings && i < readings->reboot_count; i++)
        if (judge_reading(exchange, &readings->reboots[i], judgement) == VERDICT_SUSPECT)
            return VERDICT_SUSPECT;
    return judge_fault(exchange, 1u << FAULT_BANNER, "reset", judgement);
}

extern const struct oracle_ops oracle_reboot;
const struct oracle_ops oracle_reboot = {
    .name = "reboot",
    .summary = "a counter of starts, an uptime or a banner shows a reset",
    .blind_to =
        "resets that no declared value and no banner shows; an uptime that is past "
        "its old value again when it is read",
    .judge = judge,
};
