/* How fast the device answers valid traffic, against the beginning of the same run. */
#include "engine/runner.h"

#include "core/clock.h"

#include <stdlib.h>

/* A busy host makes single exchanges slow, not a dozen in a row over a fifth of a second,
 * and less than `floor_ns` is nobody's drift. */
enum { TIMES = 3, LEAST = 5 };
static const int64_t floor_ns = 10 * CLOCK_MS, pause_ns = 20 * CLOCK_MS;
static const int64_t baseline_ns = 4 * CLOCK_S;

static bool time_exchange(struct runner *runner, size_t turn, int64_t *latency_ns,
                          struct error *error)
{
    const struct session *session = runner->campaign->session;

    return exchange_valid(runner, session->canary[turn % session->canary_count],
                          latency_ns, error);
}

static int by_size(const void *a, const void *b)
{
    int64_t one = *(const int64_t *)a, other = *(const int64_t *)b;

    return (one > other) - (one < other);
}

void latency_begin(struct runner *runner, struct error *error)
{
    struct watch *watch = &runner->watch;
    int64_t timed[WATCH_BASELINE], until_ns = clock_now_ns() + baseline_ns;
    size_t count = 0;

    while (count < WATCH_BASELINE && clock_now_ns() < until_ns &&
           time_exchange(runner, count, &timed[count], error))
        count++;
    watch->baseline_count = count;
    watch->median_ns = watch->p99_ns = 0;
    /* Nothing that evolves is judged under a clock that runs ahead or behind. */
    if (count < LEAST || !(runner->device->can & DEVICE_KEEPS_TIME))
        return;
    qsort(timed, count, sizeof *timed, by_size);
    watch->median_ns = timed[count / 2];
    /* The nearest rank: of up to a hundred values the largest. */
    watch->p99_ns = timed[(count * 99 + 99) / 100 - 1];
}

int64_t latency_limit_ns(const struct runner *runner)
{
    int64_t measured_ns = TIMES * runner->watch.p99_ns;

    return measured_ns > runner->campaign->answer_ns ? measured_ns
                                                     : runner->campaign->answer_ns;
}

/* Valid exchanges for as long as each is slower than the limit. */
void latency_sample(struct runner *runner, bool always, struct error *error)
{
    struct watch *watch = &runner->watch;
    struct readings *readings = &watch->readings;
    int64_t limit_ns = TIMES * watch->p99_ns + floor_ns, fastest_ns = INT64_MAX;
    struct aside aside;
    unsigned count = 0;

    readings->latency.exchanges = 0;
    if (!watch->median_ns || (!always && runner->control_latency_ns <= limit_ns))
        return;
    aside = watch_step_aside(runner);
    while (count < WATCH_BURST && fastest_ns > limit_ns) {
        int64_t latency_ns;

        if (!time_exchange(runner, count, &latency_ns, error))
            break;
        count++;
        fastest_ns = latency_ns < fastest_ns ? latency_ns : fastest_ns;
        if (fastest_ns > limit_ns)
            clock_sleep_until_ns(clock_now_ns() + pause_ns);
    }
    watch_step_back(runner, aside);
    if (count < WATCH_BURST || fastest_ns <= limit_ns)
        return;
    readings->latency.exchanges = count;
    readings->latency.fastest_ns = fastest_ns;
    readings->latency.limit_ns = limit_ns;
    readings->latency.baseline_ns = watch->median_ns;
}
