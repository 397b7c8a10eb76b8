/* A protocol model: the immutable form of a Kaitai Struct file (.ksy) with percuss's
 * `-percuss-…` keys. Loaded once, shared by threads, freed after everything that refers
 * to it. The supported subset and the extension keys are documented in
 * harness/model/README.md; what is not supported is refused at load with file, line and
 * key. */
#ifndef PERCUSS_MODEL_MODEL_H
#define PERCUSS_MODEL_MODEL_H

#include "core/bytes.h"
#include "core/error.h"
#include "core/outcome.h"

struct model;

/* Loads `path` and its imports (relative to the importing file). NULL and *error on
 * failure. */
struct model *model_load(const char *path, struct error *error);
void model_free(struct model *model); /* accepts NULL */
const char *model_id(const struct model *model);
const char *model_title(const struct model *model); /* meta.title, or the id */
/* SHA-256 over every file that was read, in order of reading, as 64 hex digits. */
const char *model_hash(const struct model *model);

/* --- static descriptions ------------------------------------------------------------ */

enum field_kind {
    FIELD_INTEGER, /* u1..u8, s1..s8, f4, f8, bN, enums over them, numbers as digits */
    FIELD_BYTES,   /* byte arrays, contents */
    FIELD_TEXT,    /* str, strz */
    FIELD_GROUP,   /* a user type */
    FIELD_ARRAY    /* a repeated field: its children are the elements */
};

enum field_role {
    ROLE_PLAIN,
    ROLE_LENGTH,   /* another field's size is computed from it */
    ROLE_COUNT,    /* another field's repeat count is computed from it */
    ROLE_CHECKSUM, /* -percuss-checksum */
    ROLE_DERIVED,  /* `valid` equals an expression over other fields */
    ROLE_SWITCH,   /* a switch-on is computed from it */
    ROLE_SEQUENCE, /* -percuss-sequence: numbers a message; echoed by the reply */
    ROLE_SEPARATOR /* -percuss-separator: what other fields end with */
};

/* One field (one entry of some type's seq). Field ids are dense, 0..model_fields()-1. */
struct field {
    const char *name;          /* its id in the .ksy */
    const char *type_name;     /* the type that owns it: "write_registers_request" */
    const char *doc, *doc_ref; /* "" when absent; doc_ref falls back to the type's */
    enum field_kind kind;
    enum field_kind
        element; /* FIELD_ARRAY: what its elements are; else the same as kind */
    enum field_role role;
    unsigned bits; /* integers: width 1..64 */
    bool is_signed, big_endian;
    bool is_real; /* f4, f8: the integer is the bits of an IEEE 754 number */
    uint64_t
        largest;     /* integers written as digits: 99 for two; 0: all that `bits` hold */
    bool has_bounds; /* constant min/max from `valid: {min,max}`: inclusive */
    int64_t minimum, maximum;
    const int64_t *choices; /* from valid any-of / eq with constants, else enum members;
                               reals: zeros, infinities, NaNs, limits */
    size_t choice_count;
    bool chosen;         /* a switch-on chooses what it is */
    bool choices_bind;   /* the choices are a `valid` rule (not only an enum's members) */
    bool always_same;    /* `contents` */
    bool fixed_length;   /* bytes/text: length does not depend on other fields */
    size_t length;       /* then: that length in bytes */
    unsigned on_invalid; /* outcomes (core/outcome.h) when this field's rule is broken */
};

size_t model_fields(const struct model *model);
const struct field *model_field(const struct model *model, size_t id);
/* Names of an enum value for display: "read_coils", or NULL. */
const char *model_enum_name(const struct model *model, size_t field, int64_t value);
const char *field_kind_name(unsigned kind); /* "integer", "bytes", "text", … */
const char *field_role_name(unsigned role); /* "plain", "length", "count", … */

/* --- framing: bytes <-> frames --------------------------------------------------------
 */

/* From the root type's `-percuss-framing`. Decides whole / partial / surplus, and only
 * here. */
enum framing_kind {
    FRAMING_LENGTH,     /* a length field at a fixed offset (Modbus TCP MBAP) */
    FRAMING_SILENCE,    /* a pause ends the frame (Modbus RTU t3.5) */
    FRAMING_DATAGRAM,   /* what one receive returns */
    FRAMING_TERMINATOR, /* bytes that end it, and perhaps start it (MLLP, LIS1-A) */
    FRAMING_VARINT      /* a length in groups of seven bits, low first (MQTT) */
};
enum { FRAMING_MARK = 8, FRAMING_SINGLES = 16 };
struct framing {
    enum framing_kind kind;
    size_t length_offset; /* FRAMING_LENGTH, FRAMING_VARINT */
    size_t length_width;  /* bytes of the field; of a varint at most, 1..9 */
    bool length_big_endian;
    int64_t length_adjust;   /* frame length = field + adjust; with a varint + what is
                                before and in it */
    size_t minimum, maximum; /* frame length limits in bytes; singles have length 1 */
    unsigned
        beyond; /* FRAMING_VARINT: what a longer frame may get, too (core/outcome.h) */
    int64_t silence_ns; /* FRAMING_SILENCE: the pause that ends a frame */
    /* FRAMING_TERMINATOR. No start: a frame begins where the last one ended. Singles are
     * frames of one byte outside start … end. */
    uint8_t start[FRAMING_MARK], end[FRAMING_MARK], single[FRAMING_SINGLES];
    size_t start_length, end_length, single_count;
    bool restarts; /* a start begins the frame anew wherever it stands (Modbus ASCII) */
};
enum frame_status { FRAME_WHOLE, FRAME_PARTIAL, FRAME_INVALID };
const struct framing *model_framing(const struct model *model);
/* Looks at the bytes received so far. FRAME_WHOLE: *length bytes are the first frame.
 * For silence framing the answer is WHOLE for any non-empty input up to `maximum`: the
 * caller decides when the pause has come. FRAME_INVALID: no telling where the next frame
 * begins; the caller takes all bytes for one bad frame. With a terminator that is so for
 * a first byte that neither starts a frame nor is one. */
enum frame_status framing_split(const struct framing *framing, struct view bytes,
                                size_t *length);
/* True when the end of a frame is in its own bytes: frames can follow each other on a
 * stream, and one that is not whole keeps its reader waiting. */
bool framing_is_self_delimiting(const struct framing *framing);
/* Where the next start of a frame with a terminator lies at or after `from`; bytes.length
 * when there is none, or the framing has no start. */
size_t framing_next_start(const struct framing *framing, struct view bytes, size_t from);
/* How many bytes a receiver passes over before the first frame: 0, or with `restarts`
 * what stands before the last start that no end came between. */
size_t framing_passed_over(const struct framing *framing, struct view bytes);
/* The length field of a FRAMING_VARINT: its value and how many bytes it has.
 * FRAME_PARTIAL, FRAME_INVALID when it is too long. */
enum frame_status framing_read_varint(const struct framing *framing, struct view bytes,
                                      uint64_t *value, size_t *width);

#endif
