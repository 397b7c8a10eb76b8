/* Checksums that a `-percuss-checksum` key names: CRCs of 8 to 32 bits with any
 * parameters, and the plain sums. Pure; a checksum is read-only once prepared, so threads
 * may share it. */
#ifndef PERCUSS_MODEL_CHECKSUM_H
#define PERCUSS_MODEL_CHECKSUM_H

#include "core/bytes.h"

enum checksum_kind { CHECKSUM_CRC, CHECKSUM_SUM, CHECKSUM_XOR, CHECKSUM_LRC };
enum checksum_from { FROM_MESSAGE, FROM_TYPE, FROM_FIELD };

struct checksum {
    enum checksum_kind kind;
    unsigned width; /* bits: 8, 16, 24 or 32 */
    uint32_t polynomial, initial, final_xor;
    bool reflect; /* input and output, as the catalogued CRCs do */
    enum checksum_from from;
    uint32_t from_name; /* FROM_FIELD: interned name of a field of the same type */
    uint32_t table[256];
};

/* The catalogued algorithm of that name; -1 when there is none. */
int checksum_named(const char *name, struct checksum *checksum);
/* NULL-terminated, for messages and documents. */
extern const char *const checksum_names[];
void checksum_prepare(struct checksum *checksum); /* fills the table */
uint32_t checksum_of(const struct checksum *checksum, struct view bytes);

#endif
