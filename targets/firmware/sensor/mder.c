#include "mder.h"

#include "bytes.h"

const uint8_t *mder_bytes(struct reader *reader, uint16_t length)
{
    static const uint8_t zeros[8];
    const uint8_t *at = reader->at;

    if (reader->is_bad || length > reader->left) {
        reader->is_bad = true;
        return zeros;
    }
    reader->at += length;
    reader->left = (uint16_t)(reader->left - length);
    return at;
}

uint16_t mder_u2(struct reader *reader)
{
    return bytes_u2(mder_bytes(reader, 2));
}

uint32_t mder_u4(struct reader *reader)
{
    return bytes_u4(mder_bytes(reader, 4));
}

bool mder_is_done(const struct reader *reader)
{
    return !reader->is_bad && reader->left == 0;
}

bool mder_fits(struct reader *reader)
{
    uint16_t length = mder_u2(reader);

    return !reader->is_bad && length == reader->left;
}

void mder_put(struct writer *writer, const void *bytes, uint16_t length)
{
    if (!SENSOR_DEFECTIVE && length > writer->room - writer->length) { /* S07 */
        writer->is_full = true;
        return;
    }
    memcpy(writer->to + writer->length, bytes, length);
    writer->length = (uint16_t)(writer->length + length);
}

void mder_put_u2(struct writer *writer, uint16_t value)
{
    uint8_t bytes[2];

    bytes_put_u2(bytes, value);
    mder_put(writer, bytes, sizeof bytes);
}

void mder_put_u4(struct writer *writer, uint32_t value)
{
    mder_put_u2(writer, (uint16_t)(value >> 16));
    mder_put_u2(writer, (uint16_t)value);
}

uint16_t mder_open(struct writer *writer)
{
    uint16_t opened = writer->length;

    mder_put_u2(writer, 0);
    return opened;
}

void mder_close(struct writer *writer, uint16_t opened)
{
    if (!writer->is_full) {
        bytes_put_u2(writer->to + opened, (uint16_t)(writer->length - opened - 2));
    }
}
