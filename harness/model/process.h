/* What a `process` key does to a field's bytes: the codecs, both ways. Pure. */
#ifndef PERCUSS_MODEL_PROCESS_H
#define PERCUSS_MODEL_PROCESS_H

#include "core/bytes.h"

enum process_kind {
    PROCESS_NONE,
    PROCESS_XOR,
    PROCESS_ROTATE_LEFT, /* when decoding; encoding turns back */
    PROCESS_ROTATE_RIGHT,
    PROCESS_HEX, /* content is upper-case hex of the bytes inside */
    PROCESS_SLIP /* RFC 1055's escapes; the END around it is not part of it */
};

/* xor: `bytes` again and again, or `number`'s low 8 bits when data is NULL. Rotations:
 * `number` bits. */
struct process_key {
    struct view bytes;
    int64_t number;
};

/* Writes at most `in.length` bytes; `out` may not overlap `in`. -1 when `in` is not what
 * the codec writes (an odd number of hex digits or a lower-case one, an unknown escape).
 */
int process_decode(enum process_kind kind, const struct process_key *key, struct view in,
                   uint8_t *out, size_t *length);
/* Appends to `out`, which may not own `in`. -1 when its maximum would be exceeded. */
int process_encode(enum process_kind kind, const struct process_key *key, struct view in,
                   struct buffer *out);

#endif
