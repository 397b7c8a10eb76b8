/* Carries frames between a tap and a Unix socket: of datagrams (`-netdev dgram` of QEMU),
 * one frame each, or of a stream (`-netdev stream`), in a thread of its own. What the
 * board has no room for waits, in the end in the tap's queue. Owned by whoever started
 * it. */
#ifndef PERCUSS_DEVICE_RELAY_H
#define PERCUSS_DEVICE_RELAY_H

#include "core/error.h"

#include <stdbool.h>

struct relay;
/* The board's end is at `path`, ours at PATH.peer; of a stream ours is at `path`, and the
 * board connects. `tap` is lent until the stop. */
struct relay *relay_start(int tap, const char *path, bool stream, struct error *error);
void relay_stop(struct relay *relay); /* accepts NULL */

#endif
