/* What the harness's thread does with breakpoints. */
#include "device/breakpoints_parts.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static void wake(struct breakpoints *breakpoints)
{
    const uint64_t one = 1;

    /* It fails only when 2^64 of them wait. */
    (void)!write(breakpoints->wake, &one, sizeof one);
}

struct breakpoints *breakpoints_create(struct blocks *blocks, unsigned limit,
                                       unsigned rotate_after, struct error *error)
{
    struct breakpoints *breakpoints = calloc(1, sizeof *breakpoints);
    pthread_condattr_t monotonic;

    if (!breakpoints) {
        blocks_free(blocks);
        error_set(error, "out of memory");
        return NULL;
    }
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&breakpoints->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&breakpoints->lock, NULL);
    breakpoints->blocks = blocks;
    breakpoints->limit = limit < BREAKPOINTS_MAXIMUM ? limit : BREAKPOINTS_MAXIMUM;
    breakpoints->rotate_after = rotate_after;
    breakpoints->figures.limit = breakpoints->limit;
    breakpoints->figures.blocks = blocks->count;
    gdb_init(&breakpoints->gdb,
             (struct gdb_pc){blocks->machine->pc_number, blocks->machine->pc_offset_bytes,
                             blocks->machine->pc_bytes});
    for (unsigned i = 0; i < BREAKPOINTS_MAXIMUM; i++)
        breakpoints->places[i] = BLOCK_NONE;
    breakpoints->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    breakpoints->frontier = frontier_create(blocks);
    breakpoints->map = calloc(1, sizeof *breakpoints->map);
    if (breakpoints->wake < 0 || !breakpoints->frontier || !breakpoints->map) {
        error_set(error, "out of memory or files");
        breakpoints_free(breakpoints);
        return NULL;
    }
    breakpoints->map->version = COVERAGE_VERSION;
    breakpoints->map->ready = 1;
    for (uint32_t i = 0; i < blocks->count; i++)
        breakpoints->figures.blocks -= blocks->list[i].is_dead;
    return breakpoints;
}

void breakpoints_free(struct breakpoints *breakpoints)
{
    if (!breakpoints)
        return;
    breakpoints_stop(breakpoints);
    gdb_close(&breakpoints->gdb);
    if (breakpoints->wake >= 0)
        close(breakpoints->wake);
    pthread_cond_destroy(&breakpoints->changed);
    pthread_mutex_destroy(&breakpoints->lock);
    frontier_free(breakpoints->frontier);
    blocks_free(breakpoints->blocks);
    free(breakpoints->map);
    free(breakpoints);
}

/* Signals are the harness's. */
static int start_thread(struct breakpoints *breakpoints, struct error *error)
{
    sigset_t all, before;
    int failure;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    failure = pthread_create(&breakpoints->thread, NULL, breakpoints_work, breakpoints);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    breakpoints->has_thread = failure == 0;
    return failure ? error_set(error, "no thread for breakpoints: %s", strerror(failure))
                   : 0;
}

/* A server may know breakpoints from before: they are taken away with the first move. */
int breakpoints_start(struct breakpoints *breakpoints, const char *address,
                      int64_t deadline_ns, struct error *error)
{
    breakpoints_stop(breakpoints);
    breakpoints->quit = breakpoints->hold = breakpoints->held = breakpoints->lost = false;
    if (gdb_connect(&breakpoints->gdb, address, deadline_ns, error) < 0)
        return -1;
    if (breakpoints_move(breakpoints, true, error) < 0 ||
        gdb_continue(&breakpoints->gdb, clock_now_ns() + BREAKPOINTS_COMMAND_NS, error) <
            0 ||
        start_thread(breakpoints, error) < 0) {
        gdb_close(&breakpoints->gdb);
        return -1;
    }
    return 0;
}

void breakpoints_stop(struct breakpoints *breakpoints)
{
    if (breakpoints->has_thread) {
        pthread_mutex_lock(&breakpoints->lock);
        breakpoints->quit = true;
        pthread_mutex_unlock(&breakpoints->lock);
        wake(breakpoints);
        pthread_join(breakpoints->thread, NULL);
    }
    breakpoints->has_thread = false;
    gdb_close(&breakpoints->gdb);
}

int breakpoints_hold(struct breakpoints *breakpoints, bool hold, int64_t deadline_ns,
                     struct error *error)
{
    struct timespec until = {deadline_ns / CLOCK_S, deadline_ns % CLOCK_S};
    int status = 0;

    pthread_mutex_lock(&breakpoints->lock);
    breakpoints->hold = hold;
    wake(breakpoints);
    while (breakpoints->held != hold && !breakpoints->lost && status == 0)
        status =
            pthread_cond_timedwait(&breakpoints->changed, &breakpoints->lock, &until);
    if (breakpoints->lost)
        status = error_set(error, "%s", breakpoints->why.text);
    else if (breakpoints->held != hold)
        status = error_set(error, "the program does not %s", hold ? "stop" : "go on");
    else
        status = 0;
    pthread_mutex_unlock(&breakpoints->lock);
    return status;
}

void breakpoints_note(struct breakpoints *breakpoints)
{
    uint32_t focus = __atomic_load_n(&breakpoints->map->focus, __ATOMIC_RELAXED);
    bool due;

    pthread_mutex_lock(&breakpoints->lock);
    if (focus != breakpoints->seen_focus)
        breakpoints->due = 0;
    breakpoints->seen_focus = focus;
    due = ++breakpoints->looks >= breakpoints->due;
    pthread_mutex_unlock(&breakpoints->lock);
    if (due)
        wake(breakpoints);
}

bool breakpoints_lost(struct breakpoints *breakpoints, struct error *error)
{
    bool lost;

    pthread_mutex_lock(&breakpoints->lock);
    lost = breakpoints->lost;
    if (lost && error)
        *error = breakpoints->why;
    pthread_mutex_unlock(&breakpoints->lock);
    return lost;
}

struct coverage_map *breakpoints_map(struct breakpoints *breakpoints)
{
    return breakpoints->map;
}

struct breakpoints_figures breakpoints_figures(struct breakpoints *breakpoints)
{
    struct breakpoints_figures figures;

    pthread_mutex_lock(&breakpoints->lock);
    figures = breakpoints->figures;
    pthread_mutex_unlock(&breakpoints->lock);
    return figures;
}

static double per(uint64_t total_ns, uint64_t count)
{
    return count ? (double)total_ns / (double)count / CLOCK_MS : 0;
}

void breakpoints_describe(struct breakpoints *breakpoints, char *text, size_t size)
{
    struct breakpoints_figures figures = breakpoints_figures(breakpoints);
    int length = snprintf(text, size, ", %u breakpoints", figures.limit);

    if (figures.stops && length > 0 && (size_t)length < size)
        snprintf(text + length, size - (size_t)length,
                 ": %llu of %llu blocks are known to have run; %llu hits, %llu stops of "
                 "%.2f ms, %llu breakpoints moved in %.2f ms each",
                 (unsigned long long)figures.covered, (unsigned long long)figures.blocks,
                 (unsigned long long)figures.hits, (unsigned long long)figures.stops,
                 per(figures.stopped_ns, figures.stops),
                 (unsigned long long)figures.moves,
                 per(figures.moving_ns, figures.moves));
}
