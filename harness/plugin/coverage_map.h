/* The coverage map of an emulated device: memory that the QEMU plugin (coverage.c, in
 * QEMU's process) writes and the harness reads, a file that both map. The harness makes
 * it, zeroed, before the device starts. One emulated CPU writes; the harness reads and
 * clears while the device idles between messages, and tolerates a torn count: counts only
 * guide. SPDX-License-Identifier: BSD-2-Clause */
#ifndef PERCUSS_PLUGIN_COVERAGE_MAP_H
#define PERCUSS_PLUGIN_COVERAGE_MAP_H

#include <stdint.h>

enum {
    COVERAGE_VERSION = 2,
    COVERAGE_EDGES = 1 << 16, /* as AFL++'s default map */
    COVERAGE_BLOCKS = 1 << 15,
    COVERAGE_RING = 64,
    COVERAGE_TRAPS = 8,
    COVERAGE_HANDLERS = 64,
    COVERAGE_STARTS = 1 << 15
};

struct coverage_block {
    uint32_t address, length_bytes; /* of the guest's code */
    uint64_t executions;            /* since the map was made; never cleared */
};

struct coverage_map {
    uint32_t version; /* COVERAGE_VERSION, from the harness; a plugin refuses another */
    uint32_t ready;   /* from the plugin: it is there and counts */
    uint32_t trap[COVERAGE_TRAPS]; /* from the harness: code addresses that mean a fault,
                                      0: none */
    uint32_t handler[COVERAGE_HANDLERS]; /* from the harness: where exceptions are
                                            entered, 0: none; the first is reset's */
    uint32_t start_count;                /* from the harness: places of `starts` in use;
                                            0: wherever QEMU enters code is a block */
    uint32_t starts[COVERAGE_STARTS];    /* ascending: where the code's blocks begin */
    uint32_t focus; /* from the harness: 1 + the edge that its inputs go on from now, 0:
                       none. For who cannot see everything at once */
    uint32_t spent; /* from who cannot: the focus behind which nothing is left to be seen,
                       0: none */
    uint32_t trapped; /* the address in `trap` that was reached, 0: none. Until the
                         harness clears it the ring stays as it was then */
    uint32_t lost;    /* blocks that found no place in `blocks` */
    uint32_t ring[COVERAGE_RING];  /* addresses of the last blocks that were run */
    uint32_t ring_next;            /* where the next one goes, modulo COVERAGE_RING */
    uint32_t block_count;          /* places of `blocks` in use */
    uint8_t edges[COVERAGE_EDGES]; /* counts since the harness cleared them; behind 255
                                      comes 1, as AFL++ counts */
    struct coverage_block blocks[COVERAGE_BLOCKS];
};

#endif
