#include "core/clock.h"

#include <errno.h>
#include <time.h>

static int64_t read_clock(clockid_t id)
{
    struct timespec now;

    clock_gettime(id, &now);
    return now.tv_sec * CLOCK_S + now.tv_nsec;
}

int64_t clock_now_ns(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

int64_t clock_wall_ns(void)
{
    return read_clock(CLOCK_REALTIME);
}

void clock_sleep_until_ns(int64_t deadline_ns)
{
    struct timespec until = {deadline_ns / CLOCK_S, deadline_ns % CLOCK_S};

    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
        ;
}

int clock_poll_timeout_ms(int64_t deadline_ns)
{
    int64_t left = deadline_ns - clock_now_ns();

    if (left <= 0)
        return 0;
    left = (left + CLOCK_MS - 1) / CLOCK_MS;
    return left > 1000000 ? 1000000 : (int)left;
}

void clock_format_utc(int64_t wall_ns, char *text, int size)
{
    time_t seconds = (time_t)(wall_ns / CLOCK_S);
    struct tm utc;

    gmtime_r(&seconds, &utc);
    if (strftime(text, (size_t)size, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0)
        text[0] = '\0';
}
