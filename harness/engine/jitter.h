/* How late this machine wakes: what stands between a planned pause and the one on the
 * wire. One thread. */
#ifndef PERCUSS_ENGINE_JITTER_H
#define PERCUSS_ENGINE_JITTER_H

#include <stddef.h>
#include <stdint.h>

struct jitter {
    size_t count;
    int64_t step_ns;                    /* a deadline each so long */
    int64_t median_ns, p99_ns, most_ns; /* behind the deadline */
};

enum { JITTER_MOST = 2000 };

/* Sleeps to `count` deadlines (at most JITTER_MOST), `step_ns` apart. */
void jitter_measure(size_t count, int64_t step_ns, struct jitter *jitter);
/* Pure: of `count` > 0 times, which are sorted. */
void jitter_summarise(int64_t *late_ns, size_t count, struct jitter *jitter);

#endif
