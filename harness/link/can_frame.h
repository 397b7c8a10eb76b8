/* A CAN frame as bytes in the layout of LINKTYPE_CAN_SOCKETCAN, and as SocketCAN's
 * structure: identifier and flags big-endian, data length, FD flags, 0, 0, data. Pure. */
#ifndef PERCUSS_LINK_CAN_FRAME_H
#define PERCUSS_LINK_CAN_FRAME_H

#include "core/bytes.h"

#include <linux/can.h>

enum { CAN_FRAME_HEADER = 8, CAN_FRAME_LARGEST = CAN_FRAME_HEADER + CANFD_MAX_DLEN };

/* How many bytes of *frame are to be written: CAN_MTU or CANFD_MTU. 0: no controller can
 * send that: a length that is not the data's or that no data length code has, an
 * identifier of more than 11 bits in a standard frame, an error frame, a remote FD frame,
 * an FD frame without `fd`, or data in a remote frame but zeros (it has only their
 * number). */
size_t can_frame_from(struct view bytes, bool fd, struct canfd_frame *frame);
/* The bytes of a frame of which `size` were read; how many, 0: it was none. */
size_t can_frame_to(const struct canfd_frame *frame, size_t size,
                    uint8_t bytes[CAN_FRAME_LARGEST]);

#endif
