#include "link/can_frame.h"

#include <string.h>

/* Their places in the header. */
enum { LENGTH = 4, FLAGS = 5, RESERVED = 6, RAW_DLC = 7 };

/* ISO 11898-1: above 8 bytes only some lengths have a code. */
static bool has_fd_code(size_t length)
{
    static const uint8_t coded[] = {12, 16, 20, 24, 32, 48, 64};

    return length <= CAN_MAX_DLEN || memchr(coded, (int)length, sizeof coded);
}

static bool is_identifier(canid_t id)
{
    return !(id & CAN_ERR_FLAG) &&
           (id & CAN_EFF_FLAG || !(id & CAN_EFF_MASK & ~CAN_SFF_MASK));
}

static bool all_zero(const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (bytes[i])
            return false;
    return true;
}

static bool is_fd(struct view bytes)
{
    return bytes.data[FLAGS] & CANFD_FDF;
}

static bool is_sendable(struct view bytes, canid_t id)
{
    size_t length = bytes.length - CAN_FRAME_HEADER;

    if (bytes.data[LENGTH] != length || bytes.data[RESERVED] || bytes.data[RAW_DLC] ||
        !is_identifier(id))
        return false;
    if (is_fd(bytes))
        return has_fd_code(length) && !(id & CAN_RTR_FLAG) &&
               !(bytes.data[FLAGS] & ~(CANFD_BRS | CANFD_ESI | CANFD_FDF));
    return length <= CAN_MAX_DLEN && !bytes.data[FLAGS] &&
           (!(id & CAN_RTR_FLAG) || all_zero(bytes.data + CAN_FRAME_HEADER, length));
}

size_t can_frame_from(struct view bytes, bool fd, struct canfd_frame *frame)
{
    canid_t id;

    *frame = (struct canfd_frame){0};
    if (bytes.length < CAN_FRAME_HEADER || bytes.length > CAN_FRAME_LARGEST)
        return 0;
    id = (canid_t)bytes_read_be(bytes.data, 4);
    if (!is_sendable(bytes, id) || (is_fd(bytes) && !fd))
        return 0;
    frame->can_id = id;
    frame->len = bytes.data[LENGTH];
    frame->flags = bytes.data[FLAGS];
    memcpy(frame->data, bytes.data + CAN_FRAME_HEADER, frame->len);
    return is_fd(bytes) ? CANFD_MTU : CAN_MTU;
}

/* What a kernel hands over is well formed; a length that is not is cut to what was read.
 */
size_t can_frame_to(const struct canfd_frame *frame, size_t size,
                    uint8_t bytes[CAN_FRAME_LARGEST])
{
    size_t most = size == CANFD_MTU ? CANFD_MAX_DLEN : CAN_MAX_DLEN;
    size_t length = frame->len < most ? frame->len : most;

    if (size != CAN_MTU && size != CANFD_MTU)
        return 0;
    memset(bytes, 0, CAN_FRAME_HEADER);
    for (size_t i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(frame->can_id >> (24 - 8 * i));
    bytes[LENGTH] = (uint8_t)length;
    if (size == CANFD_MTU)
        bytes[FLAGS] = (uint8_t)(frame->flags | CANFD_FDF);
    if (frame->can_id & CAN_RTR_FLAG)
        memset(bytes + CAN_FRAME_HEADER, 0, length);
    else
        memcpy(bytes + CAN_FRAME_HEADER, frame->data, length);
    return CAN_FRAME_HEADER + length;
}
