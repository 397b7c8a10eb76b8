#include "model/model.h"

static enum frame_status split_by_length(const struct framing *framing, struct view bytes,
                                         size_t *length)
{
    size_t header = framing->length_offset + framing->length_width;
    uint64_t field;
    int64_t whole;

    if (bytes.length < header)
        return bytes.length >= framing->maximum ? FRAME_INVALID : FRAME_PARTIAL;
    field =
        framing->length_big_endian
            ? bytes_read_be(bytes.data + framing->length_offset, framing->length_width)
            : bytes_read_le(bytes.data + framing->length_offset, framing->length_width);
    if (field > INT64_MAX ||
        __builtin_add_overflow((int64_t)field, framing->length_adjust, &whole))
        return FRAME_INVALID;
    if (whole < 0 || (uint64_t)whole < framing->minimum ||
        (uint64_t)whole > framing->maximum || (uint64_t)whole < header)
        return FRAME_INVALID;
    if (bytes.length < (uint64_t)whole)
        return FRAME_PARTIAL;
    *length = (size_t)whole;
    return FRAME_WHOLE;
}

enum frame_status framing_split(const struct framing *framing, struct view bytes,
                                size_t *length)
{
    if (framing->kind == FRAMING_LENGTH)
        return split_by_length(framing, bytes, length);
    if (bytes.length == 0)
        return FRAME_PARTIAL;
    if (bytes.length > framing->maximum)
        return FRAME_INVALID;
    if (framing->kind == FRAMING_DATAGRAM && bytes.length < framing->minimum)
        return FRAME_INVALID;
    *length = bytes.length;
    return FRAME_WHOLE;
}
