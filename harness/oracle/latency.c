/* Valid exchanges have not become much slower than they were when the run began. */
#include "oracle/shape.h"

#include <stdio.h>

static enum verdict judge(const struct exchange *exchange, struct judgement *judgement)
{
    const struct readings *readings = exchange->readings;

    if (!readings || !readings->latency.exchanges)
        return VERDICT_PASS;
    *judgement = (struct judgement){.kind = "latency", .at_sample = true};
    snprintf(judgement->cause, sizeof judgement->cause, "valid exchanges became slower");
    snprintf(judgement->title, sizeof judgement->title,
             "valid exchanges became slower and stayed slow");
    snprintf(judgement->detail, sizeof judgement->detail,
             "The fastest of %u valid exchanges in a row took %.2f ms, where the median "
             "was %.2f ms when the run began (limit %.2f ms). Last message: '%s' (%s).",
             readings->latency.exchanges, (double)readings->latency.fastest_ns / 1e6,
             (double)readings->latency.baseline_ns / 1e6,
             (double)readings->latency.limit_ns / 1e6, exchange->message,
             exchange->expected_why);
    return VERDICT_SUSPECT;
}

extern const struct oracle_ops oracle_latency;
const struct oracle_ops oracle_latency = {
    .name = "latency",
    .summary = "valid exchanges are not much slower than when the run began",
    .blind_to =
        "slowness of single exchanges, and of less than 10 ms; a device under a clock "
        "that runs ahead or behind",
    .gradual = true,
    .needs = DEVICE_KEEPS_TIME,
    .judge = judge,
};
