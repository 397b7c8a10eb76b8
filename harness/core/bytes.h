/* Views borrow bytes, buffers own them and know their ceiling. Not shared between
 * threads. */
#ifndef PERCUSS_CORE_BYTES_H
#define PERCUSS_CORE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct view {
    const uint8_t *data;
    size_t length;
};

/* An owned, growing byte array that never exceeds `maximum` bytes.
 * All zero is a valid empty buffer with maximum 0: set `maximum` before use. */
struct buffer {
    uint8_t *data;
    size_t length, capacity, maximum;
};

struct buffer buffer_make(size_t maximum);
void buffer_free(struct buffer *buffer);  /* accepts an all-zero buffer */
void buffer_clear(struct buffer *buffer); /* length 0, memory kept */
/* All return 0, or -1 when `maximum` would be exceeded or memory is short (unchanged
 * then). */
int buffer_reserve(struct buffer *buffer, size_t extra);
int buffer_append(struct buffer *buffer, struct view bytes);
int buffer_append_byte(struct buffer *buffer, uint8_t byte);
int buffer_insert(struct buffer *buffer, size_t offset, struct view bytes);
void buffer_erase(struct buffer *buffer, size_t offset,
                  size_t length); /* clipped to what is there */
void buffer_drop_front(struct buffer *buffer, size_t length);

static inline struct view buffer_view(const struct buffer *buffer)
{
    return (struct view){buffer->data, buffer->length};
}

/* The part of `bytes` from `offset`, at most `length`; clipped, never out of bounds. */
struct view view_slice(struct view bytes, size_t offset, size_t length);
bool view_equal(struct view a, struct view b);
struct view view_text(const char *text); /* without the terminator */

/* Integers of 1..8 bytes. Reading expects `width` readable bytes. */
uint64_t bytes_read_be(const uint8_t *data, size_t width);
uint64_t bytes_read_le(const uint8_t *data, size_t width);
void bytes_write_be(uint8_t *data, size_t width, uint64_t value);
void bytes_write_le(uint8_t *data, size_t width, uint64_t value);

/* Writes lower-case hex, no separators, always terminated; as many whole bytes as fit. */
void bytes_to_hex(struct view bytes, char *text, size_t size);
/* Reads hex with optional spaces; -1 on anything else or an odd digit count. */
int bytes_from_hex(struct buffer *out, const char *text);

#endif
