#include "generate/input.h"

enum { PREFIX = 2 };

/* The length of the first message in bytes that hold one. */
static size_t first_frame(const struct framing *framing, struct view bytes)
{
    size_t length = 0;

    if (framing_split(framing, bytes, &length) == FRAME_WHOLE && length > 0)
        return length;
    /* Not a frame: up to where one begins, if anything tells. */
    return framing_next_start(framing, bytes, 1);
}

/* Behind its length; *taken is what both have together. */
static struct view first_counted(struct view bytes, size_t *taken)
{
    size_t length = bytes.length < PREFIX ? 0 : bytes_read_be(bytes.data, PREFIX);
    struct view message = view_slice(bytes, PREFIX, length);

    *taken = bytes.length < PREFIX ? bytes.length : PREFIX + message.length;
    return message;
}

size_t input_split(const struct framing *framing, struct view input,
                   struct view *messages, size_t most)
{
    bool counted = !framing_is_self_delimiting(framing);
    size_t count = 0, taken = 0;

    for (size_t at = 0; at < input.length && count < most; at += taken, count++) {
        struct view rest = view_slice(input, at, input.length - at);

        if (counted) {
            messages[count] = first_counted(rest, &taken);
            if (count + 1 == most && taken < rest.length)
                messages[count] = view_slice(rest, PREFIX, rest.length);
        } else {
            taken = first_frame(framing, rest);
            if (taken == 0 || taken > rest.length || count + 1 == most)
                taken = rest.length;
            messages[count] = view_slice(rest, 0, taken);
        }
    }
    return count;
}

int input_append(const struct framing *framing, struct view message, struct buffer *input)
{
    uint8_t prefix[PREFIX];

    if (framing_is_self_delimiting(framing))
        return buffer_append(input, message);
    if (message.length > UINT16_MAX || buffer_reserve(input, PREFIX + message.length) < 0)
        return -1;
    bytes_write_be(prefix, PREFIX, message.length);
    buffer_append(input, (struct view){prefix, PREFIX});
    return buffer_append(input, message);
}
