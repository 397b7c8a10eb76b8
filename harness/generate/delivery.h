/* How the bytes of a step are put on the link: whole and at once, or in another way. Pure
 * data, part of a case: pauses are as planned. The numbers of the ways stand in digest
 * records and are never given anew. */
#ifndef PERCUSS_GENERATE_DELIVERY_H
#define PERCUSS_GENERATE_DELIVERY_H

#include "core/carries.h"
#include "generate/session.h"

enum delivery_way {
    DELIVERY_WHOLE = 0,
    DELIVERY_PARTS = 1,  /* `unit` bytes at a time, `pause_ns` between */
    DELIVERY_CUT = 2,    /* `unit` bytes, `pause_ns`, the rest */
    DELIVERY_LATE = 3,   /* after `pause_ns` */
    DELIVERY_JOINED = 4, /* the next step follows after `pause_ns`, whatever comes back;
                            without a pause both are one send */
    DELIVERY_HALF_CLOSED = 5, /* nothing more is sent behind `unit` bytes (0: all) */
    DELIVERY_ABANDONED = 6,   /* closed behind `unit` bytes (0: all); nothing is read */
    DELIVERY_RECONNECTED = 7, /* `unit` connections are opened and closed before */
    DELIVERY_FLOOD = 8,       /* `unit` times as fast as it goes, or for `pause_ns` at
                                 `percent` of the declared maximum rate; nothing is read */
    DELIVERY_BREAK = 9,       /* behind a break of `pause_ns` */
    DELIVERY_PARITY = 10,     /* with a wrong parity bit at byte `unit` (0: at all) */
    DELIVERY_FRAMING = 11,    /* without stop bits */
    DELIVERY_BAUD = 12,       /* at `percent` of the line's speed */
    DELIVERY_WAYS
};

struct delivery {
    enum delivery_way way;
    uint32_t unit, percent;
    int64_t pause_ns;
};

/* Limits of what is read from a file. */
enum { DELIVERY_UNITS = 1 << 20, DELIVERY_PERCENT = 10000, DELIVERY_PAUSE_S = 60 };
/* Devices wait for the rest of a message at least this long. */
#define DELIVERY_SHORT_NS INT64_C(1000000)

bool delivery_is_whole(const struct delivery *delivery);
/* "parts", "half-closed", …: for files. -1 when no way has that name. */
const char *delivery_name(enum delivery_way way);
int delivery_named(const char *name);
/* "cut at 5, 5 ms between" into text; "" when it is whole. Returns text. */
const char *delivery_text(const struct delivery *delivery, char *text, size_t size);
/* What a link must carry for it: a set of enum link_carries. */
unsigned delivery_needs(const struct delivery *delivery);
/* Its canonical form in digest records: u8 way, u32 unit, u32 percent, u64 pause in ns,
 * big-endian. */
enum { DELIVERY_RECORD = 17 };
struct view delivery_record(const struct delivery *delivery,
                            uint8_t record[DELIVERY_RECORD]);
/* Where the part of a message that begins at `at` ends; `length` bytes are the message.
 * Of a message that is given up the first part is all. */
size_t delivery_part(const struct delivery *delivery, size_t length, size_t at);
/* How many of `length` bytes are sent. */
size_t delivery_sent(const struct delivery *delivery, size_t length);
/* Where silence ends frames: its pauses end them, too. */
bool delivery_splits(const struct delivery *delivery, const struct framing *framing);
/* A pause inside the message that is longer than devices must wait. */
bool delivery_is_slow(const struct delivery *delivery);

/* More is right than for the bytes alone. */
bool delivery_widens(const struct delivery *delivery, const struct framing *framing);

/* session_expect of `bytes` put on the link in this way. */
void delivery_expect(const struct session *session, struct view bytes,
                     const struct delivery *delivery, bool open, struct joiner *joiner,
                     struct tree *request, struct expectation *expectation);

#endif
