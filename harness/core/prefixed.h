/* Messages on a byte stream, each behind its length in 4 bytes, big-endian, as `-netdev
 * stream` of QEMU has frames. Pure: its owner reads into it. */
#ifndef PERCUSS_CORE_PREFIXED_H
#define PERCUSS_CORE_PREFIXED_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { PREFIXED_HEAD = 4, PREFIXED_LARGEST = 65536 };

/* What has arrived of one message; all zero: nothing. */
struct prefixed {
    size_t held;
    uint8_t bytes[PREFIXED_HEAD + PREFIXED_LARGEST];
};

/* Where the next bytes go, and how many are wanted: at least one, and none of the message
 * behind. */
uint8_t *prefixed_room(struct prefixed *in, size_t *wanted);
/* So many bytes have been put there. The length of the message that is whole now, which
 * stands behind the head until the next call; 0: not yet; -1: the peer says a length that
 * none has, and what follows cannot be told apart. An empty message is passed over. */
ssize_t prefixed_add(struct prefixed *in, size_t count);

#endif
