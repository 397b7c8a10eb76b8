/* What the parts of breakpoints share: its instance. breakpoints.c is what the harness's
 * thread calls, breakpoints_move.c what is done with a program that stands still,
 * breakpoints_serve.c the thread that does it. */
#ifndef PERCUSS_DEVICE_BREAKPOINTS_PARTS_H
#define PERCUSS_DEVICE_BREAKPOINTS_PARTS_H

#include "core/clock.h"
#include "device/breakpoints.h"
#include "device/code.h"
#include "device/frontier.h"
#include "device/gdb.h"

#include <pthread.h>

/* A server that takes longer for one command is lost. */
#define BREAKPOINTS_COMMAND_NS (5 * CLOCK_S)

struct breakpoints {
    struct blocks *blocks;
    struct frontier *frontier;
    struct coverage_map *map;
    unsigned limit, rotate_after;
    int wake; /* eventfd: the thread has something to do */
    pthread_t thread;
    bool has_thread;

    struct gdb gdb;                        /* the thread's, while there is one */
    uint32_t places[BREAKPOINTS_MAXIMUM];  /* what is watched; BLOCK_NONE: free */
    uint64_t since[BREAKPOINTS_MAXIMUM];   /* look number */
    unsigned repeats[BREAKPOINTS_MAXIMUM]; /* hits that it may still show */
    uint64_t last_hit;                     /* look number */
    uint32_t focus;                        /* the map's; half of them stand behind it */
    uint64_t salt;

    pthread_mutex_t lock; /* of all below */
    pthread_cond_t changed;
    bool quit, hold, held, lost;
    uint32_t seen_focus; /* the map's, at the last look */
    uint64_t looks,
        due; /* at the device, so far; when the next breakpoint has had its turn */
    struct error why;
    struct breakpoints_figures figures;
};

/* Takes breakpoints away from blocks that have run or had their turn (`all`: from all)
 * and sets them elsewhere. */
int breakpoints_move(struct breakpoints *breakpoints, bool all, struct error *error);
/* The program stopped: credits what that tells. */
int breakpoints_take_stop(struct breakpoints *breakpoints, struct error *error);
/* Lets the program go on; `stopped_ns`: since when it stood still for no other reason. */
int breakpoints_go_on(struct breakpoints *breakpoints, int64_t stopped_ns,
                      struct error *error);

/* The thread: serves stops until it is told to quit. */
void *breakpoints_work(void *breakpoints);

#endif
