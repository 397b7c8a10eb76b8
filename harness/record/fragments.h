/* IP datagrams put together from their fragments (RFC 791, 3.2; RFC 8200, 4.5). Files are
 * hostile input: a fixed number of datagrams is open at once, each as large as IP allows;
 * the oldest gives way. Where fragments overlap the first bytes stay. One thread. */
#ifndef PERCUSS_RECORD_FRAGMENTS_H
#define PERCUSS_RECORD_FRAGMENTS_H

#include "core/bytes.h"

enum { FRAGMENTS_OPEN = 64, FRAGMENTS_BYTES = 65536, FRAGMENTS_UNIT = 8 };

struct fragment {
    uint8_t from[16], to[16];
    uint8_t family, protocol;
    uint32_t identification;
    int64_t wall_ns;
    size_t offset; /* bytes */
    bool more;     /* others follow it */
    struct view bytes;
};

struct fragments_slot {
    struct fragment key; /* of the fragment that came first */
    size_t total;        /* 0: the last fragment has not come */
    uint8_t *bytes;      /* NULL: the slot is free */
    uint8_t units[FRAGMENTS_BYTES / FRAGMENTS_UNIT / 8];
};

/* All zero is an empty table. */
struct fragments {
    struct fragments_slot slots[FRAGMENTS_OPEN];
    uint8_t *whole;      /* of the datagram that was finished last */
    uint64_t unfinished; /* datagrams that gave way or were left over */
};

/* True when this fragment makes its datagram whole: *payload is valid until the next
 * call. A fragment that cannot be right, or when memory is short, is dropped. */
bool fragments_add(struct fragments *fragments, const struct fragment *fragment,
                   struct view *payload);
/* What is open counts as unfinished; frees everything. */
void fragments_end(struct fragments *fragments);

#endif
