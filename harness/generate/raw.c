#include "generate/raw.h"

enum { RAW_CHANGES = 3 };

static void change_once(struct buffer *bytes, struct random *random)
{
    size_t place = bytes->length ? (size_t)random_next_below(random, bytes->length) : 0;
    uint8_t byte = (uint8_t)random_next(random);

    switch (random_next_below(random, 5)) {
    case 0:
        if (bytes->length)
            bytes->data[place] ^= (uint8_t)(1u << (byte & 7));
        break;
    case 1:
        if (bytes->length)
            bytes->data[place] = byte;
        break;
    case 2: buffer_insert(bytes, place, (struct view){&byte, 1}); break;
    case 3:
        if (bytes->length > 1)
            buffer_erase(bytes, place, 1 + byte % 4);
        break;
    default:
        if (bytes->length)
            bytes->data[place] = (uint8_t)(bytes->data[place] + (byte & 1 ? 1 : -1));
        break;
    }
    if (bytes->length == 0)
        buffer_append_byte(bytes, byte);
}

void raw_change(struct buffer *bytes, struct random *random)
{
    for (uint64_t i = 1 + random_next_below(random, RAW_CHANGES); i > 0; i--)
        change_once(bytes, random);
}
