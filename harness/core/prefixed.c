#include "core/prefixed.h"

#include "core/bytes.h"

static size_t length_of(const struct prefixed *in)
{
    return (size_t)bytes_read_be(in->bytes, PREFIXED_HEAD);
}

uint8_t *prefixed_room(struct prefixed *in, size_t *wanted)
{
    size_t whole = PREFIXED_HEAD + (in->held < PREFIXED_HEAD ? 0 : length_of(in));

    *wanted = whole - in->held;
    return in->bytes + in->held;
}

ssize_t prefixed_add(struct prefixed *in, size_t count)
{
    size_t length;

    in->held += count;
    if (in->held < PREFIXED_HEAD)
        return 0;
    length = length_of(in);
    if (length > PREFIXED_LARGEST) {
        in->held = 0;
        return -1;
    }
    if (in->held < PREFIXED_HEAD + length)
        return 0;
    in->held = 0;
    return (ssize_t)length;
}
