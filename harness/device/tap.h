/* A tap in a network namespace of its own: the host's end of a board's wire, with the
 * kernel's TCP/IP on it and nothing else in reach. Neither has a name: both go away with
 * the last descriptor, also when the harness is killed. The struct owns its descriptors;
 * one thread at a time. */
#ifndef PERCUSS_DEVICE_TAP_H
#define PERCUSS_DEVICE_TAP_H

#include "core/bytes.h"
#include "core/error.h"

#define TAP_NAME "wire" /* in its namespace */

struct tap {
    int space; /* the namespace, -1: none */
    int fd;    /* the tap: one frame a read and a write; does not block */
};

/* `address` and `mask` (host order) are the host's on this wire. Needs CAP_SYS_ADMIN and
 * CAP_NET_ADMIN; *error says so. The calling thread is where it was afterwards. */
int tap_open(struct tap *tap, uint32_t address, uint32_t mask, struct error *error);
/* Drops what waits for the board: it is for a former life of it. */
void tap_drop_waiting(const struct tap *tap);
void tap_close(struct tap *tap); /* accepts a closed one */

#endif
