#include "model/model.h"

#include <string.h>

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

static bool within_limits(const struct framing *framing, uint64_t length)
{
    return length >= framing->minimum && length <= framing->maximum;
}

/* --- a length in groups of seven bits ----------------------------------------------- */

enum frame_status framing_read_varint(const struct framing *framing, struct view bytes,
                                      uint64_t *value, size_t *width)
{
    *value = 0;
    for (*width = 0; *width < framing->length_width; ++*width) {
        size_t at = framing->length_offset + *width;

        if (at >= bytes.length)
            return FRAME_PARTIAL;
        *value |= (uint64_t)(bytes.data[at] & 0x7f) << (7 * *width);
        if (!(bytes.data[at] & 0x80)) {
            ++*width;
            return FRAME_WHOLE;
        }
    }
    return FRAME_INVALID;
}

static enum frame_status split_by_varint(const struct framing *framing, struct view bytes,
                                         size_t *length)
{
    uint64_t value;
    size_t width, header;
    int64_t whole;
    enum frame_status status = framing_read_varint(framing, bytes, &value, &width);

    if (status == FRAME_PARTIAL && bytes.length >= framing->maximum)
        return FRAME_INVALID;
    if (status != FRAME_WHOLE)
        return status;
    header = framing->length_offset + width;
    if (__builtin_add_overflow((int64_t)value, framing->length_adjust, &whole) ||
        __builtin_add_overflow(whole, (int64_t)header, &whole) ||
        whole < (int64_t)header || !within_limits(framing, (uint64_t)whole))
        return FRAME_INVALID;
    if (bytes.length < (uint64_t)whole)
        return FRAME_PARTIAL;
    *length = (size_t)whole;
    return FRAME_WHOLE;
}

/* --- start, end and single bytes ---------------------------------------------------- */

size_t framing_next_start(const struct framing *framing, struct view bytes, size_t from)
{
    struct view rest = view_slice(bytes, from, bytes.length);
    const uint8_t *found =
        framing->start_length && rest.length
            ? memmem(rest.data, rest.length, framing->start, framing->start_length)
            : NULL;

    return found ? (size_t)(found - bytes.data) : bytes.length;
}

size_t framing_passed_over(const struct framing *framing, struct view bytes)
{
    size_t start = framing_next_start(framing, bytes, 0), next;
    struct view content = view_slice(bytes, start, bytes.length);
    const uint8_t *end;

    if (!framing->restarts || start == bytes.length)
        return 0;
    end = memmem(content.data, content.length, framing->end, framing->end_length);
    content = view_slice(bytes, 0, end ? (size_t)(end - bytes.data) : bytes.length);
    while ((next = framing_next_start(framing, content, start + 1)) < content.length)
        start = next;
    return start;
}

static enum frame_status split_by_terminator(const struct framing *framing,
                                             struct view bytes, size_t *length)
{
    size_t seen =
        bytes.length < framing->start_length ? bytes.length : framing->start_length;
    struct view rest = view_slice(bytes, framing->start_length, bytes.length);
    const uint8_t *end;

    if (bytes.length == 0)
        return FRAME_PARTIAL;
    if (memchr(framing->single, bytes.data[0], framing->single_count)) {
        *length = 1;
        return FRAME_WHOLE;
    }
    if (memcmp(bytes.data, framing->start, seen) != 0)
        return FRAME_INVALID;
    end = rest.length ? memmem(rest.data, rest.length, framing->end, framing->end_length)
                      : NULL;
    if (!end)
        return bytes.length >= framing->maximum ? FRAME_INVALID : FRAME_PARTIAL;
    *length = (size_t)(end - bytes.data) + framing->end_length;
    return within_limits(framing, *length) ? FRAME_WHOLE : FRAME_INVALID;
}

/* --- any kind ----------------------------------------------------------------------- */

bool framing_is_self_delimiting(const struct framing *framing)
{
    return framing->kind == FRAMING_LENGTH || framing->kind == FRAMING_TERMINATOR ||
           framing->kind == FRAMING_VARINT;
}

enum frame_status framing_split(const struct framing *framing, struct view bytes,
                                size_t *length)
{
    if (framing->kind == FRAMING_LENGTH)
        return split_by_length(framing, bytes, length);
    if (framing->kind == FRAMING_TERMINATOR)
        return split_by_terminator(framing, bytes, length);
    if (framing->kind == FRAMING_VARINT)
        return split_by_varint(framing, bytes, length);
    if (bytes.length == 0)
        return FRAME_PARTIAL;
    if (bytes.length > framing->maximum)
        return FRAME_INVALID;
    if (framing->kind == FRAMING_DATAGRAM && bytes.length < framing->minimum)
        return FRAME_INVALID;
    *length = bytes.length;
    return FRAME_WHOLE;
}
