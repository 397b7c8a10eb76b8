/* percuss-clock.so, loaded before QEMU's other libraries (LD_PRELOAD): the emulator's
 * clock runs PERCUSS_CLOCK_RATE times as fast as the host's. A serial line that ends a
 * frame by 1.75 ms of silence then waits for 1.75/8 ms, and all the timers of the board
 * keep their proportions, which `-icount sleep=off` does not give: it jumps to the next
 * timer whenever the processor idles, also between two bytes of one frame.
 *
 * QEMU's main loop asks clock_gettime(2) what its timers' time is and sleeps in ppoll(2).
 * Its threads' timed waits (pthread_cond_timedwait(3)) are housekeeping and end later. */
#include <dlfcn.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

enum { RATE_MAXIMUM = 1000 };
static const int64_t second_ns = 1000000000;

typedef int gettime_function(clockid_t, struct timespec *);
typedef int ppoll_function(struct pollfd *, nfds_t, const struct timespec *,
                           const sigset_t *);

static gettime_function *real_gettime;
static ppoll_function *real_ppoll;
static int64_t rate = 1, began_ns;

static int64_t from_timespec(const struct timespec *time)
{
    return time->tv_sec * second_ns + time->tv_nsec;
}

static struct timespec to_timespec(int64_t ns)
{
    return (struct timespec){.tv_sec = ns / second_ns, .tv_nsec = ns % second_ns};
}

/* Other libraries may ask for the time before their turn to be set up, and ours. */
__attribute__((constructor)) static void begin(void)
{
    const char *text = getenv("PERCUSS_CLOCK_RATE");
    long wanted = text ? strtol(text, NULL, 10) : 1;
    struct timespec now = {0};

    if (real_gettime)
        return;
    /* POSIX's way to turn what dlsym(3) returns into a function. */
    *(void **)&real_ppoll = dlsym(RTLD_NEXT, "ppoll");
    *(void **)&real_gettime = dlsym(RTLD_NEXT, "clock_gettime");
    if (!real_ppoll || !real_gettime)
        abort();
    real_gettime(CLOCK_MONOTONIC, &now);
    began_ns = from_timespec(&now);
    rate = wanted >= 1 && wanted <= RATE_MAXIMUM ? wanted : 1;
}

__attribute__((visibility("default"))) int clock_gettime(clockid_t clock,
                                                         struct timespec *time)
{
    int status;

    begin();
    status = real_gettime(clock, time);
    if (status == 0 && clock == CLOCK_MONOTONIC)
        *time = to_timespec(began_ns + (from_timespec(time) - began_ns) * rate);
    return status;
}

__attribute__((visibility("default"))) int ppoll(struct pollfd *files, nfds_t count,
                                                 const struct timespec *limit,
                                                 const sigset_t *signals)
{
    struct timespec scaled;

    begin();
    if (limit) /* rounded up: who wakes too early finds that no timer is due */
        scaled = to_timespec((from_timespec(limit) + rate - 1) / rate);
    return real_ppoll(files, count, limit ? &scaled : NULL, signals);
}
