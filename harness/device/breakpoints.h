/* Coverage by a few breakpoints, for hardware behind a GDB server: they stand on blocks
 * that have not run yet. One that is hit has run, and so have its dominators; the
 * breakpoint moves on to another block, and the program goes on at once. It fills a
 * coverage map (plugin/coverage_map.h) as an emulator does, only that each block shows
 * once: in `edges` by its number in the image, in `blocks` with one execution.
 *
 * A thread of its own serves the stops, as the harness waits for answers of a program
 * that would otherwise stand still. The functions below are for one other thread. */
#ifndef PERCUSS_DEVICE_BREAKPOINTS_H
#define PERCUSS_DEVICE_BREAKPOINTS_H

#include "core/error.h"
#include "device/blocks.h"
#include "plugin/coverage_map.h"

enum { BREAKPOINTS_MAXIMUM = 64 };

struct breakpoints;

/* What it did, since it was made; times are the host's. */
struct breakpoints_figures {
    uint64_t stops;           /* of the program, for whatever reason */
    uint64_t hits;            /* of a breakpoint that stood there */
    uint64_t moves;           /* breakpoints that were taken away and set elsewhere */
    uint64_t blocks, covered; /* of the image, and of these what is known to have run */
    uint64_t stopped_ns;      /* from hearing of a stop to letting the program go on */
    uint64_t moving_ns;       /* the part of it for moving */
    unsigned limit;           /* breakpoints that the server grants */
};

/* `limit`: how many at once, at most BREAKPOINTS_MAXIMUM; `rotate_after`: looks at the
 * device (breakpoints_note) until one that was not hit moves on. Takes the blocks. NULL
 * and *error; the blocks are freed then too. */
struct breakpoints *breakpoints_create(struct blocks *blocks, unsigned limit,
                                       unsigned rotate_after, struct error *error);
void breakpoints_free(struct breakpoints *breakpoints); /* accepts NULL */

/* Connects to "unix:PATH" or "HOST:PORT", sets the breakpoints and lets the program run.
 * What has run before stays known. */
int breakpoints_start(struct breakpoints *breakpoints, const char *address,
                      int64_t deadline_ns, struct error *error);
/* Closes the connection; the program stays as it is, its breakpoints too. */
void breakpoints_stop(struct breakpoints *breakpoints);

/* Stops the program until it is released; returns once it stands, or runs. */
int breakpoints_hold(struct breakpoints *breakpoints, bool hold, int64_t deadline_ns,
                     struct error *error);
/* The harness has looked at the device: about once a case. */
void breakpoints_note(struct breakpoints *breakpoints);
/* Lost the server since it was started: false, or true and *error. */
bool breakpoints_lost(struct breakpoints *breakpoints, struct error *error);

struct coverage_map *breakpoints_map(struct breakpoints *breakpoints); /* borrowed */
struct breakpoints_figures breakpoints_figures(struct breakpoints *breakpoints);
/* ", 6 breakpoints: …", for a report. */
void breakpoints_describe(struct breakpoints *breakpoints, char *text, size_t size);

#endif
