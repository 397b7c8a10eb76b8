/* The host's monotonic clock and deadlines on it, in nanoseconds. */
#ifndef PERCUSS_CORE_CLOCK_H
#define PERCUSS_CORE_CLOCK_H

#include <stdint.h>

#define CLOCK_MS INT64_C(1000000)
#define CLOCK_S INT64_C(1000000000)

int64_t clock_now_ns(void);  /* CLOCK_MONOTONIC */
int64_t clock_wall_ns(void); /* CLOCK_REALTIME, since 1970 */
void clock_sleep_until_ns(int64_t deadline_ns);
/* Whole milliseconds until the deadline for poll(2): rounded up, 0 when it has passed. */
int clock_poll_timeout_ms(int64_t deadline_ns);
/* "2026-05-01T12:00:00Z" into text (at least 21 bytes). */
void clock_format_utc(int64_t wall_ns, char *text, int size);

#endif
