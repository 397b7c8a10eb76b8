/* The thread that serves the stops of a program with breakpoints. */
#include "device/breakpoints_parts.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

struct wishes {
    bool quit, hold, rotate;
};

static struct wishes read_wishes(struct breakpoints *breakpoints)
{
    struct wishes wishes;

    pthread_mutex_lock(&breakpoints->lock);
    wishes = (struct wishes){breakpoints->quit, breakpoints->hold,
                             breakpoints->looks >= breakpoints->due};
    pthread_mutex_unlock(&breakpoints->lock);
    return wishes;
}

static void set_held(struct breakpoints *breakpoints, bool held)
{
    pthread_mutex_lock(&breakpoints->lock);
    breakpoints->held = held;
    pthread_cond_broadcast(&breakpoints->changed);
    pthread_mutex_unlock(&breakpoints->lock);
}

/* Waits for a wish, and for what the server says unless server_fd is -1. */
static int wait_for_news(struct breakpoints *breakpoints, int server_fd,
                         struct error *error)
{
    struct pollfd polled[] = {{server_fd, POLLIN, 0}, {breakpoints->wake, POLLIN, 0}};
    uint64_t count;

    if (poll(polled, 2, -1) < 0)
        return errno == EINTR ? 0 : error_set(error, "poll: %s", strerror(errno));
    if (polled[1].revents && read(breakpoints->wake, &count, sizeof count) < 0)
        return error_set(error, "eventfd: %s", strerror(errno));
    return 0;
}

/* The program stands: what there is to do, and on. */
static int serve_stop(struct breakpoints *breakpoints, struct error *error)
{
    int64_t stopped_ns = clock_now_ns();

    if (breakpoints_take_stop(breakpoints, error) < 0)
        return -1;
    while (read_wishes(breakpoints).hold && !read_wishes(breakpoints).quit) {
        set_held(breakpoints, true);
        if (wait_for_news(breakpoints, -1, error) < 0)
            return -1;
        stopped_ns = clock_now_ns(); /* that it stood so long was wanted */
    }
    if (read_wishes(breakpoints).quit)
        return 0;
    if (breakpoints_go_on(breakpoints, stopped_ns, error) < 0)
        return -1;
    set_held(breakpoints, false);
    return 0;
}

static int serve(struct breakpoints *breakpoints, struct error *error)
{
    bool asked = false; /* the program to stop */

    for (;;) {
        int stopped = gdb_await_stop(&breakpoints->gdb, 0, error);
        struct wishes wishes;

        if (stopped < 0 || (stopped && serve_stop(breakpoints, error) < 0))
            return -1;
        asked = asked && !stopped;
        wishes = read_wishes(breakpoints);
        if (wishes.quit)
            return 0;
        if (stopped)
            continue; /* the next stop may have come already */
        if ((wishes.hold || wishes.rotate) && !asked) {
            if (gdb_interrupt(&breakpoints->gdb, error) < 0)
                return -1;
            asked = true;
        }
        if (wait_for_news(breakpoints, breakpoints->gdb.fd, error) < 0)
            return -1;
    }
}

void *breakpoints_work(void *context)
{
    struct breakpoints *breakpoints = context;
    struct error error = {""};

    if (serve(breakpoints, &error) < 0) {
        pthread_mutex_lock(&breakpoints->lock);
        breakpoints->lost = true;
        breakpoints->why = error;
        pthread_cond_broadcast(&breakpoints->changed);
        pthread_mutex_unlock(&breakpoints->lock);
    }
    return NULL;
}
