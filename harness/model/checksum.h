/* Checksums that a `-percuss-checksum` key names: CRCs of 8 to 32 bits with any
 * parameters, and the plain sums. Pure; a checksum is read-only once prepared, so threads
 * may share it. */
#ifndef PERCUSS_MODEL_CHECKSUM_H
#define PERCUSS_MODEL_CHECKSUM_H

#include "core/bytes.h"

struct expression;

/* All cover what stands before their field, but for the Internet's: that covers its type
 * to the end, with itself as zero. */
enum checksum_kind {
    CHECKSUM_CRC,
    CHECKSUM_SUM,
    CHECKSUM_XOR,
    CHECKSUM_LRC,
    CHECKSUM_INTERNET
};
enum checksum_from { FROM_MESSAGE, FROM_TYPE, FROM_FIELD };

struct checksum {
    enum checksum_kind kind;
    unsigned width; /* bits: 8, 16, 24 or 32 */
    uint32_t polynomial, initial, final_xor;
    bool reflect; /* input and output, as the catalogued CRCs do */
    enum checksum_from from;
    uint32_t from_name; /* FROM_FIELD: interned name of a field of the same type */
    uint32_t table[256];
    struct expression *plus; /* Internet: an integer to be added; NULL: none */
};

/* The catalogued algorithm of that name; -1 when there is none. */
int checksum_named(const char *name, struct checksum *checksum);
/* NULL-terminated, for messages and documents. */
extern const char *const checksum_names[];
void checksum_prepare(struct checksum *checksum); /* fills the table */
uint32_t checksum_of(const struct checksum *checksum, struct view bytes);
/* The Internet checksum (RFC 1071) of the bytes, of which those two at `hole` count as
 * zeros, and of `plus`: a pseudo-header's fields as integers, of any width. */
uint16_t checksum_internet(struct view bytes, size_t hole, uint64_t plus);

#endif
