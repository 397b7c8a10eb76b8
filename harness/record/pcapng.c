#include "record/pcapng.h"

#include <stdatomic.h>
#include <string.h>

enum {
    BLOCK_SECTION = 0x0a0d0d0a,
    BLOCK_INTERFACE = 1,
    BLOCK_PACKET = 6,
    PACKET_FIXED =
        28, /* type, length, interface, stamp high and low, captured, original */
    TEXT_MAXIMUM = 500
};
#define BYTE_ORDER_MAGIC 0x1a2b3c4du

enum option {
    OPTION_END = 0,
    OPTION_COMMENT = 1,
    OPTION_SECTION_HARDWARE = 2,
    OPTION_SECTION_SYSTEM = 3,
    OPTION_SECTION_APPLICATION = 4,
    OPTION_INTERFACE_NAME = 2,
    OPTION_INTERFACE_RESOLUTION = 9,
    OPTION_PACKET_FLAGS = 2
};

static size_t padded(size_t length)
{
    return (length + 3) & ~(size_t)3;
}

static uint8_t *put16(uint8_t *out, unsigned value)
{
    uint16_t v = (uint16_t)value;

    memcpy(out, &v, sizeof v);
    return out + sizeof v;
}

static uint8_t *put32(uint8_t *out, uint32_t value)
{
    memcpy(out, &value, sizeof value);
    return out + sizeof value;
}

static uint32_t get32(const uint8_t *in)
{
    uint32_t value;

    memcpy(&value, in, sizeof value);
    return value;
}

static uint8_t *put_option(uint8_t *out, enum option option, struct view value)
{
    out = put16(out, option);
    out = put16(out, (unsigned)value.length);
    memset(out + (value.length & ~(size_t)3), 0, value.length & 3 ? 4 : 0);
    if (value.length)
        memcpy(out, value.data, value.length);
    return out + padded(value.length);
}

static uint8_t *put_text(uint8_t *out, enum option option, const char *text)
{
    if (!text || !*text)
        return out;
    return put_option(out, option, view_slice(view_text(text), 0, TEXT_MAXIMUM));
}

/* Closes the block that started at `start`: end of options, then the length at both ends.
 */
static uint8_t *close_block(uint8_t *start, uint8_t *out)
{
    uint32_t length;

    out = put16(out, OPTION_END);
    out = put16(out, 0);
    length = (uint32_t)(out - start) + 4;
    put32(start + 4, length);
    return put32(out, length);
}

size_t pcapng_head(uint8_t *out, const struct pcapng_head *head)
{
    static const uint8_t nanoseconds = 9;
    uint8_t *start = out;
    uint8_t *at = put32(out, BLOCK_SECTION) + 4;

    at = put32(at, BYTE_ORDER_MAGIC);
    at = put16(at, 1); /* version 1.0 */
    at = put16(at, 0);
    memset(at, 0xff, 8); /* section length not stated */
    at += 8;
    at = put_text(at, OPTION_SECTION_HARDWARE, head->hardware);
    at = put_text(at, OPTION_SECTION_SYSTEM, head->system);
    at = put_text(at, OPTION_SECTION_APPLICATION, head->application);
    at = put_text(at, OPTION_COMMENT, head->comment);
    start = close_block(start, at);

    at = put32(start, BLOCK_INTERFACE) + 4;
    at = put16(at, head->link);
    at = put16(at, 0);
    at = put32(at, PCAPNG_SNAP);
    at = put_text(at, OPTION_INTERFACE_NAME, head->interface);
    at = put_option(at, OPTION_INTERFACE_RESOLUTION, (struct view){&nanoseconds, 1});
    return (size_t)(close_block(start, at) - out);
}

size_t pcapng_packet_size(const struct pcapng_packet *packet)
{
    size_t options = 4 + 4 + 4; /* flags, end of options */

    if (packet->comment.length)
        options += 4 + padded(packet->comment.length);
    return PACKET_FIXED + padded(packet->length) + options + 4;
}

uint8_t *pcapng_packet_begin(uint8_t *out, const struct pcapng_packet *packet)
{
    uint64_t stamp = (uint64_t)packet->wall_ns;
    uint8_t *at = put32(out, BLOCK_PACKET);

    at = put32(at, (uint32_t)pcapng_packet_size(packet));
    at = put32(at, 0); /* the one interface */
    at = put32(at, (uint32_t)(stamp >> 32));
    at = put32(at, (uint32_t)stamp);
    at = put32(at, (uint32_t)packet->length);
    return put32(at, (uint32_t)packet->length);
}

