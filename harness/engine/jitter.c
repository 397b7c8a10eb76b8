#include "engine/jitter.h"

#include "core/clock.h"

#include <stdlib.h>

static int by_size(const void *a, const void *b)
{
    int64_t one = *(const int64_t *)a, other = *(const int64_t *)b;

    return (one > other) - (one < other);
}

/* The 99th percentile by the nearest rank. */
void jitter_summarise(int64_t *late_ns, size_t count, struct jitter *jitter)
{
    qsort(late_ns, count, sizeof *late_ns, by_size);
    jitter->count = count;
    jitter->median_ns = late_ns[count / 2];
    jitter->p99_ns = late_ns[(count * 99 + 99) / 100 - 1];
    jitter->most_ns = late_ns[count - 1];
}

void jitter_measure(size_t count, int64_t step_ns, struct jitter *jitter)
{
    int64_t late_ns[JITTER_MOST], deadline_ns;

    *jitter = (struct jitter){.step_ns = step_ns};
    if (count > JITTER_MOST)
        count = JITTER_MOST;
    for (size_t i = 0; i < count; i++) {
        deadline_ns = clock_now_ns() + step_ns;
        clock_sleep_until_ns(deadline_ns);
        late_ns[i] = clock_now_ns() - deadline_ns;
    }
    if (count)
        jitter_summarise(late_ns, count, jitter);
}
