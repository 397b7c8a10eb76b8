/*
 * Reading and writing the medical device encoding rules (ISO/IEEE 11073-20601, annex F):
 * big-endian integers, counted octet strings. A reader borrows its bytes, and once it
 * went beyond their end it is bad and reads zeros; a writer borrows its room, likewise.
 */
#ifndef MDER_H
#define MDER_H

#include <stdbool.h>
#include <stdint.h>

struct reader {
    const uint8_t *at;
    uint16_t left;
    bool is_bad;
};

struct writer {
    uint8_t *to;
    uint16_t length, room;
    bool is_full;
};

const uint8_t *mder_bytes(struct reader *reader, uint16_t length);
uint16_t mder_u2(struct reader *reader);
uint32_t mder_u4(struct reader *reader);

/* Everything was read, and nothing beyond. */
bool mder_is_done(const struct reader *reader);

/* Reads a length that must be that of all that is left. */
bool mder_fits(struct reader *reader);

void mder_put(struct writer *writer, const void *bytes, uint16_t length);
void mder_put_u2(struct writer *writer, uint16_t value);
void mder_put_u4(struct writer *writer, uint32_t value);

/* Opens a length field; mder_close() fills it in. */
uint16_t mder_open(struct writer *writer);
void mder_close(struct writer *writer, uint16_t opened);

#endif
