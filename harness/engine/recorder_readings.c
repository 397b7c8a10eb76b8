/* Rows of what was read beside the invariants. */
#include "core/clock.h"
#include "engine/recorder.h"

#include <string.h>

static int write_state(struct recorder *recorder, const struct readings *readings,
                       struct error *error)
{
    const struct hash *before = &readings->state.before, *now = &readings->state.now;
    bool ok = readings->state.read &&
              (!readings->state.judged || memcmp(before, now, sizeof *now) == 0);
    char text[HASH_TEXT];

    hash_to_text(now, text);
    return store_write(recorder->store, error,
                       "INSERT INTO state_sample(after_case, epoch, judged, hash, ok) "
                       "VALUES (?,?,?,?,?)",
                       "iiiti", (int64_t)recorder->last_case, recorder->epoch,
                       (int64_t)readings->state.judged,
                       readings->state.read ? text : NULL, (int64_t)ok);
}

static int write_growth(struct recorder *recorder, const struct growth *growth,
                        struct error *error)
{
    return store_write(recorder->store, error,
                       "INSERT INTO resource_sample(resource, after_case, epoch, at_ns, "
                       "value, unit) VALUES (?,?,?,?,?,?)",
                       "tiiiit", growth->id, (int64_t)recorder->last_case,
                       recorder->epoch, clock_wall_ns(), growth->now, growth->unit);
}

int recorder_readings(struct recorder *recorder, const struct case_result *result,
                      struct error *error)
{
    const struct readings *readings = &result->readings;

    if (!result->sampled)
        return 0;
    if (recorder->campaign->session->state_read_count &&
        write_state(recorder, readings, error) < 0)
        return -1;
    for (size_t i = 0; i < readings->growth_count; i++)
        if (readings->growths[i].warm &&
            write_growth(recorder, &readings->growths[i], error) < 0)
            return -1;
    return 0;
}
