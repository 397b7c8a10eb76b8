/* Integers that are not stored as plain bytes: numbers written as ASCII digits, and
 * base-128 groups with a continuation bit. Pure; a codec is read-only once loaded, so
 * threads may share it. */
#ifndef PERCUSS_MODEL_CODEC_H
#define PERCUSS_MODEL_CODEC_H

#include "core/bytes.h"

enum codec_kind {
    CODEC_DIGITS,    /* ASCII digits, the most significant first */
    CODEC_GROUPS_LE, /* 7 bits a byte, the least significant first (LEB128, MQTT) */
    CODEC_GROUPS_BE  /* 7 bits a byte, the most significant first */
};

enum { CODEC_BYTES = 32 }; /* no codec writes more */

struct codec {
    enum codec_kind kind;
    unsigned base;           /* CODEC_DIGITS: 8, 10 or 16 */
    size_t minimum, maximum; /* bytes written; groups: `maximum` is also the most read */
};

/* The value that the bytes say; -1 when they say none: no digits, another character, an
 * endless group, or more than 64 bits. */
int codec_read(const struct codec *codec, struct view bytes, uint64_t *value);
/* How many of `bytes` the groups of one value take; 0 when they end inside it. */
size_t codec_length(const struct codec *codec, struct view bytes);
/* The shortest form, not below `minimum`; high digits or groups above `maximum` are left
 * out. Returns the number of bytes. */
size_t codec_write(const struct codec *codec, uint64_t value, uint8_t bytes[CODEC_BYTES]);
/* The largest value that fits `maximum`, UINT64_MAX when that is more than 64 bits. */
uint64_t codec_largest(const struct codec *codec);

#endif
