#include "core/bytes.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct buffer buffer_make(size_t maximum)
{
    return (struct buffer){.maximum = maximum};
}

void buffer_free(struct buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct buffer){.maximum = buffer->maximum};
}

void buffer_clear(struct buffer *buffer)
{
    buffer->length = 0;
}

int buffer_reserve(struct buffer *buffer, size_t extra)
{
    size_t needed, capacity;
    uint8_t *data;

    if (extra > buffer->maximum - buffer->length)
        return -1;
    needed = buffer->length + extra;
    if (needed <= buffer->capacity)
        return 0;
    capacity = buffer->capacity ? buffer->capacity : 64;
    while (capacity < needed)
        capacity *= 2;
    if (capacity > buffer->maximum)
        capacity = buffer->maximum;
    data = realloc(buffer->data, capacity);
    if (!data)
        return -1;
    buffer->data = data;
    buffer->capacity = capacity;
    return 0;
}

int buffer_append(struct buffer *buffer, struct view bytes)
{
    if (buffer_reserve(buffer, bytes.length) < 0)
        return -1;
    if (bytes.length)
        memcpy(buffer->data + buffer->length, bytes.data, bytes.length);
    buffer->length += bytes.length;
    return 0;
}

int buffer_append_byte(struct buffer *buffer, uint8_t byte)
{
    return buffer_append(buffer, (struct view){&byte, 1});
}

int buffer_insert(struct buffer *buffer, size_t offset, struct view bytes)
{
    if (offset > buffer->length || buffer_reserve(buffer, bytes.length) < 0)
        return -1;
    if (!bytes.length)
        return 0;
    memmove(buffer->data + offset + bytes.length, buffer->data + offset,
            buffer->length - offset);
    memcpy(buffer->data + offset, bytes.data, bytes.length);
    buffer->length += bytes.length;
    return 0;
}

void buffer_erase(struct buffer *buffer, size_t offset, size_t length)
{
    if (offset >= buffer->length)
        return;
    if (length > buffer->length - offset)
        length = buffer->length - offset;
    memmove(buffer->data + offset, buffer->data + offset + length,
            buffer->length - offset - length);
    buffer->length -= length;
}

void buffer_drop_front(struct buffer *buffer, size_t length)
{
    buffer_erase(buffer, 0, length);
}

struct view view_slice(struct view bytes, size_t offset, size_t length)
{
    if (offset > bytes.length)
        offset = bytes.length;
    if (length > bytes.length - offset)
        length = bytes.length - offset;
    return (struct view){bytes.data ? bytes.data + offset : NULL, length};
}

bool view_equal(struct view a, struct view b)
{
    return a.length == b.length &&
           (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

struct view view_text(const char *text)
{
    return (struct view){(const uint8_t *)text, strlen(text)};
}

uint64_t bytes_read_be(const uint8_t *data, size_t width)
{
    uint64_t value = 0;

    for (size_t i = 0; i < width; i++)
        value = value << 8 | data[i];
    return value;
}

uint64_t bytes_read_le(const uint8_t *data, size_t width)
{
    uint64_t value = 0;

    for (size_t i = width; i-- > 0;)
        value = value << 8 | data[i];
    return value;
}

void bytes_write_be(uint8_t *data, size_t width, uint64_t value)
{
    for (size_t i = width; i-- > 0; value >>= 8)
        data[i] = (uint8_t)value;
}

void bytes_write_le(uint8_t *data, size_t width, uint64_t value)
{
    for (size_t i = 0; i < width; i++, value >>= 8)
        data[i] = (uint8_t)value;
}

void bytes_to_hex(struct view bytes, char *text, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    size_t used = 0;

    if (size == 0)
        return;
    for (size_t i = 0; i < bytes.length && used + 2 < size; i++) {
        text[used++] = digits[bytes.data[i] >> 4];
        text[used++] = digits[bytes.data[i] & 15];
    }
    text[used] = '\0';
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int bytes_from_hex(struct buffer *out, const char *text)
{
    int high = -1;

    for (; *text; text++) {
        int digit = hex_digit(*text);

        if (digit < 0 && isspace((unsigned char)*text) && high < 0)
            continue;
        if (digit < 0)
            return -1;
        if (high < 0) {
            high = digit;
            continue;
        }
        if (buffer_append_byte(out, (uint8_t)(high << 4 | digit)) < 0)
            return -1;
        high = -1;
    }
    return high < 0 ? 0 : -1;
}
