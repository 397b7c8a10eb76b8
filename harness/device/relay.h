/* Carries frames between a tap and a Unix datagram socket (`-netdev dgram` of QEMU), one
 * frame a datagram, in a thread of its own. What the board has no room for waits, in the
 * end in the tap's queue. Owned by whoever started it. */
#ifndef PERCUSS_DEVICE_RELAY_H
#define PERCUSS_DEVICE_RELAY_H

#include "core/error.h"

struct relay;
/* The board's end is at `path`, ours at PATH.peer. `tap` is lent until the stop. */
struct relay *relay_start(int tap, const char *path, struct error *error);
void relay_stop(struct relay *relay); /* accepts NULL */

#endif