void pcapng_packet_end(uint8_t *out, const struct pcapng_packet *packet)
{
    uint8_t *at = out + PACKET_FIXED + packet->length;

    while ((at - out) & 3)
        *at++ = 0;
    if (packet->comment.length)
        at = put_option(at, OPTION_COMMENT, packet->comment);
    at = put16(at, OPTION_PACKET_FLAGS);
    at = put16(at, 4);
    at = put32(at, packet->direction);
    at = put16(at, OPTION_END);
    at = put16(at, 0);
    /* The last length makes the block whole: nothing may be written after it, or a kill
     * in between would leave a block that looks whole and is not. */
    atomic_signal_fence(memory_order_release);
    put32(at, (uint32_t)(at - out) + 4);
}

size_t pcapng_next(struct view bytes, bool *is_packet, size_t *packet_bytes)
{
    uint32_t length, captured;

    *is_packet = false;
    if (bytes.length < 12)
        return 0;
    length = get32(bytes.data + 4);
    if (length < 12 || length % 4 || length > bytes.length ||
        get32(bytes.data + length - 4) != length)
        return 0;
    if (get32(bytes.data) == BLOCK_PACKET) {
        if (length < PACKET_FIXED + 4)
            return 0;
        captured = get32(bytes.data + 20);
        if (captured > length - PACKET_FIXED - 4)
            return 0;
        *is_packet = true;
        *packet_bytes = captured;
    }
    return length;
}

static unsigned get16(const uint8_t *in)
{
    uint16_t value;

    memcpy(&value, in, sizeof value);
    return value;
}

/* The value of the first option of that code; no data when there is none. */
static struct view find_option(struct view options, enum option wanted)
{
    while (options.length >= 4) {
        unsigned code = get16(options.data), length = get16(options.data + 2);

        if (code == OPTION_END || 4 + padded(length) > options.length)
            break;
        if (code == (unsigned)wanted)
            return view_slice(options, 4, length);
        options = view_slice(options, 4 + padded(length), options.length);
    }
    return (struct view){0};
}

size_t pcapng_size(struct view bytes)
{
    return get32(bytes.data + 4);
}

int pcapng_interface_read(struct view block, unsigned *link, int64_t *unit_ns,
                          struct error *error)
{
    enum { FIXED = 16, NANOSECONDS = 9 };
    struct view resolution;
    unsigned digits = 6; /* when the block does not say */

    *link = 0;
    if (block.length < FIXED + 4 || get32(block.data) != BLOCK_INTERFACE)
        return 0;
    resolution = find_option(view_slice(block, FIXED, block.length - FIXED - 4),
                             OPTION_INTERFACE_RESOLUTION);
    if (resolution.length)
        digits = resolution.data[0];
    if (digits > NANOSECONDS)
        return error_set(error, "stamps in another unit than a power of ten of a second");
    *unit_ns = 1;
    while (digits++ < NANOSECONDS)
        *unit_ns *= 10;
    *link = get16(block.data + 8);
    return 0;
}

struct view pcapng_packet_read(struct view block, struct pcapng_packet *packet)
{
    size_t captured = get32(block.data + 20), end = PACKET_FIXED + padded(captured);
    struct view flags = {0};

    if (end + 4 < block.length)
        flags = find_option(view_slice(block, end, block.length - end - 4),
                            OPTION_PACKET_FLAGS);
    *packet = (struct pcapng_packet){
        .wall_ns =
            (int64_t)((uint64_t)get32(block.data + 12) << 32 | get32(block.data + 16)),
        .length = captured,
        .direction = flags.length == 4 ? (enum pcapng_direction)(get32(flags.data) & 3)
                                       : PCAPNG_UNKNOWN};
    return view_slice(block, PACKET_FIXED, captured);
}

int pcapng_check(struct view bytes, struct error *error)
{
    if (bytes.length < 12 || get32(bytes.data) != BLOCK_SECTION)
        return error_set(error, "not a pcapng file");
    if (get32(bytes.data + 8) != BYTE_ORDER_MAGIC)
        return error_set(error, "a pcapng file of a machine with another byte order");
    return 0;
}
